//! Where a row's cells go.
//!
//! In: cells from left to right, each with the columns planned for it. Out: a line.
//! Invariant: a line is what a `Row` makes of the same cells. Where there is no colour, and no finding without end, it is made
//! faster: it begins as spaces, and a cell is written where it stands. What that has no room for is left to the row.

use crate::report::buffer::{Buffer, Put};
use crate::report::columns::{GAP, Row};
use crate::report::short::Short;
use crate::report::style::Ink;

/// Octets that a line may have.
const ROOM: usize = 512;
/// What the last short text may take beyond.
const BEYOND: usize = 16;

/// What cells are added to.
pub trait Cells {
    /// Adds a cell that begins where its column does; its parts, of sixteen octets at most, stand one after the other.
    fn left<const N: usize, const K: usize>(&mut self, width: usize, ink: Ink, parts: [Short<N>; K]);

    /// Adds a cell that ends where its column does; its parts, of sixteen octets at most, stand one after the other.
    fn right<const N: usize, const K: usize>(&mut self, width: usize, ink: Ink, parts: [Short<N>; K]);

    /// Adds a cell that begins where its column does, however long it is.
    fn left_long(&mut self, width: usize, ink: Ink, value: impl Put);

    /// Adds a cell that ends where its column does, however long it is.
    fn right_long(&mut self, width: usize, ink: Ink, value: impl Put);
}

impl Cells for Row {
    fn left<const N: usize, const K: usize>(&mut self, width: usize, ink: Ink, parts: [Short<N>; K]) {
        Self::left(self, width, ink, parts);
    }

    fn right<const N: usize, const K: usize>(&mut self, width: usize, ink: Ink, parts: [Short<N>; K]) {
        Self::right(self, width, ink, parts);
    }

    fn left_long(&mut self, width: usize, ink: Ink, value: impl Put) {
        Self::left(self, width, ink, value);
    }

    fn right_long(&mut self, width: usize, ink: Ink, value: impl Put) {
        Self::right(self, width, ink, value);
    }
}

/// Room for a line without colour, used again for each.
#[derive(Debug)]
pub struct Page {
    octets: [u8; ROOM + BEYOND],
    /// What has to be measured before it is written.
    scratch: Buffer,
}

/// A line without colour being put together.
#[derive(Debug)]
pub struct Line<'a> {
    page: &'a mut Page,
    /// Where the next column begins by plan.
    planned: usize,
    /// Where it can begin at the earliest, one behind what was written.
    next: usize,
}

impl Page {
    /// Room for lines.
    pub const fn new() -> Self {
        Self { octets: [b' '; ROOM + BEYOND], scratch: Buffer::new() }
    }

    /// A new line.
    #[inline(always)]
    pub fn line(&mut self) -> Line<'_> {
        self.octets = [b' '; ROOM + BEYOND];
        Line { page: self, planned: 0, next: 0 }
    }

    /// Writes `value` into the scratch; gives back how long it is.
    #[inline(never)]
    fn measure(&mut self, value: impl Put) -> usize {
        self.scratch.clear();
        self.scratch.add(value);
        self.scratch.len()
    }

    #[inline(never)]
    fn put_measured(&mut self, at: usize) {
        if let Some(place) = self.octets.get_mut(at..at + self.scratch.len()) {
            place.copy_from_slice(self.scratch.octets());
        }
    }
}

impl<'a> Line<'a> {
    /// The finished line with its line feed; `None` where it is too long.
    #[inline(always)]
    pub fn finish(self) -> Option<&'a [u8]> {
        let Self { page: Page { octets, .. }, next, .. } = self;
        if next > ROOM {
            return None;
        }
        *octets.get_mut(next.saturating_sub(1))? = b'\n';
        octets.get(..next.max(1))
    }

    #[inline(always)]
    fn begin(&self) -> usize {
        self.planned.max(self.next)
    }

    #[inline(always)]
    fn begin_right(&self, width: usize, len: usize) -> usize {
        self.begin().max((self.planned + width).saturating_sub(len))
    }

    #[inline(always)]
    const fn advance(&mut self, at: usize, len: usize, width: usize) {
        self.planned += width + GAP;
        self.next = at + len + 1;
    }

    #[inline(always)]
    fn put<const N: usize, const K: usize>(&mut self, at: usize, parts: [Short<N>; K]) {
        const { assert!(N <= BEYOND) };
        let mut at = at;
        for part in parts {
            // Within the room in any case: a line that has got beyond is not used.
            let place = at % ROOM;
            self.page.octets[place..place + N].copy_from_slice(&part.octets);
            at += part.len;
        }
    }
}

impl Cells for Line<'_> {
    #[inline(always)]
    fn left<const N: usize, const K: usize>(&mut self, width: usize, _: Ink, parts: [Short<N>; K]) {
        let (at, len) = (self.begin(), length(&parts));
        self.put(at, parts);
        self.advance(at, len, width);
    }

    #[inline(always)]
    fn right<const N: usize, const K: usize>(&mut self, width: usize, _: Ink, parts: [Short<N>; K]) {
        let len = length(&parts);
        let at = self.begin_right(width, len);
        self.put(at, parts);
        self.advance(at, len, width);
    }

    #[inline(always)]
    fn left_long(&mut self, width: usize, _: Ink, value: impl Put) {
        let (at, len) = (self.begin(), self.page.measure(value));
        self.page.put_measured(at);
        self.advance(at, len, width);
    }

    #[inline(always)]
    fn right_long(&mut self, width: usize, _: Ink, value: impl Put) {
        let len = self.page.measure(value);
        let at = self.begin_right(width, len);
        self.page.put_measured(at);
        self.advance(at, len, width);
    }
}

#[inline(always)]
fn length<const N: usize>(parts: &[Short<N>]) -> usize {
    parts.iter().map(|part| part.len).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::style::Style;

    /// Whether it ends where its column does, how wide that is, and what it says.
    type Given = (bool, usize, String);

    fn any_cell() -> impl Strategy<Value = Given> {
        let text = prop_oneof![16 => "[a-z0-9/.]{1,8}", 3 => "[a-z]{9,30}", 1 => "[a-z]{1,400}"];
        (any::<bool>(), 0_usize..24, text)
    }

    fn put(cells: &mut impl Cells, (is_right, width, text): &Given) {
        let (front, back) = text.split_at(text.len() / 2);
        let parts = [Short::<8>::of(front), Short::<8>::of(back)];
        match (text.len(), is_right) {
            (..=8, true) => cells.right(*width, Ink::Plain, parts),
            (..=8, false) => cells.left(*width, Ink::Plain, parts),
            (.., true) => cells.right_long(*width, Ink::Plain, text.as_bytes()),
            (.., false) => cells.left_long(*width, Ink::Plain, text.as_bytes()),
        }
    }

    proptest! {
        #[test]
        fn a_line_is_what_a_row_is(lines in proptest::collection::vec(proptest::collection::vec(any_cell(), 1..24), 1..4)) {
            let (mut row, mut page) = (Row::new(Style::default()), Page::new());
            for cells in &lines {
                let mut line = page.line();
                for cell in cells {
                    put(&mut line, cell);
                    put(&mut row, cell);
                }
                let wanted = String::from_utf8_lossy(row.finish()).into_owned();
                let is_short = wanted.len() <= ROOM;
                prop_assert_eq!(line.finish().map(|line| String::from_utf8_lossy(line).into_owned()), is_short.then_some(wanted));
            }
        }
    }
}
