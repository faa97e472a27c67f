//! What the kernel's word settles, and what it does not.

use super::*;

const RST: u64 = 1_000_000_000;

fn finding(code: Code, confidence: Confidence) -> Finding {
    Finding {
        code,
        frames: vec![4],
        confidence,
        says: "What the segments show.".to_owned(),
        rivals: vec!["another explanation", "the program forgot close()"],
    }
}

fn sockets() -> Ends<SocketAddr> {
    Ends { client: "192.0.2.1:50000".parse().unwrap(), server: "192.0.2.2:6666".parse().unwrap() }
}

fn case(causes: &[Cause]) -> Case {
    let mut possible = Causes::default();
    causes.iter().for_each(|cause| possible.add_if(*cause, true));
    Case { sockets: sockets(), reset: Some((Role::Server, Timestamp(RST))), causes: possible }
}

/// What the kernel says of one end's socket.
fn of(role: Role, time: u64, word: KernelWord) -> KernelEvent {
    let (local, peer) = (*sockets().of(role), *sockets().of(role.other()));
    KernelEvent { time: Timestamp(time), socket: 1, local, peer, word }
}

fn state(from: KernelState, to: KernelState) -> KernelWord {
    KernelWord::State { from, to }
}

fn sends(reason: &str) -> KernelWord {
    KernelWord::SendsReset(Some(reason.to_owned()))
}

fn rises(names: &[&str]) -> Vec<CounterRise> {
    names.iter().map(|name| CounterRise { name: (*name).to_owned(), by: 1 }).collect()
}

#[track_caller]
fn settled(code: Code, case: &Case, said: &[KernelEvent], counters: &[&str]) -> Finding {
    let mut findings = [finding(code, Confidence::Possible)];
    settle(&mut findings, case, said, Rises { counters: &rises(counters), is_own: true });
    let [finding] = findings;
    assert!(finding.says.ends_with('.') && !finding.says.contains(['\n']), "{}", finding.says);
    finding
}

fn is_settled(finding: &Finding) -> bool {
    finding.confidence == Confidence::Certain && finding.rivals.is_empty() && finding.says.contains("kernel")
}

/// Whether nothing was changed.
fn is_open(said: &Finding, code: Code) -> bool {
    *said == finding(code, Confidence::Possible)
}

#[test]
fn the_reason_for_a_reset_settles_its_cause() {
    let case = case(&[Cause::UnreadData, Cause::LingerZero]);
    for (reason, meaning) in [
        ("TCP_ABORT_ON_CLOSE", "close() with text unread"),
        ("TCP_STATE", "close() with linger zero"),
        ("TCP_ABORT_ON_DATA", "text came after a full close"),
        ("TCP_KEEPALIVE_TIMEOUT", "keep-alives or probes were not answered"),
        ("NO_SOCKET", "there is no socket for this segment"),
    ] {
        let said = [of(Role::Server, RST - 1_000, sends(reason))];
        let told = settled(Code::Aborted, &case, &said, &[]);
        assert!(is_settled(&told), "{told:?}");
        assert_eq!(
            told.says,
            format!(
                "A RST from the server cut the connection off: the kernel's own reason is {reason}, {meaning}."
            )
        );
    }
    let unknown = settled(Code::Aborted, &case, &[of(Role::Server, RST, sends("SOMETHING_NEW"))], &[]);
    assert!(unknown.says.ends_with("the kernel's own reason is SOMETHING_NEW."), "{}", unknown.says);
    let refused = settled(Code::Refused, &case, &[of(Role::Server, RST, sends("NO_SOCKET"))], &[]);
    assert!(is_settled(&refused) && refused.says.starts_with("A RST answered the SYN: "), "{refused:?}");
}

#[test]
fn what_a_closed_listener_threw_away_was_not_lingering() {
    let listener = KernelEvent {
        local: "0.0.0.0:6666".parse().unwrap(),
        peer: "0.0.0.0:0".parse().unwrap(),
        ..of(Role::Server, RST - 2_000, state(KernelState::Listen, KernelState::Close))
    };
    let reset = of(Role::Server, RST - 1_000, sends("TCP_STATE"));
    let told = settled(Code::Aborted, &case(&[]), &[listener.clone(), reset.clone()], &[]);
    assert!(told.says.ends_with("TCP_STATE, never accepted, and the listener was closed."), "{}", told.says);
    // Closed long before, or of another port: not because of that.
    let long_before = KernelEvent { time: Timestamp(0), ..listener.clone() };
    let elsewhere = KernelEvent { local: "0.0.0.0:7777".parse().unwrap(), ..listener };
    for other in [long_before, elsewhere] {
        let told = settled(Code::Aborted, &case(&[]), &[other, reset.clone()], &[]);
        assert!(told.says.ends_with("TCP_STATE, close() with linger zero."), "{}", told.says);
    }
}

#[test]
fn only_the_senders_own_word_of_that_time_counts() {
    let case = case(&[Cause::UnreadData, Cause::LingerZero]);
    let reason = || sends("TCP_ABORT_ON_CLOSE");
    let elsewhere =
        KernelEvent { peer: "192.0.2.1:50001".parse().unwrap(), ..of(Role::Server, RST, reason()) };
    for other in [of(Role::Client, RST, reason()), of(Role::Server, RST + 2_000_000_000, reason()), elsewhere]
    {
        let told = settled(Code::Aborted, &case, std::slice::from_ref(&other), &[]);
        assert!(is_open(&told, Code::Aborted), "{other:?}: {told:?}");
    }
    assert!(is_open(&settled(Code::Aborted, &case, &[], &[]), Code::Aborted));
}

