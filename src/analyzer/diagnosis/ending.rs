//! What is to be said of a connection once it has ended, or the capture has.
//!
//! In: the whole account of a connection, and what its surroundings show. Out: codes in the notes, some of them taken back.
//! Invariant: capture quality comes first: no verdict that rests on silence where only one direction was captured.
//! Read: RFC 6298 §2.1 (the initial RTO of 1 s); RFC 9293 §3.6; field guide sections 2 to 4.

use crate::analyzer::closing::{ClosingKind, do_fins_cross};
use crate::analyzer::diagnosis::account::Account;
use crate::analyzer::diagnosis::code::Code;
use crate::analyzer::diagnosis::confidence::{confidence, rivals};
use crate::analyzer::diagnosis::finding::Finding;
use crate::analyzer::diagnosis::notes::{Notes, Raised};
use crate::analyzer::diagnosis::words::says;
use crate::analyzer::endpoint::Endpoint;
use crate::analyzer::outcome::{INITIAL_RTO, Outcome};
use crate::analyzer::role::{Ends, Role};

/// Judges the whole.
pub fn conclude(account: &Account<'_>, notes: &mut Notes) {
    sort_out_the_beginning(account, notes);
    opening(account, notes);
    closing(account, notes);
    repeats(account, notes);
    if !matches!(account.outcome, Outcome::Refused) {
        notes.withdraw(Code::Refused);
    }
    if account.around.two_way && account.is_one_sided() {
        notes.raise(Code::OneSidedCapture, &account.frames_of_one_side());
    }
}

/// Whether `conclude` will raise nothing, as can be seen at once. Each of its rules begins with something: with a note that
/// was made, with an end that never spoke, with a client that sent SYNs alone, with a FIN that crossed the other's, stands
/// alone or came again. False where that cannot be seen at once.
pub fn is_unremarkable(ends: &Ends<Endpoint>, is_self: bool, notes: &Notes) -> bool {
    if is_self || notes.read().is_some() {
        return false;
    }
    let (client, server) = (&ends.client.numbers, &ends.server.numbers);
    let is_talk = client.segments > u64::from(client.syns) && server.segments > 0;
    is_talk
        && match (client.fin(), server.fin()) {
            (None, None) => true,
            (Some(one), Some(other)) => one.times == 1 && other.times == 1 && !do_fins_cross(one, other),
            _ => false,
        }
}

/// Puts into words what is in the notes.
pub fn findings(account: &Account<'_>, notes: &Notes) -> Vec<Finding> {
    let finding = |raised: &Raised| Finding {
        code: raised.code,
        frames: raised.frames.clone(),
        confidence: confidence(raised, account, notes),
        says: says(raised, account, notes),
        rivals: rivals(raised.code, account, notes),
    };
    notes.raised().iter().map(finding).collect()
}

/// A pair that shows nothing but answers is no connection seen from its middle, and was neither aborted nor refused.
fn sort_out_the_beginning(account: &Account<'_>, notes: &mut Notes) {
    if account.only_answers {
        for code in [Code::MidStream, Code::Aborted, Code::SynAckRetransmitted, Code::LateReset] {
            notes.withdraw(code);
        }
    } else {
        notes.withdraw(Code::Unsolicited);
    }
}

fn opening(account: &Account<'_>, notes: &mut Notes) {
    let (client, server) = (&account.ends.client.numbers, &account.ends.server.numbers);
    if account.outcome == Outcome::NoAnswer {
        let syn = client.syn_frame().unwrap_or_default();
        notes.raise(Code::NoAnswer, &[syn, client.last_frame()]);
        if account.around.serves_others {
            notes.raise(Code::AcceptQueueFull, &[syn, client.last_frame()]);
        }
    }
    let is_silent = client.segments == u64::from(client.syns) && client.syns > 0 && !account.is_self;
    let is_answered = account.progress.answered_at();
    if let Some(answered) = is_answered.filter(|_| is_silent && account.outcome == Outcome::SynReceived) {
        let is_old = account.quiet_since(answered) > INITIAL_RTO;
        let is_reset = notes.has(Code::ResetBeforeEstablished);
        if (server.syn_acks > 1 || is_old) && !is_reset && !account.is_one_sided() {
            let answer = server.syn_ack_frame().unwrap_or_default();
            notes.raise(Code::ThirdAckMissing, &[answer, server.last_frame()]);
        }
    }
}

