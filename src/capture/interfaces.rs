//! The interfaces that this system can capture on.
//!
//! In: libpcap's list, which needs no privilege. Out: names, addresses and flags; which one is the loopback.
//! Invariant: the loopback is told by its flag; its name differs from system to system.

use std::net::IpAddr;

use pcap::Device;

use crate::capture::error::CaptureError;
use crate::capture::libpcap::words_of;

/// An interface, as libpcap lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// What to ask for.
    pub name: String,
    /// The system's description, where it has one.
    pub description: Option<String>,
    /// Its addresses, of IPv4 and IPv6.
    pub addresses: Vec<IpAddr>,
    /// Whether it is switched on.
    pub up: bool,
    /// Whether it is connected, where that means something.
    pub running: bool,
    /// Whether it is the loopback.
    pub loopback: bool,
}

/// All interfaces, in libpcap's order: the likeliest first.
///
/// # Errors
///
/// `Interfaces`, with libpcap's words.
pub fn interfaces() -> Result<Vec<Interface>, CaptureError> {
    let devices = Device::list().map_err(|error| CaptureError::Interfaces { cause: words_of(&error) })?;
    Ok(devices.into_iter().map(Interface::from).collect())
}

/// The loopback; one that is up before one that is not.
///
/// # Errors
///
/// `Interfaces` where there is no list, `NoLoopback` where none in it is the loopback.
pub fn loopback_interface() -> Result<Interface, CaptureError> {
    let all = interfaces()?.into_iter().filter(|interface| interface.loopback);
    all.min_by_key(|interface| !interface.up).ok_or(CaptureError::NoLoopback)
}

impl From<Device> for Interface {
    fn from(device: Device) -> Self {
        Self {
            addresses: device.addresses.iter().map(|address| address.addr).collect(),
            up: device.flags.is_up(),
            running: device.flags.is_running(),
            loopback: device.flags.is_loopback(),
            name: device.name,
            description: device.desc,
        }
    }
}
