//! `tcpshake`: how TCP connections open and close, segment by segment.

pub mod analyzer;
pub mod call;
pub mod capture;
pub mod decode;
#[cfg(feature = "exchange")]
pub mod exchange;
pub mod frame;
#[cfg(all(feature = "live", feature = "exchange"))]
pub mod lab;
pub mod options;
pub mod report;
pub mod segment;
pub mod seq;
pub mod story;
pub mod time;