fn closing(account: &Account<'_>, notes: &mut Notes) {
    let Ends { client, server } = account.ends;
    if !account.is_self
        && let (Some(of_client), Some(of_server)) = (client.numbers.fin(), server.numbers.fin())
        && do_fins_cross(of_client, of_server)
    {
        let (client, server) = (of_client.frame, of_server.frame);
        notes.raise(Code::SimultaneousClose, &[client.min(server), client.max(server)]);
    }
    if account.closing.kind == ClosingKind::HalfClosed && !account.is_one_sided() {
        close_not_answered(account, notes);
    }
    for role in [Role::Client, Role::Server] {
        let end = account.ends.of(role);
        let other = account.ends.of(if account.is_self { role } else { role.other() });
        let Some(fin) = end.numbers.fin() else { continue };
        let is_answered = fin.acknowledged.is_some() || end.is_reset() || other.is_reset();
        if fin.times > 1 && !is_answered && !account.is_one_sided() {
            notes.raise(Code::FinNeverAcknowledged, &[fin.frame, end.numbers.last_frame()]);
        }
    }
}

fn close_not_answered(account: &Account<'_>, notes: &mut Notes) {
    let Some(first) = account.closing.first else { return };
    let (end, other) = (account.ends.of(first), account.ends.of(first.other()));
    let fin = end.numbers.fin().filter(|_| other.numbers.fin().is_none() && !account.is_self);
    if let Some((fin, (_, answer))) = fin.and_then(|fin| Some((fin, fin.acknowledged?))) {
        notes.raise(Code::CloseNotAnswered, &[fin.frame, answer]);
    }
}

/// Repetitions of what had been acknowledged: once for the last FIN no failure, oftener a sign that nothing arrives.
fn repeats(account: &Account<'_>, notes: &mut Notes) {
    let Some(page) = notes.read() else { return };
    let (of_fins, of_syn_acks) = (page.fin_repeats, page.syn_ack_repeats);
    for role in [Role::Client, Role::Server] {
        let numbers = &account.ends.of(role).numbers;
        let is_peer_silent = account.ends.of(role.other()).numbers.text_octets == 0;
        let syn_acks = of_syn_acks.of(role).though_acknowledged;
        if syn_acks >= 2 && is_peer_silent {
            notes.raise(Code::AcksNotArriving, &[numbers.syn_ack_frame().unwrap_or_default()]);
            notes.copy_frames(Code::SynAckRetransmitted, Code::AcksNotArriving);
        }
        let (fins, Some(fin)) = (of_fins.of(role), numbers.fin()) else { continue };
        let is_last = account.closing.first != Some(role) && account.closing.first.is_some();
        if fins.though_acknowledged >= 2 {
            notes.raise(Code::AcksNotArriving, &[fin.frame]);
            notes.copy_frames(Code::FinRetransmitted, Code::AcksNotArriving);
        } else if fins.though_acknowledged == 1 && fins.acknowledged_since && is_last {
            notes.raise(Code::LastAckLost, &[fin.frame]);
            notes.copy_frames(Code::FinRetransmitted, Code::LastAckLost);
            let others = of_fins.of(role.other());
            let is_all =
                fins.unacknowledged == 0 && others.though_acknowledged == 0 && others.unacknowledged == 0;
            if is_all {
                notes.withdraw(Code::FinRetransmitted);
            }
        }
    }
}
