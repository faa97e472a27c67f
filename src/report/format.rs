//! The output formats, by name.
//!
//! In: a name from the command line. Out: the report that writes in that format.
//! Invariant: a format is one file in this folder, one variant, and one arm in `Format::report`.

use std::fmt;
use std::io::Write;
use std::str::FromStr;

use crate::report::json::Json;
use crate::report::json::records::Records;
use crate::report::ladder::Ladder;
use crate::report::lines::Lines;
use crate::report::sink::Report;
use crate::report::style::Style;
use crate::report::table::Table;

/// An output format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A picture of each connection.
    Ladder,
    /// One labelled segment a line.
    Lines,
    /// One connection a line.
    Table,
    /// JSON Lines.
    Json,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Ladder, Self::Lines, Self::Table, Self::Json];

    /// Its name on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ladder => "ladder",
            Self::Lines => "lines",
            Self::Table => "table",
            Self::Json => "json",
        }
    }

    /// A report in this format that writes to `out`. `records` chooses among JSON records and means nothing elsewhere.
    pub fn report<'w>(
        self,
        out: Box<dyn Write + Send + 'w>,
        style: Style,
        records: Records,
    ) -> Box<dyn Report + 'w> {
        match self {
            Self::Ladder => Box::new(Ladder::new(out, style)),
            Self::Lines => Box::new(Lines::new(out, style)),
            Self::Table => Box::new(Table::new(out, style)),
            Self::Json => Box::new(Json::new(out, style, records)),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|format| format.as_str() == name)
            .ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}

/// A name that no output format has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFormat(String);

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(name) = self;
        write!(f, "no output format is called {name:?}; the formats are ")?;
        for (count, format) in Format::ALL.into_iter().enumerate() {
            write!(f, "{}{format}", if count == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownFormat {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    #[test]
    fn every_format_has_a_name_and_writes() {
        for format in Format::ALL {
            assert_eq!(format.as_str().parse(), Ok(format));
            let mut out = Vec::new();
            samples::play(
                &samples::closed(),
                &mut *format.report(Box::new(&mut out), Style::default(), Records::ALL),
            );
            assert!(!out.is_empty(), "{format}");
        }
    }

    #[test]
    fn a_name_that_is_none_is_refused_with_those_that_are() {
        let error = "jsonl".parse::<Format>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "no output format is called \"jsonl\"; the formats are ladder, lines, table, json"
        );
    }
}
