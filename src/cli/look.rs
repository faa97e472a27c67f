//! How results are shown, as the command line has it.
//!
//! In: arguments. Out: plain values, which `output.rs` turns into a style.
//! Invariant: the same options with every subcommand that shows connections.

use clap::{Args, ValueEnum};
use tcpshake::analyzer::label::Numbers;
use tcpshake::report::format::Format;
use tcpshake::report::json::records::Records;

/// How results are shown.
#[derive(Debug, Args)]
pub struct Look {
    /// Output format [default: ladder for demo, lines for watch and read]
    #[arg(short, long, value_enum)]
    pub format: Option<FormatName>,
    /// How sequence numbers are shown in labels
    #[arg(long, value_enum, default_value_t = NumbersName::Symbolic)]
    pub numbers: NumbersName,
    /// Whether to colour; auto is on a terminal only, and not where NO_COLOR is set
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
    /// Which records json writes: segments, connections, findings, summary, calls, kernel [default: all]
    #[arg(
        long,
        value_name = "LIST",
        default_value = "segments,connections,findings,summary,calls,kernel",
        hide_default_value = true
    )]
    pub records: Records,
}

impl Look {
    /// The format asked for, or `default`.
    pub fn format_or(&self, default: Format) -> Format {
        self.format.map_or(default, Format::from)
    }
}

/// An output format by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormatName {
    /// A picture of each connection: client at the left, server at the right
    Ladder,
    /// One labelled segment a line
    Lines,
    /// One connection a line
    Table,
    /// JSON Lines
    Json,
}

/// How numbers are shown, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum NumbersName {
    /// By their letters: ACK J+7
    Symbolic,
    /// As offsets: ACK 7
    Relative,
    /// As they stand on the wire
    Absolute,
}

/// Whether to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl From<FormatName> for Format {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::Ladder => Self::Ladder,
            FormatName::Lines => Self::Lines,
            FormatName::Table => Self::Table,
            FormatName::Json => Self::Json,
        }
    }
}

impl From<NumbersName> for Numbers {
    fn from(name: NumbersName) -> Self {
        match name {
            NumbersName::Symbolic => Self::Symbolic,
            NumbersName::Relative => Self::Relative,
            NumbersName::Absolute => Self::Absolute,
        }
    }
}
