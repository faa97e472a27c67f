//! How a connection opened.
//!
//! In: each segment with its facts. Out: the kind of opening, its numbers, and its times.
//! Invariant: complete means that a SYN+ACK with an acceptable ACK was answered by a segment, neither SYN nor RST, whose
//! SEQ lies from J+1 and whose ACK lies from K+1 to the highest number seen; counting flags is not enough.
//! A time that a repetition makes ambiguous is left out (Karn).
//! Read: RFC 9293 §3.5; RFC 7413 (fast open); field guide sections 2 and 5.

use std::time::Duration;

use crate::analyzer::endpoint::Endpoint;
use crate::analyzer::facts::{Acknowledges, Facts, Kind};
use crate::analyzer::pack::packed;
use crate::analyzer::role::{Ends, Role};
use crate::segment::Segment;
use crate::seq::SeqNumber;
use crate::time::{Moment, Timestamp};

/// How late a segment may be captured after the one that answers it (field guide, section 4).
pub const REORDERING: Duration = Duration::from_millis(50);

/// The kind of an opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpeningKind {
    /// SYN, SYN+ACK, ACK.
    ThreeWay,
    /// Both ends sent a SYN of their own accord (RFC 9293 figure 7).
    Simultaneous,
    /// The SYN carried text, and that was accepted (RFC 7413).
    FastOpen,
    /// Source and destination are the same socket.
    SelfConnect,
    /// A SYN was captured, a complete handshake not.
    Incomplete,
    /// The capture starts later.
    NotSeen,
}

/// What was seen of an opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Its kind.
    pub kind: OpeningKind,
    /// SYNs without ACK.
    pub syns: u32,
    /// SYNs with ACK.
    pub syn_acks: u32,
    /// The client's initial sequence number.
    pub j: Option<SeqNumber>,
    /// The server's.
    pub k: Option<SeqNumber>,
    /// First SYN to SYN+ACK, repetitions included.
    pub connect_time: Option<Duration>,
    /// SYN to SYN+ACK, where the SYN was sent once.
    pub syn_to_syn_ack: Option<Duration>,
    /// SYN+ACK to the segment that completes the handshake, where the SYN+ACK was sent once.
    pub syn_ack_to_ack: Option<Duration>,
    /// The sum of both.
    pub handshake_rtt: Option<Duration>,
}

/// The same spans in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpeningSpans {
    /// As [`Opening::connect_time`].
    pub connect_time: Option<u64>,
    /// As [`Opening::syn_to_syn_ack`].
    pub syn_to_syn_ack: Option<u64>,
    /// As [`Opening::syn_ack_to_ack`].
    pub syn_ack_to_ack: Option<u64>,
    /// As [`Opening::handshake_rtt`].
    pub handshake_rtt: Option<u64>,
}

/// An opening in progress.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// The first SYN without ACK.
    first_syn: Moment,
    /// The first acceptable SYN+ACK from the server.
    answer: Moment,
    /// The segment that completes the handshake, and its frame.
    third: Moment,
    third_frame: u64,
    /// How many SYNs there were by the answer.
    answered_syns: u32,
    /// How many SYN+ACKs there were by the third.
    answered_syn_acks: u32,
    /// What the client acknowledged while no SYN+ACK had been captured.
    early: Option<Box<Early>>,
    /// The SYN's text was acknowledged by the SYN+ACK.
    fast_open: bool,
}

/// A segment that may be the third, and was captured before the second.
#[derive(Clone, Copy, Debug)]
struct Early {
    time: Timestamp,
    ack: SeqNumber,
    frame: u64,
}

impl Progress {
    /// An opening by SYN, SYN+ACK and ACK: the times of the first SYN and SYN+ACK and of the ACK, how many SYNs and SYN+ACKs
    /// came until then, and the frame of the ACK.
    pub const fn of_three(
        [asked, answered, third]: [Timestamp; 3],
        [syns, syn_acks]: [u32; 2],
        third_frame: u64,
    ) -> Self {
        Self {
            first_syn: Moment::at(asked),
            answer: Moment::at(answered),
            third: Moment::at(third),
            third_frame,
            answered_syns: syns,
            answered_syn_acks: syn_acks,
            early: None,
            fast_open: false,
        }
    }

