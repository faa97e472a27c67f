//! Segments of one connection in few octets.
//!
//! In: the segments, one after the other. Out: octets, and from them the same again.
//! Invariant: nothing is lost on the way. What is foretold of a segment by those before it is not written. An ordinary segment
//! makes a record of a fixed length, which is soon done; others take as many octets as they need.

use crate::analyzer::pack::{Pack, Packer, Unpacker};
use crate::analyzer::role::{Ends, Role};
use crate::jot::Jot;
use crate::segment::Flags;
use crate::seq::SeqNumber;
use crate::time::Timestamp;

const IS_RECORD: u8 = 0x80;
const BY_CLIENT: u8 = 0x40;
/// Those of a `Jot`.
const MARKS: u8 = 0x0F;

/// What is foretold of a segment by those before it.
#[derive(Debug)]
pub struct Foretold {
    /// The frame of the last one.
    pub frame: u64,
    time: Timestamp,
    /// Of each end: it goes on where it has got to, acknowledges all of the other, and is otherwise as it was.
    next: Ends<Jot>,
}

impl Foretold {
    /// Nothing: none came before.
    pub const fn none() -> Self {
        let none = Jot::NONE;
        Self { frame: 0, time: Timestamp(0), next: Ends { client: none, server: none } }
    }

    /// Writes the next segment.
    pub fn pack(&mut self, jot: &Jot, to: &mut Packer) {
        let sender = if jot.by_client { BY_CLIENT } else { 0 };
        if let Some(words) = self.record(jot) {
            to.octet(IS_RECORD | sender | jot.marks);
            to.octets(&jot.identification.to_le_bytes());
            words.into_iter().for_each(|word| to.octets(&word.to_le_bytes()));
        } else {
            to.octet(sender);
            self.pack_any(jot, to);
        }
        self.note(jot);
    }

    /// Reads it.
    pub fn unpack(&mut self, from: &mut Unpacker<'_>) -> Option<Jot> {
        let head = from.octet()?;
        let by_client = head & BY_CLIENT != 0;
        let next = self.next.of(sender(by_client)).sent(by_client);
        let jot = if head & IS_RECORD != 0 {
            Jot { marks: head & MARKS, ..self.unpack_record(next, from)? }
        } else {
            self.unpack_any(next, from)?
        };
        self.note(&jot);
        Some(jot.summed_up())
    }

    /// Of each end the number behind what it sent last, the client first.
    pub const fn ends(&self) -> [SeqNumber; 2] {
        [self.next.client.seq, self.next.server.seq]
    }

    /// What is to be written of an ordinary segment.
    fn record(&self, jot: &Jot) -> Option<[u64; 3]> {
        let next = self.next.of(sender(jot.by_client));
        let (frames, passed) = (jot.frame.wrapping_sub(self.frame), jot.time.0.wrapping_sub(self.time.0));
        let as_before =
            (jot.seq, jot.ack, jot.tap, jot.hop_limit) == (next.seq, next.ack, next.tap, next.hop_limit);
        if !as_before || frames >> 24 != 0 || passed >> 32 != 0 || jot.flags.0 >> 8 != 0 {
            return None;
        }
        let rest = frames
            | u64::from(jot.flags.0) << 24
            | u64::from(jot.window) << 32
            | u64::from(jot.text_len) << 48;
        Some([jot.packet, passed | u64::from(jot.stamp) << 32, rest])
    }

    fn unpack_record(&self, next: Jot, from: &mut Unpacker<'_>) -> Option<Jot> {
        let identification = u16::from_le_bytes(from.octets()?);
        let mut word = || from.octets().map(u64::from_le_bytes);
        let (packet, times, rest) = (word()?, word()?, word()?);
        Some(Jot {
            frame: self.frame.wrapping_add(rest & 0xFF_FFFF),
            time: Timestamp(self.time.0.wrapping_add(times & 0xFFFF_FFFF)),
            packet,
            stamp: (times >> 32) as u32,
            flags: Flags((rest >> 24 & 0xFF) as u16),
            window: (rest >> 32) as u16,
            text_len: (rest >> 48) as u16,
            identification,
            ..next
        })
    }

    fn pack_any(&self, jot: &Jot, to: &mut Packer) {
        let next = self.next.of(sender(jot.by_client));
        for (number, foretold) in numbers(jot).into_iter().zip(numbers(next)) {
            let distance = i64::from(number.wrapping_sub(foretold).cast_signed());
            Some(distance).filter(|distance| *distance != 0).pack(to);
        }
        (jot.frame.wrapping_sub(self.frame).cast_signed(), jot.time).pack(to);
        to.octets(&jot.packet.to_le_bytes());
    }

