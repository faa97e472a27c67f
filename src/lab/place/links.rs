//! Interfaces, addresses and routes, asked of the kernel over netlink.
//!
//! In: what there is to be. Out: that it is so, or the kernel's refusal.
//! Invariant: all of it happens in the namespace of the thread that opened the socket. One question, one answer.
//! Read: rtnetlink(7).

use std::io;
use std::net::IpAddr;
use std::os::fd::{AsRawFd, BorrowedFd};

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REQUEST, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_route::address::{AddressAttribute, AddressHeaderFlags, AddressMessage};
use netlink_packet_route::link::{
    InfoData, InfoKind, InfoVeth, LinkAttribute, LinkFlags, LinkInfo, LinkMessage, State,
};
use netlink_packet_route::neighbour::{
    NeighbourAddress, NeighbourAttribute, NeighbourMessage, NeighbourState,
};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteHeader, RouteMessage, RouteProtocol, RouteScope, RouteType,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_ROUTE};

use crate::lab::place::error::PlaceError;

/// The loopback's index in every namespace.
const LOOPBACK: u32 = 1;

/// What may be made anew, and must not be there before.
const NEW: u16 = NLM_F_CREATE | NLM_F_EXCL;

/// A conversation with the kernel about the namespace of the thread that opened it.
pub struct Links {
    socket: Socket,
    number: u32,
}

/// One end of a virtual Ethernet pair.
#[derive(Clone, Copy, Debug)]
pub struct End<'a> {
    /// The interface's name.
    pub name: &'a str,
    /// Its hardware address.
    pub hardware: [u8; 6],
}

impl Links {
    /// Begins it.
    ///
    /// # Errors
    ///
    /// `Failed` where the system has no netlink.
    pub fn open() -> Result<Self, PlaceError> {
        let opened = Socket::new(NETLINK_ROUTE).and_then(|mut socket| {
            socket.bind_auto()?;
            socket.connect(&SocketAddr::new(0, 0))?;
            Ok(Self { socket, number: 0 })
        });
        opened.map_err(|error| PlaceError::failed("netlink", error))
    }

    /// Brings the loopback up.
    ///
    /// # Errors
    ///
    /// `Failed` with what was to be made, and the kernel's words.
    pub fn loopback_up(&mut self) -> Result<(), PlaceError> {
        self.up("lo", LOOPBACK)
    }

    /// Lays a pair of interfaces, `near` here and `far` in the namespace of `there`.
    ///
    /// # Errors
    ///
    /// `Failed` with what was to be made, and the kernel's words.
    pub fn pair(&mut self, near: End<'_>, far: End<'_>, there: BorrowedFd<'_>) -> Result<(), PlaceError> {
        let mut peer = link(far);
        peer.attributes.push(LinkAttribute::NetNsFd(there.as_raw_fd()));
        let mut message = link(near);
        message.attributes.push(LinkAttribute::LinkInfo(vec![
            LinkInfo::Kind(InfoKind::Veth),
            LinkInfo::Data(InfoData::Veth(InfoVeth::Peer(peer))),
        ]));
        self.ask(RouteNetlinkMessage::NewLink(message), NEW, || format!("interface {}", near.name))
    }

    /// Has the interface hand out no packet that is longer than a frame: nobody on the way could cut it.
    ///
    /// # Errors
    ///
    /// `Failed` with what was to be made, and the kernel's words.
    pub fn whole_packets_only(&mut self, name: &str) -> Result<(), PlaceError> {
        let mut message = LinkMessage::default();
        message.header.index = index_of(name)?;
        message.attributes.push(LinkAttribute::GsoMaxSegs(1));
        self.ask(RouteNetlinkMessage::SetLink(message), 0, || format!("interface {name}"))
    }

    /// Brings an interface up.
    ///
    /// # Errors
    ///
    /// `Failed` with what was to be made, and the kernel's words.
    pub fn interface_up(&mut self, name: &str) -> Result<(), PlaceError> {
        self.up(name, index_of(name)?)
    }

    /// Gives an interface an address, at once and for good.
    ///
    /// # Errors
    ///
    /// `Failed` with what was to be made, and the kernel's words.
    pub fn address(&mut self, name: &str, address: IpAddr, prefix: u8) -> Result<(), PlaceError> {
        let mut message = AddressMessage::default();
        message.header.family = family(address);
        message.header.prefix_len = prefix;
        // Nobody else can have it here: no time need be spent on asking.
        message.header.flags = AddressHeaderFlags::Nodad | AddressHeaderFlags::Permanent;
        message.header.index = index_of(name)?;
        message.attributes = vec![AddressAttribute::Local(address), AddressAttribute::Address(address)];
        self.ask(RouteNetlinkMessage::NewAddress(message), NEW, || format!("address {address}"))
    }

    /// Tells the interface at which hardware address another one is, so that it need not ask.
    ///
    /// # Errors
    ///
    /// `Failed` with what was to be made, and the kernel's words.
    pub fn neighbour(&mut self, name: &str, address: IpAddr, hardware: [u8; 6]) -> Result<(), PlaceError> {
        let mut message = NeighbourMessage::default();
        message.header.family = family(address);
        message.header.ifindex = index_of(name)?;
        message.header.state = NeighbourState::Permanent;
        let there = match address {
            IpAddr::V4(address) => NeighbourAddress::Inet(address),
            IpAddr::V6(address) => NeighbourAddress::Inet6(address),
        };
        message.attributes = vec![
            NeighbourAttribute::Destination(there),
            NeighbourAttribute::LinkLayerAddress(hardware.to_vec()),
        ];
        self.ask(RouteNetlinkMessage::NewNeighbour(message), NEW, || format!("neighbour {address}"))
    }

