//! What can go wrong with the embedded programs.
//!
//! In: the system's error numbers. Out: messages of subject and cause, with the next step for the person who reads them.
//! Invariant: the system's own name and words for an error are never left out.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use nix::errno::Errno;

use crate::call::{CallName, Returned};

/// What the system answered instead of doing it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemError {
    /// Its name: `ECONNREFUSED`.
    pub name: String,
    /// Its number on this system; 0 where the error did not come from the system.
    pub number: i32,
    /// Its words: `Connection refused`.
    pub words: String,
}

/// Why an exchange could not be made. `Display` is `SUBJECT: CAUSE`; [`ExchangeError::next_step`] goes with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    /// What was given as a host has no address.
    #[error("{host}: {problem}")]
    Host {
        /// As it was given.
        host: String,
        /// What is wrong with it.
        problem: String,
        /// What to try instead.
        step: String,
    },
    /// A call failed.
    #[error("{address}: {}", cause(*call, system))]
    Call {
        /// Which one.
        call: CallName,
        /// The socket that it was about: the server's own, or the one to be connected to.
        address: SocketAddr,
        /// What the system answered.
        system: SystemError,
    },
    /// A server in a process of its own could not be started, or has ended by itself.
    #[error("{address}: the server's process: {words}")]
    Process {
        /// Where it listens, or would.
        address: SocketAddr,
        /// What is known of it.
        words: String,
    },
    /// No address of a host could be connected to.
    #[error("{host}: none of its {} addresses answered as it should: {}", failures.len(), list(failures))]
    NoAddress {
        /// The name.
        host: String,
        /// One for each address, in the order in which they were tried.
        failures: Vec<ExchangeError>,
    },
}

impl ExchangeError {
    pub(super) fn call(call: CallName, address: SocketAddr, error: &io::Error) -> Self {
        Self::Call { call, address, system: error.into() }
    }

    /// Whether the program did not even ask, since the system has no such thing.
    pub fn is_unsupported(&self) -> bool {
        matches!(self, Self::Call { system, .. } if system.is_unsupported())
    }

    /// What the reader may try now.
    pub fn next_step(&self) -> Option<String> {
        match self {
            Self::Host { step, .. } => Some(step.clone()),
            Self::Call { call, address, system } => next_step(*call, *address, system.errno()),
            Self::Process { address, .. } => {
                let port = address.port();
                Some(format!("see whether somebody holds the port: ss -ltnp 'sport = :{port}'"))
            }
            Self::NoAddress { failures, .. } => failures.last().and_then(Self::next_step),
        }
    }
}

impl SystemError {
    /// The number as `nix` has it.
    pub(super) fn errno(&self) -> Errno {
        Errno::from_raw(self.number)
    }

    fn is_unsupported(&self) -> bool {
        self.number == 0 && self.name == format!("{:?}", io::ErrorKind::Unsupported)
    }
}

impl From<&io::Error> for SystemError {
    fn from(error: &io::Error) -> Self {
        let number = error.raw_os_error().unwrap_or(0);
        match Errno::from_raw(number) {
            Errno::UnknownErrno => {
                Self { name: format!("{:?}", error.kind()), number, words: error.to_string() }
            }
            errno => Self { name: format!("{errno:?}"), number, words: errno.desc().to_owned() },
        }
    }
}

impl From<SystemError> for Returned {
    fn from(SystemError { name, number, words }: SystemError) -> Self {
        Self::Error { name, number, words }
    }
}

impl fmt::Display for SystemError {
    /// `ECONNRESET (104: Connection reset by peer)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, number, words } = self;
        write!(f, "{name} ({number}: {words})")
    }
}

/// In plain words, then in the system's.
fn cause(call: CallName, system: &SystemError) -> String {
    use CallName::{Accept, Bind, Connect, Listen, Recv, Send, Socket};
    let plain = match (call, system.errno()) {
        (Bind | Listen, Errno::EADDRINUSE) => "the port is taken",
        (Bind, Errno::EACCES) => "this port needs a privilege",
        (Bind, Errno::EADDRNOTAVAIL) => "no interface of this machine has this address",
        (Socket, Errno::EAFNOSUPPORT) => "this machine does not speak this kind of address",
        (Connect, Errno::ECONNREFUSED) => "refused, nobody listens there",
        (Connect, Errno::ETIMEDOUT) => "no answer",
        (Connect, Errno::ENETUNREACH | Errno::EHOSTUNREACH | Errno::EADDRNOTAVAIL) => "no way there",
        (Connect | Send | Recv, Errno::ECONNRESET | Errno::EPIPE) => "the other end has reset the connection",
        (Socket | Accept, Errno::EMFILE | Errno::ENFILE) => "no descriptor is left",
        _ if system.is_unsupported() => "not offered on this system",
        _ => return format!("{}: {system}", call.as_str()),
    };
    format!("{plain}; {}: {system}", call.as_str())
}

