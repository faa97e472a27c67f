//! From a record of the trace to a word of the kernel.
//!
//! In: the octets of a record, and its event's format. Out: a `KernelEvent`, or nothing where a field is missing.
//! Invariant: fields are found by name. An IPv4 address mapped into IPv6 is IPv4, as on the wire; the kernel's address of a
//! socket goes no further: a keyed hash stands for it.

use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::kernel::format::Format;
use crate::time::Timestamp;
use crate::witness::{KernelEvent, KernelState, KernelWord};

/// What is listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A socket changes its state.
    State,
    /// A segment is sent again.
    Retransmit,
    /// A SYN+ACK is sent again.
    RetransmitSynAck,
    /// A RST is sent.
    SendReset,
    /// A RST is taken for valid.
    ReceiveReset,
}

/// `IPPROTO_TCP`. The socket of MPTCP above its subflows says 262, and is no end of any connection on the wire.
const TCP: u64 = 6;
/// `AF_INET` and `AF_INET6` of Linux.
const INET: u64 = 2;
const INET6: u64 = 10;
/// The kernel takes no longer filters than a page; beyond so many ports what comes is sorted out here.
const MOST_PORTS: usize = 64;

impl Source {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::State, Self::Retransmit, Self::RetransmitSynAck, Self::SendReset, Self::ReceiveReset];

    /// The event's name, group first.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::State => "sock/inet_sock_set_state",
            Self::Retransmit => "tcp/tcp_retransmit_skb",
            Self::RetransmitSynAck => "tcp/tcp_retransmit_synack",
            Self::SendReset => "tcp/tcp_send_reset",
            Self::ReceiveReset => "tcp/tcp_receive_reset",
        }
    }
}

/// The kernel's own filter for records of these ports, as far as it can tell; no ports are all of them.
pub fn filter(format: &Format, ports: &[u16]) -> Option<String> {
    let mut parts = Vec::new();
    if format.has("protocol") {
        parts.push(format!("protocol == {TCP}"));
    }
    if format.has("sport") && !ports.is_empty() && ports.len() <= MOST_PORTS {
        let either = |port: &u16| format!("sport == {port} || dport == {port}");
        parts.push(format!("({})", ports.iter().map(either).collect::<Vec<_>>().join(" || ")));
    }
    (!parts.is_empty()).then(|| parts.join(" && "))
}

/// What a record says.
pub fn event(
    source: Source,
    format: &Format,
    record: &[u8],
    time: Timestamp,
    key: &RandomState,
) -> Option<KernelEvent> {
    if format.number(record, "protocol").is_some_and(|protocol| protocol != TCP) {
        return None;
    }
    let word = word(source, format, record)?;
    let local = address(format, record, "saddr", "saddr_v6", "sport")?;
    let peer = address(format, record, "daddr", "daddr_v6", "dport")?;
    let socket = match format.number(record, "skaddr") {
        None | Some(0) => 0,
        // Fewer bits than a double holds exactly: every reader of JSON can tell them apart.
        Some(at) => (key.hash_one(at) >> 16).max(1),
    };
    Some(KernelEvent { time, socket, local, peer, word })
}

fn word(source: Source, format: &Format, record: &[u8]) -> Option<KernelWord> {
    Some(match source {
        Source::State => KernelWord::State {
            from: state(format.number(record, "oldstate")?)?,
            to: state(format.number(record, "newstate")?)?,
        },
        Source::Retransmit => KernelWord::Retransmits,
        Source::RetransmitSynAck => KernelWord::RetransmitsSynAck,
        Source::SendReset => {
            let reason = format.number(record, "reason").and_then(|value| format.name_of("reason", value));
            KernelWord::SendsReset(reason.filter(|name| *name != "NOT_SPECIFIED").map(str::to_owned))
        }
        Source::ReceiveReset => KernelWord::ReceivesReset,
    })
}

/// The kernel's numbers of its states, which are a part of its interface (include/net/tcp_states.h).
fn state(number: u64) -> Option<KernelState> {
    let at = usize::try_from(number).ok()?.checked_sub(1)?;
    KernelState::ALL.get(at).copied()
}

