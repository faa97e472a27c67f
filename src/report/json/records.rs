//! Which records to write.
//!
//! In: a list of names as the command line has it. Out: a set.
//! Invariant: the set is never empty.

use std::fmt;
use std::str::FromStr;

/// A type of record, by the name that chooses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record {
    /// A labelled segment.
    Segments,
    /// A connection.
    Connections,
    /// A finding.
    Findings,
    /// The account of the whole input.
    Summary,
    /// A socket call.
    Calls,
    /// A word of the kernel.
    Kernel,
}

/// A set of record types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Records(u8);

impl Record {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Segments, Self::Connections, Self::Findings, Self::Summary, Self::Calls, Self::Kernel];

    /// Its name on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Segments => "segments",
            Self::Connections => "connections",
            Self::Findings => "findings",
            Self::Summary => "summary",
            Self::Calls => "calls",
            Self::Kernel => "kernel",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl Records {
    /// All record types.
    pub const ALL: Self = Self(0b11_1111);

    /// Whether `record` is to be written.
    pub const fn has(self, record: Record) -> bool {
        self.0 & record.bit() != 0
    }
}

impl Default for Records {
    /// All of them.
    fn default() -> Self {
        Self::ALL
    }
}

impl FromStr for Records {
    type Err = UnknownRecord;

    /// Reads a list of names with commas between them.
    fn from_str(list: &str) -> Result<Self, Self::Err> {
        list.split(',').map(str::trim).try_fold(Self(0), |Self(bits), name| {
            Record::ALL
                .into_iter()
                .find(|record| record.as_str() == name)
                .map(|record| Self(bits | record.bit()))
                .ok_or_else(|| UnknownRecord(name.to_owned()))
        })
    }
}

/// A name that no record type has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownRecord(String);

impl fmt::Display for UnknownRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_str() {
            "" => f.write_str("a name is missing; ")?,
            name => write!(f, "no records are called {name:?}; ")?,
        }
        f.write_str("choose from ")?;
        for (count, record) in Record::ALL.into_iter().enumerate() {
            write!(f, "{}{}", if count == 0 { "" } else { "," }, record.as_str())?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownRecord {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_chooses() {
        let chosen: Records = "findings, segments".parse().unwrap();
        let has: Vec<_> = Record::ALL.into_iter().filter(|record| chosen.has(*record)).collect();
        assert_eq!(has, [Record::Segments, Record::Findings]);
        assert_eq!("segments,connections,findings,summary,calls,kernel".parse(), Ok(Records::ALL));
    }

    #[test]
    fn an_unknown_name_is_refused_with_those_that_are() {
        let error = |list: &str| list.parse::<Records>().unwrap_err().to_string();
        assert_eq!(
            error("segments,packets"),
            "no records are called \"packets\"; choose from segments,connections,findings,summary,calls,kernel"
        );
        assert_eq!(
            error("segments,"),
            "a name is missing; choose from segments,connections,findings,summary,calls,kernel"
        );
    }
}
