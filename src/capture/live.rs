//! Frames from an interface, as they come.
//!
//! In: an interface's name, a filter in tcpdump's language, how much of each frame. Out: frames, and what was lost.
//! libpcap in immediate mode: a frame is there as soon as the kernel has it, and none waits in a block when the
//! capture ends. Times are in nanoseconds where the system has them.
//! Invariant: `Quiet` is said only when nothing was left in the ring and nothing came for the whole wait (or a signal
//! did): whoever asks until then has everything that was on the wire before.

use std::time::Duration;

use pcap::{Active, Capture, Linktype, Precision};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::capture::error::CaptureError;
use crate::capture::interfaces::{interfaces, loopback_interface};
use crate::capture::libpcap::{registry_number, words_of};
use crate::capture::privilege;
use crate::capture::source::{FrameSource, Next, Statistics};
use crate::frame::{Frame, LinkType};
use crate::time::Timestamp;

/// Where libpcap has nanoseconds; elsewhere the `pcap` crate does not tell that asking for them failed.
const NANOSECONDS: bool = cfg!(any(target_os = "linux", target_os = "freebsd"));

/// In immediate mode on Linux libpcap's slots come out up to two octets short of the snap length (tcpdump's too): it
/// is asked for more, and what is beyond the snap length is cut here.
const SLACK: u32 = 16;

/// A snap length for all headers of a segment, in tunnels too, and whole frames of an ordinary Ethernet. In 32 MiB the
/// loopback's ring then holds 7,800 frames (measured).
pub const HEADERS: u32 = 2048;

/// A snap length for whole frames, as tcpdump has it. In 32 MiB the loopback's ring then holds 256 frames (measured).
pub const WHOLE_FRAMES: u32 = 262_144;

/// What to capture, and how.
#[derive(Clone, Debug)]
pub struct LiveOptions {
    /// The interface's name; `any` is all of them, where the system has that.
    pub interface: String,
    /// Only frames that pass this; everything without it.
    pub filter: Option<String>,
    /// How many octets of each frame: `HEADERS`, `WHOLE_FRAMES`, or any other number. In immediate mode the kernel's
    /// ring has a slot of this size for each frame: the smaller, the more frames it holds.
    pub snap_len: u32,
    /// Whether to ask the interface for frames that are for others. Never done for `any` and the loopback.
    pub promiscuous: bool,
    /// The size of the kernel's ring.
    pub buffer_octets: u32,
    /// How long to wait for a frame before saying `Quiet`.
    pub wait: Duration,
}

impl LiveOptions {
    /// `HEADERS` of each frame without a filter, not promiscuous, a ring of 32 MiB, 50 ms of wait.
    pub fn new(interface: &str) -> Self {
        Self {
            interface: interface.to_owned(),
            filter: None,
            snap_len: HEADERS,
            promiscuous: false,
            buffer_octets: 32 << 20,
            wait: Duration::from_millis(50),
        }
    }
}

/// A capture that is running.
pub struct Live {
    interface: String,
    link: LinkType,
    capture: Capture<Active>,
    wait: Timespec,
    snap_len: usize,
    /// The last frame: libpcap's own copy does not outlive the next look at the ring.
    octets: Vec<u8>,
    number: u64,
    /// libpcap's counts are 32 bits and wrap; these do not.
    lost: u64,
    lost_before: u32,
    ended: bool,
}

impl Live {
    /// Begins to capture.
    ///
    /// # Errors
    ///
    /// `NoSuchInterface`, `NotPermitted`, `InterfaceDown`, `BadFilter`, or `Interface` with libpcap's words.
    pub fn open(options: &LiveOptions) -> Result<Self, CaptureError> {
        let device = find(&options.interface)?;
        let mut capture = activate(options, device.as_ref())
            .map_err(|error| explain(&options.interface, &error, device.as_ref()))?;
        let link = prefer_second_cooked(&mut capture);
        if let Some(filter) = &options.filter {
            capture.filter(filter, true).map_err(|error| CaptureError::BadFilter {
                filter: filter.clone(),
                cause: words_of(&error),
            })?;
        }
        let wait = Timespec::try_from(options.wait).unwrap_or(Timespec { tv_sec: 1, tv_nsec: 0 });
        Ok(Self {
            interface: options.interface.clone(),
            link,
            capture,
            wait,
            snap_len: options.snap_len as usize,
            octets: Vec::new(),
            number: 0,
            lost: 0,
            lost_before: 0,
            ended: false,
        })
    }

    /// The link type of every frame of this capture.
    pub fn link(&self) -> LinkType {
        self.link
    }

    /// The interface's name.
    pub fn interface(&self) -> &str {
        &self.interface
    }

    /// Takes a frame out of the ring; `None` where there is none.
    fn take(&mut self) -> Result<Option<(Timestamp, u32)>, CaptureError> {
        match self.capture.next_packet() {
            Ok(packet) => {
                self.octets.clear();
                self.octets.extend_from_slice(packet.data.get(..self.snap_len).unwrap_or(packet.data));
                let seconds = u64::try_from(packet.header.ts.tv_sec).unwrap_or_default();
                // With nanoseconds asked for, the field named for microseconds holds them.
                let fraction = u32::try_from(packet.header.ts.tv_usec).unwrap_or_default();
                let unit = if NANOSECONDS { 1 } else { 1000 };
                let time = Timestamp::new(seconds, fraction.saturating_mul(unit));
                Ok(Some((time, packet.header.len)))
            }
            Err(pcap::Error::TimeoutExpired) => Ok(None),
            Err(error) => {
                self.ended = true;
                Err(explain(&self.interface, &error, None))
            }
        }
    }

