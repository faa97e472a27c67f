//! How TCP connections open and close, segment by segment.
//!
//! Octets become a [`frame::Frame`] in [`capture`], a [`segment::Segment`] in [`decode`], and in [`analyzer`] a
//! [`analyzer::step::Step`]: the segment's label as the textbook writes it, and the states of both ends, each marked
//! as seen or assumed. A [`report`] makes text of steps and connections. Nothing flows back, and the analyzer reads no
//! clock, file or terminal: segments and their times go in, observations come out.
//!
//! ```
//! use tcpshake::analyzer::label::Numbers;
//! use tcpshake::analyzer::config::Config;
//! use tcpshake::analyzer::tracker::Tracker;
//! use tcpshake::capture::file::Files;
//! use tcpshake::capture::source::{FrameSource, Next};
//! use tcpshake::decode::{DEPTH, Decoded, Decoder};
//!
//! let mut source = Files::new(["fixtures/closing/three-segment.pcap"]);
//! let mut tracker = Tracker::new(Config::default());
//! let mut decoder = Decoder::new(DEPTH);
//! let mut labels = Vec::new();
//! while let Next::Frame(frame) = source.next_frame()? {
//!     if let Ok(Decoded::Segment(segment)) = decoder.decode(&frame) {
//!         let step = tracker.observe(&segment);
//!         labels.push(step.label.show(Numbers::Symbolic).to_string());
//!     }
//! }
//! assert_eq!(labels[..3], ["SYN J", "SYN K, ACK J+1", "ACK K+1"]);
//!
//! tracker.finish();
//! let connection = tracker.ended().next().expect("one connection");
//! assert_eq!(connection.outcome().as_str(), "closed");
//! # Ok::<(), tcpshake::capture::error::CaptureError>(())
//! ```
//!
//! Features: `live` captures and filters with libpcap and hears the kernel's own word, `exchange` has the embedded server and client,
//! `lab` plays scenarios with both, `cli` (the default) is the command line with all of them. Without them the library builds wherever
//! Rust does.

pub mod analyzer;
pub mod call;
pub mod capture;
pub mod decode;
#[cfg(feature = "exchange")]
pub mod exchange;
pub mod expect;
pub mod fetch;
pub mod frame;
pub mod gist;
pub mod icmp;
pub mod jot;
#[cfg(feature = "live")]
pub mod kernel;
#[cfg(feature = "lab")]
pub mod lab;
pub mod options;
pub mod report;
pub mod segment;
pub mod seq;
pub mod story;
pub mod time;
pub mod tunnel;
pub mod witness;