    fn unpack_any(&self, next: Jot, from: &mut Unpacker<'_>) -> Option<Jot> {
        let mut numbers = numbers(&next);
        for number in &mut numbers {
            let distance = Option::<i64>::unpack(from)?.unwrap_or_default();
            *number = number.wrapping_add(i32::try_from(distance).ok()?.cast_unsigned());
        }
        let [seq, ack, flags, window, text_len, identification, tap, hop_limit, marks, stamp] = numbers;
        let (frames, time): (i64, Timestamp) = Pack::unpack(from)?;
        Some(Jot {
            frame: self.frame.wrapping_add(frames.cast_unsigned()),
            time,
            packet: from.octets().map(u64::from_le_bytes)?,
            ack: SeqNumber(ack),
            seq: SeqNumber(seq),
            tap,
            stamp,
            flags: Flags(flags.try_into().ok()?),
            window: window.try_into().ok()?,
            text_len: text_len.try_into().ok()?,
            identification: identification.try_into().ok()?,
            hop_limit: hop_limit.try_into().ok()?,
            marks: marks.try_into().ok()?,
            ..next
        })
    }

    fn note(&mut self, jot: &Jot) {
        (self.frame, self.time) = (jot.frame, jot.time);
        let is_numbered = jot.flags.has_any(Flags::SYN.with(Flags::FIN));
        let end = jot.seq + u32::from(jot.text_len) + u32::from(is_numbered);
        let (own, other) = if jot.by_client {
            (&mut self.next.client, &mut self.next.server)
        } else {
            (&mut self.next.server, &mut self.next.client)
        };
        // Each is as it was but for where it stands; the other end will acknowledge that.
        let ack = own.ack;
        *own = Jot { seq: end, ack, text_len: 0, ..*jot };
        other.ack = end;
    }
}

const fn sender(by_client: bool) -> Role {
    if by_client { Role::Client } else { Role::Server }
}

/// What is said of a segment but its frame, time and packet, and who sent it.
fn numbers(jot: &Jot) -> [u32; 10] {
    [
        jot.seq.0,
        jot.ack.0,
        jot.flags.0.into(),
        jot.window.into(),
        jot.text_len.into(),
        jot.identification.into(),
        jot.tap,
        jot.hop_limit.into(),
        jot.marks.into(),
        jot.stamp,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Either anything or what is usual.
    fn or_usual<T: Arbitrary + Clone + 'static>(usual: T) -> impl Strategy<Value = T> {
        prop_oneof![3 => Just(usual), 1 => any::<T>()]
    }

    type Moved = ((u64, u64, u64, bool), (u32, u32, u16, u16, u16), (u16, u32, u8, u8, u32));

    fn any_moved() -> impl Strategy<Value = Moved> {
        (
            (or_usual(1), or_usual(20_000), any::<u64>(), any::<bool>()),
            (or_usual(0), or_usual(0), or_usual(0x10_u16), or_usual(502), or_usual(0)),
            (or_usual(1), or_usual(0), or_usual(0), 0_u8..16, any::<u32>()),
        )
    }

    proptest! {
        #[test]
        fn any_segments_come_back(moves in prop::collection::vec(any_moved(), 1..21)) {
            let mut last = Foretold::none();
            let mut jots = Vec::new();
            for (first, second, third) in moves {
                let (frames, passed, packet, by_client) = first;
                let (seq, ack, flags, window, text_len) = second;
                let (identification, tap, hop_limit, marks, stamp) = third;
                let before = *last.next.of(sender(by_client));
                let jot = Jot {
                    frame: last.frame.wrapping_add(frames),
                    time: Timestamp(last.time.0.wrapping_add(passed)),
                    packet,
                    ack: before.ack + ack,
                    seq: before.seq + seq,
                    tap: before.tap.wrapping_add(tap),
                    stamp,
                    flags: Flags(flags),
                    window,
                    text_len,
                    identification,
                    hop_limit: before.hop_limit.wrapping_add(hop_limit),
                    marks,
                    by_client,
                    ..before
                }
                .summed_up();
                last.note(&jot);
                jots.push(jot);
            }
            let octets = Packer::default().pack_with(|to| {
                let mut foretold = Foretold::none();
                jots.iter().for_each(|jot| foretold.pack(jot, to));
            });
            let (mut foretold, mut from) = (Foretold::none(), Unpacker::of(&octets));
            for jot in &jots {
                let again = foretold.unpack(&mut from);
                prop_assert_eq!(format!("{again:?}"), format!("{:?}", Some(jot)));
            }
        }
    }

    #[test]
    fn an_ordinary_segment_makes_a_record() {
        let syn = Jot { flags: Flags::SYN, hop_limit: 64, by_client: true, ..Jot::NONE };
        let mut foretold = Foretold::none();
        let len =
            |foretold: &mut Foretold, jot| Packer::default().pack_with(|to| foretold.pack(&jot, to)).len();
        assert_eq!(len(&mut foretold, Jot { time: Timestamp(1 << 60), ..syn }), 24);
        let text = Jot { seq: SeqNumber(1), flags: Flags::ACK, time: Timestamp((1 << 60) + 1), ..syn };
        assert_eq!(len(&mut foretold, Jot { text_len: 9, window: 7, stamp: 5, marks: 2, ..text }), 27);
        assert_eq!(len(&mut foretold, Jot { seq: SeqNumber(10), frame: 1 << 23, ..text }), 27);
        let late = Jot { seq: SeqNumber(10), frame: 1 << 25, ..text };
        assert!(foretold.record(&late).is_none(), "too many frames lie between");
    }
}
