//! Faults: what is done to which segments.
//!
//! In: the text of one, or calls that put one together. Out: values that the cable follows.
//! Invariant: every fault can be written down; what `Display` shows of a pattern can be read again.

use std::time::Duration;

use crate::lab::wire::error::FaultError;
use crate::lab::wire::pattern::Pattern;
use crate::segment::Flags;

/// Everything that is wrong with a wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// How long every frame is on its way.
    pub latency: Duration,
    /// In the order in which they are done to one segment.
    pub list: Vec<Fault>,
}

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The segments that it is for.
    pub of: Pattern,
    /// What is done to them.
    pub deed: Deed,
}

/// What is done to a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// It does not arrive.
    Lose,
    /// It arrives so much later; what is sent after it does not wait.
    Delay(Duration),
    /// It arrives so many more times, each so long after the one before.
    Repeat {
        /// How many more.
        times: u32,
        /// How long between them.
        gap: Duration,
    },
    /// It arrives after the next segment of its direction, or after so long if there is none.
    Reorder(Duration),
    /// It arrives otherwise than it was sent.
    Alter(Vec<Change>),
    /// After it, a segment arrives that nobody has sent.
    Inject(Forged),
}

/// What is changed in a segment. All checksums are made to fit again, but for `Checksum`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// SEG.SEQ, so much more or less.
    Seq(i32),
    /// SEG.ACK, so much more or less.
    Ack(i32),
    /// SEG.WND.
    Window(u16),
    /// The control bits.
    Flags(Flags),
    /// The maximum segment size of a SYN.
    Mss(u16),
    /// Time to live, or hop limit.
    Ttl(u8),
    /// The checksum is broken.
    Checksum,
}

/// A segment that nobody has sent, in the name of one end of a connection that the cable has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forged {
    /// Where it goes; `None` is where the segment goes that it follows.
    pub to: Option<Side>,
    /// Its control bits.
    pub flags: Flags,
    /// SEG.SEQ.
    pub seq: Place,
    /// SEG.ACK, from what its receiver has sent: 0 is its SND.NXT.
    pub ack: i32,
    /// SEG.WND.
    pub window: u16,
    /// Its text.
    pub text: Vec<u8>,
}

/// A number, as its receiver sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// So far from RCV.NXT; 0 is the very number.
    FromNext(i32),
    /// So far beyond the right edge of the receive window; 0 is the first number outside it.
    Beyond(i32),
    /// This number.
    Number(u32),
}

/// An end of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The client's.
    Client,
    /// The server's.
    Server,
}

impl Side {
    /// The other end.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }

    /// Its hardware address: nobody has to ask for it, though the kernels do.
    pub const fn hardware(self) -> [u8; 6] {
        match self {
            Self::Client => [2, 0, 0, 0, 0, 1],
            Self::Server => [2, 0, 0, 0, 0, 2],
        }
    }
}

impl Faults {
    /// A wire in order.
    pub fn none() -> Self {
        Self::default()
    }

    /// These faults. A text that could not be read brings none, and what a scenario expects misses it.
    pub fn of<const N: usize>(faults: [Result<Fault, FaultError>; N]) -> Self {
        Self { list: faults.into_iter().flatten().collect(), ..Self::default() }
    }

    /// The same with one fault more.
    #[must_use]
    pub fn with(mut self, fault: Fault) -> Self {
        self.list.push(fault);
        self
    }

    /// The same with so long a way.
    #[must_use]
    pub const fn with_latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }
}

impl Forged {
    /// A segment with these bits, exactly where its receiver expects the next one.
    pub const fn new(flags: Flags) -> Self {
        Self { to: None, flags, seq: Place::FromNext(0), ack: 0, window: 512, text: Vec::new() }
    }

    /// The same towards this end.
    #[must_use]
    pub const fn towards(mut self, side: Side) -> Self {
        self.to = Some(side);
        self
    }

    /// The same with this number.
    #[must_use]
    pub const fn at(mut self, seq: Place) -> Self {
        self.seq = seq;
        self
    }
}
