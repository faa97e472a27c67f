//! The machine of classic BPF: runs a compiled filter over a frame.
//!
//! In: a program as libpcap compiles it, the captured octets, the length on the wire. Out: whether the frame passes.
//! Invariant: nothing outside the frame, the program or the sixteen words of memory is touched: such a load, a jump
//! out of the program, a division by zero and a program that does not end all reject the frame, as in libpcap.
//! Why not libpcap's own machine: through the `pcap` crate it takes the captured length for the one on the wire, so
//! that `greater 1000` matches nothing in a capture with a short snap length.

use std::str::FromStr;

/// Instructions that one frame may take before the program is said not to end. (`protochain` makes loops.)
const MOST_STEPS: u32 = 1 << 20;

/// The class of an instruction: its three lowest bits.
const LD: u16 = 0;
const LDX: u16 = 1;
const ST: u16 = 2;
const STX: u16 = 3;
const ALU: u16 = 4;
const JMP: u16 = 5;
const RET: u16 = 6;

/// One instruction, as `struct bpf_insn` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction {
    code: u16,
    jump_true: u8,
    jump_false: u8,
    k: u32,
}

impl FromStr for Instruction {
    type Err = ();

    /// From `CODE JT JF K` in decimal, which is how the `pcap` crate shows an instruction (and `tcpdump -ddd` too).
    fn from_str(line: &str) -> Result<Self, ()> {
        let mut fields = line.split_ascii_whitespace().map(str::parse::<u32>);
        let mut field = || fields.next().and_then(Result::ok).ok_or(());
        Ok(Self {
            code: field()?.try_into().map_err(|_| ())?,
            jump_true: field()?.try_into().map_err(|_| ())?,
            jump_false: field()?.try_into().map_err(|_| ())?,
            k: field()?,
        })
    }
}

/// Whether `program` lets a frame pass of which `octets` were captured and which had `wire_len` on the wire.
pub fn passes(program: &[Instruction], octets: &[u8], wire_len: u32) -> bool {
    let mut machine = Machine { octets, wire_len, a: 0, x: 0, memory: [0; 16] };
    let mut at = 0_usize;
    for _ in 0..MOST_STEPS {
        let Some(instruction) = program.get(at) else { return false };
        match machine.step(*instruction) {
            Some(Then::Jump(distance)) => match at.checked_add_signed(distance) {
                Some(there) => at = there,
                None => return false,
            },
            Some(Then::Return(accepted)) => return accepted != 0,
            None => return false,
        }
        at += 1;
    }
    false
}

/// What follows an instruction.
enum Then {
    /// Go on so many instructions beyond the next one.
    Jump(isize),
    /// End: so many octets of the frame are wanted, and 0 is to reject it.
    Return(u32),
}

struct Machine<'a> {
    octets: &'a [u8],
    wire_len: u32,
    a: u32,
    x: u32,
    memory: [u32; 16],
}

impl Machine<'_> {
    /// One instruction; `None` where it cannot be done.
    fn step(&mut self, Instruction { code, jump_true, jump_false, k }: Instruction) -> Option<Then> {
        match code & 0x07 {
            LD => self.a = self.load(code, k)?,
            LDX => self.x = self.load_index(code, k)?,
            ST => *self.memory.get_mut(k as usize)? = self.a,
            STX => *self.memory.get_mut(k as usize)? = self.x,
            ALU => self.a = self.calculate(code, k)?,
            JMP if code & 0xF0 == 0x00 => return Some(Then::Jump(k.cast_signed() as isize)),
            JMP => {
                let chosen = if self.compare(code, k)? { jump_true } else { jump_false };
                return Some(Then::Jump(isize::from(chosen)));
            }
            RET => return Some(Then::Return(if code & 0x18 == 0x10 { self.a } else { k })),
            // The last class moves one register to the other: TXA has the highest bit, TAX has not.
            _ if code & 0x80 != 0 => self.a = self.x,
            _ => self.x = self.a,
        }
        Some(Then::Jump(0))
    }

    /// What goes to A: a number, memory, the wire length, or octets of the frame (at K, or at X + K).
    fn load(&self, code: u16, k: u32) -> Option<u32> {
        let base = match code & 0xE0 {
            0x00 => return Some(k),
            0x60 => return self.memory.get(k as usize).copied(),
            0x80 => return Some(self.wire_len),
            0x20 => 0,
            0x40 => self.x,
            _ => return None,
        };
        let from = self.octets.get((base as usize).checked_add(k as usize)?..)?;
        match code & 0x18 {
            0x00 => from.first_chunk().copied().map(u32::from_be_bytes),
            0x08 => from.first_chunk().copied().map(|two| u32::from(u16::from_be_bytes(two))),
            0x10 => from.first().copied().map(u32::from),
            _ => None,
        }
    }

    /// What goes to X; `0xA0` is the length of an IPv4 header whose first octet is at K.
    fn load_index(&self, code: u16, k: u32) -> Option<u32> {
        match code & 0xE0 {
            0x00 => Some(k),
            0x60 => self.memory.get(k as usize).copied(),
            0x80 => Some(self.wire_len),
            0xA0 => self.octets.get(k as usize).map(|first| u32::from(first & 0x0F) << 2),
            _ => None,
        }
    }

    fn calculate(&self, code: u16, k: u32) -> Option<u32> {
        let (a, b) = (self.a, self.operand(code, k));
        match code & 0xF0 {
            0x00 => Some(a.wrapping_add(b)),
            0x10 => Some(a.wrapping_sub(b)),
            0x20 => Some(a.wrapping_mul(b)),
            0x30 => a.checked_div(b),
            0x40 => Some(a | b),
            0x50 => Some(a & b),
            0x60 => Some(a.checked_shl(b).unwrap_or(0)),
            0x70 => Some(a.checked_shr(b).unwrap_or(0)),
            0x80 => Some(a.wrapping_neg()),
            0x90 => a.checked_rem(b),
            0xA0 => Some(a ^ b),
            _ => None,
        }
    }

    fn compare(&self, code: u16, k: u32) -> Option<bool> {
        let (a, b) = (self.a, self.operand(code, k));
        match code & 0xF0 {
            0x10 => Some(a == b),
            0x20 => Some(a > b),
            0x30 => Some(a >= b),
            0x40 => Some(a & b != 0),
            _ => None,
        }
    }

    fn operand(&self, code: u16, k: u32) -> u32 {
        if code & 0x08 == 0 { k } else { self.x }
    }
}

