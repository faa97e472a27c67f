//! Random segments of one connection, nearly all of them where their ends have got to: for tests that hold one way of
//! following it against another.
//!
//! In: moves, relative to what their ends have got to. Out: segments.

use std::net::SocketAddr;
use std::time::Duration;

use proptest::prelude::{Just, Strategy, any, prop, prop_oneof};

use crate::analyzer::diagnosis::account::Surroundings;
use crate::options::Options;
use crate::segment::{Checksum, Flags, Segment, Sighting, TextHead};
use crate::seq::SeqNumber;
use crate::time::Timestamp;

pub const SYN: u16 = 0x02;
pub const SYN_ACK: u16 = 0x12;
pub const ACK: u16 = 0x10;
pub const TEXT: u16 = 0x18;
pub const FIN: u16 = 0x11;
pub const RST: u16 = 0x14;

/// One segment to come, relative to what its ends have got to.
#[derive(Clone, Debug)]
pub struct Move {
    pub by_client: bool,
    pub flags: u16,
    pub seq: i32,
    pub ack: i32,
    pub text_len: u32,
    pub window: Option<u16>,
    pub checksum: Checksum,
    pub cut_short: bool,
    pub has_options: bool,
    pub identification: u16,
    pub millis: u64,
}

impl Move {
    pub const fn next(by_client: bool, flags: u16, text_len: u32) -> Self {
        Self {
            by_client,
            flags,
            seq: 0,
            ack: 0,
            text_len,
            window: Some(500),
            checksum: Checksum::Correct,
            cut_short: false,
            has_options: true,
            identification: 0,
            millis: 1,
        }
    }
}

/// `step`, sent again.
pub fn again(step: &Move, millis: u64) -> Move {
    let room = step.text_len.wrapping_add(u32::from(step.flags & (SYN | FIN & !ACK) != 0));
    Move { seq: room.cast_signed().wrapping_neg(), millis, identification: 1, ..step.clone() }
}

pub fn any_move() -> impl Strategy<Value = Move> {
    let flags = prop_oneof![
        12 => prop::sample::select(vec![ACK, ACK, TEXT, TEXT, FIN, SYN_ACK]),
        1 => prop::sample::select(vec![SYN, RST, 0x04, 0x01, 0x19, 0x30, 0x1d2, 0x13]),
    ];
    let off = || prop_oneof![14 => Just(0), 1 => -3..4, 1 => -3000..3000, 1 => prop::sample::select(vec![1 << 30, -(1 << 30)])];
    let text_len = prop_oneof![6 => Just(0_u32), 6 => 2_u32..3000, 1 => Just(1_u32), 1 => prop::sample::select(vec![1 << 21, u32::MAX])];
    let window = prop_oneof![8 => any::<u16>().prop_map(Some), 1 => Just(Some(0)), 1 => Just(None)];
    let checksum = prop_oneof![
        20 => Just(Checksum::Correct), 4 => Just(Checksum::Unchecked), 1 => Just(Checksum::Offloaded), 1 => Just(Checksum::Wrong)
    ];
    let rest = (prop::bool::weighted(0.02), any::<bool>(), 0_u16..4, 0_u64..300);
    (any::<bool>(), flags, (off(), off()), text_len, window, checksum, rest).prop_map(
        |(by_client, flags, (seq, ack), text_len, window, checksum, rest)| Move {
            by_client,
            flags,
            seq,
            ack,
            text_len: if flags & 0x02 == 0 { text_len } else { text_len % 2 },
            window,
            checksum,
            cut_short: rest.0,
            has_options: rest.1,
            identification: rest.2,
            millis: rest.3,
        },
    )
}

/// A RST that ends all else.
#[derive(Clone, Debug)]
pub struct End {
    pub by_client: bool,
    pub has_ack: bool,
    pub text_len: u32,
    pub is_offloaded: bool,
    pub hop_limit: u8,
    /// How far its identification is from the one before.
    pub identification: u16,
    pub window: u16,
    pub millis: u64,
}

