//! One page of the kernel's ring buffer: the events on it, with their times to the nanosecond.
//!
//! In: the octets of a page as `trace_pipe_raw` gives them. Out: records with the clock's value for each.
//! Invariant: whatever the octets are, it ends, and nothing beyond the page is read.
//! Read: the kernel's include/linux/ring_buffer.h and Documentation/trace/ring-buffer-design.rst; the files
//! `events/header_page` and `events/header_event`.

use crate::kernel::format::{Format, number};

/// The low bits of the commit field hold the length; the high ones say what was missed.
const LENGTH: u64 = (1 << 27) - 1;
/// An absolute time stamp has 59 bits, the five above are those of the time before it.
const ABSOLUTE: u64 = (1 << 59) - 1;
/// `type_len` up to this one is the length of the data, in units of four octets.
const LONGEST_SHORT: u32 = 28;
const PADDING: u32 = 29;
const TIME_EXTEND: u32 = 30;
const TIME_STAMP: u32 = 31;

/// Where things lie on a page of this kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    commit: (usize, usize),
    data: usize,
    /// The size of a page.
    pub size: usize,
}

impl Layout {
    /// From the file `events/header_page`.
    pub fn parse(text: &str) -> Option<Self> {
        let format = Format::parse(text);
        let (data, length) = format.place("data")?;
        Some(Self { commit: format.place("commit")?, data, size: data.checked_add(length)? })
    }

    /// The records of a page, in the order of the page.
    pub fn records(self, page: &[u8]) -> Records<'_> {
        let (at, size) = self.commit;
        let commit = at.checked_add(size).and_then(|end| page.get(at..end)).and_then(number);
        let length = usize::try_from(commit.unwrap_or_default() & LENGTH).unwrap_or_default();
        let rest = page.get(self.data..).unwrap_or_default();
        let time = page.get(..8).and_then(number).unwrap_or_default();
        Records { rest: rest.get(..length).unwrap_or(rest), time }
    }
}

/// The records of a page.
#[derive(Clone, Debug)]
pub struct Records<'p> {
    rest: &'p [u8],
    time: u64,
}

impl<'p> Records<'p> {
    fn word(&self, at: usize) -> Option<u32> {
        Some(u32::from_ne_bytes(self.rest.get(at..at.checked_add(4)?)?.try_into().ok()?))
    }

    /// A record's data of `length` octets from `at` on; the next begins behind it, at a multiple of four.
    fn take(&mut self, at: usize, length: usize) -> Option<&'p [u8]> {
        let end = at.checked_add(length)?;
        let data = self.rest.get(at..end)?;
        self.rest = self.rest.get(end.checked_next_multiple_of(4)?..).unwrap_or_default();
        Some(data)
    }

    fn skip(&mut self, length: usize) -> Option<()> {
        self.rest = self.rest.get(length..)?;
        Some(())
    }
}

impl<'p> Iterator for Records<'p> {
    type Item = (u64, &'p [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (kind, delta) = split(self.word(0)?);
            match kind {
                PADDING if delta == 0 => return None,
                PADDING => self.skip(usize::try_from(self.word(4)?).ok()?.checked_add(4)?)?,
                TIME_EXTEND => {
                    self.time = self.time.wrapping_add((u64::from(self.word(4)?) << 27).wrapping_add(delta));
                    self.skip(8)?;
                }
                TIME_STAMP => {
                    let low = (u64::from(self.word(4)?) << 27).wrapping_add(delta) & ABSOLUTE;
                    self.time = (self.time & !ABSOLUTE) | low;
                    self.skip(8)?;
                }
                0 => {
                    self.time = self.time.wrapping_add(delta);
                    let length = usize::try_from(self.word(4)?).ok()?.checked_sub(4)?;
                    return Some((self.time, self.take(8, length)?));
                }
                short => {
                    self.time = self.time.wrapping_add(delta);
                    let length = usize::try_from(short.min(LONGEST_SHORT)).ok()?.checked_mul(4)?;
                    return Some((self.time, self.take(4, length)?));
                }
            }
        }
    }
}

/// `type_len` (5 bits) and `time_delta` (27 bits): bit fields, whose order is that of the machine.
fn split(head: u32) -> (u32, u64) {
    if cfg!(target_endian = "big") {
        (head >> 27, u64::from(head & 0x07FF_FFFF))
    } else {
        (head & 31, u64::from(head >> 5))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n\
        \tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n\
        \tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n\
        \tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;\n";

    fn head(kind: u32, delta: u32) -> u32 {
        if cfg!(target_endian = "big") { (kind << 27) | delta } else { (delta << 5) | kind }
    }

    /// A page that begins at `time` and holds these words.
    fn page(time: u64, words: &[u32]) -> Vec<u8> {
        let mut page = time.to_ne_bytes().to_vec();
        // Some were missed, which stands in the same field.
        page.extend(((words.len() as u64 * 4) | (1 << 31)).to_ne_bytes());
        page.extend(words.iter().flat_map(|word| word.to_ne_bytes()));
        page.resize(4096, 0xAA);
        page
    }

    fn read(page: &[u8]) -> Vec<(u64, Vec<u8>)> {
        let layout = Layout::parse(HEADER).unwrap();
        assert_eq!(layout.size, 4096);
        layout.records(page).map(|(time, data)| (time, data.to_vec())).collect()
    }

    #[test]
    fn records_of_every_kind_are_read() {
        let words = [
            head(1, 5),
            0x1111_1111,
            head(TIME_EXTEND, 7),
            2,
            head(PADDING, 1),
            8,
            0,
            head(0, 1),
            12,
            0x2222_2222,
            0x3333_3333,
            head(TIME_STAMP, 9),
            4,
            head(1, 0),
            0x4444_4444,
            head(PADDING, 0),
            0,
        ];
        let start = (1 << 60) + 1000;
        let later = start + 5 + (2 << 27) + 7 + 1;
        assert_eq!(
            read(&page(start, &words)),
            [
                (start + 5, vec![0x11; 4]),
                (later, [[0x22; 4], [0x33; 4]].concat()),
                ((1 << 60) + (4 << 27) + 9, vec![0x44; 4]),
            ]
        );
    }

    #[test]
    fn any_octets_end() {
        assert!(read(&[]).is_empty());
        assert!(read(&page(1, &[])).is_empty());
        let mut octets = page(1, &[]);
        octets[8..16].copy_from_slice(&u64::MAX.to_ne_bytes());
        for fill in [0, 1, 28, 29, 30, 31, 0x7F, 0xFF] {
            octets[16..].fill(fill);
            assert!(read(&octets).len() <= 4096);
        }
    }
}
