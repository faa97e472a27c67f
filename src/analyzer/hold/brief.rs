//! A connection in brief: its segments as they came, as long as all goes by the textbook.
//!
//! In: the segments of a connection from its SYN on. Out: how far it has come, at once; and the connection, by taking in
//! the same segments, once somebody asks for it.
//! Invariant: what is said of it is what the connection would say. A segment that may be anything but the next one in its
//! order is not taken: then nothing has moved, and the connection is to be made of what came before.
//! Read: RFC 9293 §3.5 (figure 6), §3.6 (figure 12), §3.10.7.

use std::net::{SocketAddr, SocketAddrV4};

use crate::analyzer::connection::Connection;
use crate::analyzer::facts::Kind;
use crate::analyzer::pairs::Sockets;
use crate::analyzer::role::{Ends, Role};
use crate::analyzer::sightings::{Sightings, Within};
use crate::jot::Jot;
use crate::options::Options;
use crate::segment::Flags;
use crate::seq::SeqNumber;
use crate::time::Timestamp;

/// Segments kept: a connection that has more is followed as it goes.
const MOST: usize = 20;

/// A connection in brief.
#[derive(Debug)]
pub struct Brief {
    course: Course,
    log: Box<Log>,
}

/// What a connection in brief keeps for later: written as it comes, and read once.
#[derive(Debug)]
#[repr(C)]
pub struct Log {
    /// What came after the SYN: the first `Course::count` of them.
    segments: [Kept; MOST],
    syn: Jot,
    id: u64,
    /// Those of the client's SYN and of the server's.
    options: Ends<Options>,
}

/// A segment, in a cache line of its own.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Kept(Jot);

/// What each segment is held against: little, so that it lies where the connection is found.
#[derive(Debug)]
struct Course {
    sockets: Sockets,
    start: Timestamp,
    last: Timestamp,
    last_frame: u64,
    ends: Ends<End>,
    stage: Stage,
    count: u8,
}

/// How far an end has come.
#[derive(Clone, Copy, Debug, Default)]
struct End {
    nxt: SeqNumber,
    una: SeqNumber,
    has_closed: bool,
    is_fin_acknowledged: bool,
}

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Asked,
    Answered,
    Open,
    Reset,
    Refused,
}

/// What a segment did that others are told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The handshake is complete by it.
    pub completes: bool,
    /// Both ends have spoken by it.
    pub turns_two_way: bool,
    /// When it was captured.
    pub time: Timestamp,
}

impl Log {
    /// Words of where a connection begins.
    pub fn glance(&self) -> u64 {
        self.syn.frame ^ self.id ^ self.options.server.octets().len() as u64
    }
}

impl Brief {
    /// A connection that begins with `jot` between these sockets, in the room of `spare`; `None` where it is no SYN as in the
    /// textbook.
    pub fn starting_with(
        id: u64,
        (client, server): (SocketAddr, SocketAddr),
        jot: Jot,
        options: &Options,
        spare: &mut Vec<Box<Log>>,
    ) -> Option<Self> {
        if Kind::of(jot.flags) != Kind::Syn || jot.text_len != 0 || client == server {
            return None;
        }
        let syn = jot.sent(true);
        let course = Course {
            sockets: Sockets::new(client, server),
            start: jot.time,
            last: jot.time,
            last_frame: jot.frame,
            ends: Ends {
                client: End { nxt: jot.seq + 1, una: jot.seq, ..End::default() },
                server: End::default(),
            },
            stage: Stage::Asked,
            count: 0,
        };
        let options = Ends { client: *options, server: Options::default() };
        let log = match spare.pop() {
            Some(mut room) => {
                (room.syn, room.id, room.options) = (syn, id, options);
                room
            }
            None => Box::new(Log { segments: [Kept(syn); MOST], syn, id, options }),
        };
        Some(Self { course, log })
    }

    /// Which end has the socket `socket`.
    #[inline]
    pub fn role_of(&self, socket: SocketAddr) -> Role {
        if self.course.sockets.is_client(socket) { Role::Client } else { Role::Server }
    }

    /// Which end sends what goes from `source` to `destination`, if that are its sockets.
    #[inline]
    pub fn sender(&self, source: SocketAddrV4, destination: SocketAddrV4) -> Option<Role> {
        self.course.sockets.sender(source, destination)
    }

    /// Takes in a segment from `from`, where it is the next one by the textbook. `options` are those of a SYN.
    #[inline]
    pub fn take(&mut self, jot: &Jot, from: Role, options: Option<&Options>) -> Option<Taken> {
        if usize::from(self.course.count) >= MOST {
            return None;
        }
        let taken = match Kind::of(jot.flags) {
            Kind::Plain => self.take_plain(jot, from).or_else(|| self.take_repeat(jot, from))?,
            Kind::SynAck => self.take_answer(jot, from, options?)?,
            Kind::Rst => self.take_reset(jot, from)?,
            Kind::Syn | Kind::Illegal => return None,
        };
        self.course.last = self.course.last.max(jot.time);
        self.course.last_frame = self.course.last_frame.max(jot.frame);
        let room = self.log.segments.get_mut(usize::from(self.course.count))?;
        *room = Kept(jot.sent(from == Role::Client));
        self.course.count = self.course.count.saturating_add(1);
        Some(taken)
    }

