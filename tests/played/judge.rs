//! The judge: states that were inferred from the wire, held against those that the kernel's sockets were in.
//!
//! In: what was played, with the kernel's word. Out: how many transitions were compared, and every disagreement with
//! both timelines.
//! Invariant: the kernel is right. The two vocabularies differ in few places, each named where it is forgiven (`of_kernel`,
//! `is_passing`, `lives_on`, `is_leftover`, `is_withdrawn`, `is_unheard`) and in `docs/kernel.md`; nothing else is. The
//! order of states is judged, not their times.

use std::fmt::Write;

use tcpshake::analyzer::connection::Connection;
use tcpshake::analyzer::role::Role;
use tcpshake::analyzer::state::State;
use tcpshake::lab::played::Played;
use tcpshake::lab::stage::tap::View;
use tcpshake::time::Timestamp;
use tcpshake::witness::{KernelEvent, KernelState, KernelWord};

/// What came of it.
#[derive(Debug, Default)]
pub struct Judged {
    /// Ends whose states were compared.
    pub ends: usize,
    /// States that both named.
    pub agreed: usize,
    /// Assumed states that the capture itself withdrew later: they are not compared.
    pub withdrawn: usize,
    /// Disagreements, with both timelines.
    pub disagreements: Vec<String>,
}

/// One state that we inferred.
#[derive(Clone, Copy, Debug)]
struct Inferred {
    time: Timestamp,
    state: State,
    is_assumed: bool,
}

/// One state that the kernel told.
#[derive(Clone, Copy, Debug)]
struct Told {
    time: Timestamp,
    state: KernelState,
}

/// Compares both ends of all connections, each end as its own tap saw it.
pub fn judge(played: &Played) -> Judged {
    let mut judged = Judged::default();
    let kernel = played.kernel.as_deref().expect("the kernel was asked");
    for end in [Role::Client, Role::Server] {
        let connections = &played.at(end).connections;
        for connection in connections {
            let sockets = connection.sockets();
            if end == Role::Server && sockets.client == sockets.server {
                // Connected to itself: one socket, judged once.
                continue;
            }
            let role = role_of(played, end, connection);
            let told = told(kernel, connection, role, connections);
            let (inferred, withdrawn) = inferred(connection, role);
            judged.ends += 1;
            judged.withdrawn += withdrawn;
            let was_reset = was_reset(kernel, connection, &told);
            let compared = compare(&inferred, &told, was_reset);
            judged.agreed += compared.agreed;
            let is_unheard = || is_unheard(connection, role, &inferred, &told, was_reset);
            if let Some(problem) = compared.problem.filter(|_| !is_unheard()) {
                judged.disagreements.push(shown(connection, role, &problem, &inferred, &told));
            }
        }
    }
    judged
}

/// Which role the tap at `end` gives to this very end: where both open, each tap takes the end whose SYN it sees first, its
/// own, for the client.
fn role_of(played: &Played, end: Role, connection: &Connection) -> Role {
    let own = |view: &View| view.connections.first().map(Connection::sockets);
    let is_turned = match (end, &played.server) {
        (Role::Server, Some(_)) => {
            own(&played.client).is_some_and(|near| near.client.ip() == connection.sockets().server.ip())
        }
        _ => false,
    };
    if is_turned { end.other() } else { end }
}

/// Whether the capture has nothing of what this end sent: then what it did after the last that the other end shows of it is
/// not known, and what is known is not contradicted.
fn is_unheard(
    connection: &Connection,
    role: Role,
    inferred: &[Inferred],
    told: &[Told],
    was_reset: bool,
) -> bool {
    let is_silent = connection.steps().iter().all(|step| step.from != role);
    let heard =
        told.iter().take_while(|told| told.state != KernelState::LastAck).copied().collect::<Vec<_>>();
    is_silent && compare(inferred, &heard, was_reset).problem.is_none()
}

/// Whether the kernel spoke of a RST of this pair while the socket lived.
fn was_reset(kernel: &[KernelEvent], connection: &Connection, told: &[Told]) -> bool {
    let (Some(first), Some(last)) = (told.first(), told.last()) else { return false };
    let sockets = connection.sockets();
    let pair = [sockets.client, sockets.server];
    kernel.iter().any(|event| {
        matches!(event.word, KernelWord::SendsReset(_) | KernelWord::ReceivesReset)
            && pair.contains(&event.local)
            && pair.contains(&event.peer)
            && first.time <= event.time
            // The word about a RST and that about the state it leads to come within the same moment.
            && event.time.0 <= last.time.0 + BEFORE
    })
}

