//! Zeek's `history`: a letter for each kind of event, in capital where it is the originator's.
//!
//! In: events of both ends. Out: the letters.
//! Invariant: an ordinary history lies within the value itself; what is rare lies in one box, and is bounded.
//! Read: Zeek's documentation of conn.log, `history`.

use crate::analyzer::compare::content::Blocks;
use crate::analyzer::pack::packed;
use crate::analyzer::role::{Ends, Role};
use crate::seq::SeqNumber;

/// Letters kept without a box.
const SHORT: usize = 15;

// The kinds that an end has shown, as bits. A SYN and a SYN+ACK are one kind.
pub const SEEN_SYN: u8 = 1;
pub const SEEN_FIN: u8 = 2;
pub const SEEN_RST: u8 = 4;
pub const SEEN_FIN_RST: u8 = 8;
pub const SEEN_DATA: u8 = 16;
pub const SEEN_ACK: u8 = 32;
pub const SEEN_MANY: u8 = 64;

/// Letters kept of a history. Zeek keeps all; numbers made up one after the other must not fill the memory.
pub const LETTERS: usize = 64;

/// Where a SYN lies from which offsets count.
const USUAL_SYN: SeqNumber = SeqNumber(u32::MAX);

/// What is noted again at the 10th, 100th, ... time.
#[derive(Clone, Copy, Debug)]
pub enum Counted {
    /// `c`: a wrong checksum.
    Checksum,
    /// `g`: text that was not captured.
    Gap,
    /// `t`: text sent again.
    Again,
    /// `w`: a window of zero.
    Window,
}

/// The letters so far.
#[derive(Clone, Debug, Default)]
pub struct History {
    short: [u8; SHORT],
    len: u8,
    /// Gaps in each end's text: where frames are cut off, nearly every connection has some.
    gaps: Ends<u32>,
    rare: Option<Box<Rare>>,
}

/// What an ordinary connection does not need.
#[derive(Clone, Debug, Default)]
pub struct Rare {
    /// The whole history where it is longer than `SHORT`.
    long: String,
    counts: Ends<[u32; 3]>,
    /// The offset of the last SYN, where it is not the one that all offsets count from.
    syn: Ends<Option<SeqNumber>>,
    /// Text captured beyond a gap.
    pub blocks: Ends<Blocks>,
}

impl History {
    /// The letters.
    pub fn as_str(&self) -> &str {
        match &self.rare {
            Some(rare) if !rare.long.is_empty() => &rare.long,
            _ => self
                .short
                .get(..usize::from(self.len))
                .and_then(|short| str::from_utf8(short).ok())
                .unwrap_or(""),
        }
    }

    /// The letters as they are kept, and how many of them count, where they are few: as they mostly are.
    #[inline]
    pub fn few(&self) -> Option<(&[u8; SHORT], usize)> {
        let is_few = self.rare.as_ref().is_none_or(|rare| rare.long.is_empty());
        is_few.then_some((&self.short, self.len.into()))
    }

    /// Adds a letter of `from`, given in lower case.
    pub fn add(&mut self, letter: u8, from: Role) {
        self.push(match from {
            Role::Client => letter.to_ascii_uppercase(),
            Role::Server => letter,
        });
    }

    /// Adds `^`: the first segment came from the responder.
    pub fn turn_over(&mut self) {
        self.push(b'^');
    }

    /// Each end's letters become the other's: who opened turns out only now.
    pub fn exchange(&mut self) {
        let turned = self.as_str().to_owned();
        let (bare, flip) = turned.strip_prefix('^').map_or((turned.as_str(), "^"), |bare| (bare, ""));
        let swapped = bare.bytes().map(|letter| letter ^ b' ');
        if let Some(rare) = &mut self.rare {
            rare.counts.exchange();
            rare.syn.exchange();
            rare.blocks.exchange();
            rare.long.clear();
        }
        self.gaps.exchange();
        self.len = 0;
        flip.bytes().chain(swapped).for_each(|letter| self.push(letter));
    }

    /// Counts an event, and notes it at the 1st, 10th, 100th, ... time.
    pub fn count(&mut self, what: Counted, from: Role) {
        let (at, letter) = match what {
            Counted::Gap => return self.count_gap(from),
            Counted::Checksum => (0, b'c'),
            Counted::Again => (1, b't'),
            Counted::Window => (2, b'w'),
        };
        let Some(count) = self.rare_mut().counts.of_mut(from).get_mut(at) else { return };
        if is_noted(count) {
            self.add(letter, from);
        }
    }

    fn count_gap(&mut self, from: Role) {
        if is_noted(self.gaps.of_mut(from)) {
            self.add(b'g', from);
        }
    }

    /// Remembers where the last SYN of `from` lay; whether it lay elsewhere before.
    pub fn set_syn(&mut self, offset: SeqNumber, from: Role) -> bool {
        let other = (offset != USUAL_SYN).then_some(offset);
        let last = self.rare.as_ref().and_then(|rare| *rare.syn.of(from));
        if last != other {
            *self.rare_mut().syn.of_mut(from) = other;
        }
        last != other
    }

    /// What is rare, where there is any.
    pub fn rare(&self) -> Option<&Rare> {
        self.rare.as_deref()
    }

    /// What is rare, where there is any.
    pub fn rare_if_any(&mut self) -> Option<&mut Rare> {
        self.rare.as_deref_mut()
    }

    /// What is rare, made where there is none yet.
    pub fn rare_mut(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    fn push(&mut self, letter: u8) {
        if usize::from(self.len) >= LETTERS {
            return;
        }
        match self.short.get_mut(usize::from(self.len)) {
            Some(free) => *free = letter,
            None => {
                if usize::from(self.len) == SHORT {
                    let short = self.as_str().to_owned();
                    self.rare_mut().long = short;
                }
                self.rare_mut().long.push(char::from(letter));
            }
        }
        self.len = self.len.saturating_add(1);
    }
}

/// Counts one more; whether that many are noted.
fn is_noted(count: &mut u32) -> bool {
    *count = count.saturating_add(1);
    // The second to the ninth, as most that are not the first, are seen at once.
    *count == 1 || (*count > 9 && 10_u32.checked_pow(count.ilog10()) == Some(*count))
}

packed!(Rare { long, counts, syn, blocks });
packed!(History { len, short, gaps, rare });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_noted_by_powers_of_ten() {
        let mut history = History::default();
        for _ in 0..250 {
            history.count(Counted::Again, Role::Client);
        }
        assert_eq!(history.as_str(), "TTT", "the 1st, the 10th, the 100th");
        history.count(Counted::Again, Role::Server);
        assert_eq!(history.as_str(), "TTTt", "each end counts for itself");
    }

    #[test]
    fn a_history_grows_beyond_its_short_form_and_is_bounded() {
        let mut history = History::default();
        for _ in 0..1000 {
            history.add(b'r', Role::Server);
            assert!(history.as_str().bytes().all(|letter| letter == b'r'));
        }
        assert_eq!(history.as_str().len(), LETTERS);
    }
}