    /// RFC 9293 §3.10.7.3: a SYN+ACK that acknowledges the SYN.
    fn take_answer(&mut self, jot: &Jot, from: Role, options: &Options) -> Option<Taken> {
        let client = &mut self.course.ends.client;
        if self.course.stage != Stage::Asked
            || from != Role::Server
            || jot.text_len != 0
            || jot.ack != client.nxt
        {
            return None;
        }
        client.una = jot.ack;
        self.course.ends.server = End { nxt: jot.seq + 1, una: jot.seq, ..End::default() };
        self.log.options.server = *options;
        self.course.stage = Stage::Answered;
        Some(Taken { completes: false, turns_two_way: true, time: jot.time })
    }

    /// RFC 9293 §3.10.7.4: text, a FIN, or an acknowledgement of something new, exactly where its sender has got to.
    #[inline]
    fn take_plain(&mut self, jot: &Jot, from: Role) -> Option<Taken> {
        let completes = self.course.stage == Stage::Answered && from == Role::Client;
        if !completes && self.course.stage != Stage::Open {
            return None;
        }
        let Ends { client, server } = &mut self.course.ends;
        let (sender, receiver) = if from == Role::Client { (client, server) } else { (server, client) };
        let has_fin = jot.flags.has(Flags::FIN);
        let speaks = jot.text_len > 0 || has_fin;
        let acknowledges = jot.ack != receiver.una;
        // UNA =< ACK =< NXT: these three are never half the space apart.
        let is_sound = jot.ack.0.wrapping_sub(receiver.una.0) <= receiver.nxt.0.wrapping_sub(receiver.una.0);
        // One octet may be a probe; what says nothing new may be any copy.
        let is_next = jot.seq == sender.nxt && is_sound && (speaks || acknowledges) && jot.text_len != 1;
        // The third segment acknowledges the SYN+ACK.
        let is_late = (sender.has_closed && speaks) || (completes && !acknowledges);
        if !is_next || is_late {
            return None;
        }
        self.course.stage = Stage::Open;
        receiver.una = jot.ack;
        receiver.is_fin_acknowledged |= receiver.has_closed && jot.ack == receiver.nxt;
        sender.nxt = sender.nxt + u32::from(jot.text_len) + u32::from(has_fin);
        sender.has_closed |= has_fin;
        Some(Taken { completes, turns_two_way: false, time: jot.time })
    }

    /// Text once more that is not acknowledged yet, between two open ends, in another packet: it moves neither.
    #[cold]
    fn take_repeat(&self, jot: &Jot, from: Role) -> Option<Taken> {
        let (sender, receiver) = (self.course.ends.of(from), self.course.ends.of(from.other()));
        let is_old = jot.seq != sender.nxt
            && sender.una.precedes_or_equals(jot.seq)
            && (jot.seq + u32::from(jot.text_len)).precedes_or_equals(sender.nxt);
        let is_repeat =
            is_old && jot.text_len > 1 && self.is_talking(jot, receiver) && !self.may_be_seen_again(jot);
        is_repeat.then_some(Taken { completes: false, turns_two_way: false, time: jot.time })
    }

    fn is_talking(&self, jot: &Jot, receiver: &End) -> bool {
        let Ends { client, server } = &self.course.ends;
        self.course.stage == Stage::Open
            && !(client.has_closed || server.has_closed || jot.flags.has(Flags::FIN))
            && jot.ack == receiver.una
    }

    /// Whether the capture may have seen its packet before.
    fn may_be_seen_again(&self, jot: &Jot) -> bool {
        let before = self.log.segments.iter().take(self.course.count.into());
        before.into_iter().any(|Kept(before)| before.packet() == jot.packet())
    }

    /// RFC 9293 §3.10.7.3, second: it refuses the attempt; §3.10.7.4, second: it stands exactly at RCV.NXT.
    fn take_reset(&mut self, jot: &Jot, from: Role) -> Option<Taken> {
        let (sender, receiver) = (self.course.ends.of(from), self.course.ends.of(from.other()));
        let has_ack = jot.flags.has(Flags::ACK);
        let refuses =
            self.course.stage == Stage::Asked && from == Role::Server && has_ack && jot.ack == receiver.nxt;
        let resets = self.course.stage == Stage::Open
            && !self.is_over()
            && jot.seq == sender.nxt
            && (!has_ack || jot.ack == receiver.nxt);
        if !refuses && !resets {
            return None;
        }
        self.course.stage = if refuses { Stage::Refused } else { Stage::Reset };
        Some(Taken { completes: false, turns_two_way: refuses, time: jot.time })
    }

