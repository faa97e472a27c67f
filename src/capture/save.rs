//! Frames kept in a pcap file, with times in nanoseconds.
//!
//! In: frames of one link type. Out: a file (or standard output) that tcpdump, tshark and this program read.
//! Invariant: a frame is written whole or an error is told; times and both lengths are kept.
//! Format: draft-ietf-opsawg-pcap.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::capture::error::{CaptureError, STANDARD_OUTPUT};
use crate::frame::{Frame, LinkType};

/// The snap length in the header: the greatest that tcpdump takes.
const SNAP_LEN: u32 = 262_144;

/// A pcap file that is being written.
pub struct Savefile {
    name: String,
    link: LinkType,
    to: BufWriter<Box<dyn Write + Send>>,
}

impl Savefile {
    /// Begins the file at `path`, in the place of what was there; `-` is standard output.
    ///
    /// # Errors
    ///
    /// `Write`, with the system's answer.
    pub fn create(path: &Path, link: LinkType) -> Result<Self, CaptureError> {
        if path == Path::new("-") {
            return Self::begin(STANDARD_OUTPUT, io::stdout(), link);
        }
        let output = path.to_string_lossy().into_owned();
        match File::create(path) {
            Ok(file) => Self::begin(&output, file, link),
            Err(cause) => Err(CaptureError::Write { output, cause }),
        }
    }

    /// Begins a file on any writer. `name` is what messages call it.
    ///
    /// # Errors
    ///
    /// `Write`, with the writer's answer.
    pub fn begin(name: &str, to: impl Write + Send + 'static, link: LinkType) -> Result<Self, CaptureError> {
        let mut file = Self { name: name.to_owned(), link, to: BufWriter::new(Box::new(to)) };
        let mut header = Vec::with_capacity(24);
        header.extend(0xA1B2_3C4D_u32.to_le_bytes());
        header.extend([2, 0, 4, 0]);
        header.extend([0; 8]);
        header.extend(SNAP_LEN.to_le_bytes());
        header.extend(link.0.to_le_bytes());
        file.put(&header)?;
        // Who reads from a pipe sees at once that a capture comes.
        file.flush()?;
        Ok(file)
    }

    /// Adds a frame.
    ///
    /// # Errors
    ///
    /// `OtherLink` for a frame of another link type, `Write` with the system's answer.
    pub fn write(&mut self, frame: &Frame<'_>) -> Result<(), CaptureError> {
        if frame.link != self.link {
            return Err(CaptureError::OtherLink {
                output: self.name.clone(),
                file: self.link,
                frame: frame.link,
            });
        }
        let seconds = frame.time.0 / 1_000_000_000;
        let captured = u32::try_from(frame.octets.len()).unwrap_or(u32::MAX);
        let mut header = [0; 16];
        // The format has 32 bits for the seconds, which end in the year 2106.
        let fields = [
            u32::try_from(seconds).unwrap_or(u32::MAX),
            u32::try_from(frame.time.0 % 1_000_000_000).unwrap_or_default(),
            captured,
            frame.wire_len,
        ];
        for (place, field) in header.chunks_exact_mut(4).zip(fields) {
            place.copy_from_slice(&field.to_le_bytes());
        }
        self.put(&header)?;
        self.put(frame.octets)
    }

    /// Hands everything so far to the system. To be called when the source is quiet, and at the end: what is
    /// dropped without it is written too, but its errors are lost.
    ///
    /// # Errors
    ///
    /// `Write`, with the system's answer.
    pub fn flush(&mut self) -> Result<(), CaptureError> {
        self.to.flush().map_err(|cause| CaptureError::Write { output: self.name.clone(), cause })
    }

    fn put(&mut self, octets: &[u8]) -> Result<(), CaptureError> {
        self.to.write_all(octets).map_err(|cause| CaptureError::Write { output: self.name.clone(), cause })
    }
}
