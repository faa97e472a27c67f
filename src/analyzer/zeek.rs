//! A connection in the words of Zeek's conn.log and of Wireshark, for comparison.
//!
//! In: each segment's control bits and who sent it. Out: `conn_state`, `history`, and Wireshark's `completeness`.
//! Invariant: these go by flags as those tools do and move nothing here; where they differ from `outcome`, `outcome` is
//! right.
//! Read: Zeek's documentation of conn.log; Wireshark's `tcp.completeness`.

use crate::analyzer::facts::{Facts, Kind};
use crate::analyzer::role::{Ends, Role};
use crate::segment::{Checksum, Flags, Segment};
use crate::seq::SeqNumber;

/// An end's state as Zeek keeps it: by flags, and a RST is the end of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum EndState {
    /// Nothing came from it.
    #[default]
    Inactive,
    /// It spoke first without a SYN.
    Partial,
    SynSent,
    SynAckSent,
    Established,
    Closed,
    Reset,
}

/// The sequence numbers of the last SYN, FIN and RST of an end: another number is another letter.
#[derive(Clone, Copy, Debug, Default)]
struct LastOf {
    syn: Option<SeqNumber>,
    syn_ack: Option<SeqNumber>,
    fin: Option<SeqNumber>,
    rst: Option<SeqNumber>,
}

/// The running account.
#[derive(Clone, Debug, Default)]
pub struct Zeek {
    ends: Ends<EndState>,
    /// Whether any text came from either end.
    has_text: bool,
    history: String,
    last: Ends<LastOf>,
    /// How often each repeatable letter was due, by end: `c`, `t`, `w`.
    repeats: Ends<[u32; 3]>,
    completeness: u8,
}

const REPEATABLE: [char; 3] = ['c', 't', 'w'];

/// Letters kept of a history. Zeek keeps all; numbers made up one after the other must not fill the memory.
const LETTERS: usize = 64;

impl Zeek {
    /// The account of a connection that begins with a SYN+ACK: its sender is not the originator, so it is turned over.
    pub fn turned_over() -> Self {
        Self { history: "^".to_owned(), ..Self::default() }
    }

    /// Takes in a segment from `from`.
    pub fn note(&mut self, segment: &Segment, facts: &Facts, from: Role) {
        self.note_completeness(segment);
        self.note_history(segment, facts, from);
        if segment.checksum == Checksum::Wrong {
            // Zeek counts it and reads no further.
            return;
        }
        self.has_text |= segment.text_len > 0 && facts.kind != Kind::Rst;
        let has_fin = segment.flags.has(Flags::FIN) && facts.kind != Kind::Illegal;
        let (own, peer) = (*self.ends.of(from), *self.ends.of(from.other()));
        let next = match (own, facts.kind) {
            (EndState::Reset, _) | (_, Kind::Rst) => EndState::Reset,
            (EndState::Inactive, Kind::Syn) if peer == EndState::SynAckSent => {
                *self.ends.of_mut(from.other()) = EndState::Established;
                EndState::Established
            }
            (EndState::Inactive | EndState::Partial, Kind::Syn) => EndState::SynSent,
            // It believes a SYN+ACK without looking at its numbers: with it both ends are established.
            (EndState::Inactive | EndState::SynSent, Kind::SynAck) if peer == EndState::SynSent => {
                *self.ends.of_mut(from.other()) = EndState::Established;
                EndState::Established
            }
            (EndState::Inactive, Kind::SynAck) => EndState::SynAckSent,
            (_, Kind::Plain) if has_fin => EndState::Closed,
            (EndState::Inactive, Kind::Plain) => EndState::Partial,
            (state, _) => state,
        };
        *self.ends.of_mut(from) = next;
    }

