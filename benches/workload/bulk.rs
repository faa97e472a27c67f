//! Downloads over a path that loses a segment in two hundred: what most octets of a real capture belong to.
//!
//! In: how many. Out: their segments, as they are seen beside the server. What is lost is acknowledged again and again with SACK
//! until it is sent again.

use std::collections::VecDeque;
use std::io;

use crate::output::Output;
use crate::random::Random;
use crate::segment::{ACK, End, FIN, Options, SYN, Segment, client_address};

/// How many downloads go on at a time.
const ABREAST: usize = 200;
/// Segments of text of one.
const LEAST: u32 = 100;
const MOST: u32 = 1500;
const FULL: u32 = 1448;
const REQUEST: u32 = 300;
/// Segments under way at a time.
const WINDOW: usize = 40;
const PERCENT_LOST_TIMES_TEN: u32 = 5;

pub fn write(downloads: u32, random: &mut Random, output: &mut Output) -> io::Result<()> {
    let mut begun = 0;
    let mut open: Vec<Download> = Vec::new();
    loop {
        while begun < downloads && open.len() < ABREAST {
            open.push(Download::new(begun, random));
            begun += 1;
        }
        if open.is_empty() {
            return Ok(());
        }
        let chosen = random.below(open.len() as u32) as usize;
        output.wait(random.below(9));
        if !open[chosen].step(random, output)? {
            open.swap_remove(chosen);
        }
    }
}

/// One download; its segments of text are numbered from 0.
struct Download {
    client: End,
    server: End,
    initial: [u32; 2],
    len: u32,
    /// The stage of its opening or closing, or `TALK`.
    stage: u8,
    next: u32,
    acknowledged: u32,
    /// Acknowledgements that said the same again.
    repeats: u32,
    /// Segments under way, and whether they arrive.
    under_way: VecDeque<(u32, bool)>,
    /// What has arrived beyond a gap, in order: first and behind the last.
    beyond: Vec<(u32, u32)>,
    /// What the client has received without a gap.
    received: u32,
    owes: bool,
}

const TALK: u8 = 4;

impl Download {
    fn new(number: u32, random: &mut Random) -> Self {
        Self {
            client: End { address: client_address(number), port: 1024 + random.below(60_000) as u16 },
            server: End { address: 0xc633_6401 + random.below(50), port: 443 },
            initial: [random.next() as u32, random.next() as u32],
            len: LEAST + random.below(MOST - LEAST),
            stage: 0,
            next: 0,
            acknowledged: 0,
            repeats: 0,
            under_way: VecDeque::new(),
            beyond: Vec::new(),
            received: 0,
            owes: false,
        }
    }

    /// The next segment, or what is to happen before that; whether there is more to come.
    fn step(&mut self, random: &mut Random, output: &mut Output) -> io::Result<bool> {
        let end = 1 + self.len * FULL;
        match self.stage {
            0 => self.put(true, SYN, (0, 0), 0, output)?,
            1 => self.put(false, SYN | ACK, (0, 1), 0, output)?,
            2 => self.put(true, ACK, (1, 1), 0, output)?,
            3 => self.put(true, ACK, (1, 1), REQUEST, output)?,
            TALK => {
                self.talk(random, output)?;
                if self.acknowledged < self.len {
                    return Ok(true);
                }
            }
            5 => self.put(false, FIN | ACK, (end, 1 + REQUEST), 0, output)?,
            6 => self.put(true, FIN | ACK, (1 + REQUEST, end + 1), 0, output)?,
            _ => self.put(false, ACK, (end + 1, 2 + REQUEST), 0, output)?,
        }
        self.stage += 1;
        Ok(self.stage < 8)
    }

    fn talk(&mut self, random: &mut Random, output: &mut Output) -> io::Result<()> {
        if self.next < self.len && self.under_way.len() < WINDOW && self.next - self.acknowledged < 300 {
            let arrives = random.below(1000) >= PERCENT_LOST_TIMES_TEN;
            self.next += 1;
            return self.send(self.next - 1, arrives, output);
        }
        match self.under_way.pop_front() {
            Some((number, true)) => self.arrive(number, output),
            Some((_, false)) => Ok(()),
            // The last of all was lost: a timer finds out.
            None => self.send(self.acknowledged, true, output),
        }
    }

    fn send(&mut self, number: u32, arrives: bool, output: &mut Output) -> io::Result<()> {
        self.under_way.push_back((number, arrives));
        self.put(false, ACK, (1 + number * FULL, 1 + REQUEST), FULL, output)
    }

    /// The client receives a segment, and acknowledges every second one, or at once where one is missing.
    fn arrive(&mut self, number: u32, output: &mut Output) -> io::Result<()> {
        if number != self.received {
            self.keep(number);
            self.acknowledge(output)?;
            self.repeats += 1;
            return if self.repeats == 3 { self.send(self.received, true, output) } else { Ok(()) };
        }
        self.received += 1;
        let had_gap = !self.beyond.is_empty();
        if self.beyond.first().is_some_and(|(first, _)| *first == self.received) {
            self.received = self.beyond.remove(0).1;
        }
        self.owes = !self.owes;
        if had_gap || !self.owes || self.received == self.len {
            self.repeats = 0;
            self.acknowledge(output)?;
        }
        Ok(())
    }

    fn keep(&mut self, number: u32) {
        if number < self.received {
            return;
        }
        match self.beyond.last_mut() {
            Some((_, behind)) if *behind == number => *behind += 1,
            Some((_, behind)) if *behind > number => {}
            _ => self.beyond.push((number, number + 1)),
        }
    }

    fn acknowledge(&mut self, output: &mut Output) -> io::Result<()> {
        self.acknowledged = self.received;
        self.put(true, ACK, (1 + REQUEST, 1 + self.received * FULL), 0, output)
    }

    fn put(
        &self,
        by_client: bool,
        flags: u8,
        (seq, ack): (u32, u32),
        text: u32,
        output: &mut Output,
    ) -> io::Result<()> {
        let (source, destination) =
            if by_client { (self.client, self.server) } else { (self.server, self.client) };
        let (own, other) = (usize::from(!by_client), usize::from(by_client));
        let (value, echo) = (output.millis(), output.millis().wrapping_sub(20));
        let in_space = |number: u32| self.initial[1].wrapping_add(1 + number * FULL);
        let options = if flags & SYN != 0 {
            Options::Opening { stamps: Some((value, if flags & ACK == 0 { 0 } else { echo })) }
        } else if by_client && !self.beyond.is_empty() {
            let mut blocks = [(0, 0); 3];
            for (block, (first, behind)) in blocks.iter_mut().zip(self.beyond.iter().rev()) {
                *block = (in_space(*first), in_space(*behind));
            }
            Options::Sack { stamps: (value, echo), blocks, count: self.beyond.len().min(3) }
        } else {
            Options::Stamps(value, echo)
        };
        output.put(&Segment {
            source,
            destination,
            seq: self.initial[own].wrapping_add(seq),
            ack: if flags & ACK == 0 { 0 } else { self.initial[other].wrapping_add(ack) },
            flags,
            window: 2000,
            options,
            text: text as u16,
        })
    }
}
