//! The columns of a table.
//!
//! In: how wide the terminal is. Out: which columns there are.
//! Invariant: those that there is no room for are left out, the least important first, and their order stays; at 80 columns
//! the sockets, the opening and the outcome are left.

use crate::report::columns::GAP;
use crate::report::times::TimeOfDay;

/// A column, in the order in which they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Id,
    Client,
    Server,
    Start,
    Duration,
    Opening,
    Closing,
    Outcome,
    ClientState,
    ServerState,
    Segments,
    Octets,
    Rtt,
    Connect,
    FirstData,
    Close,
    ConnState,
    Findings,
}

/// Some of the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns(u32);

impl Columns {
    /// All of them.
    pub const ALL: Self = Self((1 << Column::ALL.len()) - 1);

    /// Those that fit into `width`, chosen by importance.
    pub fn fitting(width: usize) -> Self {
        let (mut room, mut chosen) = (width, Self(0));
        for column in Column::BY_IMPORTANCE {
            let taken = column.width().saturating_add(if column == Column::Id { 0 } else { GAP });
            if taken <= room || Column::NEEDED.contains(&column) {
                room = room.saturating_sub(taken);
                chosen.0 |= column.bit();
            }
        }
        chosen
    }

    /// Whether `column` is one of them.
    #[inline(always)]
    pub const fn has(self, column: Column) -> bool {
        self.0 & column.bit() != 0
    }
}

impl Column {
    /// Without these a line says nothing.
    const NEEDED: [Self; 4] = [Self::Id, Self::Client, Self::Server, Self::Outcome];

    /// All of them, as they stand.
    pub const ALL: [Self; 18] = [
        Self::Id,
        Self::Client,
        Self::Server,
        Self::Start,
        Self::Duration,
        Self::Opening,
        Self::Closing,
        Self::Outcome,
        Self::ClientState,
        Self::ServerState,
        Self::Segments,
        Self::Octets,
        Self::Rtt,
        Self::Connect,
        Self::FirstData,
        Self::Close,
        Self::ConnState,
        Self::Findings,
    ];

    const BY_IMPORTANCE: [Self; 18] = [
        Self::Id,
        Self::Client,
        Self::Server,
        Self::Outcome,
        Self::Opening,
        Self::Closing,
        Self::Findings,
        Self::Duration,
        Self::Segments,
        Self::Rtt,
        Self::ConnState,
        Self::Start,
        Self::Octets,
        Self::ClientState,
        Self::ServerState,
        Self::Connect,
        Self::FirstData,
        Self::Close,
    ];

    /// What stands above it.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Id => "ID",
            Self::Client => "CLIENT",
            Self::Server => "SERVER",
            Self::Start => "START",
            Self::Duration => "DURATION",
            Self::Opening => "OPENING",
            Self::Closing => "CLOSING",
            Self::Outcome => "OUTCOME",
            Self::ClientState => "CLIENT STATE",
            Self::ServerState => "SERVER STATE",
            Self::Segments => "SEGMENTS",
            Self::Octets => "OCTETS",
            Self::Rtt => "RTT",
            Self::Connect => "CONNECT",
            Self::FirstData => "FIRST DATA",
            Self::Close => "CLOSE",
            Self::ConnState => "ZEEK",
            Self::Findings => "FINDINGS",
        }
    }

    /// The columns of the terminal that it takes.
    pub const fn width(self) -> usize {
        match self {
            Self::Id => 3,
            Self::Client | Self::Server => 19,
            Self::Start => TimeOfDay::WIDTH,
            Self::Duration | Self::Rtt | Self::Connect | Self::FirstData | Self::Close => 10,
            Self::Opening | Self::Outcome => 12,
            Self::Closing => 13,
            Self::ClientState | Self::ServerState => 14,
            Self::Segments => 8,
            Self::Octets => 11,
            Self::ConnState => 6,
            Self::Findings => 20,
        }
    }

    /// Where it begins in a line that has all columns.
    pub const fn begin(self) -> usize {
        let (mut begin, mut at) = (0, 0);
        while at < self as usize {
            begin += Self::ALL[at].width() + GAP;
            at += 1;
        }
        begin
    }

    /// Where it ends in such a line.
    pub const fn end(self) -> usize {
        self.begin() + self.width()
    }

    /// Whether what stands in it ends where the column does.
    pub const fn is_number(self) -> bool {
        matches!(
            self,
            Self::Id
                | Self::Duration
                | Self::Segments
                | Self::Octets
                | Self::Rtt
                | Self::Connect
                | Self::FirstData
                | Self::Close
        )
    }

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_width_is_too_small_for_what_matters() {
        let all = Column::BY_IMPORTANCE;
        let (least, most) = (Columns::fitting(0), Columns::fitting(usize::MAX));
        assert!(all.iter().all(|column| least.has(*column) == Column::NEEDED.contains(column)));
        assert!(all.iter().all(|column| most.has(*column)));
        assert_eq!(most, Columns::ALL);
    }
}
