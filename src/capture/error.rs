//! What can go wrong while frames are captured, read or written.
//!
//! In: the subject (an interface, a file, a filter) and what the system said of it. Out: one line, `SUBJECT: CAUSE`,
//! and what to do about it, where there is something to do.
//! Invariant: no message without its subject; the libraries' own words often lack it.

use std::io;
use std::path::Path;

use thiserror::Error;

use crate::frame::LinkType;

/// The subject of messages about standard input.
pub const STANDARD_INPUT: &str = "standard input";
/// The subject of messages about standard output.
pub const STANDARD_OUTPUT: &str = "standard output";

const UNWRITTEN: &str =
    "capture again, and let it end by an interrupt (or use tcpdump -U), so that it is written";

/// Why frames cannot be had, or kept. Prints as `SUBJECT: CAUSE`.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// The system does not let this process capture.
    #[error("{interface}: no permission to capture ({cause})")]
    NotPermitted {
        /// The interface asked for.
        interface: String,
        /// libpcap's words.
        cause: String,
        /// What would permit it, in this process's own situation.
        next_step: String,
    },
    /// The system has no interface of this name.
    #[error("{interface}: no such interface")]
    NoSuchInterface {
        /// The name asked for.
        interface: String,
        /// The names that there are.
        there_are: Vec<String>,
    },
    /// The interface is there and switched off.
    #[error("{interface}: the interface is down")]
    InterfaceDown {
        /// The interface asked for.
        interface: String,
    },
    /// Something else about an interface, before or during the capture.
    #[error("{interface}: {cause}")]
    Interface {
        /// The interface asked for.
        interface: String,
        /// libpcap's words.
        cause: String,
    },
    /// The interfaces could not be listed.
    #[error("interfaces: {cause}")]
    Interfaces {
        /// libpcap's words.
        cause: String,
    },
    /// No interface is flagged as the loopback.
    #[error("loopback: this system has no loopback interface")]
    NoLoopback,
    /// The text is no filter.
    #[error("filter \"{filter}\": {cause}")]
    BadFilter {
        /// The text.
        filter: String,
        /// libpcap's words.
        cause: String,
    },
    /// The filter makes no sense for some of the frames. They are passed over; the others go on.
    #[error("filter \"{filter}\": cannot be asked of frames of link type {}: {cause}", link.0)]
    FilterNotForLink {
        /// The text.
        filter: String,
        /// The frames' link type.
        link: LinkType,
        /// libpcap's words.
        cause: String,
    },
    /// The input has frames of more kinds than a filter is asked of. They are passed over; the others go on.
    #[error("filter \"{filter}\": asked of {most} link types; frames of any other are left out")]
    FilterForTooMany {
        /// The text.
        filter: String,
        /// How many kinds of frames the filter is asked of.
        most: usize,
    },
    /// The file cannot be opened.
    #[error("{input}: {}", in_words(cause))]
    Open {
        /// The file's path.
        input: String,
        /// The system's answer.
        cause: io::Error,
    },
    /// The path is a directory's.
    #[error("{input}: a directory, not a capture")]
    Directory {
        /// The path.
        input: String,
    },
    /// There is not one octet in it.
    #[error("{input}: empty")]
    Empty {
        /// The file's path, or standard input.
        input: String,
    },
    /// The file is neither pcap nor pcapng.
    #[error("{input}: not a pcap or pcapng capture, but {what}")]
    NotACapture {
        /// The file's path, or standard input.
        input: String,
        /// What it seems to be.
        what: String,
        /// A command that makes a capture of it, where one is known; `-` in it stands for the input.
        convert: Option<&'static str>,
    },
    /// The file is compressed.
    #[error("{input}: compressed ({with})")]
    Compressed {
        /// The file's path, or standard input.
        input: String,
        /// The compression's name.
        with: &'static str,
        /// The command that writes it out decompressed.
        cat: &'static str,
    },
    /// The file ends in the middle of something.
    #[error("{input}: cut off after frame {frame}: what begins at octet {octet} is not all there")]
    CutOff {
        /// The file's path, or standard input.
        input: String,
        /// The last whole frame, counted over the whole input; 0 is none.
        frame: u64,
        /// Where in this file the last whole part ends.
        octet: u64,
    },
    /// The file contradicts its own format.
    #[error("{input}: damaged after frame {frame}, at octet {octet}: {cause}{}", passed_over(*passed))]
    Damaged {
        /// The file's path, or standard input.
        input: String,
        /// The last whole frame, counted over the whole input; 0 is none.
        frame: u64,
        /// Where in this file the part begins that cannot be.
        octet: u64,
        /// What cannot be.
        cause: String,
        /// How many octets were passed over to go on behind it; `None` where nothing could be read behind it.
        passed: Option<u64>,
    },
    /// More damage than is told one by one.
    #[error("{input}: damaged at {count} more places")]
    MoreDamage {
        /// The file's path, or standard input.
        input: String,
        /// How many were not told.
        count: u64,
    },
    /// What is compressed cannot be unpacked any further.
    #[error("{input}: after frame {frame} {cause}")]
    Unpacked {
        /// The file's path, or standard input.
        input: String,
        /// The last whole frame, counted over the whole input; 0 is none.
        frame: u64,
        /// What is wrong with the compressed data.
        cause: String,
    },
    /// A file that is compressed cannot be read as it grows.
    #[error("{input}: compressed, so it cannot be followed")]
    NotFollowed {
        /// The file's path.
        input: String,
    },
    /// A file that is followed became shorter. What was written between may be lost.
    #[error("{input}: truncated after frame {frame}, while it was followed; read on from its new beginning")]
    Truncated {
        /// The file's path.
        input: String,
        /// The last frame before, counted over the whole input; 0 is none.
        frame: u64,
    },
    /// The path of a file that is followed names another file now.
    #[error("{input}: replaced after frame {frame} by another file of this name, which is followed now{}", cut(*is_cut))]
    Replaced {
        /// The file's path.
        input: String,
        /// The last frame before, counted over the whole input; 0 is none.
        frame: u64,
        /// Whether the old file ended in the middle of something.
        is_cut: bool,
    },
    /// A warning: a file has frames older than some of a file before it.
    #[error("{input}: begins before {before} ends; frames are taken in the order of the files")]
    Overlap {
        /// The file's path.
        input: String,
        /// The file before it that has later frames.
        before: String,
    },
    /// The system stopped reading.
    #[error("{input}: unreadable after frame {frame}, at octet {octet}: {}", in_words(cause))]
    Unreadable {
        /// The file's path, or standard input.
        input: String,
        /// The last whole frame, counted over the whole input; 0 is none.
        frame: u64,
        /// Where in this file the last whole part ends.
        octet: u64,
        /// The system's answer.
        cause: io::Error,
    },
    /// A capture cannot be written.
    #[error("{output}: {}", in_words(cause))]
    Write {
        /// The file's path, or standard output.
        output: String,
        /// The system's answer.
        cause: io::Error,
    },
    /// A warning: more files overlap than are told one by one.
    #[error("{count} more files begin before one before them ends")]
    MoreOverlaps {
        /// How many were not told.
        count: u64,
    },
    /// A pcap file has one link type, and the frame another.
    #[error("{output}: a pcap file holds one link type: this one {}, the frame {}", file.0, frame.0)]
    OtherLink {
        /// The file's path, or standard output.
        output: String,
        /// The file's link type.
        file: LinkType,
        /// The frame's.
        frame: LinkType,
    },
}

