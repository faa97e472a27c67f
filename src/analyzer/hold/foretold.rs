//! A connection in brief in few octets.
//!
//! In: a connection in brief that has been quiet for a while. Out: octets, and from them the same again.
//! Invariant: nothing is lost on the way. What is foretold of a segment by those before it is not written. An ordinary segment
//! makes a record of a fixed length, which is soon done; others take as many octets as they need.

use crate::analyzer::hold::brief::{Brief, Kept, Log};
use crate::analyzer::pack::{Pack, Packer, Unpacker};
use crate::analyzer::pairs::Sockets;
use crate::analyzer::role::{Ends, Role};
use crate::jot::{Jot, Usual};
use crate::segment::Flags;
use crate::seq::SeqNumber;
use crate::time::Timestamp;

const IS_RECORD: u8 = 0x80;
const BY_CLIENT: u8 = 0x40;
/// Those of a `Jot`.
const MARKS: u8 = 0x0F;

impl Brief {
    /// Writes it, its number first.
    pub fn pack(&self, to: &mut Packer) {
        let Self { log, course, has_again, sockets, .. } = self;
        log.id.pack(to);
        (*has_again, course.count).pack(to);
        sockets.pack(to);
        log.options.pack(to);
        let mut foretold = Foretold::none();
        foretold.pack(&log.syn, to);
        self.segments().for_each(|jot| foretold.pack(jot, to));
        course.pack(to);
    }

    /// Reads one, which is kept in one of the rooms that there are to `spare`.
    pub fn unpack(from: &mut Unpacker<'_>, spare: &mut Vec<Box<Log>>) -> Option<Self> {
        let id = Pack::unpack(from)?;
        let (has_again, count): (bool, u8) = Pack::unpack(from)?;
        let sockets = Sockets::unpack(from)?;
        let options = Ends::unpack(from)?;
        let mut foretold = Foretold::none();
        let syn = foretold.unpack(from)?;
        let mut log = spare.pop().unwrap_or_else(|| Log::new(&syn));
        (log.id, log.options, log.syn) = (id, options, syn);
        for room in log.segments.iter_mut().take(count.into()) {
            *room = Kept(foretold.unpack(from)?);
        }
        Some(Self {
            log,
            course: Pack::unpack(from)?,
            is_client_first: sockets.is_client_first(),
            waits: false,
            has_again,
            sockets,
            start: syn.time,
            // Nobody asks for it before it is the last of all.
            last_taken: foretold.frame,
        })
    }
}

/// What is foretold of a segment by those before it.
struct Foretold {
    frame: u64,
    time: Timestamp,
    /// Of each end: it goes on where it has got to, acknowledges all of the other, and is otherwise as it was.
    next: Ends<Jot>,
}

impl Foretold {
    const fn none() -> Self {
        let none = Usual::NONE.jot;
        Self { frame: 0, time: Timestamp(0), next: Ends { client: none, server: none } }
    }

    fn pack(&mut self, jot: &Jot, to: &mut Packer) {
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

    fn unpack(&mut self, from: &mut Unpacker<'_>) -> Option<Jot> {
        let head = from.octet()?;
        let by_client = head & BY_CLIENT != 0;
        let next = self.next.of(sender(by_client)).sent(by_client);
        let jot = if head & IS_RECORD != 0 {
            Jot { marks: head & MARKS, ..self.unpack_record(next, from)? }
        } else {
            self.unpack_any(next, from)?
        };
        self.note(&jot);
        Some(jot)
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
            by_client: next.by_client,
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