    /// A route to one address by way of another.
    ///
    /// # Errors
    ///
    /// `Failed` with what was to be made, and the kernel's words.
    pub fn route(&mut self, to: IpAddr, gateway: IpAddr) -> Result<(), PlaceError> {
        let mut message = route_to(to, RouteType::Unicast);
        message.attributes.push(RouteAttribute::Gateway(RouteAddress::from(gateway)));
        self.ask(RouteNetlinkMessage::NewRoute(message), NEW, || format!("route to {to}"))
    }

    /// A route that says no: who sends a packet to this address by way of here is told so by ICMP.
    ///
    /// # Errors
    ///
    /// `Failed` with what was to be made, and the kernel's words.
    pub fn refuse(&mut self, to: IpAddr, is_prohibited: bool) -> Result<(), PlaceError> {
        let kind = if is_prohibited { RouteType::Prohibit } else { RouteType::Unreachable };
        let message = route_to(to, kind);
        self.ask(RouteNetlinkMessage::NewRoute(message), NEW, || format!("route to {to}"))
    }

    /// Whether frames can pass an interface: it is up at both of its ends, and the kernel has noticed.
    ///
    /// # Errors
    ///
    /// `Failed` where there is no such interface.
    pub fn is_up(&mut self, name: &str) -> Result<bool, PlaceError> {
        let mut message = LinkMessage::default();
        message.header.index = index_of(name)?;
        let doing = || format!("interface {name}");
        let answer = self.answer(RouteNetlinkMessage::GetLink(message), NLM_F_REQUEST, doing)?;
        let NetlinkPayload::InnerMessage(RouteNetlinkMessage::NewLink(link)) = answer else {
            return Ok(false);
        };
        Ok(link.attributes.contains(&LinkAttribute::OperState(State::Up)))
    }

    fn up(&mut self, name: &str, index: u32) -> Result<(), PlaceError> {
        let mut message = LinkMessage::default();
        message.header.index = index;
        message.header.flags = LinkFlags::Up;
        message.header.change_mask = LinkFlags::Up;
        self.ask(RouteNetlinkMessage::SetLink(message), 0, || format!("interface {name}"))
    }

    fn ask(
        &mut self,
        message: RouteNetlinkMessage,
        flags: u16,
        doing: impl Fn() -> String,
    ) -> Result<(), PlaceError> {
        self.answer(message, NLM_F_REQUEST | NLM_F_ACK | flags, doing).map(|_| ())
    }

    fn answer(
        &mut self,
        message: RouteNetlinkMessage,
        flags: u16,
        doing: impl Fn() -> String,
    ) -> Result<NetlinkPayload<RouteNetlinkMessage>, PlaceError> {
        self.number = self.number.wrapping_add(1);
        let mut message = NetlinkMessage::from(message);
        message.header.flags = flags;
        message.header.sequence_number = self.number;
        message.finalize();
        let mut octets = vec![0; message.buffer_len()];
        message.serialize(&mut octets);
        let answer = self.socket.send(&octets, 0).and_then(|_| self.socket.recv_from_full());
        let (answer, _) = answer.map_err(|error| PlaceError::failed(doing(), error))?;
        let answer = NetlinkMessage::<RouteNetlinkMessage>::deserialize(&answer)
            .map_err(|error| PlaceError::failed(doing(), io::Error::other(error.to_string())))?;
        match answer.payload {
            NetlinkPayload::Error(error) if error.code.is_some() => {
                Err(PlaceError::failed(doing(), error.to_io()))
            }
            payload => Ok(payload),
        }
    }
}

/// The number of the interface with this name, in the calling thread's namespace.
fn index_of(name: &str) -> Result<u32, PlaceError> {
    nix::net::if_::if_nametoindex(name)
        .map_err(|errno| PlaceError::failed(format!("interface {name}"), errno))
}

fn link(end: End<'_>) -> LinkMessage {
    let mut message = LinkMessage::default();
    message.attributes =
        vec![LinkAttribute::IfName(end.name.to_owned()), LinkAttribute::Address(end.hardware.to_vec())];
    message
}

fn route_to(to: IpAddr, kind: RouteType) -> RouteMessage {
    let mut message = RouteMessage::default();
    message.header.address_family = family(to);
    message.header.destination_prefix_length = if to.is_ipv6() { 128 } else { 32 };
    message.header.table = RouteHeader::RT_TABLE_MAIN;
    message.header.protocol = RouteProtocol::Static;
    message.header.scope = RouteScope::Universe;
    message.header.kind = kind;
    message.attributes.push(RouteAttribute::Destination(RouteAddress::from(to)));
    message
}

const fn family(address: IpAddr) -> AddressFamily {
    if address.is_ipv6() { AddressFamily::Inet6 } else { AddressFamily::Inet }
}
