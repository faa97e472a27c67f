//! Where compressed octets come from.
//!
//! In: any reader. Out: the same, buffered, with what the decoders above it do not tell: whether they were given the
//! end of the input, and which error of the system stopped them.
//! Invariant: a decoder never sees an interruption, which some of them would not survive.

use std::io::{self, BufRead, BufReader, Read};

/// How many octets are asked of the reader at once.
const BUFFER: usize = 64 << 10;
/// The most octets that tell what follows.
const START: usize = 4;

/// A buffered reader that remembers how it ended.
pub struct Source {
    reader: BufReader<Box<dyn Read + Send>>,
    /// What was looked at ahead and stands before everything else.
    ahead: Vec<u8>,
    taken: usize,
    has_ended: bool,
    failed: Option<(io::ErrorKind, Option<i32>)>,
}

impl Source {
    /// Reads from `reader`.
    pub fn new(reader: Box<dyn Read + Send>) -> Self {
        let reader = BufReader::with_capacity(BUFFER, reader);
        Self { reader, ahead: Vec::new(), taken: 0, has_ended: false, failed: None }
    }

    /// Whether somebody wanted more than there was.
    pub const fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// The system's error, if one came through here.
    pub fn failed(&self) -> Option<io::Error> {
        let (kind, number) = self.failed?;
        Some(number.map_or_else(|| kind.into(), io::Error::from_raw_os_error))
    }

    /// The next octets, `START` of them where there are so many; at the end of the input that is no fault.
    pub fn peek(&mut self) -> io::Result<&[u8]> {
        self.ahead.drain(..self.taken);
        self.taken = 0;
        while self.ahead.len() < START {
            let filled = fill(&mut self.reader, &mut self.failed)?;
            let Some(first) = filled.first().copied() else { break };
            self.ahead.push(first);
            self.reader.consume(1);
        }
        Ok(&self.ahead)
    }

    /// Passes over a piece that says how long it is behind its first four octets; false where it is not all there.
    pub fn skip_piece(&mut self) -> io::Result<bool> {
        let mut header = [0; 8];
        if self.read_exact(&mut header).is_err() {
            return self.failed().map_or(Ok(false), Err);
        }
        let [_, _, _, _, length @ ..] = header;
        let length = u64::from(u32::from_le_bytes(length));
        let skipped = io::copy(&mut self.take(length), &mut io::sink())?;
        Ok(skipped == length)
    }
}

/// What the reader holds, reading where that is nothing. Errors are kept: decoders change them.
fn fill<'a>(
    reader: &'a mut BufReader<Box<dyn Read + Send>>,
    failed: &mut Option<(io::ErrorKind, Option<i32>)>,
) -> io::Result<&'a [u8]> {
    while reader.buffer().is_empty() {
        match reader.fill_buf() {
            Ok([]) => break,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                *failed = Some((error.kind(), error.raw_os_error()));
                return Err(error);
            }
        }
    }
    Ok(reader.buffer())
}

impl Read for Source {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let mut held = self.fill_buf()?;
        let read = held.read(space)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Source {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.taken < self.ahead.len() {
            return Ok(self.ahead.get(self.taken..).unwrap_or_default());
        }
        let held = fill(&mut self.reader, &mut self.failed)?;
        self.has_ended |= held.is_empty();
        Ok(held)
    }

    fn consume(&mut self, count: usize) {
        if self.taken < self.ahead.len() {
            self.taken += count;
        } else {
            self.reader.consume(count);
        }
    }
}