    /// An opening that got no further than the SYN, which came at `asked`.
    pub fn of_one(asked: Timestamp) -> Self {
        Self { first_syn: Moment::at(asked), ..Self::default() }
    }

    /// Takes in a segment from `from`, once both ends have.
    #[inline(always)]
    pub fn note(&mut self, segment: &Segment, facts: &Facts, from: Role, ends: &Ends<Endpoint>) {
        if !facts.counts {
            return;
        }
        let (client, server) = (&ends.client.numbers, &ends.server.numbers);
        match (facts.kind, from) {
            (Kind::Syn, _) => {
                self.first_syn.set_once(segment.time);
            }
            (Kind::SynAck, Role::Server)
                if !self.answer.is_some() && client.is_syn_covered_by(segment.ack) =>
            {
                self.answer = Moment::at(segment.time);
                self.answered_syns = client.syns;
                self.fast_open = client.iss().is_some_and(|iss| segment.ack.distance_from(iss) > 1);
                // The capture shows the third segment first. Much later it would be a repeated SYN+ACK that is shown.
                let early = self.early.take().filter(|early| segment.time.since(early.time) <= REORDERING);
                if let Some(early) = early.filter(|early| server.is_syn_covered_by(early.ack)) {
                    self.complete(early.time, 0, early.frame);
                }
            }
            (Kind::Plain, Role::Client)
                if !self.answer.is_some() && facts.acknowledges == Acknowledges::Unknown =>
            {
                let (time, ack, frame) = (segment.time, segment.ack, segment.frame);
                self.early = Some(Box::new(Early { time, ack, frame }));
            }
            (Kind::Plain, Role::Client) if !self.third.is_some() && self.answer.is_some() => {
                let is_beyond_syn = client.iss().is_some_and(|iss| iss.precedes(segment.seq));
                let covers =
                    facts.acknowledges != Acknowledges::Unsent && server.is_syn_covered_by(segment.ack);
                if is_beyond_syn && covers {
                    self.complete(segment.time, server.syn_acks, segment.frame);
                }
            }
            _ => {}
        }
    }

    /// The frame that completes the handshake, once there is one, though it may be withdrawn.
    pub fn third_frame(&self) -> Option<u64> {
        self.third.is_some().then_some(self.third_frame)
    }

    /// When the SYN came first.
    pub const fn asked_at(&self) -> Option<Timestamp> {
        self.first_syn.get()
    }

    /// When an acceptable SYN+ACK came first.
    pub const fn answered_at(&self) -> Option<Timestamp> {
        self.answer.get()
    }

    /// When SYN, SYN+ACK and the segment that completes the handshake came, if each came once by then, and in that order.
    #[inline(always)]
    pub fn in_order(&self) -> Option<[Timestamp; 3]> {
        let times = [self.first_syn.get()?, self.answer.get()?, self.third.get()?];
        let is_once = self.answered_syns == 1 && self.answered_syn_acks == 1 && !self.fast_open;
        (is_once && times.is_sorted()).then_some(times)
    }

    /// Whether the SYN's text was accepted with it.
    pub const fn is_fast_open(&self) -> bool {
        self.fast_open
    }

    /// Whether the handshake is complete, and nothing has withdrawn that.
    pub fn is_complete(&self, ends: &Ends<Endpoint>, is_self: bool) -> bool {
        if is_self {
            return ends.client.is_syn_acknowledged();
        }
        if is_simultaneous(ends) {
            return ends.client.is_syn_acknowledged() && ends.server.is_syn_acknowledged();
        }
        self.third.is_some() && !ends.server.is_doubted()
    }

