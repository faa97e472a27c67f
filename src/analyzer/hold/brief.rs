//! A connection in brief: its segments as they came, as long as all goes by the textbook.
//!
//! In: the segments of a connection from its SYN on. Out: how far it has come, at once; and the connection, by taking in
//! the same segments, once somebody asks for it.
//! Invariant: what is said of it is what the connection would say. A segment that may be anything but the next one in its
//! order is not taken: then nothing has moved, and the connection is to be made of what came before.
//! Read: RFC 9293 §3.5 (figure 6), §3.6 (figure 12), §3.10.7.

use std::net::SocketAddr;

use crate::analyzer::connection::Connection;
use crate::analyzer::facts::Kind;
use crate::analyzer::hold::course::{Course, Taken};
use crate::analyzer::hold::foretold::Foretold;
use crate::analyzer::hold::log::{Again, Kept, Log};
use crate::analyzer::hold::stage::Next;
use crate::analyzer::pack::{Pack, Packer, Unpacker};
use crate::analyzer::pairs::Sockets;
use crate::analyzer::role::{Ends, Role};
use crate::analyzer::sightings::{Sightings, Within};
use crate::fetch::fetch_at;
use crate::jot::Jot;
use crate::options::Options;
use crate::segment::Flags;
use crate::seq::SeqNumber;
use crate::time::Timestamp;

/// A connection in brief. What each segment needs lies in front.
#[derive(Debug)]
#[repr(C)]
pub struct Brief {
    log: Box<Log>,
    /// The frame of its last segment, which is asked for once it has ended.
    last_taken: u64,
    course: Course,
}

impl Brief {
    /// Whether one begins with `jot` between these sockets: a SYN as in the textbook.
    pub fn may_start_with(sockets: &Sockets, jot: &Jot) -> bool {
        Kind::of(jot.flags) == Kind::Syn && jot.text_len == 0 && !sockets.is_one()
    }

    /// A connection that begins so, with these options, in the room of `spare`.
    #[inline(always)]
    pub fn starting_with(
        id: u64,
        sockets: Sockets,
        jot: &Jot,
        options: &Options,
        spare: &mut Vec<Box<Log>>,
    ) -> Self {
        let is_client_first = sockets.is_client_first();
        let mut log = Log::taken_from(spare, jot);
        log.syn = *jot;
        log.syn.by_client = true;
        (log.id, log.again, log.sockets) = (id, Again::Nothing, sockets);
        log.options.client.assign(options);
        log.options.server.set(&[]);
        Self { log, course: Course::starting_with(jot, is_client_first), last_taken: jot.frame }
    }

    /// Which end has the socket `socket`.
    #[inline]
    pub fn role_of(&self, socket: SocketAddr) -> Role {
        if self.sockets().is_client(socket) { Role::Client } else { Role::Server }
    }

    /// Which end sent a segment between its sockets.
    #[inline(always)]
    pub fn sender_of(&self, jot: &Jot) -> Role {
        if jot.is_source_first() == self.course.is_client_first { Role::Client } else { Role::Server }
    }

    /// Takes in a segment between these sockets, where it is a plain one, or answers the SYN, the next by the textbook, and
    /// `may_take` says so. The options of an answer are to be noted.
    #[inline(always)]
    pub fn take_next(&mut self, jot: &Jot, may_take: bool) -> Option<Next> {
        let Self { log, course, last_taken } = self;
        let room = log.segments.get_mut(usize::from(course.count))?;
        let by_server = jot.is_source_first() ^ course.is_client_first;
        let next = course.take_next(jot, by_server, may_take)?;
        // Copied in one go, and corrected where it stays.
        *room = Kept(*jot);
        room.0.by_client = !by_server;
        *last_taken = jot.frame;
        Some(next)
    }

    /// Takes in a segment from `from`, where it is the next one by the textbook. `options` are those of a SYN.
    #[inline(always)]
    pub fn take(&mut self, jot: &Jot, from: Role, options: Option<&Options>) -> Option<Taken> {
        let is_answer = from == Role::Server && !self.course.is_two_way();
        if jot.is_syn() {
            return if is_answer {
                self.take_answer(jot, options)
            } else {
                self.take_syn_again(jot, from, options)
            };
        }
        self.take_as_it_is(jot, from)
    }

