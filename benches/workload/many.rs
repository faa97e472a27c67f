//! Many connections, some thousands of them open at a time, as at a busy site: eleven segments each, by and large.
//!
//! In: how many. Out: their segments, interleaved at random; each connection's own segments are in order.
//! Closings: three segments mostly, four, a RST; refused attempts, SYNs without an answer, and one repeat in a hundred.

use std::io;

use crate::output::Output;
use crate::random::Random;
use crate::segment::{ACK, End, FIN, Options, PSH, RST, SYN, Segment, client_address};

const SERVERS: u32 = 300;
const CLIENTS: u32 = 50_000;
const PORTS: [u16; 6] = [443, 443, 443, 80, 8080, 5432];
/// From one segment to the next, on average: 50 ms within a connection.
const MICROS: u32 = 10;
const FULL: u16 = 1448;
/// Percent of the connections with a second request.
const SECOND: u32 = 20;

/// At most `most_open` are open at a time.
pub fn write(connections: u32, most_open: u32, random: &mut Random, output: &mut Output) -> io::Result<()> {
    let mut begun = 0;
    let mut open: Vec<Connection> = Vec::new();
    loop {
        while begun < connections && open.len() < most_open as usize {
            open.push(Connection::new(begun, random));
            begun += 1;
        }
        if open.is_empty() {
            return Ok(());
        }
        let chosen = random.below(open.len() as u32) as usize;
        output.wait(random.below(2 * MICROS + 1));
        open[chosen].step(output)?;
        if open[chosen].at == open[chosen].plan.len() {
            open.swap_remove(chosen);
        }
    }
}

/// One segment of a connection to come; numbers are relative.
#[derive(Clone, Copy)]
struct Planned {
    by_client: bool,
    flags: u8,
    seq: u32,
    ack: u32,
    text: u16,
}

struct Connection {
    client: End,
    server: End,
    /// The initial sequence numbers, client's and server's.
    initial: [u32; 2],
    stamps: bool,
    /// What each end has seen last of the other's clock.
    seen: [u32; 2],
    plan: Vec<Planned>,
    at: usize,
}

impl Connection {
    fn new(number: u32, random: &mut Random) -> Self {
        let client = End {
            address: client_address(number % CLIENTS),
            port: 10_000 + (number / CLIENTS * 7 % 50_000) as u16,
        };
        let server = End {
            address: 0xc612_0000 + random.below(SERVERS),
            port: PORTS[random.below(PORTS.len() as u32) as usize],
        };
        Self {
            client,
            server,
            initial: [random.next() as u32, random.next() as u32],
            stamps: random.chance(80),
            seen: [0; 2],
            plan: Plan::new(random).made(),
            at: 0,
        }
    }

    fn step(&mut self, output: &mut Output) -> io::Result<()> {
        let Planned { by_client, flags, seq, ack, text } = self.plan[self.at];
        self.at += 1;
        let (source, destination) =
            if by_client { (self.client, self.server) } else { (self.server, self.client) };
        let (own, other) = (usize::from(!by_client), usize::from(by_client));
        let now = output.millis();
        let stamps = self.stamps.then_some((now, self.seen[own]));
        let options = match stamps {
            _ if flags & SYN != 0 => Options::Opening { stamps },
            Some((value, echo)) if flags & RST == 0 => Options::Stamps(value, echo),
            _ => Options::None,
        };
        self.seen[other] = now;
        let acks = flags & ACK != 0;
        output.put(&Segment {
            source,
            destination,
            seq: if flags == RST | ACK && seq == 0 { 0 } else { self.initial[own].wrapping_add(seq) },
            ack: if acks { self.initial[other].wrapping_add(ack) } else { 0 },
            flags,
            window: if flags & RST != 0 { 0 } else { 502 },
            options,
            text,
        })
    }
}

/// A connection's segments, made from its first to its last.
struct Plan<'a> {
    random: &'a mut Random,
    segments: Vec<Planned>,
    /// What each end sends next, client's and server's.
    next: [u32; 2],
}

impl<'a> Plan<'a> {
    fn new(random: &'a mut Random) -> Self {
        Self { random, segments: Vec::with_capacity(16), next: [0; 2] }
    }

    fn made(mut self) -> Vec<Planned> {
        self.put(true, SYN, 0);
        match self.random.below(1000) {
            0..=4 => {
                let syn = self.segments[0];
                self.segments.extend([syn, syn]);
            }
            5..=34 => self.put(false, RST | ACK, 0),
            _ => self.talk(),
        }
        self.segments
    }

    fn talk(&mut self) {
        self.put(false, SYN | ACK, 0);
        self.put(true, ACK, 0);
        for _ in 0..1 + u32::from(self.random.chance(SECOND)) {
            let asked = 80 + self.random.below(900) as u16;
            self.put(true, PSH | ACK, asked);
            if self.random.chance(30) {
                self.put(false, ACK, 0);
            }
            let full = self.random.below(3);
            (0..full).for_each(|_| self.put(false, ACK, FULL));
            let rest = 20 + self.random.below(1400) as u16;
            self.put(false, PSH | ACK, rest);
            self.put(true, ACK, 0);
        }
        self.close();
    }

    fn close(&mut self) {
        let by_client = self.random.chance(60);
        match self.random.below(100) {
            0..=9 => self.put(by_client, RST | ACK, 0),
            10..=27 => {
                self.put(by_client, FIN | ACK, 0);
                self.put(!by_client, ACK, 0);
                self.put(!by_client, FIN | ACK, 0);
                self.put(by_client, ACK, 0);
            }
            _ => {
                self.put(by_client, FIN | ACK, 0);
                self.put(!by_client, FIN | ACK, 0);
                self.put(by_client, ACK, 0);
            }
        }
    }

    fn put(&mut self, by_client: bool, flags: u8, text: u16) {
        let (own, other) = (usize::from(!by_client), usize::from(by_client));
        let planned = Planned { by_client, flags, seq: self.next[own], ack: self.next[other], text };
        self.segments.push(planned);
        let taken = u32::from(text) + u32::from(flags & (SYN | FIN) != 0);
        self.next[own] = self.next[own].wrapping_add(taken);
        if taken > 0 && self.random.chance(2) {
            self.segments.push(planned);
        }
    }
}
