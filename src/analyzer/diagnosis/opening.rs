//! What is to be said of an opening, segment by segment.
//!
//! In: the scene of each segment. Out: codes in the notes, with their frames.
//! Invariant: a repetition is told by its numbers; silence is judged at the end alone (`ending.rs`).
//! Read: RFC 9293 §3.5 (figures 6 to 10), §3.10.7.3; RFC 7413 §4; RFC 7323 §2; field guide section 2.

use std::time::Duration;

use crate::analyzer::diagnosis::code::Code;
use crate::analyzer::diagnosis::notes::{Notes, RETRIES};
use crate::analyzer::diagnosis::scene::Scene;
use crate::analyzer::facts::Kind;
use crate::analyzer::role::Role;
use crate::analyzer::state::State;
use crate::options::Options;
use crate::segment::{Checksum, Segment};
use crate::seq::SeqNumber;

/// No timer repeats a SYN+ACK sooner: one that comes again at once answers a SYN that arrived twice.
const SHORTEST_TIMER: Duration = Duration::from_millis(100);

/// Looks at a segment.
pub fn look(scene: &Scene<'_>, notes: &mut Notes) {
    match scene.facts.kind {
        Kind::Syn if scene.facts.counts => {
            syn(scene, notes);
            options(scene.segment, notes);
        }
        Kind::SynAck if scene.facts.sound => syn_ack(scene, notes),
        Kind::Plain if scene.facts.older => {
            older(scene.frame(), scene.segment.ack, notes);
            challenges(scene, notes);
        }
        Kind::Plain if scene.facts.counts => {
            answers(scene, notes);
            text_again(scene, notes);
        }
        Kind::Illegal if scene.segment.checksum != Checksum::Wrong => {
            notes.raise(Code::IllegalFlags, &[scene.frame()]);
        }
        _ => {}
    }
}

/// Notes that an end acknowledges with the numbers of an older connection (RFC 9293 §3.5.1, figures 9 and 10).
pub fn older(frame: u64, ack: SeqNumber, notes: &mut Notes) {
    notes.page().older = Some((frame, ack));
}

/// A bare ACK with the numbers of an older connection that was not captured: a challenge, which a RST should answer.
fn challenges(scene: &Scene<'_>, notes: &mut Notes) {
    if let Some(syn) = scene.receiver().numbers.syn_frame().filter(|_| scene.is_bare_and_old()) {
        notes.raise(Code::ChallengeAck, &[syn, scene.frame()]);
    }
}

fn syn(scene: &Scene<'_>, notes: &mut Notes) {
    if scene.is_self {
        notes.raise(Code::SelfConnect, &[scene.frame()]);
    }
    let first = scene.sender().numbers.syn_frame().unwrap_or_default();
    // In SYN-SENT still: neither established, nor refused before.
    let is_waiting =
        scene.sender().state() == State::SynSent && *scene.before.of(scene.from) != State::Closed;
    if scene.facts.again > 0 {
        let page = notes.page();
        let recovers = std::mem::take(&mut page.recovers);
        if page.retries.len() < RETRIES {
            page.retries.push((scene.segment.time, recovers));
        }
        if recovers {
            notes.raise(Code::HalfOpenDiscovered, &[scene.frame()]);
        } else if is_waiting {
            notes.raise(Code::SynRetransmitted, &[first, scene.frame()]);
        }
    }
    // The SYN+ACK that answers it was captured before it.
    let own = &scene.sender().numbers;
    let is_first = own.syns == 1 && own.syn_acks == 0 && !scene.is_self;
    if let Some(answer) = scene.receiver().numbers.syn_ack_frame().filter(|_| is_first) {
        notes.raise(Code::CaptureReordered, &[answer, scene.frame()]);
    }
    if scene.facts.again == 0 && scene.segment.options.of_kind(34).any(<[u8]>::is_empty) {
        notes.raise(Code::FastOpenRequested, &[scene.frame()]);
    }
}