impl End {
    pub const USUAL: Self = Self {
        by_client: true,
        has_ack: true,
        text_len: 0,
        is_offloaded: false,
        hop_limit: 64,
        identification: 1,
        window: 0,
        millis: 1,
    };

    /// The segments of `moves`, and this RST behind them, in frames that no connection but `id` has.
    pub fn behind(self, id: u64, starts: [u32; 2], mut moves: Vec<Move>) -> Vec<Segment> {
        moves.iter_mut().for_each(|step| step.identification = 1);
        let flags = if self.has_ack { RST } else { RST & !ACK };
        let checksum = if self.is_offloaded { Checksum::Offloaded } else { Checksum::Correct };
        let (identification, window, millis) = (self.identification, Some(self.window), self.millis);
        let rst = Move::next(self.by_client, flags, self.text_len);
        moves.push(Move { checksum, identification, window, millis, has_options: false, ..rst });
        let mut segments = segments(starts, &moves);
        segments.last_mut().unwrap().sighting.hop_limit = self.hop_limit;
        in_other_frames(id, &mut segments);
        segments
    }
}

pub fn any_end() -> impl Strategy<Value = End> {
    let rest = (
        prop::bool::weighted(0.05),
        prop::sample::select(vec![64, 64, 63, 0]),
        prop::sample::select(vec![1, 1, 0, 9000]),
        prop::sample::select(vec![0, 500]),
        0_u64..9,
    );
    (any::<[bool; 2]>(), prop_oneof![20 => Just(0), 1 => Just(5)], rest).prop_map(
        |([by_client, has_ack], text_len, (is_offloaded, hop_limit, identification, window, millis))| End {
            by_client,
            has_ack,
            text_len,
            is_offloaded,
            hop_limit,
            identification,
            window,
            millis,
        },
    )
}

pub fn any_surroundings() -> impl Strategy<Value = Surroundings> {
    any::<[bool; 4]>().prop_map(|[serves_others, two_way, one_way, lost_frames]| Surroundings {
        serves_others,
        two_way,
        one_way,
        lost_frames,
    })
}

/// Puts the segments into frames that no connection of another number has.
pub fn in_other_frames(id: u64, segments: &mut [Segment]) {
    segments
        .iter_mut()
        .for_each(|segment| segment.frame = segment.frame.saturating_mul(1000).saturating_add(id));
}

/// Turns moves into segments: each end goes on where it has got to.
pub fn segments(starts: [u32; 2], moves: &[Move]) -> Vec<Segment> {
    let sockets: [SocketAddr; 2] = ["192.0.2.1:50000", "192.0.2.2:443"].map(|socket| socket.parse().unwrap());
    let (mut next, mut now, mut identification) = (starts, Timestamp::new(1, 0), 7_u16);
    let mut made = Vec::new();
    for (frame, step) in (1..).zip(moves) {
        let (own, other) = (usize::from(!step.by_client), usize::from(step.by_client));
        now = now.after(Duration::from_millis(step.millis));
        identification = identification.wrapping_add(step.identification);
        let options: &[u8] = match (step.has_options, step.flags & SYN) {
            (true, 0) => &[1, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 8],
            (true, _) => &[2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 7, 0, 0, 0, 0, 1, 3, 3, 7],
            (false, _) => &[],
        };
        let segment = Segment {
            frame,
            time: now,
            source: sockets[own],
            destination: sockets[other],
            seq: SeqNumber(next[own].wrapping_add_signed(step.seq)),
            ack: SeqNumber(next[other].wrapping_add_signed(step.ack)),
            flags: Flags(step.flags),
            window: step.window,
            options: Options::new(options),
            text_len: step.text_len,
            text: TextHead::new(b"text").cut(step.text_len % 3 != 0),
            checksum: step.checksum,
            cut_short: step.cut_short,
            sighting: Sighting { packet: frame, tap: 1, identification, hop_limit: 64 },
            tunnel: None,
        };
        if step.seq == 0 {
            next[own] = segment.end().0;
        }
        made.push(segment);
    }
    made
}

pub const HANDSHAKE: [Move; 3] =
    [Move::next(true, SYN, 0), Move::next(false, SYN_ACK, 0), Move::next(true, ACK, 0)];
