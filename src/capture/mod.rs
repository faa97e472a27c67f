//! Frames from an interface or from files, behind one trait.
//!
//! In: the name of an interface, or paths of captures (pcap, pcapng). Out: `Frame`s, numbered from 1, in the order
//! of the input, and how many of them were lost on the way. What came can be written again (`save`).
//! Invariant: a frame is handed on as it was captured, its length on the wire beside it; nothing here knows TCP.
//! Live capture and filters need libpcap, and so the feature `live`; reading files does not.

pub mod batch;
#[cfg(feature = "live")]
mod bpf;
mod classic;
pub mod error;
pub mod file;
#[cfg(feature = "live")]
pub mod filter;
mod follow;
mod format;
mod input;
mod interface;
#[cfg(feature = "live")]
pub mod interfaces;
#[cfg(feature = "live")]
mod libpcap;
mod likely;
#[cfg(feature = "live")]
pub mod live;
mod octets;
mod overlap;
mod pcapng;
#[cfg(feature = "live")]
mod privilege;
pub mod progress;
mod record;
pub mod save;
pub mod source;
pub mod taker;
#[cfg(feature = "unpack")]
mod unpack;
mod variant;
