//! The numbers of each connection on the wire, as far as forging a segment needs them.
//!
//! In: segments as they are sent, and whether they pass. Out: RCV.NXT, SND.NXT and the right edge of the window of each end.
//! Invariant: what a forged segment carries comes from here; a connection that was not seen cannot be forged into.
//! Read: RFC 9293 §3.3.1 (the variables), RFC 7323 §2.3 (the scale of a window).

use std::collections::HashMap;
use std::net::SocketAddr;

use crate::lab::wire::fault::{Place, Side};
use crate::options::{Options, TcpOption};
use crate::segment::{Flags, Segment};
use crate::seq::SeqNumber;

/// The connections seen, by the socket at the client's end and the one at the server's.
#[derive(Debug, Default)]
pub struct Flows {
    flows: HashMap<Pair, Flow>,
    last: Option<Pair>,
}

/// The socket at the client's end of the wire, and the one at the server's.
pub type Pair = (SocketAddr, SocketAddr);

#[derive(Clone, Copy, Debug, Default)]
struct Flow {
    client: End,
    server: End,
}

/// What one end has shown of itself.
#[derive(Clone, Copy, Debug, Default)]
struct End {
    /// SND.NXT.
    next: Option<SeqNumber>,
    /// The last number that it acknowledged.
    acknowledged: Option<SeqNumber>,
    /// What reached it in order, whether it has acknowledged that or not.
    arrived: Option<SeqNumber>,
    window: u16,
    scale: Option<u8>,
}

/// What a forged segment needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The socket in whose name it is sent.
    pub source: SocketAddr,
    /// The socket that it is sent to.
    pub destination: SocketAddr,
    /// Its receiver's RCV.NXT.
    pub rcv_nxt: SeqNumber,
    /// Its receiver's SND.NXT.
    pub snd_nxt: SeqNumber,
    /// The first number beyond its receiver's window.
    pub edge: SeqNumber,
}

impl Flows {
    /// Takes in a segment that `from` has sent.
    pub fn sent(&mut self, from: Side, segment: &Segment) -> Pair {
        let pair = pair(from, segment);
        self.last = Some(pair);
        let flow = self.flows.entry(pair).or_default();
        let is_syn = segment.flags.has(Flags::SYN);
        if is_syn && !segment.flags.has(Flags::ACK) && flow.end(from).next != Some(segment.end()) {
            // Another incarnation: what the other end has shown belongs to the one before, unless it opens, too.
            let other = flow.end(from.other());
            *flow.end_mut(from) = End { acknowledged: None, arrived: other.next, ..End::default() };
        }
        let end = flow.end_mut(from);
        end.next = later(end.next, segment.end());
        if is_syn {
            end.scale = scale(&segment.options);
        }
        if segment.flags.has(Flags::ACK) {
            end.acknowledged = Some(segment.ack);
        }
        end.window = segment.window.unwrap_or(end.window);
        pair
    }

    /// Notes that it goes on to the other end.
    pub fn passed(&mut self, from: Side, segment: &Segment) {
        let Some(flow) = self.flows.get_mut(&pair(from, segment)) else { return };
        let receiver = flow.end_mut(from.other());
        let is_in_order = receiver.arrived.is_none_or(|arrived| segment.seq.distance_from(arrived) <= 0);
        if segment.flags.has(Flags::SYN) && !segment.flags.has(Flags::ACK) {
            receiver.arrived = Some(segment.end());
        } else if is_in_order {
            receiver.arrived = later(receiver.arrived, segment.end());
        }
    }

    /// What a segment towards `to` needs: of this connection, or of the one that a segment was last seen of.
    pub fn target(&self, pair: Option<Pair>, to: Side) -> Option<Target> {
        let pair = pair.or(self.last)?;
        let flow = self.flows.get(&pair)?;
        let (source, destination) = match to {
            Side::Client => (pair.1, pair.0),
            Side::Server => pair,
        };
        let (receiver, sender) = (flow.end(to), flow.end(to.other()));
        let arrived = match (receiver.acknowledged, receiver.arrived) {
            (Some(acknowledged), Some(arrived)) => later(Some(acknowledged), arrived),
            (acknowledged, arrived) => acknowledged.or(arrived),
        };
        let rcv_nxt = arrived.or(sender.next).unwrap_or(SeqNumber(0));
        let shift = receiver.scale.filter(|_| sender.scale.is_some()).unwrap_or(0);
        let left = receiver.acknowledged.unwrap_or(rcv_nxt);
        let edge = left + (u32::from(receiver.window) << shift.min(14));
        Some(Target {
            source,
            destination,
            rcv_nxt,
            snd_nxt: receiver.next.unwrap_or(SeqNumber(0)),
            edge: later(Some(rcv_nxt), edge).unwrap_or(edge),
        })
    }
}

impl Target {
    /// The number at this place.
    pub fn number(&self, place: Place) -> SeqNumber {
        match place {
            Place::FromNext(offset) => self.rcv_nxt + offset.cast_unsigned(),
            Place::Beyond(offset) => self.edge + offset.cast_unsigned(),
            Place::Number(number) => SeqNumber(number),
        }
    }
}

impl Flow {
    const fn end(&self, side: Side) -> &End {
        match side {
            Side::Client => &self.client,
            Side::Server => &self.server,
        }
    }

    const fn end_mut(&mut self, side: Side) -> &mut End {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }
}

const fn pair(from: Side, segment: &Segment) -> Pair {
    match from {
        Side::Client => (segment.source, segment.destination),
        Side::Server => (segment.destination, segment.source),
    }
}

fn later(known: Option<SeqNumber>, number: SeqNumber) -> Option<SeqNumber> {
    Some(known.map_or(number, |known| known.later(number)))
}

fn scale(options: &Options) -> Option<u8> {
    options.iter().find_map(|option| match option {
        TcpOption::WindowScale(shift) => Some(shift),
        _ => None,
    })
}