    /// Whether it is complete, or what came later proves that it was, though a part of it is missing from the capture.
    pub fn was_completed(&self, ends: &Ends<Endpoint>, is_self: bool) -> bool {
        let Ends { client, server } = ends;
        let was_answered = client.numbers.syn_acks > 0 || server.numbers.syn_acks > 0;
        let was_seen = was_answered || client.numbers.syns > 0;
        let is_doubted = client.is_doubted() || server.is_doubted();
        self.is_complete(ends, is_self)
            // The client's own word is not enough where the server may still repeat its SYN+ACK.
            || (was_seen && !is_doubted && (server.is_proved() || (client.is_proved() && !was_answered)))
    }

    /// What is known by now.
    #[inline(always)]
    pub fn opening(&self, ends: &Ends<Endpoint>, is_self: bool) -> Opening {
        let (client, server) =
            (&ends.client.numbers, if is_self { &ends.client.numbers } else { &ends.server.numbers });
        let count = |of: fn(&Endpoint) -> u32| of(&ends.client).saturating_add(of(&ends.server));
        let spans = self.spans();
        Opening {
            kind: self.kind(ends, is_self),
            syns: count(|end| end.numbers.syns),
            syn_acks: count(|end| end.numbers.syn_acks),
            j: client.iss(),
            k: server.iss(),
            connect_time: spans.connect_time.map(Duration::from_nanos),
            syn_to_syn_ack: spans.syn_to_syn_ack.map(Duration::from_nanos),
            syn_ack_to_ack: spans.syn_ack_to_ack.map(Duration::from_nanos),
            handshake_rtt: spans.handshake_rtt.map(Duration::from_nanos),
        }
    }

    /// Its spans by now.
    #[inline(always)]
    pub fn spans(&self) -> OpeningSpans {
        // A time that was captured in reverse order is not known.
        let span = |from: Option<Timestamp>, to: Option<Timestamp>| {
            from.zip(to).and_then(|(from, to)| to.0.checked_sub(from.0))
        };
        let (asked, answered, third) = (self.first_syn.get(), self.answer.get(), self.third.get());
        let connect_time = span(asked, answered);
        let syn_to_syn_ack = connect_time.filter(|_| self.answered_syns == 1);
        let syn_ack_to_ack = span(answered, third).filter(|_| self.answered_syn_acks == 1);
        // There and back: where both are known they are one span.
        let handshake_rtt = syn_to_syn_ack.and(syn_ack_to_ack).and(span(asked, third));
        OpeningSpans { connect_time, syn_to_syn_ack, syn_ack_to_ack, handshake_rtt }
    }

    const fn complete(&mut self, time: Timestamp, syn_acks: u32, frame: u64) {
        self.third = Moment::at(time);
        self.answered_syn_acks = syn_acks;
        self.third_frame = frame;
    }

    fn kind(&self, ends: &Ends<Endpoint>, is_self: bool) -> OpeningKind {
        if !self.first_syn.is_some() {
            OpeningKind::NotSeen
        } else if is_self {
            OpeningKind::SelfConnect
        } else if !self.is_complete(ends, is_self) {
            OpeningKind::Incomplete
        } else if is_simultaneous(ends) {
            OpeningKind::Simultaneous
        } else if self.fast_open {
            OpeningKind::FastOpen
        } else {
            OpeningKind::ThreeWay
        }
    }
}

/// Whether both ends have sent a SYN of their own accord.
fn is_simultaneous(ends: &Ends<Endpoint>) -> bool {
    ends.client.numbers.syns > 0 && ends.server.numbers.syns > 0
}

impl OpeningKind {
    /// Its name in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ThreeWay => "three-way",
            Self::Simultaneous => "simultaneous",
            Self::FastOpen => "fast-open",
            Self::SelfConnect => "self-connect",
            Self::Incomplete => "incomplete",
            Self::NotSeen => "not-seen",
        }
    }
}

packed!(Early { time, ack, frame });
packed!(Progress {
    first_syn,
    answer,
    third,
    third_frame,
    answered_syns,
    answered_syn_acks,
    early,
    fast_open,
});