impl CaptureError {
    /// What to do about it, in one line without a full stop; `None` where there is nothing to advise.
    pub fn next_step(&self) -> Option<String> {
        Some(match self {
            Self::NotPermitted { next_step, .. } => next_step.clone(),
            Self::NoSuchInterface { there_are, .. } if !there_are.is_empty() => {
                format!("one of {}", there_are.join(", "))
            }
            Self::InterfaceDown { interface } if cfg!(target_os = "linux") => {
                format!("sudo ip link set dev {} up", quoted(interface))
            }
            Self::InterfaceDown { interface } => format!("sudo ifconfig {} up", quoted(interface)),
            Self::BadFilter { .. } => "the words of `man pcap-filter`, as tcpdump takes them".to_owned(),
            Self::FilterNotForLink { .. } => "a filter that does not name the link layer".to_owned(),
            Self::FilterForTooMany { .. } => "editcap, to take the interfaces in question out".to_owned(),
            Self::Open { input, cause } => return after_open(input, cause),
            Self::Directory { input } => format!("the captures in it: ls {}", quoted(input)),
            Self::Empty { .. } => UNWRITTEN.to_owned(),
            Self::NotACapture { input, convert: Some(command), .. } => {
                command.replace(" - ", &format!(" {} ", argument(input)))
            }
            Self::NotACapture { .. } => {
                "captures are made by tcpdump -w FILE, or saved by Wireshark".to_owned()
            }
            Self::Compressed { input, cat, .. } if input == STANDARD_INPUT => {
                format!("... | {cat} | tcpshake read -")
            }
            Self::Compressed { input, cat, .. } => format!("{cat} {} | tcpshake read -", quoted(input)),
            Self::CutOff { frame: 0, .. }
            | Self::Unpacked { frame: 0, .. }
            | Self::Damaged { frame: 0, passed: None, .. } => {
                "copy the file again, or capture again".to_owned()
            }
            Self::Damaged { passed: Some(_), .. } => {
                "what is shown is sound; copy the file again, or capture again, to have the rest".to_owned()
            }
            Self::CutOff { .. } | Self::Damaged { .. } => {
                "what came before is sound; copy the file again, or capture again".to_owned()
            }
            Self::MoreDamage { .. } | Self::Unpacked { .. } | Self::Truncated { .. } => {
                "what is shown is sound; copy the file again, or capture again".to_owned()
            }
            Self::NotFollowed { input } => format!("tcpshake read {}, once it is complete", quoted(input)),
            Self::Overlap { before, input } => {
                let (before, input) = (argument(before), argument(input));
                format!("mergecap -w merged.pcapng {before} {input}, to have them in the order of time")
            }
            Self::Write { output, cause } => return after_write(output, cause),
            Self::OtherLink { .. } => "capture one interface at a time".to_owned(),
            _ => return None,
        })
    }

