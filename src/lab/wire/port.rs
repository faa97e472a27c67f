//! A port: one end of the cable, a packet socket on an interface.
//!
//! In: an interface of the calling thread's namespace. Out: the frames that come in there, and frames sent out.
//! Invariant: one socket both sends and receives, so that it never hears itself (the kernel spares a packet socket its own
//! frames).
//! Read: packet(7).

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, IntoRawFd, OwnedFd};
use std::time::Duration;

use nix::sys::socket::{AddressFamily, SockFlag, SockType, setsockopt, socket, sockopt};
use pnet_datalink::{Channel, Config, DataLinkReceiver, DataLinkSender, NetworkInterface};

use crate::lab::place::error::PlaceError;

/// Longer than any frame that an interface hands out here.
const LONGEST: usize = 1 << 16;
/// What may wait in the socket while the cable is busy.
const WAITING: usize = 4 << 20;

/// An open port.
pub struct Port {
    sender: Box<dyn DataLinkSender>,
    receiver: Box<dyn DataLinkReceiver>,
    /// The same socket, to wait on.
    socket: OwnedFd,
}

impl Port {
    /// Opens the interface `name`.
    ///
    /// # Errors
    ///
    /// `Failed` with the system's words.
    pub fn open(name: &str) -> Result<Self, PlaceError> {
        let failed = |error: io::Error| PlaceError::failed(format!("the wire's end '{name}'"), error);
        let interface = pnet_datalink::interfaces().into_iter().find(|interface| interface.name == name);
        let interface = interface.ok_or_else(|| failed(io::ErrorKind::NotFound.into()))?;
        Self::on(&interface).map_err(failed)
    }

    fn on(interface: &NetworkInterface) -> io::Result<Self> {
        // Without a protocol it hears nothing before it is bound to the interface.
        let socket = socket(AddressFamily::Packet, SockType::Raw, SockFlag::SOCK_CLOEXEC, None)?;
        // The system may grant less; then less can wait.
        if setsockopt(&socket, sockopt::RcvBufForce, &WAITING).is_err() {
            let _ = setsockopt(&socket, sockopt::RcvBuf, &WAITING);
        }
        let own = socket.try_clone()?;
        let config = Config {
            read_buffer_size: LONGEST,
            write_buffer_size: LONGEST,
            read_timeout: Some(Duration::ZERO),
            promiscuous: true,
            socket_fd: Some(own.into_raw_fd()),
            ..Config::default()
        };
        match pnet_datalink::channel(interface, config)? {
            Channel::Ethernet(sender, receiver) => Ok(Self { sender, receiver, socket }),
            _ => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    /// The next frame that waits, if one does.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn receive(&mut self) -> io::Result<Option<&[u8]>> {
        match self.receiver.next() {
            Ok(frame) => Ok(Some(frame)),
            Err(error) => match error.kind() {
                io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Ok(None),
                _ => Err(error),
            },
        }
    }

    /// Sends a frame.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn send(&mut self, frame: &[u8]) -> io::Result<()> {
        self.sender.send_to(frame, None).unwrap_or_else(|| Err(io::ErrorKind::Unsupported.into()))
    }
}

impl AsFd for Port {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl AsRawFd for Port {
    fn as_raw_fd(&self) -> i32 {
        self.socket.as_raw_fd()
    }
}