    /// Zeek's `conn_state`, in the order in which Zeek asks.
    pub fn conn_state(&self) -> &'static str {
        use EndState as E;
        let (orig, resp) = (self.ends.client, self.ends.server);
        let is_absent = |state| matches!(state, E::Inactive | E::Partial);
        match (orig, resp) {
            (E::SynSent | E::SynAckSent, E::Reset) => "REJ",
            (E::Reset, E::Reset) if !self.has_text => "REJ",
            (orig, E::Reset) if is_absent(orig) => "RSTRH",
            (_, E::Reset) => "RSTR",
            (E::Reset, resp) if is_absent(resp) && self.is_syn_then_reset() => "RSTOS0",
            (E::Reset, _) => "RSTO",
            (E::Closed, E::Closed) => "SF",
            (E::Closed, resp) => {
                if is_absent(resp) {
                    "SH"
                } else {
                    "S2"
                }
            }
            (orig, E::Closed) => {
                if is_absent(orig) {
                    "SHR"
                } else {
                    "S3"
                }
            }
            (E::SynSent, E::Inactive) => "S0",
            (E::Established, E::Established) => "S1",
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

    /// `^?S[^HAFGIQ]*R`: a SYN, and a RST before anything else of weight from the originator.
    fn is_syn_then_reset(&self) -> bool {
        let history = self.history.strip_prefix('^').unwrap_or(&self.history);
        let after_syn = history.strip_prefix('S');
        after_syn
            .and_then(|rest| rest.find(['H', 'A', 'F', 'G', 'I', 'Q', 'R']).and_then(|at| rest.get(at..)))
            .is_some_and(|rest| rest.starts_with('R'))
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
            (true, ..) => {
                if flags.has(Flags::ACK) {
                    self.add_another('h', from, segment.seq, |last| &mut last.syn_ack);
                } else {
                    self.add_another('s', from, segment.seq, |last| &mut last.syn);
                }
            }
            (_, true, _) => self.add_another('f', from, segment.seq, |last| &mut last.fin),
            (_, _, true) => self.add_another('r', from, segment.seq, |last| &mut last.rst),
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
            self.push(letter);
        }
    }

    /// Noted again where its sequence number is another one than the last.
    fn add_another(
        &mut self,
        letter: char,
        from: Role,
        seq: SeqNumber,
        which: impl Fn(&mut LastOf) -> &mut Option<SeqNumber>,
    ) {
        let last = which(self.last.of_mut(from)).replace(seq);
        if last != Some(seq) {
            self.push(cased(letter, from));
        }
    }

    fn push(&mut self, letter: char) {
        if self.history.len() < LETTERS {
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
            self.push(cased(*letter, from));
        }
    }
}

const fn cased(letter: char, from: Role) -> char {
    match from {
        Role::Client => letter.to_ascii_uppercase(),
        Role::Server => letter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use EndState as E;

    fn conn_state(client: EndState, server: EndState, history: &str) -> &'static str {
        let history = history.to_owned();
        Zeek { ends: Ends { client, server }, has_text: true, history, ..Zeek::default() }.conn_state()
    }

    #[test]
    fn every_state_of_a_connection_has_its_name() {
        let cases = [
            (E::SynSent, E::Inactive, "S", "S0"),
            (E::Established, E::Established, "ShA", "S1"),
            (E::Closed, E::Closed, "ShAFaf", "SF"),
            (E::SynSent, E::Reset, "Sr", "REJ"),
            (E::Closed, E::Established, "ShAF", "S2"),
            (E::Established, E::Closed, "ShAf", "S3"),
            (E::Reset, E::Established, "ShAR", "RSTO"),
            (E::Established, E::Reset, "ShAr", "RSTR"),
            (E::Reset, E::Inactive, "SR", "RSTOS0"),
            (E::Inactive, E::Reset, "^hr", "RSTRH"),
            (E::Closed, E::Inactive, "SF", "SH"),
            (E::Inactive, E::Closed, "^hf", "SHR"),
            (E::Partial, E::Partial, "Dd", "OTH"),
        ];
        for (client, server, history, wanted) in cases {
            assert_eq!(conn_state(client, server, history), wanted, "{client:?}, {server:?}");
        }
    }

    #[test]
    fn repeats_are_noted_by_powers_of_ten() {
        let mut zeek = Zeek::default();
        for _ in 0..250 {
            zeek.add_repeatable(1, Role::Client);
        }
        assert_eq!(zeek.history(), "TTT", "the 1st, the 10th, the 100th");
    }

    #[test]
    fn a_history_is_bounded() {
        let mut zeek = Zeek::default();
        for seq in 0..1000 {
            zeek.add_another('r', Role::Server, SeqNumber(seq), |last| &mut last.rst);
        }
        assert_eq!(zeek.history().len(), LETTERS);
    }
}