    /// Whether it is a warning: everything was read all the same.
    pub const fn is_warning(&self) -> bool {
        matches!(
            self,
            Self::Overlap { .. } | Self::MoreOverlaps { .. } | Self::Replaced { is_cut: false, .. }
        )
    }

    /// Whether whoever read our output went away; no fault, but time to end.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Write { cause, .. } if cause.kind() == io::ErrorKind::BrokenPipe)
    }
}

/// `text` as one word of a shell's command line.
pub(crate) fn quoted(text: &str) -> String {
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"/._-+:@%=,".contains(&octet);
    if !text.is_empty() && text.bytes().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn argument(input: &str) -> String {
    if input == STANDARD_INPUT { "-".to_owned() } else { quoted(input) }
}

fn after_write(output: &str, cause: &io::Error) -> Option<String> {
    let path = Path::new(output);
    match cause.kind() {
        io::ErrorKind::NotFound => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty())?;
            Some(format!("mkdir -p {}", quoted(&folder.to_string_lossy())))
        }
        io::ErrorKind::PermissionDenied => {
            let file = path.file_name()?.to_string_lossy();
            Some(format!("a folder that you may write in, such as {}", quoted(&format!("/tmp/{file}"))))
        }
        _ => None,
    }
}

fn after_open(input: &str, cause: &io::Error) -> Option<String> {
    match cause.kind() {
        io::ErrorKind::NotFound => {
            let folder = Path::new(input).parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or(Path::new("."));
            Some(format!("see what is there: ls {}", quoted(&folder.to_string_lossy())))
        }
        io::ErrorKind::PermissionDenied => {
            Some(format!("run it with sudo, or let all read the file: sudo chmod a+r {}", quoted(input)))
        }
        _ => None,
    }
}

fn passed_over(octets: Option<u64>) -> String {
    octets.map_or_else(String::new, |octets| format!("; went on {octets} octets further"))
}

const fn cut(is_cut: bool) -> &'static str {
    if is_cut { "; the old one ended in the middle of a frame" } else { "" }
}

/// The system's words without their number.
fn in_words(error: &io::Error) -> String {
    let words = error.to_string();
    let end = words.find(" (os error").unwrap_or(words.len());
    let mut words = words.get(..end).unwrap_or_default().to_owned();
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compressed(input: &str) -> Option<String> {
        CaptureError::Compressed { input: input.to_owned(), with: "gzip", cat: "zcat" }.next_step()
    }

    #[test]
    fn next_steps_can_be_typed_as_they_stand() {
        assert_eq!(compressed("a.pcap.gz").unwrap(), "zcat a.pcap.gz | tcpshake read -");
        assert_eq!(compressed("it's a.gz").unwrap(), r"zcat 'it'\''s a.gz' | tcpshake read -");
        assert_eq!(compressed(STANDARD_INPUT).unwrap(), "... | zcat | tcpshake read -");
        let convert = Some("editcap -F pcap - new.pcap");
        let snoop =
            CaptureError::NotACapture { input: "x y".into(), what: "a snoop capture".into(), convert };
        assert_eq!(snoop.next_step().unwrap(), "editcap -F pcap 'x y' new.pcap");
    }

    #[test]
    fn a_cause_has_neither_number_nor_capital() {
        let missing = CaptureError::Open { input: "a.pcap".into(), cause: io::Error::from_raw_os_error(2) };
        assert_eq!(missing.to_string(), "a.pcap: no such file or directory");
        assert_eq!(missing.next_step().unwrap(), "see what is there: ls .");
    }
}