/// Those of the same pair that began before `this`, or after it.
fn of_pair<'a>(
    all: &'a [Connection],
    this: &'a Connection,
    is_later: bool,
) -> impl Iterator<Item = &'a Connection> {
    let pair = this.sockets();
    all.iter().filter(move |other| {
        let sockets = other.sockets();
        let is_wanted = if is_later { other.id() > this.id() } else { other.id() < this.id() };
        is_wanted
            && [sockets.client, sockets.server].contains(&pair.client)
            && [sockets.client, sockets.server].contains(&pair.server)
    })
}

/// What we inferred of one end, without repeats and without what was assumed and withdrawn; and how much that was.
fn inferred(connection: &Connection, role: Role) -> (Vec<Inferred>, usize) {
    let mut all: Vec<Inferred> = Vec::new();
    let mut withdrawn = 0;
    for step in connection.steps().iter() {
        let (state, is_assumed) = (*step.states.of(role), *step.assumed.of(role));
        while all.last().is_some_and(|last| last.is_assumed && is_withdrawn(last.state, state)) {
            all.pop();
            withdrawn += 1;
        }
        match all.last_mut() {
            Some(last) if last.state == state => last.is_assumed &= is_assumed,
            _ => all.push(Inferred { time: step.segment.time, state, is_assumed }),
        }
    }
    all.retain(|one| !matches!(one.state, State::Unknown | State::Listen));
    // Before its first segment an end is CLOSED, or listens: no transition of this connection.
    while all.first().is_some_and(|first| first.state == State::Closed && first.is_assumed) && all.len() > 1 {
        all.remove(0);
    }
    (all, withdrawn)
}

/// Whether `next` takes an assumed state back: what was on its way did not arrive, or another thing had come first.
fn is_withdrawn(assumed: State, next: State) -> bool {
    let taken_back = [
        // The third segment was lost, or not accepted; or what came was not for this end.
        (State::Established, State::SynReceived),
        (State::Established, State::SynSent),
        (State::SynReceived, State::SynSent),
        (State::Closed, State::SynSent),
        // The FIN had not come when its own was sent.
        (State::CloseWait, State::FinWait1),
        (State::CloseWait, State::Established),
    ];
    taken_back.contains(&(assumed, next))
}

/// What the kernel told of this end of this incarnation: of the socket that opened in its time.
fn told(kernel: &[KernelEvent], connection: &Connection, role: Role, all: &[Connection]) -> Vec<Told> {
    let until = of_pair(all, connection, true).map(Connection::start).min();
    let sockets = connection.sockets();
    let (local, peer) = match role {
        Role::Client => (sockets.client, sockets.server),
        Role::Server => (sockets.server, sockets.client),
    };
    // The kernel says SYN_SENT before the SYN has passed the tap.
    let is_first = of_pair(all, connection, false).next().is_none();
    let from = if is_first { 0 } else { connection.start().0.saturating_sub(BEFORE) };
    let from = Timestamp(from);
    let is_own = |event: &&KernelEvent| event.local == local && event.peer == peer;
    let states = |event: &KernelEvent| match event.word {
        KernelWord::State { from, to } => Some((event.time, event.socket, from, to)),
        _ => None,
    };
    let all: Vec<_> = kernel.iter().filter(is_own).filter_map(states).collect();
    let opens = |state| matches!(state, KernelState::SynSent | KernelState::SynRecv);
    let begins = |from| matches!(from, KernelState::Close | KernelState::Listen);
    let first = all.iter().find(|(time, _, before, to)| {
        *time >= from && until.is_none_or(|until| time.0 + BEFORE < until.0) && opens(*to) && begins(*before)
    });
    let Some((start, socket, ..)) = first else { return Vec::new() };
    let mut ours = Vec::new();
    for (time, of, before, to) in &all {
        // Multipath TCP sets FIN_WAIT1 once more: no transition.
        if of != socket || time < start || before == to {
            continue;
        }
        if !ours.is_empty() && begins(*before) {
            break; // The same memory, another socket.
        }
        ours.push(Told { time: *time, state: *to });
    }
    ours
}

/// In nanoseconds: how long before its SYN passes the tap a socket may be said to be in SYN_SENT.
const BEFORE: u64 = 2_000_000;

/// What came of one end.
struct Compared {
    agreed: usize,
    problem: Option<String>,
}

