//! What is to be said of a connection that is open or closes, segment by segment.
//!
//! In: the scene of each segment. Out: codes in the notes, with their frames.
//! Invariant: what is outstanding is told by the numbers; RSTs are the matter of `resets.rs`.
//! Read: RFC 9293 §3.6 (figures 12 and 13), §3.8.4, §3.8.6.1; RFC 5961 §3 to §5; field guide section 3.

use std::time::Duration;

use crate::analyzer::diagnosis::code::Code;
use crate::analyzer::diagnosis::notes::Notes;
use crate::analyzer::diagnosis::scene::Scene;
use crate::analyzer::facts::{Acknowledges, Kind, Reset};
use crate::segment::Flags;

/// How late an answer still is one to what provoked it.
const ANSWERED: Duration = Duration::from_secs(1);

/// Looks at a segment.
pub fn look(scene: &Scene<'_>, notes: &mut Notes) {
    if scene.is_text_like() && scene.facts.counts {
        // The peer is heard of again.
        if let Some(page) = notes.edit() {
            *page.probes.of_mut(scene.to()) = 0;
        }
        fin(scene, notes);
        text(scene, notes);
        probe(scene, notes);
    }
    challenge(scene, notes);
    provoke(scene, notes);
}

fn fin(scene: &Scene<'_>, notes: &mut Notes) {
    let Some(fin) = scene.sender().numbers.fin().filter(|_| scene.facts.fin.is_some()) else { return };
    if scene.facts.again > 0 {
        notes.raise(Code::FinRetransmitted, &[fin.frame, scene.frame()]);
        let repeats = notes.page().fin_repeats.of_mut(scene.from);
        let is_first = repeats.though_acknowledged == 0 && repeats.unacknowledged == 0;
        repeats.count(repeats.acknowledged_since || (is_first && fin.acknowledged.is_some()));
    } else if !scene.sender().numbers.fin_has_passed() {
        notes.raise(Code::FinOutOfOrder, &[scene.frame()]);
    }
}

fn text(scene: &Scene<'_>, notes: &mut Notes) {
    let segment = scene.segment;
    if segment.text_len == 0 || is_probe(scene) {
        return;
    }
    let (own, peer) = (&scene.sender().numbers, &scene.receiver().numbers);
    let end_of_text = segment.seq + segment.text_len;
    let own_fin = own.fin().filter(|fin| fin.number.precedes(end_of_text));
    if let Some(fin) = own_fin {
        notes.raise(Code::DataAfterFin, &[fin.frame, scene.frame()]);
    }
    let Some(peers_fin) = peer.fin().filter(|_| !scene.is_self) else { return };
    *notes.page().text_after_fin.of_mut(scene.to()) = true;
    let is_acknowledged = peers_fin.acknowledged.is_some() || scene.facts.covers_fin;
    if is_acknowledged && scene.facts.again == 0 && own_fin.is_none() {
        notes.raise(Code::HalfClose, &[peers_fin.frame, scene.frame()]);
        let half_close = &mut notes.page().half_close;
        let first = half_close.map_or(segment.time, |(first, _)| first);
        *half_close = Some((first, segment.time));
    }
}

/// One octet or none, just below SND.NXT, nothing outstanding (RFC 1122 §4.2.3.6; RFC 9293 §3.8.6.1).
fn probe(scene: &Scene<'_>, notes: &mut Notes) {
    if !is_probe(scene) {
        return;
    }
    let is_window_closed = scene.receiver().numbers.is_window_closed();
    notes.raise(if is_window_closed { Code::ZeroWindowProbe } else { Code::KeepAlive }, &[scene.frame()]);
    let probes = notes.page().probes.of_mut(scene.from);
    *probes = probes.saturating_add(1);
}

fn is_probe(scene: &Scene<'_>) -> bool {
    let segment = scene.segment;
    let (sender, receiver) = (scene.sender(), scene.receiver());
    segment.text_len <= 1
        && !segment.flags.has(Flags::FIN)
        && sender.state().is_synchronized()
        && receiver.numbers.is_seen()
        && sender
            .numbers
            .sent()
            .is_some_and(|sent| segment.seq + 1 == sent.nxt() && sent.is_all_acknowledged() && sent.seen)
}

/// Whether the segment is the answer to what was sent to its sender just now: `<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>`.
fn challenge(scene: &Scene<'_>, notes: &mut Notes) {
    let Some(page) = notes.edit() else { return };
    let Some((trigger, time)) = *page.provoked.of(scene.from) else { return };
    let numbers = &scene.sender().numbers;
    let is_late = scene.segment.time.since(time) > ANSWERED;
    let is_next = numbers.sent().is_some_and(|sent| sent.nxt() == scene.segment.seq);
    let says_nothing_new = numbers.last_ack() == Some(scene.segment.ack);
    if is_late {
        *page.provoked.of_mut(scene.from) = None;
    } else if scene.is_bare_and_old() && is_next && says_nothing_new {
        *page.provoked.of_mut(scene.from) = None;
        notes.raise(Code::ChallengeAck, &[trigger, scene.frame()]);
    }
}

/// Notes what a challenge ACK would answer: in a synchronized state a SYN, a RST in the window but not at its left edge,
/// an acknowledgement of what was never sent (RFC 5961 §3 to §5).
fn provoke(scene: &Scene<'_>, notes: &mut Notes) {
    if scene.is_self || !scene.before.of(scene.to()).is_synchronized() {
        return;
    }
    let facts = scene.facts;
    let is_doubtful = match facts.kind {
        // Whatever its number is. The first one may only have been captured late.
        Kind::Syn => facts.sound && (facts.again > 0 || is_strange_syn(scene)),
        // A repeated one waits for the third segment, and is acknowledged as such.
        Kind::SynAck => facts.sound && facts.again == 0 && is_strange_syn(scene),
        Kind::Rst => facts.reset == Reset::Challenged,
        Kind::Plain => facts.sound && facts.acknowledges == Acknowledges::Unsent,
        Kind::Illegal => false,
    };
    if is_doubtful {
        provoked_by(scene, notes);
    }
}

/// Whether a SYN has nothing to do with the opening of this connection.
fn is_strange_syn(scene: &Scene<'_>) -> bool {
    scene.sender().numbers.iss() != Some(scene.segment.seq)
}

fn provoked_by(scene: &Scene<'_>, notes: &mut Notes) {
    *notes.page().provoked.of_mut(scene.to()) = Some((scene.frame(), scene.segment.time));
}
