//! What is to be said of RSTs, and of what comes after them.
//!
//! In: the scene of each segment. Out: codes in the notes, with their frames.
//! Invariant: a RST is judged by what it does at its receiver (`judge.rs`), never by its bit alone; what later traffic
//! disproves is withdrawn.
//! Read: RFC 9293 §3.5.1 to §3.5.3, §3.10.7; RFC 5961 §3; RFC 1337; field guide sections 2 and 3.

use crate::analyzer::diagnosis::cause::{Abort, Causes};
use crate::analyzer::diagnosis::code::Code;
use crate::analyzer::diagnosis::notes::{Notes, Page};
use crate::analyzer::diagnosis::scene::Scene;
use crate::analyzer::facts::{Kind, Reset};
use crate::analyzer::role::Role;
use crate::analyzer::state::State;
use crate::segment::{Flags, Sighting};
use crate::seq::SeqNumber;

/// Looks at a segment.
pub fn look(scene: &Scene<'_>, notes: &mut Notes) {
    if scene.facts.kind == Kind::Rst && scene.facts.sound {
        if scene.segment.text_len > 0 {
            notes.raise(Code::RstWithText, &[scene.frame()]);
        }
        if !recovers(scene.frame(), scene.segment.seq, scene.ends.client.numbers.syn_frame(), notes) {
            rst(scene, notes);
        }
    } else {
        after_rst(scene, notes);
    }
}

/// Whether a RST with the number `seq` answers an older connection's acknowledgement (RFC 9293 §3.5.1, figure 9), or a
/// SYN+ACK that acknowledges what was not sent (figure 8): either way its sender goes on waiting.
pub fn recovers(frame: u64, seq: SeqNumber, syn: Option<u64>, notes: &mut Notes) -> bool {
    let Some(page) = notes.edit() else { return false };
    if let Some((older, _)) = page.older.filter(|(_, ack)| *ack == seq) {
        page.recovers = true;
        let syn = syn.unwrap_or(older);
        // What it says of the challenge says this better.
        notes.withdraw(Code::ChallengeAck);
        notes.raise(Code::HalfOpenDiscovered, &[syn, older, frame]);
        return true;
    }
    if page.bad_answer.is_some_and(|(_, ack)| ack == seq) {
        notes.raise(Code::SynAckUnacceptable, &[frame]);
        return true;
    }
    false
}

fn rst(scene: &Scene<'_>, notes: &mut Notes) {
    let receiver = *scene.before.of(scene.to());
    match scene.facts.reset {
        Reset::Refuses => {
            let syn = scene.receiver().numbers.syn_frame().unwrap_or_default();
            notes.raise(Code::Refused, &[syn, scene.frame()]);
        }
        Reset::Resets if scene.was_closed && receiver == State::TimeWait => {
            notes.raise(Code::TimeWaitAssassinated, &[scene.frame()]);
        }
        Reset::Resets | Reset::Late | Reset::Ignored | Reset::Challenged if scene.was_closed => {
            let is_sent_by_last = *scene.before.of(scene.from) == State::TimeWait;
            if is_sent_by_last || matches!(receiver, State::Closed | State::Listen | State::LastAck) {
                notes.raise(Code::LateReset, &[scene.frame()]);
            }
        }
        Reset::Resets => resets(scene, notes),
        Reset::Ignored | Reset::Challenged if !matches!(receiver, State::Closed | State::Listen) => {
            if receiver == State::SynSent {
                notes.raise(Code::RstIgnored, &[scene.frame()]);
            }
            // Of an end that was not seen yet nothing tells which number counts.
            if scene.receiver().numbers.is_seen() {
                notes.page().idle_rst = Some((scene.frame(), scene.to()));
            }
        }
        _ => {}
    }
}

/// A valid RST to an end that had not closed both ways.
fn resets(scene: &Scene<'_>, notes: &mut Notes) {
    let was_opening = scene.is_opening_seen() && !scene.was_complete;
    if was_opening {
        if scene.is_answer_seen() {
            let (client, server) = (&scene.ends.client.numbers, &scene.ends.server.numbers);
            let answer = server.syn_ack_frame().or(client.syn_ack_frame()).unwrap_or_default();
            notes.raise(Code::ResetBeforeEstablished, &[answer, scene.frame()]);
            if !scene.was_reset {
                notes.page().rst = Some((scene.frame(), Causes::default()));
            }
        }
        return;
    }
    let causes = causes(scene, notes);
    notes.raise(Code::Aborted, &[scene.frame()]);
    if !scene.was_reset {
        // One that follows answers what was under way, and has no cause of its own.
        notes.page().rst = Some((scene.frame(), causes));
    }
}

/// The causes that a RST leaves possible.
fn causes(scene: &Scene<'_>, notes: &Notes) -> Causes {
    let (sender, receiver) = (scene.sender(), scene.receiver());
    let (own, seq) = (&sender.numbers, scene.segment.seq);
    let Sighting { hop_limit, identification, .. } = scene.segment.sighting;
    let noted = |of: fn(&Page, Role) -> bool| notes.read().is_some_and(|page| of(page, scene.from));
    Causes::of(Abort {
        is_strange: sender.look.is_strange(hop_limit, identification),
        has_ack: scene.segment.flags.has(Flags::ACK),
        is_next: own.sent().is_none_or(|sent| sent.nxt() == seq),
        is_peers_ack: receiver.numbers.last_ack() == Some(seq),
        is_silent_server: scene.from == Role::Server && own.text_octets == 0 && scene.is_answer_seen(),
        has_closed: own.fin().is_some(),
        was_sent_text: receiver.numbers.text_octets > 0,
        was_sent_text_after_fin: noted(|page, role| *page.text_after_fin.of(role)),
        is_probing: noted(|page, role| *page.probes.of(role) > 0),
    })
}

/// A segment that is no RST: it may prove that one was ignored, or come after one that was not.
fn after_rst(scene: &Scene<'_>, notes: &mut Notes) {
    if !scene.facts.sound {
        return;
    }
    if let Some(page) = notes.edit()
        && let Some((rst, _)) = page.idle_rst.filter(|(_, target)| *target == scene.from)
    {
        page.idle_rst = None;
        notes.raise(Code::RstIgnored, &[rst, scene.frame()]);
    }
    if scene.was_reset && !scene.is_reset {
        withdrawn(scene, notes);
    } else if scene.was_reset && scene.segment.text_len > 0 && !scene.was_closed {
        let rst = notes.read().and_then(|page| page.rst).map(|(frame, _)| frame);
        if let Some(rst) = rst {
            notes.raise(Code::DataAfterReset, &[rst, scene.frame()]);
        }
    }
}

/// Both ends have shown by now that they go on.
fn withdrawn(scene: &Scene<'_>, notes: &mut Notes) {
    let Some(page) = notes.edit() else { return };
    let Some((rst, _)) = page.rst.take() else { return };
    notes.raise(Code::RstIgnored, &[rst, scene.frame()]);
    for code in [Code::Aborted, Code::ResetBeforeEstablished, Code::DataAfterReset] {
        notes.withdraw(code);
    }
}