#[cfg(test)]
mod tests {
    use pcap::{Capture, Linktype};
    use proptest::prelude::*;

    use super::*;

    /// Filters that between them use loads of all sizes, X, memory, all arithmetic, and loops.
    const FILTERS: [&str; 12] = [
        "tcp port 6666",
        "ip6[6] = 6 and ip6[53] & 2 != 0",
        "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
        "vlan and port 80 or icmp",
        "ip[2:2] - ((ip[0] & 0xf) << 2) > 100",
        "ether[0] * 3 + ether[1] = 7 or ether[2] | ether[3] = 0",
        "ether[4] % 5 = 1 or ether[5] / ether[6] > 2",
        "ether[7] ^ 0xff > 200 and ether[8:4] >> 3 != 1",
        "ether[9:2] << 30 = 0 or -ether[10] < 9",
        "greater 60 or less 20",
        "ip protochain 6",
        "ip6 protochain 6",
    ];

    fn compile(filter: &str, optimize: bool) -> (Vec<Instruction>, pcap::BpfProgram) {
        let theirs = Capture::dead(Linktype::ETHERNET).unwrap().compile(filter, optimize).unwrap();
        let ours = theirs.get_instructions().iter().map(|one| one.to_string().parse().unwrap()).collect();
        (ours, theirs)
    }

    /// Octets that look like Ethernet often enough for filters to get beyond the first test.
    fn frame() -> impl Strategy<Value = Vec<u8>> {
        let kind = prop_oneof![Just([8, 0]), Just([0x86, 0xDD]), Just([0x81, 0]), any::<[u8; 2]>()];
        let first = prop_oneof![Just(0x45), Just(0x60), Just(0x4F), any::<u8>()];
        (any::<[u8; 12]>(), kind, first, prop::collection::vec(any::<u8>(), 0..120), any::<bool>()).prop_map(
            |(hosts, kind, first, mut rest, tcp)| {
                if let (true, Some(protocol)) = (tcp, rest.get_mut(8)) {
                    *protocol = 6;
                }
                [&hosts[..], &kind, &[first], &rest].concat()
            },
        )
    }

    proptest! {
        #[test]
        fn agrees_with_libpcap_on_whole_frames(octets in frame(), which in 0..FILTERS.len(), optimize: bool) {
            let (ours, theirs) = compile(FILTERS[which], optimize);
            let wire_len = u32::try_from(octets.len()).unwrap();
            prop_assert_eq!(passes(&ours, &octets, wire_len), theirs.filter(&octets), "{}", FILTERS[which]);
        }

        #[test]
        fn any_program_ends(
            codes in prop::collection::vec((0..0x200_u16, any::<[u8; 2]>(), prop_oneof![0..40_u32, any::<u32>()]), 0..30),
            octets in prop::collection::vec(any::<u8>(), 0..40),
        ) {
            let program: Vec<Instruction> = codes
                .into_iter()
                .map(|(code, [jump_true, jump_false], k)| Instruction { code, jump_true, jump_false, k })
                .collect();
            passes(&program, &octets, 1500);
        }
    }

    #[test]
    fn a_loop_without_end_rejects() {
        let stay = "5 0 0 4294967295".parse().unwrap();
        assert!(!passes(&[stay], &[], 0));
        assert!(!passes(&["5 0 0 4294967290".parse().unwrap()], &[], 0), "a jump before the program");
        assert!(!passes(&[], &[], 0), "no program");
    }

    #[test]
    fn the_length_is_the_one_on_the_wire() {
        let (program, _) = compile("greater 1000", true);
        assert!(passes(&program, &[0; 60], 1000));
        assert!(!passes(&program, &[0; 60], 999));
    }
}
