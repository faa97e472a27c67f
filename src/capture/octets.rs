//! A window that moves over an input too large to hold.
//!
//! In: any reader, a pipe as well as a file. Out: the octets from the current place on, as many as are asked for; and
//! the window itself, handed over whole to whoever shows the frames in it.
//! Invariant: what was asked for and is not there yet is read, never more than one read beyond it (a pipe that is
//! still being written must not make us wait); memory grows with what has come, not with what a header claims.

use std::io::{self, Read};
use std::mem;

/// How many octets are asked of the reader at once, at first.
const WINDOW: usize = 256 << 10;

/// The octets of one input, from the current place on.
pub struct Octets {
    reader: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    /// What is held is `buffer[start..end]`.
    start: usize,
    end: usize,
    /// Where in the input `start` is.
    offset: u64,
}

impl Octets {
    /// From the beginning of `reader`.
    pub fn new(reader: Box<dyn Read + Send>) -> Self {
        Self { reader, buffer: vec![0; WINDOW], start: 0, end: 0, offset: 0 }
    }

    /// Where in the input the current place is, in octets from its beginning.
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// What is held, from the current place on.
    pub fn held(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Where in the window the current place is.
    pub const fn start(&self) -> usize {
        self.start
    }

    /// Reads until `count` octets are held; false where the input ends before.
    ///
    /// # Errors
    ///
    /// What the reader answers. Nothing is lost by it: the call may be made again.
    pub fn ensure(&mut self, count: usize) -> io::Result<bool> {
        while self.held().len() < count {
            if self.end == self.buffer.len() {
                self.make_room();
            }
            let space = self.buffer.get_mut(self.end..).unwrap_or_default();
            let room = space.len();
            match self.reader.read(space)? {
                0 => return Ok(false),
                read => self.end += read.min(room),
            }
        }
        Ok(true)
    }

    /// Goes on with what `wrap` makes of everything from the current place on, which becomes the beginning.
    #[cfg(feature = "unpack")]
    pub fn wrap(&mut self, wrap: impl FnOnce(Box<dyn Read + Send>) -> Box<dyn Read + Send>) {
        let rest = mem::replace(&mut self.reader, Box::new(io::empty()));
        let held = io::Cursor::new(self.held().to_vec());
        self.reader = wrap(Box::new(held.chain(rest)));
        (self.start, self.end, self.offset) = (0, 0, 0);
    }

    /// Moves on past the next `count` octets, as far as they are held.
    pub fn pass(&mut self, count: usize) {
        let step = count.min(self.held().len());
        self.start += step;
        self.offset += step as u64;
    }

    /// Hands the window over to `taker`, whose memory takes its place, with a copy of what is held.
    pub fn hand_over(&mut self, taker: &mut Vec<u8>) {
        let held = self.held();
        // A window that one long frame has stretched does not stay so.
        let size = held.len().max(WINDOW);
        if taker.len() != size {
            *taker = vec![0; size];
        }
        if let Some(front) = taker.get_mut(..held.len()) {
            front.copy_from_slice(held);
        }
        self.end -= self.start;
        self.start = 0;
        mem::swap(&mut self.buffer, taker);
    }

    /// Does not stay stretched by one long frame.
    pub fn relax(&mut self) {
        if self.buffer.len() > WINDOW && self.held().len() <= WINDOW {
            self.hand_over(&mut Vec::new());
        }
    }

    /// Moves what is held to the front; doubles the buffer where that frees nothing.
    fn make_room(&mut self) {
        if self.start == 0 {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives its octets one at a time, as a slow pipe does.
    struct Drops(std::vec::IntoIter<u8>);

    impl Read for Drops {
        fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
            Ok(space.iter_mut().zip(self.0.by_ref().take(1)).map(|(to, from)| *to = from).count())
        }
    }

    #[test]
    fn grows_passes_and_ends() {
        let all: Vec<u8> = (0..=255).cycle().take(3 * WINDOW).collect();
        let mut octets = Octets::new(Box::new(Drops(all.clone().into_iter())));
        assert!(octets.ensure(3).unwrap());
        assert_eq!(octets.held(), [0, 1, 2], "no read beyond what was asked for");
        octets.pass(2);
        assert_eq!((octets.held(), octets.offset()), ([2].as_slice(), 2));
        assert!(octets.ensure(2 * WINDOW).unwrap());
        assert_eq!(octets.held(), &all[2..2 + 2 * WINDOW]);
        assert!(!octets.ensure(3 * WINDOW).unwrap());
        octets.pass(4 * WINDOW);
        assert_eq!(
            (octets.offset(), octets.held().len()),
            (all.len() as u64, 0),
            "no further than what is held"
        );
    }

    #[test]
    fn a_window_is_handed_over_whole_and_what_is_held_stays() {
        let all: Vec<u8> = (0..=255).cycle().take(4 * WINDOW).collect();
        let mut octets = Octets::new(Box::new(io::Cursor::new(all.clone())));
        let mut taken = Vec::new();
        assert!(octets.ensure(2 * WINDOW).unwrap(), "stretched");
        octets.pass(2 * WINDOW - 5);
        octets.hand_over(&mut taken);
        assert_eq!(taken[..2 * WINDOW], all[..2 * WINDOW]);
        assert_eq!((octets.held(), octets.start()), (&all[2 * WINDOW - 5..2 * WINDOW], 0));
        octets.hand_over(&mut taken);
        assert_eq!((octets.buffer.len(), taken.len()), (WINDOW, WINDOW), "not stretched for good");
        assert!(octets.ensure(WINDOW).unwrap());
        assert_eq!(octets.held(), &all[2 * WINDOW - 5..3 * WINDOW - 5]);
        assert!(octets.ensure(WINDOW + 1).unwrap());
        octets.relax();
        assert_eq!(octets.buffer.len(), 2 * WINDOW, "all of it is needed");
        octets.pass(octets.held().len() - 5);
        octets.relax();
        assert_eq!((octets.buffer.len(), octets.held().len()), (WINDOW, 5));
    }
}