fn compare(inferred: &[Inferred], told: &[Told], was_reset: bool) -> Compared {
    if told.is_empty() {
        // No socket of its own: nobody answered, or the kernel held no more than a request (it reports SYN_RECV only
        // once the third segment has come), or a RST was sent for nobody.
        let is_beyond =
            |one: &&Inferred| !one.is_assumed && !matches!(one.state, State::SynReceived | State::Closed);
        let problem = inferred.iter().find(is_beyond);
        let problem = problem.map(|one| format!("we say {}, the kernel had no socket", one.state));
        return Compared { agreed: 0, problem };
    }
    let mut left = told.iter().peekable();
    let (mut before, mut agreed) = (None, 0);
    for one in inferred {
        let problem = loop {
            match left.peek() {
                Some(told) if of_kernel(told.state, before) == one.state => {
                    before = Some(told.state);
                    left.next();
                    agreed += 1;
                    break None;
                }
                Some(told) if is_passing(told.state, before, one.state) => {
                    before = Some(told.state);
                    left.next();
                }
                _ if before.is_some_and(|before| lives_on(before, one.state)) => break None,
                Some(told) => break Some(format!("we say {}, the kernel says {}", one.state, told.state)),
                None => break Some(format!("we say {}, the kernel says nothing more", one.state)),
            }
        };
        if problem.is_some() {
            return Compared { agreed, problem };
        }
    }
    let rest: Vec<KernelState> = left.map(|told| told.state).collect();
    let is_forgiven = rest.is_empty() || is_leftover(before, &rest, was_reset);
    Compared { agreed, problem: (!is_forgiven).then(|| format!("the kernel went on to {rest:?}")) }
}

/// What a kernel does without a segment after all that was captured: a socket that gave up, whose time was over, or that
/// forgot (`TCP_REPAIR`) is closed. An open one that is closed by a RST is none of these: we should have seen it.
fn is_leftover(before: Option<KernelState>, rest: &[KernelState], was_reset: bool) -> bool {
    let was_open =
        matches!(before, Some(KernelState::SynRecv | KernelState::Established | KernelState::CloseWait));
    match rest {
        [KernelState::Close] => !(was_open && was_reset),
        // Closed by its process, which sends nothing more if the other end is gone.
        [KernelState::FinWait2, KernelState::Close] => before == Some(KernelState::FinWait1),
        _ => false,
    }
}

/// The RFC's name for a state of the kernel.
fn of_kernel(state: KernelState, before: Option<KernelState>) -> State {
    match state {
        KernelState::Established => State::Established,
        KernelState::SynSent => State::SynSent,
        KernelState::SynRecv | KernelState::NewSynRecv => State::SynReceived,
        KernelState::FinWait1 => State::FinWait1,
        KernelState::FinWait2 => State::FinWait2,
        // A socket's memory is given back when TIME-WAIT begins; a small one keeps the pair.
        KernelState::Close if matches!(before, Some(KernelState::FinWait2 | KernelState::Closing)) => {
            State::TimeWait
        }
        KernelState::TimeWait => State::TimeWait,
        KernelState::Close => State::Closed,
        KernelState::CloseWait => State::CloseWait,
        KernelState::LastAck => State::LastAck,
        KernelState::Listen => State::Listen,
        KernelState::Closing => State::Closing,
    }
}

/// States that an end passes between two of its own segments, so that no segment shows them: one segment acknowledges the
/// FIN and brings the other (FIN_WAIT2); the FIN and the acknowledgement of one's own are on their way together, after an
/// own segment that shows that neither had come (CLOSING); the FIN is on its way while an older acknowledgement comes back,
/// and the answer to it is the own FIN (CLOSE_WAIT); a socket whose process has gone lives on in FIN-WAIT-2 until a RST
/// ends that (CLOSE).
fn is_passing(state: KernelState, before: Option<KernelState>, next: State) -> bool {
    let passing = [
        (KernelState::FinWait1, KernelState::FinWait2, State::TimeWait),
        (KernelState::FinWait1, KernelState::Closing, State::TimeWait),
        (KernelState::Established, KernelState::CloseWait, State::LastAck),
        (KernelState::FinWait2, KernelState::Close, State::Closed),
    ];
    before.is_some_and(|before| passing.contains(&(before, state, next)))
}

/// What goes on after the kernel has said CLOSE: a FIN-WAIT-2 whose process has closed, and then TIME-WAIT; and CLOSED,
/// which is only the end of the same.
fn lives_on(before: KernelState, ours: State) -> bool {
    match ours {
        State::FinWait2 | State::TimeWait => before == KernelState::Close,
        State::Closed => before == KernelState::Close,
        _ => false,
    }
}

fn shown(connection: &Connection, role: Role, problem: &str, inferred: &[Inferred], told: &[Told]) -> String {
    let mut text = format!("connection {}, {}: {problem}\n  ours:", connection.id(), role.as_str());
    let micros = |time: Timestamp| time.0.wrapping_sub(connection.start().0).cast_signed() / 1000;
    for one in inferred {
        let assumed = if one.is_assumed { "?" } else { "" };
        write!(text, " {} us {}{assumed},", micros(one.time), one.state).expect("a string takes all");
    }
    text.push_str("\n  kernel:");
    for one in told {
        write!(text, " {} us {},", micros(one.time), one.state).expect("a string takes all");
    }
    text
}