fn next_step(call: CallName, address: SocketAddr, errno: Errno) -> Option<String> {
    use CallName::{Accept, Bind, Connect, Listen, Recv, Send, Socket};
    let (ip, port) = (address.ip(), address.port());
    Some(match (call, errno) {
        (Bind | Listen, Errno::EADDRINUSE) => {
            // Upwards where there is room, and away from the privileged ports.
            let other = port.checked_add(1).unwrap_or(6666).max(1024);
            format!("another port, --port {other}, or see who holds this one: ss -ltnp 'sport = :{port}'")
        }
        (Bind, Errno::EACCES) => "a port from 1024 on, such as --port 6666, or run it with sudo".to_owned(),
        (Bind, Errno::EADDRNOTAVAIL) => {
            "--bind 127.0.0.1, or see which addresses there are: ip -brief address".to_owned()
        }
        (Socket, Errno::EAFNOSUPPORT) if address.is_ipv6() => "an IPv4 address, such as 127.0.0.1".to_owned(),
        (Connect, Errno::ECONNREFUSED) => {
            let host =
                if ip.is_loopback() { "start a server first" } else { "start a server on that machine" };
            // 127.0.0.1 is where it listens unless told otherwise.
            let bind = if ip == Ipv4Addr::LOCALHOST { String::new() } else { format!(" --bind {ip}") };
            format!("{host}: tcpshake serve{bind} --port {port}")
        }
        (Connect, Errno::ETIMEDOUT) => {
            format!(
                "is the machine up, is a firewall between? Watch the SYNs: tcpshake watch -i any host {ip}"
            )
        }
        (Connect, Errno::ENETUNREACH | Errno::EHOSTUNREACH | Errno::EADDRNOTAVAIL) => {
            format!("see where the system would send it: ip route get {ip}")
        }
        (Connect | Send | Recv, Errno::ECONNRESET | Errno::EPIPE) => {
            format!("see who resets it: tcpshake watch -i any port {port}")
        }
        (Socket | Accept, Errno::EMFILE) => "raise this shell's limit: ulimit -n 1024".to_owned(),
        (Socket | Accept, Errno::ENFILE) => "see the system's limit: sysctl fs.file-max".to_owned(),
        _ => return None,
    })
}

fn list(failures: &[ExchangeError]) -> String {
    failures.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(call: CallName, address: &str, errno: Errno) -> ExchangeError {
        ExchangeError::call(call, address.parse().unwrap(), &io::Error::from_raw_os_error(errno as i32))
    }

    #[test]
    fn messages_carry_subject_cause_and_next_step() {
        let taken = failed(CallName::Bind, "127.0.0.1:6666", Errno::EADDRINUSE);
        let number = Errno::EADDRINUSE as i32;
        let expected =
            format!("127.0.0.1:6666: the port is taken; bind: EADDRINUSE ({number}: Address already in use)");
        assert_eq!(taken.to_string(), expected);
        let step = "another port, --port 6667, or see who holds this one: ss -ltnp 'sport = :6666'";
        assert_eq!(taken.next_step().as_deref(), Some(step));
        let last = failed(CallName::Bind, "127.0.0.1:65535", Errno::EADDRINUSE).next_step().unwrap();
        assert!(last.contains("--port 6666,"), "{last}");
        let refused = failed(CallName::Connect, "[::1]:7", Errno::ECONNREFUSED);
        assert!(
            refused
                .to_string()
                .starts_with("[::1]:7: refused, nobody listens there; connect: ECONNREFUSED (")
        );
        assert_eq!(
            refused.next_step().as_deref(),
            Some("start a server first: tcpshake serve --bind ::1 --port 7")
        );
    }

    #[test]
    fn a_host_with_several_addresses_tells_them_all() {
        let failures =
            ["[::1]:7", "127.0.0.1:7"].map(|to| failed(CallName::Connect, to, Errno::ECONNREFUSED));
        let error = ExchangeError::NoAddress { host: "localhost".to_owned(), failures: failures.to_vec() };
        let text = error.to_string();
        assert!(
            text.starts_with("localhost: none of its 2 addresses answered as it should: [::1]:7: "),
            "{text}"
        );
        assert!(text.contains(", 127.0.0.1:7: refused"), "{text}");
        assert!(error.next_step().unwrap().contains("tcpshake serve"));
    }

    #[test]
    fn an_error_that_is_not_the_systems_keeps_its_words() {
        let error = SystemError::from(&io::Error::new(io::ErrorKind::InvalidData, "odd"));
        assert_eq!(error.to_string(), "InvalidData (0: odd)");
    }
}
