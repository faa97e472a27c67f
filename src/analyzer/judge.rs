//! What a segment's numbers entitle it to do.
//!
//! In: a segment, and both ends as they stand before it. Out: `Facts`: whether its numbers count, what it
//! acknowledges, whether it repeats, and whether its RST resets.
//! Invariant: read-only. Only what is valid here moves a state later.
//! Read: RFC 9293 §3.4 (SND.UNA < SEG.ACK =< SND.NXT), §3.10.7.3, §3.10.7.4; RFC 5961 §3 (RST).

use crate::analyzer::endpoint::Endpoint;
use crate::analyzer::facts::{Acknowledges, Facts, Kind, Reset};
use crate::analyzer::sent::Sent;
use crate::analyzer::state::State;
use crate::segment::{Checksum, Flags, Segment};
use crate::seq::SeqNumber;

/// How far beyond the receiver's window a segment is believed: acknowledgements may be missing from the capture.
const WINDOW_SLACK: u32 = 1 << 20;

/// No segment is longer; where IP says so, it is judged the long way.
const LONGEST: u32 = 1 << 20;

/// Judges `segment`, sent by `sender` to `receiver`; for a connection with itself they are the same end.
pub fn judge(segment: &Segment, sender: &Endpoint, receiver: &Endpoint) -> Facts {
    let kind = Kind::of(segment.flags);
    let sound = segment.checksum != Checksum::Wrong && kind != Kind::Illegal;
    let acknowledges = if sound { acknowledges(segment, receiver) } else { Acknowledges::Nothing };
    let older = sound
        && kind == Kind::Plain
        && receiver.state() == State::SynSent
        && acknowledges != Acknowledges::New
        && receiver.numbers.is_seen()
        && sender.numbers.iss().is_none();
    // What lies beyond the sender's own window cannot have been sent to it: the segment is dropped whole (RFC 9293
    // §3.10.7.4, fifth). Within the window it may be missing from the capture, and the segment is believed.
    let is_impossible = acknowledges == Acknowledges::Unsent
        && sender.numbers.right_edge().is_some_and(|edge| edge.precedes(segment.ack));
    let counts = sound
        && !older
        && !is_impossible
        && kind != Kind::Rst
        && is_in_window(segment, kind, sender, receiver);
    let fin = (counts && segment.flags.has(Flags::FIN)).then(|| segment.seq + segment.text_len);
    let fin = fin.filter(|number| is_fin_possible(*number, sender));
    let is_plain = counts && kind == Kind::Plain;
    let peers_fin = receiver.numbers.fin().filter(|_| is_plain && acknowledges != Acknowledges::Unsent);
    let covers_fin = peers_fin.is_some_and(|fin| fin.number.precedes(segment.ack));
    Facts {
        kind,
        sound,
        counts,
        fast_open: receiver.numbers.syn_text > 0,
        acknowledges,
        covers_syn_alone: covers_syn_alone(segment, receiver),
        fin,
        again: again(segment, kind, fin, sender),
        reset: if sound && kind == Kind::Rst { reset(segment, sender, receiver) } else { Reset::None },
        older,
        covers_fin,
        lacks_fin: peers_fin.is_some() && receiver.numbers.fin_has_passed() && !covers_fin,
    }
}

/// The same facts for a segment that goes on where its sender has got to, as nearly all do, told in a shorter way: one
/// without SYN and RST, with ACK, whose checksum is not wrong. `None` where there is any doubt, and where there may be
/// anything to diagnose.
#[inline(always)]
pub fn judge_next(segment: &Segment, sender: &Endpoint, receiver: &Endpoint) -> Option<Facts> {
    let (sent, peers) = (sender.numbers.sent()?, receiver.numbers.sent()?);
    let is_next = sent.seen && segment.seq == sent.nxt() && sent.contiguous() == sent.nxt();
    // One octet may be a probe.
    let is_ordinary = segment.text_len != 1 && segment.text_len <= LONGEST;
    if !is_next || !is_ordinary || !peers.seen || receiver.state() == State::SynSent {
        return None;
    }
    let acknowledges = if segment.ack.precedes_or_equals(peers.una()) {
        Acknowledges::Old
    } else if segment.ack.precedes_or_equals(peers.nxt()) {
        Acknowledges::New
    } else {
        return None;
    };
    let has_fin = segment.flags.has(Flags::FIN);
    if sender.numbers.fin().is_some() && (has_fin || segment.text_len > 0) {
        return None;
    }
    let peers_fin = receiver.numbers.fin();
    if peers_fin.is_some_and(|fin| segment.text_len > 0 || !fin.number.precedes(segment.ack)) {
        return None;
    }
    let fin = has_fin.then(|| segment.seq + segment.text_len);
    if !fin.is_none_or(|number| sent.una().precedes_or_equals(number + 1))
        || !is_in_window(segment, Kind::Plain, sender, receiver)
    {
        return None;
    }
    Some(Facts {
        kind: Kind::Plain,
        sound: true,
        counts: true,
        fast_open: receiver.numbers.syn_text > 0,
        acknowledges,
        covers_syn_alone: covers_syn_alone(segment, receiver),
        fin,
        again: 0,
        reset: Reset::None,
        older: false,
        covers_fin: peers_fin.is_some(),
        lacks_fin: false,
    })
}