    #[inline(always)]
    fn take_as_it_is(&mut self, jot: &Jot, from: Role) -> Option<Taken> {
        let Self { log, course, last_taken } = self;
        let Log { segments, syn, again, .. } = &mut **log;
        let (before, after) = segments.split_at_mut_checked(usize::from(course.count))?;
        let Kept(room) = after.first_mut()?;
        let packets =
            || std::iter::once(syn.packet()).chain(before.iter().map(|Kept(before)| before.packet()));
        let taken = course.take(jot, from, || packets().any(|packet| packet == jot.packet()))?;
        // Written where it stays: on its way through another place it would be waited for.
        *room = *jot;
        room.by_client = from == Role::Client;
        *last_taken = jot.frame;
        // Not read otherwise: it lies apart.
        match taken {
            Taken::SaysAgain => *again = (*again).max(Again::Text),
            Taken::ComesAgain => *again = Again::OpeningOrClosing,
            Taken::GoesOn | Taken::Completes | Taken::TurnsTwoWay => {}
        }
        Some(taken)
    }

    fn take_answer(&mut self, jot: &Jot, options: Option<&Options>) -> Option<Taken> {
        let taken = self.take_as_it_is(jot, Role::Server)?;
        self.note_answer(options);
        Some(taken)
    }

    /// Notes the options of what answered the SYN.
    #[inline(always)]
    pub fn note_answer(&mut self, options: Option<&Options>) {
        match options {
            Some(options) => self.log.options.server.assign(options),
            None => self.log.options.server.set(&[]),
        }
    }

    #[cold]
    fn take_syn_again(&mut self, jot: &Jot, from: Role, options: Option<&Options>) -> Option<Taken> {
        let jot = repeated(*jot, *self.log.options.of(from), *options?)?;
        self.take_as_it_is(&jot, from)
    }

    /// How far it has come.
    pub const fn course(&self) -> &Course {
        &self.course
    }

    /// Whether it may be told by its shape, as far as is known here: it was opened, or refused, or never answered.
    pub fn has_shape(&self) -> bool {
        self.course.is_open() || self.course.is_refused() || !self.course.is_two_way()
    }

    /// Whether an opening or closing segment came again, or a RST ended it after it was opened: of either something is to be
    /// said.
    pub fn is_remarkable(&self) -> bool {
        self.comes_again() | self.course.is_reset()
    }

    /// Whether an opening or closing segment came again.
    pub fn comes_again(&self) -> bool {
        self.log.again == Again::OpeningOrClosing
    }

    /// Whether nothing came again.
    pub fn is_straight(&self) -> bool {
        self.log.again == Again::Nothing
    }

    /// Whether a segment has to be taken in before others of this connection are, in `Tracker::sweep`.
    #[inline(always)]
    pub const fn waits(&self) -> bool {
        self.course.waits
    }

    /// Notes that.
    #[inline(always)]
    pub const fn set_waits(&mut self, waits: bool) {
        self.course.waits = waits;
    }

    /// Nanoseconds from when it was listed where it waits until it was last seen.
    #[inline(always)]
    pub const fn waited(&self) -> u64 {
        self.course.waited as u64
    }

    /// It is seen later, and stays where it is listed.
    #[inline(always)]
    pub const fn stays_listed(&mut self, waited: u64) {
        self.course.waited = waited as u32;
    }

    /// It was listed when it was last seen.
    pub const fn is_listed_anew(&mut self) {
        self.course.waited = 0;
    }

    /// Its number.
    pub fn id(&self) -> u64 {
        self.log.id
    }

    /// Asks for the line in which its next segment will be kept.
    #[inline(always)]
    pub fn fetch_next(&self) {
        fetch_at(&self.log.segments, usize::from(self.course.count));
    }

    /// Asks for all that it kept.
    #[inline(always)]
    pub fn fetch_all(&self) {
        /// Most have about so many; how many exactly cannot be foreseen.
        const USUAL: usize = 12;
        self.log.fetch();
        let (segments, count) = (&self.log.segments, usize::from(self.course.count));
        if count > USUAL / 2 {
            (0..USUAL).for_each(|place| fetch_at(segments, place));
            (USUAL..count).for_each(|place| fetch_at(segments, place));
        } else {
            (0..count).for_each(|place| fetch_at(segments, place));
        }
    }

    /// What it kept, whose room may be used again.
    pub fn into_log(self) -> Box<Log> {
        self.log
    }

    /// Its sockets.
    pub const fn sockets(&self) -> &Sockets {
        &self.log.sockets
    }

    /// The time of its first segment.
    pub const fn start(&self) -> Timestamp {
        self.log.syn.time()
    }

