//! A connection by the textbook, made at once of what was kept of it in brief.
//!
//! In: a connection in brief. Out: the connection.
//! Invariant: the same as by taking in its segments one after the other, which is what is done with all from the first of
//! which anything is to be said: a repetition, a RST, text after a FIN, a closed window.
//! Read: RFC 9293 §3.5 (figure 6), §3.6 (figure 12), §3.10.7.4.

use crate::analyzer::compare::talk::Talk;
use crate::analyzer::connection::Connection;
use crate::analyzer::diagnosis::notes::Notes;
use crate::analyzer::facts::Kind;
use crate::analyzer::hold::brief::Brief;
use crate::analyzer::hold::side::Side;
use crate::analyzer::hold::tally::OfSyn;
use crate::analyzer::opening::Progress;
use crate::analyzer::role::{Ends, Role};
use crate::analyzer::sent::Sent;
use crate::analyzer::step::Steps;
use crate::jot::Jot;
use crate::segment::Flags;
use crate::seq::SeqNumber;
use crate::time::{Moment, Timestamp};

/// The connection that `brief` makes, in the room that `boxed` has for it.
pub fn connection(brief: &Brief, boxed: impl FnOnce(Connection) -> Box<Connection>) -> Box<Connection> {
    let Some(mut told) = Told::opening_of(brief) else { return brief.connection(boxed) };
    let taken = brief.segments().skip(1).take_while(|jot| told.take(jot)).count().saturating_add(1);
    // The handshake is not complete before its third segment.
    if taken < 2 {
        return brief.connection(boxed);
    }
    let mut connection = boxed(told.connection(brief, taken));
    brief.go_on(&mut connection, taken);
    connection
}

/// A connection as far as it is told.
#[derive(Debug)]
struct Told {
    ends: Ends<Side>,
    last: Timestamp,
    answered: Timestamp,
    /// Whether both ends are open and have shown it.
    is_steady: bool,
    first_text: Moment,
    first_fin: Option<Role>,
    talk: Talk,
}

impl Told {
    /// The first two segments; `None` where they are none that nothing is to be said of.
    fn opening_of(brief: &Brief) -> Option<Self> {
        let (syn, answer) = (brief.syn(), brief.segments().next()?);
        let [of_client, of_server] = [&brief.options().client, &brief.options().server].map(OfSyn::of);
        let (of_client, of_server) = (of_client?, of_server?);
        if Kind::of(answer.flags) != Kind::SynAck
            || of_client.shift.is_some() != of_server.shift.is_some()
            || ![syn, answer].into_iter().all(is_quiet)
        {
            return None;
        }
        let ends = Ends {
            client: Side::asking(syn, of_client, answer),
            server: Side::answering(answer, of_server, syn.time),
        };
        Some(Self {
            ends,
            last: syn.time.max(answer.time),
            answered: answer.time,
            is_steady: false,
            first_text: Moment::NEVER,
            first_fin: None,
            talk: Talk::opened(syn.seq, answer.seq),
        })
    }

    /// Takes in the next segment; whether nothing is to be said of it. If there is, nothing has moved.
    #[inline]
    fn take(&mut self, jot: &Jot) -> bool {
        let (from, Ends { client, server }) = (role_of(jot), &mut self.ends);
        let (own, peer) = if jot.by_client { (client, server) } else { (server, client) };
        if !jot.flags.is_plain()
            || !is_quiet(jot)
            || jot.seq != own.nxt
            || (jot.text_len > 0 && peer.has_closed())
            || !self.talk.is_in_order(jot, from)
        {
            return false;
        }
        let has_fin = jot.flags.has(Flags::FIN);
        if self.is_steady && !has_fin {
            own.talks(jot, peer);
        } else {
            own.sends(jot, peer);
            self.is_steady = own.is_steady() && peer.is_steady();
            if has_fin {
                self.first_fin.get_or_insert(from);
            }
        }
        self.last = self.last.max(jot.time);
        if jot.text_len > 0 {
            self.first_text.set_once(jot.time);
        }
        self.talk.take(jot, from);
        true
    }

    /// The connection after so many of the segments that came behind the SYN.
    fn connection(self, brief: &Brief, taken: usize) -> Connection {
        let start = brief.syn().time;
        let (third, third_frame) =
            brief.segments().nth(1).map(|third| (third.time, third.frame)).unwrap_or_default();
        let Ends { client, server } = self.ends;
        let zeek = self.talk.zeek(Ends { client: client.nxt, server: server.nxt });
        let unas = (client.una, server.una);
        let ends = Ends {
            client: client.endpoint(unas.1, || space(brief, taken, Role::Client)),
            server: server.endpoint(unas.0, || space(brief, taken, Role::Server)),
        };
        Connection {
            id: brief.id(),
            sockets: brief.sockets().clone(),
            tunnel: None,
            is_self: false,
            ends,
            start,
            last: self.last,
            now: self.last,
            opening: Progress::of_three([start, self.answered, third], [1, 1], third_frame),
            first_text: self.first_text,
            first_fin: self.first_fin,
            reset: None,
            zeek,
            is_twofold: false,
            complete: true,
            steps: Steps::keeping(0),
            notes: Notes::default(),
            only_answers: false,
            findings: Box::default(),
        }
    }
}

/// The sequence space of `role` after so many segments, where not all of it is acknowledged.
#[cold]
fn space(brief: &Brief, taken: usize, role: Role) -> Sent {
    let mut sent: Option<Sent> = None;
    for jot in std::iter::once(brief.syn()).chain(brief.segments().take(taken)) {
        if role_of(jot) == role {
            let sent = sent.get_or_insert_with(|| Sent::starting_at(jot.seq));
            let end = jot.seq + u32::from(jot.text_len);
            let ends_in_flag = jot.flags.has_any(Flags::SYN.with(Flags::FIN));
            sent.send(jot.seq, end + u32::from(ends_in_flag), jot.frame);
        } else if let Some(sent) = &mut sent {
            sent.acknowledge(jot.ack);
        }
    }
    sent.unwrap_or_else(|| Sent::starting_at(SeqNumber(0)))
}

const fn role_of(jot: &Jot) -> Role {
    if jot.by_client { Role::Client } else { Role::Server }
}

/// The same of a RST, whose window says nothing.
pub const fn is_quiet_rst(rst: &Jot) -> bool {
    !rst.is_offloaded() && rst.text_len == 0 && Moment::at(rst.time).is_some()
}

/// Whether nothing is to be said of a segment by itself. What comes at the end of all time was never there to a `Moment`.
#[inline(always)]
pub const fn is_quiet(jot: &Jot) -> bool {
    jot.gist.is_quiet() & Moment::at(jot.time).is_some()
}