fn acknowledges(segment: &Segment, receiver: &Endpoint) -> Acknowledges {
    if !segment.flags.has(Flags::ACK) {
        return Acknowledges::Nothing;
    }
    let Some(sent) = receiver.numbers.sent() else { return Acknowledges::Unknown };
    if segment.ack.precedes_or_equals(sent.una()) {
        return Acknowledges::Old;
    }
    // An end of which no segment was captured is known by its acknowledgements alone.
    if segment.ack.precedes_or_equals(sent.nxt()) || !sent.seen || sent.is_outlier(segment.ack) {
        Acknowledges::New
    } else {
        Acknowledges::Unsent
    }
}

fn covers_syn_alone(segment: &Segment, receiver: &Endpoint) -> bool {
    receiver.numbers.iss().is_some_and(|iss| iss + 1 == segment.ack)
}

/// RFC 9293 §3.10.7.4, first, as far as an observer can apply it: the receiver's window is known from its own
/// segments, and some of those may be missing.
#[inline]
fn is_in_window(segment: &Segment, kind: Kind, sender: &Endpoint, receiver: &Endpoint) -> bool {
    let Some(sent) = sender.numbers.sent() else { return true };
    match kind {
        Kind::Syn => return sender.numbers.iss().is_none_or(|iss| iss == segment.seq),
        // Another SYN+ACK may come while none was acceptable (RFC 9293 §3.5, figure 8).
        Kind::SynAck => {
            let is_waiting = receiver.state() == State::SynSent;
            return is_waiting || sender.numbers.iss().is_none_or(|iss| iss == segment.seq);
        }
        _ => {}
    }
    let Some(edge) = receiver.numbers.right_edge() else { return true };
    let limit = edge.later(sent.nxt()) + WINDOW_SLACK;
    segment.seq.precedes_or_equals(limit) && segment.seq.distance_from(sent.una()) > -(1 << 30)
}

/// Whether a FIN can have the number `number`: what the peer has acknowledged beyond it was no FIN, so that one below
/// strayed in from an older connection.
fn is_fin_possible(number: SeqNumber, sender: &Endpoint) -> bool {
    let is_known = sender.numbers.fin().is_some_and(|fin| fin.number == number);
    is_known || sender.numbers.sent().is_none_or(|sent| sent.una().precedes_or_equals(number + 1))
}

fn again(segment: &Segment, kind: Kind, fin: Option<SeqNumber>, sender: &Endpoint) -> u32 {
    let next = |times: u32| if times == 0 { 0 } else { times.saturating_add(1) };
    let numbers = &sender.numbers;
    let is_own_syn = numbers.iss() == Some(segment.seq);
    match (kind, fin, numbers.fin()) {
        (Kind::Syn, ..) if is_own_syn => next(numbers.syns),
        (Kind::SynAck, ..) if is_own_syn => next(numbers.syn_acks),
        (Kind::Plain, Some(number), Some(known)) if number == known.number => next(known.times),
        (Kind::Plain, None, _) => numbers.sent().map_or(0, |sent| text_again(segment, sent, sender)),
        _ => 0,
    }
}

fn text_again(segment: &Segment, sent: &Sent, sender: &Endpoint) -> u32 {
    // One octet at most, below SND.NXT, nothing outstanding: a keep-alive or a probe, and no repetition.
    let probe = segment.text_len <= 1 && segment.seq + 1 == sent.nxt() && sent.is_all_acknowledged();
    if segment.text_len == 0 || probe || !sent.seen || !segment.end().precedes_or_equals(sent.nxt()) {
        return 0;
    }
    // Before the first number seen, or behind a gap, it may be the first sending.
    let may_be_first = segment.seq.precedes(sent.base())
        || (sent.contiguous().precedes(segment.end()) && !sent.is_boundary(segment.end()));
    if may_be_first { 0 } else { sender.numbers.times_sent(segment.seq) }
}

fn reset(segment: &Segment, sender: &Endpoint, receiver: &Endpoint) -> Reset {
    match receiver.state() {
        // RFC 9293 §3.10.7.3, second: acceptable means ISS < SEG.ACK =< SND.NXT; without ACK it is dropped.
        State::SynSent if receiver.numbers.is_seen() => {
            let acceptable = segment.flags.has(Flags::ACK) && receiver.numbers.is_syn_covered_by(segment.ack);
            return if acceptable { Reset::Refuses } else { Reset::Ignored };
        }
        _ => {}
    }
    let is_gone = matches!(receiver.state(), State::Closed | State::Listen);
    match (is_at_rcv_nxt(segment.seq, sender, receiver), is_gone) {
        (true, false) => return Reset::Resets,
        // RFC 9293 §3.10.7.1 and §3.10.7.2: an incoming RST should be ignored.
        (true, true) => return Reset::Late,
        (false, true) => return Reset::Ignored,
        (false, false) => {}
    }
    let in_window = match (receiver.numbers.last_ack(), receiver.numbers.right_edge()) {
        (Some(left), Some(right)) => {
            left.precedes_or_equals(segment.seq) && segment.seq.precedes_or_equals(right)
        }
        _ => false,
    };
    if in_window { Reset::Challenged } else { Reset::Ignored }
}

/// Whether `seq` is where the receiver's RCV.NXT stands. A tap cannot tell which of the segments that passed have
/// arrived, so that is what the receiver itself acknowledged last, or the end of any segment that passed since.
fn is_at_rcv_nxt(seq: SeqNumber, sender: &Endpoint, receiver: &Endpoint) -> bool {
    let last_ack = receiver.numbers.last_ack();
    if last_ack == Some(seq) {
        return true;
    }
    sender.numbers.sent().is_some_and(|sent| {
        seq == sent.contiguous()
            || (sent.is_boundary(seq) && seq.precedes(sent.contiguous()))
            || (last_ack.is_none() && seq == sent.nxt())
    })
}