#[test]
fn an_unnamed_reason_is_settled_by_what_was_counted() {
    let said = [of(Role::Server, RST, KernelWord::SendsReset(None))];
    let both = case(&[Cause::UnreadData, Cause::LingerZero]);
    let told = settled(Code::Aborted, &both, &said, &["TCPAbortOnClose"]);
    assert!(is_settled(&told) && told.says.contains("close() with text unread"), "{told:?}");
    // Both counters rose, or that of a cause that the segments exclude.
    let twice = settled(Code::Aborted, &both, &said, &["TCPAbortOnClose", "TCPAbortOnData"]);
    assert!(is_open(&twice, Code::Aborted), "{twice:?}");
    let excluded = settled(Code::Aborted, &both, &said, &["TCPAbortOnTimeout"]);
    assert!(is_open(&excluded, Code::Aborted), "{excluded:?}");
}

#[test]
fn a_reset_that_its_senders_kernel_knows_nothing_of_came_from_between() {
    use KernelState::{Close, CloseWait, Established, SynRecv};
    let open = of(Role::Server, RST - 9_000, state(SynRecv, Established));
    let told = settled(Code::Aborted, &case(&[]), std::slice::from_ref(&open), &[]);
    assert_eq!((told.confidence, told.rivals.len()), (Confidence::Likely, 0));
    assert!(
        told.says.ends_with(
            "the server's kernel sent none and kept its socket: something between the ends made it."
        )
    );
    // It closed, or changed later: its own reset may not have been heard.
    let closed = of(Role::Server, RST - 5_000, state(Established, Close));
    assert!(is_open(&settled(Code::Aborted, &case(&[]), &[open, closed], &[]), Code::Aborted));
    let later = of(Role::Server, RST + 5_000, state(Established, CloseWait));
    assert!(is_open(&settled(Code::Aborted, &case(&[]), &[later], &[]), Code::Aborted));
}

#[test]
fn counters_confirm_findings() {
    let rows: [(Code, &[&str]); 11] = [
        (Code::AcceptQueueFull, &["ListenOverflows", "ListenDrops"]),
        (Code::NoAnswer, &["ListenOverflows", "ListenDrops"]),
        (Code::NoAnswer, &["TCPReqQFullDrop"]),
        (Code::ThirdAckNotAccepted, &["TCPDeferAcceptDrop"]),
        (Code::ThirdAckNotAccepted, &["ListenOverflows", "ListenDrops"]),
        (Code::ChallengeAck, &["TCPChallengeACK"]),
        (Code::HalfOpenDiscovered, &["TCPSYNChallenge"]),
        (Code::RstIgnored, &["TCPChallengeACK"]),
        (Code::KeepAlive, &["TCPKeepAlive"]),
        (Code::ZeroWindowProbe, &["TCPWinProbe"]),
        (Code::TimeWaitReuse, &["TWRecycled"]),
    ];
    for (code, names) in rows {
        let told = settled(code, &case(&[]), &[], names);
        assert!(
            is_settled(&told) && told.says.starts_with("What the segments show; the kernel counted it ("),
            "{told:?}"
        );
        assert!(is_open(&settled(code, &case(&[]), &[], &["TW", "OutRsts"]), code), "{code}");
    }
    // One of the two rises with every SYN that is dropped for another reason.
    let half = settled(Code::AcceptQueueFull, &case(&[]), &[], &["ListenDrops"]);
    assert!(is_open(&half, Code::AcceptQueueFull), "{half:?}");
    let none = settle_nothing();
    assert_eq!(none, [finding(Code::SynRetransmitted, Confidence::Certain)]);
}

/// A finding that no counter speaks of.
fn settle_nothing() -> [Finding; 1] {
    let mut findings = [finding(Code::SynRetransmitted, Confidence::Certain)];
    let counters = rises(&["ListenOverflows", "ListenDrops", "TCPChallengeACK"]);
    settle(&mut findings, &case(&[]), &[], Rises { counters: &counters, is_own: true });
    findings
}

#[test]
fn a_hosts_counters_may_be_raised_by_anybody() {
    use KernelState::{Close, SynSent};
    let case = case(&[]);
    let counters = rises(&["ListenOverflows", "ListenDrops"]);
    let told = |said: &[KernelEvent]| {
        let mut findings = [finding(Code::AcceptQueueFull, Confidence::Possible)];
        settle(&mut findings, &case, said, Rises { counters: &counters, is_own: false });
        let [finding] = findings;
        finding
    };
    // Neither end is of this host, as far as the kernel says.
    assert!(is_open(&told(&[]), Code::AcceptQueueFull));
    let likely = told(&[of(Role::Client, RST, state(Close, SynSent))]);
    assert_eq!(likely.confidence, Confidence::Likely);
    assert!(!likely.rivals.is_empty() && likely.says.contains("ListenOverflows"), "{likely:?}");
}

#[test]
fn a_program_that_has_not_closed_is_known_by_its_state() {
    use KernelState::{CloseWait, Established, LastAck};
    let waits = of(Role::Server, RST, state(Established, CloseWait));
    let told = settled(Code::CloseNotAnswered, &case(&[]), std::slice::from_ref(&waits), &[]);
    assert_eq!(
        (told.confidence, &told.rivals[..]),
        (Confidence::Certain, &["the program forgot close()"][..])
    );
    let closes = of(Role::Server, RST + 1, state(CloseWait, LastAck));
    assert!(is_open(
        &settled(Code::CloseNotAnswered, &case(&[]), &[waits, closes], &[]),
        Code::CloseNotAnswered
    ));
}