    /// Whether its handshake was completed, as `Connection::is_open` says it.
    pub fn is_open(&self) -> bool {
        !matches!(self.course.stage, Stage::Asked | Stage::Answered | Stage::Refused)
    }

    /// Whether it has ended, as `Connection::is_over` says it.
    pub fn is_over(&self) -> bool {
        let Ends { client, server } = &self.course.ends;
        let has_closed = client.has_closed && server.has_closed;
        matches!(self.course.stage, Stage::Reset | Stage::Refused)
            || (has_closed && (client.is_fin_acknowledged || server.is_fin_acknowledged))
    }

    /// Whether its last FIN may be repeated, as `Connection::may_repeat_its_fin` says it: it is not acknowledged yet.
    pub fn may_repeat_its_fin(&self) -> bool {
        let Ends { client, server } = &self.course.ends;
        self.course.stage == Stage::Open
            && self.is_over()
            && !(client.is_fin_acknowledged && server.is_fin_acknowledged)
    }

    /// Whether both ends were seen to speak.
    pub fn is_two_way(&self) -> bool {
        self.course.stage != Stage::Asked
    }

    /// Its number.
    pub fn id(&self) -> u64 {
        self.log.id
    }

    /// A word of where its next segment will go.
    #[inline]
    pub fn next_line(&self) -> &u64 {
        self.log.segments.get(usize::from(self.course.count)).map_or(&0, |Kept(jot)| &jot.frame)
    }

    /// Reads a word of each cache line of what it kept.
    pub fn glance_at_all(&self) -> u64 {
        self.segments().fold(self.log.glance(), |words, jot| words ^ jot.frame)
    }

    /// What it kept, whose room may be used again.
    pub fn into_log(self) -> Box<Log> {
        self.log
    }

    /// Its sockets.
    pub const fn sockets(&self) -> &Sockets {
        &self.course.sockets
    }

    /// The time of its first segment.
    pub const fn start(&self) -> Timestamp {
        self.course.start
    }

    /// The time of its last segment.
    pub const fn end(&self) -> Timestamp {
        self.course.last
    }

    /// The frame of its last segment.
    pub const fn last_frame(&self) -> u64 {
        self.course.last_frame
    }

    /// The client's SYN.
    pub fn syn(&self) -> &Jot {
        &self.log.syn
    }

    /// The options of both SYNs.
    pub fn options(&self) -> &Ends<Options> {
        &self.log.options
    }

    /// What came after the SYN.
    pub fn segments(&self) -> impl Iterator<Item = &Jot> {
        self.log.segments.iter().take(self.course.count.into()).map(|Kept(jot)| jot)
    }

    /// The connection that these segments make, one after the other, in the room that `boxed` has for it.
    pub fn connection(&self, boxed: impl FnOnce(Connection) -> Box<Connection>) -> Box<Connection> {
        let Ends { client, server } = self.course.sockets.both();
        let syn = self.log.syn.segment(client, server, self.log.options.client);
        let mut connection = boxed(Connection::starting_with(self.log.id, &syn, 0));
        connection.observe(&syn, None);
        self.go_on(&mut connection, 0);
        connection
    }

    /// Has `connection` take in what came after so many segments behind the SYN.
    pub fn go_on(&self, connection: &mut Connection, after: usize) {
        if after >= usize::from(self.course.count) {
            return;
        }
        let Ends { client, server } = self.course.sockets.both();
        let mut by_client = self.log.syn.segment(client, server, self.log.options.client);
        let mut by_server = self.log.syn.segment(server, client, self.log.options.server);
        for jot in self.segments().skip(after) {
            let segment = if jot.by_client { &mut by_client } else { &mut by_server };
            jot.write(segment);
            connection.observe(segment, None);
        }
    }

    /// Remembers its packets in `sightings`.
    pub fn remember(&self, sightings: &mut Sightings) {
        let (mut within, mut unas) =
            (Within { connection: self.log.id, packets: 0, is_twofold: false }, Ends::default());
        for jot in std::iter::once(&self.log.syn).chain(self.segments()) {
            within.packets = within.packets.saturating_add(1);
            let una: &mut Option<SeqNumber> = if jot.by_client { &mut unas.server } else { &mut unas.client };
            // Each acknowledges what was sent, and none goes back.
            let acknowledges = jot.flags.has(Flags::ACK) && una.replace(jot.ack) != Some(jot.ack);
            if jot.is_syn() {
                let own = if jot.by_client { &mut unas.client } else { &mut unas.server };
                *own = Some(jot.seq);
            }
            sightings.remember_brief(jot, within, acknowledges);
        }
    }
}

#[cfg(test)]
mod tests;