fn syn_ack(scene: &Scene<'_>, notes: &mut Notes) {
    let (own, peer) = (&scene.sender().numbers, &scene.receiver().numbers);
    let asked = peer.syn_frame();
    if let Some(asked) = asked.filter(|_| !scene.is_self && !peer.is_syn_covered_by(scene.segment.ack)) {
        notes.raise(Code::SynAckUnacceptable, &[asked, scene.frame()]);
        notes.page().bad_answer = Some((scene.frame(), scene.segment.ack));
        return;
    }
    if !scene.facts.counts || scene.is_self {
        return;
    }
    if own.syns > 0 && peer.syns > 0 {
        let syns = [scene.ends.client.numbers.syn_frame(), scene.ends.server.numbers.syn_frame()];
        let syns: Vec<u64> = syns.into_iter().flatten().collect();
        notes.raise(Code::SimultaneousOpen, &syns);
        notes.raise(Code::SimultaneousOpen, &[scene.frame()]);
    }
    if scene.facts.again > 0 {
        syn_ack_again(scene, notes);
        return;
    }
    if let Some(asked) = asked.filter(|_| scene.from == Role::Server && peer.syn_text > 0) {
        let code = if scene.opening.is_fast_open() { Code::FastOpenAccepted } else { Code::FastOpenIgnored };
        notes.raise(code, &[asked, scene.frame()]);
    }
    options(scene.segment, notes);
    if let Some(asked) = asked {
        scale_on_both(scene, asked, notes);
    }
}

/// The same SYN+ACK once more: B still waits.
fn syn_ack_again(scene: &Scene<'_>, notes: &mut Notes) {
    let sender = scene.sender();
    if sender.is_proved() {
        return;
    }
    let first = sender.numbers.syn_ack_frame().unwrap_or_default();
    notes.raise(Code::SynAckRetransmitted, &[first, scene.frame()]);
    let time = scene.segment.time;
    let repeats = notes.page().syn_ack_repeats.of_mut(scene.from);
    let before = repeats.last.replace(time).or(scene.opening.answered_at());
    let is_by_timer = before.is_none_or(|before| time.since(before) >= SHORTEST_TIMER);
    let third = scene.opening.third_frame().filter(|_| sender.is_doubted() && is_by_timer);
    if let Some(third) = third {
        notes.raise(Code::ThirdAckNotAccepted, &[first, third, scene.frame()]);
    }
    let repeats = notes.page().syn_ack_repeats.of_mut(scene.from);
    let is_first = repeats.though_acknowledged == 0 && repeats.unacknowledged == 0;
    repeats.count(repeats.acknowledged_since || (is_first && third.is_some()));
}

/// An acknowledgement of what the other end keeps repeating.
fn answers(scene: &Scene<'_>, notes: &mut Notes) {
    let (to, ack) = (scene.to(), scene.segment.ack);
    let peer = &scene.receiver().numbers;
    if let Some(page) = notes.edit() {
        page.syn_ack_repeats.of_mut(to).acknowledged_since |= peer.is_syn_covered_by(ack);
        page.fin_repeats.of_mut(to).acknowledged_since |= scene.facts.covers_fin;
    }
}

/// The text of a SYN that was not accepted with it comes again; nothing was lost.
fn text_again(scene: &Scene<'_>, notes: &mut Notes) {
    let own = &scene.sender().numbers;
    let is_it = scene.segment.text_len > 0 && own.iss().is_some_and(|iss| scene.segment.seq == iss + 1);
    if is_it && own.syn_text > 0 && notes.has(Code::FastOpenIgnored) {
        notes.raise(Code::FastOpenIgnored, &[scene.frame()]);
    }
}

/// The options that only a SYN may have.
fn options(segment: &Segment, notes: &mut Notes) {
    if segment.cut_short {
        return;
    }
    if segment.options.of_kind(3).any(|body| matches!(*body, [shift] if shift > Options::MOST_SHIFT)) {
        notes.raise(Code::WindowScaleTooLarge, &[segment.frame]);
    }
    let has_mss = segment.options.of_kind(2).any(|body| body.len() == 2);
    if !has_mss {
        notes.raise(Code::MssMissing, &[segment.frame]);
    }
}

fn scale_on_both(scene: &Scene<'_>, asked: u64, notes: &mut Notes) {
    let scales = |role: Role| scene.ends.of(role).numbers.is_scaling();
    let is_known = !scene.segment.cut_short && !notes.has(Code::CutShort);
    if is_known && scales(scene.from) != scales(scene.to()) {
        notes.raise(Code::WindowScaleOneSided, &[asked, scene.frame()]);
    }
}