    /// The frame of its last segment, if it has ended.
    pub fn last_frame_of_all(&self) -> Option<u64> {
        self.course.is_over().then_some(self.last_taken)
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

    /// What came after so many segments behind the SYN, but for the RST that ended it after it was opened.
    #[inline(always)]
    pub fn until_reset(&self, after: usize) -> &[Kept] {
        let count = self.course.count.wrapping_sub(u8::from(self.course.is_reset()));
        self.log.segments.get(after..count.into()).unwrap_or_default()
    }

    /// The RST that ended it after it was opened, where one did.
    pub fn reset(&self) -> Option<&Jot> {
        if self.course.is_reset() { self.last() } else { None }
    }

    /// What came last after the SYN.
    fn last(&self) -> Option<&Jot> {
        let last = usize::from(self.course.count).checked_sub(1)?;
        self.log.segments.get(last).map(|Kept(jot)| jot)
    }

    /// Writes it, its number first.
    pub fn pack(&self, to: &mut Packer) {
        let Self { log, course, .. } = self;
        log.id.pack(to);
        (log.again, course.count).pack(to);
        log.sockets.pack(to);
        log.options.pack(to);
        let mut foretold = Foretold::none();
        foretold.pack(&log.syn, to);
        self.segments().for_each(|jot| foretold.pack(jot, to));
        course.pack(foretold.ends(), to);
    }

    /// Reads one, which is kept in one of the rooms that there are to `spare`.
    pub fn unpack(from: &mut Unpacker<'_>, spare: &mut Vec<Box<Log>>) -> Option<Self> {
        let id = Pack::unpack(from)?;
        let (again, count): (Again, u8) = Pack::unpack(from)?;
        let sockets = Sockets::unpack(from)?;
        let options = Ends::unpack(from)?;
        let mut foretold = Foretold::none();
        let syn = foretold.unpack(from)?;
        let is_client_first = sockets.is_client_first();
        let mut log = Log::taken_from(spare, &syn);
        (log.id, log.again, log.sockets, log.options, log.syn) = (id, again, sockets, options, syn);
        for room in log.segments.iter_mut().take(count.into()) {
            *room = Kept(foretold.unpack(from)?);
        }
        Some(Self {
            log,
            course: Course::unpack(foretold.ends(), is_client_first, from)?,
            // Nobody asks for it before it is the last of all.
            last_taken: foretold.frame,
        })
    }

    /// The connection that these segments make, one after the other, in the room that `boxed` has for it.
    pub fn connection(&self, boxed: impl FnOnce(Connection) -> Box<Connection>) -> Box<Connection> {
        let mut connection = boxed(self.beginning());
        self.go_on(&mut connection, 0);
        connection
    }

    /// The same, shown to `each` after each segment.
    pub fn replay(&self, mut each: impl FnMut(&Connection)) -> Connection {
        let mut connection = self.beginning();
        each(&connection);
        self.go_on_with(&mut connection, 0, each);
        connection
    }

    fn beginning(&self) -> Connection {
        let Ends { client, server } = self.sockets().both();
        let syn = self.log.syn.segment(client, server, self.log.options.client);
        let mut connection = Connection::starting_with(self.log.id, &syn, 0);
        connection.observe(&syn, None);
        connection
    }

    /// Has `connection` take in what came after so many segments behind the SYN.
    pub fn go_on(&self, connection: &mut Connection, after: usize) {
        self.go_on_with(connection, after, |_| ());
    }

    fn go_on_with(&self, connection: &mut Connection, after: usize, mut each: impl FnMut(&Connection)) {
        if after >= usize::from(self.course.count) {
            return;
        }
        let Ends { client, server } = self.sockets().both();
        let mut by_client = self.log.syn.segment(client, server, self.log.options.client);
        let mut by_server = self.log.syn.segment(server, client, self.log.options.server);
        for jot in self.segments().skip(after) {
            let segment = if jot.by_client { &mut by_client } else { &mut by_server };
            jot.write(segment);
            connection.observe(segment, None);
            each(connection);
        }
    }

    /// Remembers its packets in `sightings`.
    pub fn remember(&self, sightings: &mut Sightings) {
        let (mut within, mut unas) =
            (Within { connection: self.log.id, packets: 0, is_twofold: false }, Ends::default());
        for jot in std::iter::once(&self.log.syn).chain(self.segments()) {
            within.packets = within.packets.saturating_add(1);
            let una: &mut Option<SeqNumber> = if jot.by_client { &mut unas.server } else { &mut unas.client };
            // Each acknowledges what was sent; a SYN that comes again takes nothing back.
            let acknowledges = jot.flags.has(Flags::ACK) && una.replace(jot.ack) != Some(jot.ack);
            if jot.is_syn() {
                let own = if jot.by_client { &mut unas.client } else { &mut unas.server };
                own.get_or_insert(jot.seq);
            }
            sightings.remember_brief(jot, within, acknowledges);
        }
    }
}

/// A SYN with the options of one before it, where they are the same but for the clock.
#[cold]
fn repeated(jot: Jot, known: Options, options: Options) -> Option<Jot> {
    match options.stamp() {
        Some(stamp) => (known.with_stamp(stamp) == options).then(|| jot.repeated_at(stamp)),
        None => (known == options).then_some(jot),
    }
}

#[cfg(test)]
mod tests;