/// From fields of their own, or from a whole `struct sockaddr`.
fn address(format: &Format, record: &[u8], whole: &str, v6: &str, port: &str) -> Option<SocketAddr> {
    let Some(port) = format.number(record, port) else { return sockaddr(format.octets(record, whole)?) };
    // IPv4 addresses stand there mapped.
    let octets: [u8; 16] = format.octets(record, v6)?.try_into().ok()?;
    let ip = IpAddr::V6(Ipv6Addr::from(octets)).to_canonical();
    Some(SocketAddr::new(ip, u16::try_from(port).ok()?))
}

/// `struct sockaddr_in` or `struct sockaddr_in6`: family, port and addresses, the latter two in network order.
fn sockaddr(octets: &[u8]) -> Option<SocketAddr> {
    let family = u16::from_ne_bytes(octets.get(..2)?.try_into().ok()?);
    let port = u16::from_be_bytes(octets.get(2..4)?.try_into().ok()?);
    let ip = match u64::from(family) {
        INET => IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(octets.get(4..8)?).ok()?)),
        INET6 => IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(octets.get(8..24)?).ok()?)),
        _ => return None,
    };
    Some(SocketAddr::new(ip.to_canonical(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATE: &str = "ID: 2287\n\
        \tfield:const void * skaddr;\toffset:8;\tsize:8;\tsigned:0;\n\
        \tfield:int oldstate;\toffset:16;\tsize:4;\tsigned:1;\n\
        \tfield:int newstate;\toffset:20;\tsize:4;\tsigned:1;\n\
        \tfield:__u16 sport;\toffset:24;\tsize:2;\tsigned:0;\n\
        \tfield:__u16 dport;\toffset:26;\tsize:2;\tsigned:0;\n\
        \tfield:__u16 protocol;\toffset:30;\tsize:2;\tsigned:0;\n\
        \tfield:__u8 saddr_v6[16];\toffset:40;\tsize:16;\tsigned:0;\n\
        \tfield:__u8 daddr_v6[16];\toffset:56;\tsize:16;\tsigned:0;\n";
    const RESET: &str = "ID: 2280\n\
        \tfield:const void * skaddr;\toffset:8;\tsize:8;\tsigned:0;\n\
        \tfield:enum sk_rst_reason reason;\toffset:28;\tsize:4;\tsigned:0;\n\
        \tfield:__u8 saddr[28];\toffset:32;\tsize:28;\tsigned:0;\n\
        \tfield:__u8 daddr[28];\toffset:60;\tsize:28;\tsigned:0;\n\
        print fmt: \"\", __print_symbolic(REC->reason, { 0, \"NOT_SPECIFIED\" }, { 1, \"NO_SOCKET\" })\n";

    fn record(length: usize, parts: &[(usize, &[u8])]) -> Vec<u8> {
        let mut record = vec![0; length];
        for (at, octets) in parts {
            record[*at..*at + octets.len()].copy_from_slice(octets);
        }
        record
    }

    fn read(source: Source, format: &str, record: &[u8]) -> Option<KernelEvent> {
        event(source, &Format::parse(format), record, Timestamp(7), &RandomState::new())
    }

    #[test]
    fn a_change_of_state_is_read() {
        let mapped = |last| Ipv4Addr::new(192, 0, 2, last).to_ipv6_mapped().octets();
        let (near, far) = (mapped(1), mapped(2));
        let ports = [50_000_u16.to_ne_bytes(), 6666_u16.to_ne_bytes()].concat();
        let states = [7_u32.to_ne_bytes(), 2_u32.to_ne_bytes()].concat();
        let parts: [(usize, &[u8]); 6] =
            [(8, &[9; 8]), (16, &states), (24, &ports), (30, &6_u16.to_ne_bytes()), (40, &near), (56, &far)];
        let told = read(Source::State, STATE, &record(72, &parts)).unwrap();
        assert_eq!(told.word, KernelWord::State { from: KernelState::Close, to: KernelState::SynSent });
        assert_eq!(
            (told.local.to_string(), told.peer.to_string()),
            ("192.0.2.1:50000".into(), "192.0.2.2:6666".into())
        );
        assert_eq!(told.time, Timestamp(7));
        assert!(told.socket != 0 && told.socket != 0x0909_0909_0909_0909);

        let mptcp = record(72, &[&parts[..], &[(30, &262_u16.to_ne_bytes())]].concat());
        assert_eq!(read(Source::State, STATE, &mptcp), None);
        assert_eq!(read(Source::State, STATE, &mptcp[..50]), None);
    }

    #[test]
    fn a_reset_names_its_reason_where_there_is_one() {
        let v4 = [&INET_OCTETS[..], &6666_u16.to_be_bytes(), &[192, 0, 2, 1]].concat();
        let v6 = [&10_u16.to_ne_bytes()[..], &80_u16.to_be_bytes(), &[0; 4], &Ipv6Addr::LOCALHOST.octets()]
            .concat();
        let of = |reason: u32| record(88, &[(28, &reason.to_ne_bytes()), (32, &v4), (60, &v6)]);
        let told = read(Source::SendReset, RESET, &of(1)).unwrap();
        assert_eq!(told.word, KernelWord::SendsReset(Some("NO_SOCKET".to_owned())));
        assert_eq!(
            (told.local.to_string(), told.peer.to_string(), told.socket),
            ("192.0.2.1:6666".into(), "[::1]:80".into(), 0)
        );
        for unnamed in [0, 99] {
            assert_eq!(
                read(Source::SendReset, RESET, &of(unnamed)).unwrap().word,
                KernelWord::SendsReset(None)
            );
        }
    }

    /// Linux 5.15: ports of their own, no reason.
    const OLD_RESET: &str = "ID: 1360\n\
        \tfield:const void * skbaddr;\toffset:8;\tsize:8;\tsigned:0;\n\
        \tfield:const void * skaddr;\toffset:16;\tsize:8;\tsigned:0;\n\
        \tfield:int state;\toffset:24;\tsize:4;\tsigned:1;\n\
        \tfield:__u16 sport;\toffset:28;\tsize:2;\tsigned:0;\n\
        \tfield:__u16 dport;\toffset:30;\tsize:2;\tsigned:0;\n\
        \tfield:__u8 saddr[4];\toffset:32;\tsize:4;\tsigned:0;\n\
        \tfield:__u8 daddr[4];\toffset:36;\tsize:4;\tsigned:0;\n\
        \tfield:__u8 saddr_v6[16];\toffset:40;\tsize:16;\tsigned:0;\n\
        \tfield:__u8 daddr_v6[16];\toffset:56;\tsize:16;\tsigned:0;\n";

    #[test]
    fn an_older_layout_is_read_too() {
        let (near, far) = (Ipv6Addr::LOCALHOST.octets(), Ipv4Addr::LOCALHOST.to_ipv6_mapped().octets());
        let ports = [80_u16.to_ne_bytes(), 50_000_u16.to_ne_bytes()].concat();
        let told = read(
            Source::SendReset,
            OLD_RESET,
            &record(72, &[(16, &[9; 8]), (28, &ports), (40, &near), (56, &far)]),
        )
        .unwrap();
        assert_eq!(
            (told.local.to_string(), told.peer.to_string()),
            ("[::1]:80".into(), "127.0.0.1:50000".into())
        );
        assert_eq!(told.word, KernelWord::SendsReset(None));
        let filter = filter(&Format::parse(OLD_RESET), &[80]);
        assert_eq!(filter.as_deref(), Some("(sport == 80 || dport == 80)"));
    }

    const INET_OCTETS: [u8; 2] = 2_u16.to_ne_bytes();

    #[test]
    fn the_kernel_sorts_out_what_it_can() {
        let (state, reset) = (Format::parse(STATE), Format::parse(RESET));
        assert_eq!(filter(&state, &[]).as_deref(), Some("protocol == 6"));
        assert_eq!(filter(&state, &[80]).as_deref(), Some("protocol == 6 && (sport == 80 || dport == 80)"));
        assert_eq!(filter(&reset, &[80]), None);
    }

    #[test]
    fn the_states_have_the_kernels_numbers() {
        assert_eq!(state(1), Some(KernelState::Established));
        assert_eq!(state(10), Some(KernelState::Listen));
        assert_eq!(state(12), Some(KernelState::NewSynRecv));
        assert_eq!((state(0), state(13)), (None, None));
    }
}
