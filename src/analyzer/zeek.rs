//! A connection in the words of Zeek's conn.log and of Wireshark, for comparison.
//!
//! In: each segment's control bits and who sent it. Out: `conn_state`, `history`, and Wireshark's `completeness`.
//! Invariant: these go by flags as those tools do and move nothing here; where they differ from `outcome`, `outcome` is
//! right.
//! Read: Zeek's documentation of conn.log; Wireshark's `tcp.completeness`.

use crate::analyzer::facts::{Facts, Kind};
use crate::analyzer::role::{Ends, Role};
use crate::segment::{Checksum, Flags, Segment};

/// What each end has done, by flags.
#[derive(Clone, Copy, Debug, Default)]
struct Done {
    syn: bool,
    syn_ack: bool,
    fin: bool,
    rst: bool,
    other: bool,
}

/// The running account.
#[derive(Clone, Debug, Default)]
pub struct Zeek {
    done: Ends<Done>,
    /// Who sent the first RST.
    reset: Option<Role>,
    history: String,
    /// How often each repeatable letter was due, by end: `c`, `t`, `w`.
    repeats: Ends<[u32; 3]>,
    completeness: u8,
}

const REPEATABLE: [char; 3] = ['c', 't', 'w'];

impl Zeek {
    /// Takes in a segment from `from`.
    pub fn note(&mut self, segment: &Segment, facts: &Facts, from: Role) {
        self.note_completeness(segment);
        self.note_history(segment, facts, from);
        if segment.checksum == Checksum::Wrong {
            // Zeek counts it and reads no further.
            return;
        }
        let done = self.done.of_mut(from);
        match facts.kind {
            Kind::Syn => done.syn = true,
            Kind::SynAck => done.syn_ack = true,
            Kind::Rst => done.rst = true,
            _ => done.other = true,
        }
        done.fin |= segment.flags.has(Flags::FIN) && facts.kind != Kind::Illegal;
        if facts.kind == Kind::Rst {
            self.reset.get_or_insert(from);
        }
    }

    /// Zeek's `conn_state`.
    pub fn conn_state(&self) -> &'static str {
        let Ends { client, server } = self.done;
        let opened = client.syn && (server.syn_ack || server.syn);
        match self.reset {
            Some(Role::Client) if opened => return "RSTO",
            Some(Role::Server) if opened => return "RSTR",
            Some(Role::Client) if client.syn => return "RSTOS0",
            Some(Role::Server) if client.syn => return "REJ",
            Some(Role::Server) if server.syn_ack => return "RSTRH",
            _ => {}
        }
        match (opened, client.fin, server.fin) {
            (true, true, true) => "SF",
            (true, true, false) => "S2",
            (true, false, true) => "S3",
            (true, false, false) => "S1",
            (false, true, _) if client.syn => "SH",
            (false, _, true) if server.syn_ack => "SHR",
            (false, false, false) if client.syn && !server.other => "S0",
            _ => "OTH",
        }
    }

    /// Zeek's `history`.
    pub fn history(&self) -> &str {
        &self.history
    }

    /// Wireshark's `tcp.completeness`: SYN 1, SYN+ACK 2, ACK 4, data 8, FIN 16, RST 32.
    pub const fn completeness(&self) -> u8 {
        self.completeness
    }

    fn note_completeness(&mut self, segment: &Segment) {
        let flags = segment.flags;
        let mut bits = 0;
        if flags.has(Flags::SYN) {
            bits |= if flags.has(Flags::ACK) { 2 } else { 1 };
        } else if flags.has(Flags::ACK) {
            bits |= 4;
        }
        if segment.text_len > 0 && !flags.has(Flags::RST) {
            bits |= 8;
        }
        if flags.has(Flags::FIN.with(Flags::ACK)) && !flags.has(Flags::SYN) {
            bits |= 16;
        }
        if flags.has(Flags::RST) {
            bits |= 32;
        }
        self.completeness |= bits;
    }

    fn note_history(&mut self, segment: &Segment, facts: &Facts, from: Role) {
        let flags = segment.flags;
        if segment.checksum == Checksum::Wrong {
            self.add_repeatable(0, from);
            return;
        }
        match (flags.has(Flags::SYN), flags.has(Flags::FIN), flags.has(Flags::RST)) {
            (true, true, _) | (true, _, true) => self.add('q', from),
            (_, true, true) => self.add('i', from),
            (true, ..) => self.add(if flags.has(Flags::ACK) { 'h' } else { 's' }, from),
            (_, true, _) => self.add('f', from),
            (_, _, true) => self.add('r', from),
            _ => {}
        }
        if segment.text_len > 0 && !flags.has(Flags::RST) {
            self.add('d', from);
            if facts.again > 0 && facts.fin.is_none() {
                self.add_repeatable(1, from);
            }
        } else if flags.has(Flags::ACK) && !flags.has_any(Flags::SYN.with(Flags::FIN).with(Flags::RST)) {
            self.add('a', from);
        }
        if segment.window == Some(0) && flags.has(Flags::ACK) && !flags.has(Flags::RST) {
            self.add_repeatable(2, from);
        }
    }

    fn add(&mut self, letter: char, from: Role) {
        let letter = cased(letter, from);
        if !self.history.contains(letter) {
            self.history.push(letter);
        }
    }

    /// Noted at the 1st, 10th, 100th, ... time.
    fn add_repeatable(&mut self, which: usize, from: Role) {
        let (Some(count), Some(letter)) = (self.repeats.of_mut(from).get_mut(which), REPEATABLE.get(which))
        else {
            return;
        };
        *count = count.saturating_add(1);
        if 10_u32.checked_pow(count.ilog10()) == Some(*count) {
            self.history.push(cased(*letter, from));
        }
    }
}

const fn cased(letter: char, from: Role) -> char {
    match from {
        Role::Client => letter.to_ascii_uppercase(),
        Role::Server => letter,
    }
}
