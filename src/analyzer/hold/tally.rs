//! What an end by the textbook counts to, and the numbers that this makes.
//!
//! In: its SYN and that one's options, its FIN, its last segment. Out: its numbers, as `Endpoint` has them.
//! Invariant: nothing is moved here: every number was seen, and all that could not be is nothing or zero.
//! Read: RFC 9293 §3.3.1; RFC 7323 §2 (window scale), §3 (timestamps).

use std::num::NonZero;

use crate::analyzer::few::Few;
use crate::analyzer::numbers::{Fin, Numbers};
use crate::analyzer::sent::Sent;
use crate::jot::Jot;
use crate::options::Options;
use crate::segment::Flags;
use crate::seq::SeqNumber;

/// What the options of a SYN say.
#[derive(Clone, Copy, Debug, Default)]
pub struct OfSyn {
    /// The window scale.
    pub shift: Option<u8>,
    /// The clock.
    pub stamp: Option<u32>,
}

impl OfSyn {
    /// What these options say; `None` where anything is to be said of them.
    #[inline(always)]
    pub fn of(options: &Options) -> Option<Self> {
        let octets = options.octets();
        Self::usual(octets).or_else(|| Self::unstamped(octets)).or_else(|| Self::any(options))
    }

    /// Of options in the order in which Linux writes them, and with it most others: read with hardly a branch.
    #[inline(always)]
    fn usual(octets: &[u8]) -> Option<Self> {
        /// Kinds and lengths of the first three, and where they stand.
        const FRONT: [u8; 8] = [2, 4, 0, 0, 4, 2, 8, 10];
        const IS_FRONT: [u8; 8] = [255, 255, 0, 0, 255, 255, 255, 255];
        let (front, [a, b, c, d, _, _, _, _, 1, 3, 3, shift @ ..=Options::MOST_SHIFT]) =
            octets.split_first_chunk::<8>()?
        else {
            return None;
        };
        let is_usual = u64::from_le_bytes(*front) & u64::from_le_bytes(IS_FRONT) == u64::from_le_bytes(FRONT);
        is_usual.then_some(Self { shift: Some(*shift), stamp: Some(u32::from_be_bytes([*a, *b, *c, *d])) })
    }

    /// The same where there are no timestamps.
    #[inline(always)]
    fn unstamped(octets: &[u8]) -> Option<Self> {
        match octets {
            [2, 4, _, _, 1, 1, 4, 2, 1, 3, 3, shift @ ..=Options::MOST_SHIFT] => {
                Some(Self { shift: Some(*shift), stamp: None })
            }
            _ => None,
        }
    }

    /// Of any.
    #[inline(never)]
    fn any(options: &Options) -> Option<Self> {
        let (mut of_syn, mut has_mss) = (Self::default(), false);
        for (kind, body) in options.bodies() {
            match (kind, body) {
                (2, [_, _]) => has_mss = true,
                (3, [shift]) if *shift > Options::MOST_SHIFT => return None,
                (3, [shift]) => of_syn.shift = of_syn.shift.or(Some(*shift)),
                (8, [a, b, c, d, _, _, _, _]) => {
                    of_syn.stamp = of_syn.stamp.or(Some(u32::from_be_bytes([*a, *b, *c, *d])));
                }
                // A fast open cookie is asked for.
                (34, []) => return None,
                _ => {}
            }
        }
        has_mss.then_some(of_syn)
    }
}

/// What an end by the textbook counts to.
#[derive(Debug)]
pub struct Tally<'a> {
    /// Its SYN, or its answer to one.
    pub syn: &'a Jot,
    /// ISS.
    pub iss: SeqNumber,
    /// What the SYN's options say; the clock is that of the last SYN or FIN.
    pub options: OfSyn,
    /// The ECN bits of its last SYN.
    pub ecn: u8,
    /// How often it sent its SYN.
    pub syns: u32,
    /// Its FIN.
    pub fin: Option<Fin>,
    /// The last acknowledgement that it sent.
    pub last_ack: Option<SeqNumber>,
    /// The end of the window that it offers.
    pub right_edge: Option<SeqNumber>,
    /// Its last frame.
    pub last_frame: u64,
    /// Its segments.
    pub segments: u64,
    /// The RSTs among them.
    pub rsts: u32,
    /// Octets of text in them.
    pub text_octets: u64,
}

impl Tally<'_> {
    /// Its numbers, where its sequence space is `sent`.
    #[inline(always)]
    pub fn numbers(self, sent: Sent) -> Numbers {
        let is_answer = self.syn.flags.has(Flags::ACK);
        let frame = self.syn.frame;
        Numbers {
            iss: Some(self.iss),
            sent: Some(sent),
            fin: self.fin,
            last_ack: self.last_ack,
            right_edge: self.right_edge,
            shift: self.options.shift,
            last_text_repeat: None,
            stamp: self.options.stamp,
            window_closed: false,
            ecn: self.ecn,
            syn_frame: if is_answer { 0 } else { frame },
            syn_ack_frame: if is_answer { frame } else { 0 },
            syns: if is_answer { 0 } else { self.syns },
            syn_acks: if is_answer { self.syns } else { 0 },
            syn_text: 0,
            rsts: self.rsts,
            first_frame: frame,
            last_frame: self.last_frame,
            segments: self.segments,
            text_octets: self.text_octets,
        }
    }
}

/// The sequence space from `iss` to `nxt`, all of which is acknowledged; `last_frame` has a place in it.
#[inline(always)]
pub fn acknowledged(iss: SeqNumber, nxt: SeqNumber, last_frame: u64) -> Sent {
    Sent {
        base: iss,
        nxt,
        nxt_offset: i64::from(nxt.0.wrapping_sub(iss.0)),
        contiguous: nxt,
        una: nxt,
        seen: true,
        outlier: None,
        answered: NonZero::new(last_frame),
        awaiting: Few::default(),
        islands: Few::default(),
    }
}

/// The FIN that `jot` carries, sent once and not acknowledged.
#[inline(always)]
pub fn fin(jot: &Jot) -> Fin {
    Fin {
        number: jot.seq + u32::from(jot.text_len),
        frame: jot.frame,
        time: jot.time,
        times: 1,
        ack: jot.ack,
        acknowledged: None,
        times_until_acknowledged: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STAMPED: &[u8] = &[2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 1, 2, 0, 0, 0, 0, 1, 3, 3, 7];
    const UNSTAMPED: &[u8] = &[2, 4, 5, 180, 1, 1, 4, 2, 1, 3, 3, 7];

    fn both(octets: &[u8]) -> [String; 2] {
        let options = Options::new(octets);
        [OfSyn::of(&options), OfSyn::any(&options)].map(|said| format!("{said:?}"))
    }

    #[test]
    fn the_usual_orders_are_known() {
        assert!(OfSyn::usual(STAMPED).is_some() && OfSyn::unstamped(UNSTAMPED).is_some());
        for octets in [STAMPED, UNSTAMPED] {
            let [known, read] = both(octets);
            assert_eq!(known, read);
        }
    }

    proptest! {
        #[test]
        fn the_short_ways_come_to_the_same(
            is_stamped: bool,
            changes in proptest::collection::vec((0_usize..20, 0_u8..20), 0..3),
            len in 0_usize..=20,
        ) {
            let mut octets = if is_stamped { STAMPED } else { UNSTAMPED }.to_vec();
            for (at, octet) in changes {
                octets.get_mut(at).into_iter().for_each(|place| *place = octet);
            }
            octets.truncate(len.max(8));
            let [known, read] = both(&octets);
            prop_assert_eq!(known, read);
        }
    }
}
