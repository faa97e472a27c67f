//! What can be read of a connection, at any time.
//!
//! In: a connection. Out: its names, its numbers, its opening, closing and outcome, its measures, its findings.
//! Invariant: reading moves nothing. Findings are there once the connection has been finished.
//! Read: field guide section 5 (measures).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::analyzer::closing::{Closing, closing};
use crate::analyzer::compare::zeek::Zeek;
use crate::analyzer::connection::Connection;
use crate::analyzer::diagnosis::account::is_one_sided;
use crate::analyzer::diagnosis::finding::Finding;
use crate::analyzer::diagnosis::notes::Page;
use crate::analyzer::endpoint::Endpoint;
use crate::analyzer::measures::duration;
use crate::analyzer::opening::Opening;
use crate::analyzer::outcome::{Outcome, outcome};
use crate::analyzer::pairs::Sockets;
use crate::analyzer::retries::Retries;
use crate::analyzer::role::{Ends, Role};
use crate::analyzer::sightings::Within;
use crate::analyzer::state::State;
use crate::analyzer::step::Steps;
use crate::fetch::fetch;
use crate::time::Timestamp;
use crate::tunnel::Tunnel;

impl Connection {
    /// Its number, from 1, in order of first appearance.
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// Both sockets.
    pub fn sockets(&self) -> Ends<SocketAddr> {
        self.sockets.both()
    }

    /// The same as they are kept, without a copy.
    pub const fn pair(&self) -> &Sockets {
        &self.sockets
    }

    /// Whether it is of the pair of these two sockets.
    pub fn is_between(&self, one: SocketAddr, other: SocketAddr) -> bool {
        self.sockets.are(one, other)
    }

    /// The tunnels that it is in; `None` where there are none.
    pub fn tunnel(&self) -> Option<&Arc<Tunnel>> {
        self.tunnel.as_ref()
    }

    /// Which end has the socket `socket`; the client where both have.
    pub fn role_of(&self, socket: SocketAddr) -> Role {
        if self.sockets.is_client(socket) { Role::Client } else { Role::Server }
    }

    /// The time of the first segment.
    pub const fn start(&self) -> Timestamp {
        self.start
    }

    /// The time of the last segment.
    pub const fn end(&self) -> Timestamp {
        self.last
    }

    /// How it opened.
    pub fn opening(&self) -> Opening {
        self.opening.opening(&self.ends, self.is_self)
    }

    /// How it closed.
    pub fn closing(&self) -> Closing {
        self.closing_of(self.outcome())
    }

    /// How it opened, how it closed and what became of it: for whoever needs all three, since one is made of the other.
    #[inline(always)]
    pub fn course(&self) -> (Opening, Closing, Outcome) {
        let outcome = self.outcome_now();
        (self.opening.opening(&self.ends, self.is_self), self.closing_of(outcome), outcome)
    }

    #[inline(always)]
    fn closing_of(&self, outcome: Outcome) -> Closing {
        closing(&self.ends, self.is_self, self.first_fin, self.standing_reset(), outcome)
    }

    /// Who sent the RST that ended it, where one did.
    pub fn reset_by(&self) -> Option<Role> {
        self.standing_reset().map(|reset| reset.by)
    }

    /// What became of it.
    pub fn outcome(&self) -> Outcome {
        self.outcome_now()
    }

    #[inline(always)]
    fn outcome_now(&self) -> Outcome {
        let is_complete = self.opening.was_completed(&self.ends, self.is_self);
        let is_unreachable = self.notes.read().is_some_and(|page| page.icmp.is_some());
        let until = self.now.since(self.last);
        outcome(&self.ends, self.is_self, is_complete, self.standing_reset(), is_unreachable, until)
    }

    /// The last known state of each end.
    pub fn states(&self) -> Ends<State> {
        self.of_each(Endpoint::state)
    }

    /// Which of them no segment of that end confirms.
    pub fn assumed(&self) -> Ends<bool> {
        self.of_each(Endpoint::is_assumed)
    }

    /// Segments that each end sent. A connection with itself has one end, counted as the client.
    pub fn segments(&self) -> Ends<u64> {
        self.ends.map(|end| end.numbers.segments)
    }

    /// Octets of text that each end sent, repeated ones included.
    pub fn text_octets(&self) -> Ends<u64> {
        self.ends.map(|end| end.numbers.text_octets)
    }

    /// First segment to the first text.
    pub fn time_to_first_data(&self) -> Option<Duration> {
        self.first_text.get().map(|time| time.since(self.start))
    }

    /// The repetitions of the SYN, where there were any.
    #[inline(always)]
    pub fn retries(&self) -> Option<Retries> {
        let page = self.notes.read().filter(|page| !page.retries.is_empty())?;
        self.retries_on(page)
    }

    #[inline(never)]
    fn retries_on(&self, page: &Page) -> Option<Retries> {
        let (first, recovers) = (self.opening.asked_at()?, page.retries.first()?.1);
        let times = page.retries.iter().map(|(time, _)| *time);
        let before = std::iter::once(first).chain(times.clone());
        Some(Retries::of(times.zip(before).map(|(time, before)| time.since(before)).collect(), recovers))
    }

    /// Time that each end spent in each state until the last segment.
    pub fn in_state(&self) -> Ends<Vec<(State, Duration)>> {
        self.of_each(|end| {
            let spent = end.in_state.spent(end.state(), self.last);
            spent.map(|(state, nanoseconds)| (state, duration(nanoseconds))).collect()
        })
    }

    /// The account in Zeek's and Wireshark's words.
    pub const fn zeek(&self) -> &Zeek {
        &self.zeek
    }

    /// The steps kept.
    pub const fn steps(&self) -> &Steps {
        &self.steps
    }

    /// What was found.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Whether source and destination are the same socket.
    pub const fn is_self(&self) -> bool {
        self.is_self
    }

    /// Whether a RST refused the attempt.
    pub fn is_refused(&self) -> bool {
        self.standing_reset().is_some_and(|reset| reset.refuses)
    }

    /// Asks for everything that the next segment will change.
    #[inline(always)]
    pub fn fetch(&self) {
        for end in [&self.ends.client, &self.ends.server] {
            fetch(end);
            fetch(&end.numbers);
            fetch(&end.numbers.sent);
            fetch(&end.numbers.segments);
            fetch(&end.in_state);
        }
        fetch(&self.last);
        fetch(&self.opening);
        fetch(&self.zeek);
    }

    /// What its packets are remembered in.
    pub const fn within(&self) -> Within {
        let packets = self.ends.client.numbers.segments.wrapping_add(self.ends.server.numbers.segments);
        // Only the difference to a packet of a moment ago counts.
        Within { connection: self.id, packets: packets as u32, is_twofold: self.is_twofold }
    }

    /// Whether both ends were seen to speak.
    pub const fn is_two_way(&self) -> bool {
        self.ends.client.numbers.segments > 0 && self.ends.server.numbers.segments > 0
    }

    /// Whether one direction is missing from the capture although there must have been something.
    pub fn is_one_sided(&self) -> bool {
        !self.is_two_way() && is_one_sided(&self.ends, self.is_self, self.only_answers)
    }

    /// The frame of the last segment of either end.
    pub fn last_frame(&self) -> u64 {
        self.ends.client.numbers.last_frame().max(self.ends.server.numbers.last_frame())
    }
}