    /// Waits for a frame; false where none came in time, or a signal did.
    fn wait(&mut self) -> Result<bool, CaptureError> {
        let mut descriptors = [PollFd::new(&self.capture, PollFlags::IN)];
        match poll(&mut descriptors, Some(&self.wait)) {
            Ok(ready) => Ok(ready > 0),
            Err(Errno::INTR) => Ok(false),
            Err(error) => {
                self.ended = true;
                let cause = format!("waiting for frames: {error}");
                Err(CaptureError::Interface { interface: self.interface.clone(), cause })
            }
        }
    }
}

impl FrameSource for Live {
    fn next_frame(&mut self) -> Result<Next<'_>, CaptureError> {
        if self.ended {
            return Ok(Next::End);
        }
        let mut taken = self.take()?;
        if taken.is_none() && self.wait()? {
            taken = self.take()?;
        }
        let Some((time, wire_len)) = taken else { return Ok(Next::Quiet) };
        self.number += 1;
        let frame = Frame {
            number: self.number,
            time,
            link: self.link,
            interface: 0,
            octets: &self.octets,
            wire_len,
        };
        Ok(Next::Frame(frame))
    }

    fn statistics(&mut self) -> Statistics {
        let dropped = self.capture.stats().ok().map(|stat| {
            let lost = stat.dropped.wrapping_add(stat.if_dropped);
            self.lost += u64::from(lost.wrapping_sub(self.lost_before));
            self.lost_before = lost;
            self.lost
        });
        Statistics { captured: self.number, dropped, damaged: 0 }
    }
}

/// Whether this process may capture: tries it on the loopback, for a moment.
///
/// # Errors
///
/// `NotPermitted` with what would permit it; or whatever else stands in the way of such a capture.
pub fn check_permission() -> Result<(), CaptureError> {
    let mut options = LiveOptions::new(&loopback_interface()?.name);
    // The smallest ring will do: nothing is read from it.
    options.buffer_octets = 1 << 20;
    options.snap_len = 128;
    Live::open(&options).map(|_| ())
}

/// What is needed of the interface to open it.
struct Found {
    up: bool,
    promiscuous_possible: bool,
}

/// Looks the name up before anything else: without privilege even one that is not there is "not permitted".
fn find(name: &str) -> Result<Option<Found>, CaptureError> {
    // Where there is no list, opening will say what is wrong.
    let Ok(all) = interfaces() else { return Ok(None) };
    // `nflog:5` is one of the numbered kinds of a listed device.
    let family = name.split(':').next().unwrap_or(name);
    let found = all.iter().find(|interface| interface.name == name || interface.name == family);
    match found {
        Some(found) => {
            let promiscuous_possible = !found.loopback && name != "any";
            Ok(Some(Found { up: found.up, promiscuous_possible }))
        }
        None => Err(CaptureError::NoSuchInterface {
            interface: name.to_owned(),
            there_are: all.into_iter().map(|interface| interface.name).collect(),
        }),
    }
}

fn activate(options: &LiveOptions, device: Option<&Found>) -> Result<Capture<Active>, pcap::Error> {
    // `any` answers a promiscuous request by a warning, which the `pcap` crate takes for a failure.
    let promiscuous = options.promiscuous && device.is_none_or(|found| found.promiscuous_possible);
    let to_int = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    let mut capture = Capture::from_device(options.interface.as_str())?
        .immediate_mode(true)
        .promisc(promiscuous)
        .snaplen(to_int(options.snap_len.saturating_add(SLACK)))
        .buffer_size(to_int(options.buffer_octets));
    if NANOSECONDS {
        capture = capture.precision(Precision::Nano);
    }
    capture.open()?.setnonblock()
}

/// Has `any` give the second version of its cooked headers, which name the interface of each frame.
fn prefer_second_cooked(capture: &mut Capture<Active>) -> LinkType {
    let second = Linktype(LinkType::LINUX_SLL2.0.cast_signed());
    let first = registry_number(capture.get_datalink()) == LinkType::LINUX_SLL;
    if first && capture.list_datalinks().is_ok_and(|all| all.contains(&second)) {
        // Where it fails the first version stays, and is what is reported.
        let _ = capture.set_datalink(second);
    }
    registry_number(capture.get_datalink())
}

/// libpcap's words, with the subject and sorted by what can be done. (The `pcap` crate keeps the words alone, not the
/// status behind them.)
fn explain(interface: &str, error: &pcap::Error, device: Option<&Found>) -> CaptureError {
    let (interface, cause) = (interface.to_owned(), words_of(error));
    let lower = cause.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if says(&["permission", "permitted", "cap_net_raw"]) {
        return CaptureError::NotPermitted { interface, cause, next_step: privilege::next_step() };
    }
    if says(&["not up", "is down", "went down"]) || device.is_some_and(|found| !found.up) {
        return CaptureError::InterfaceDown { interface };
    }
    CaptureError::Interface { interface, cause }
}
