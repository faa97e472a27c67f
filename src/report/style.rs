//! How text looks: the shape of numbers, colour, and the columns there are.
//!
//! In: what a piece of text is about. Out: the same text, painted where colour is wanted.
//! Invariant: colour repeats what the words already say and is never the only sign. Nothing here asks the terminal or
//! the environment: `cli/` does, and says it here.

use std::fmt;

use anstyle::{AnsiColor, Effects};

use crate::analyzer::label::Numbers;
use crate::analyzer::state::State;
use crate::report::buffer::{Buffer, Put};
use crate::segment::{Flags, Segment};

/// How a report is to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// How sequence numbers are shown in labels.
    pub numbers: Numbers,
    /// Whether to colour.
    pub color: bool,
    /// Columns of the terminal. Where the text goes to a file or a pipe, `usize::MAX` leaves nothing out.
    pub width: usize,
    /// Whether `lines` tells of each connection how it ended, too: for somebody who looks on as it happens.
    pub tells_ends: bool,
}

impl Default for Style {
    /// Symbolic numbers, no colour, 80 columns.
    fn default() -> Self {
        Self { numbers: Numbers::Symbolic, color: false, width: 80, tells_ends: false }
    }
}

/// What a piece of text is about, and so its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Nothing in particular: the terminal's own colour.
    Plain,
    /// Opening: a SYN. Green.
    Opening,
    /// Closing: a FIN. Yellow.
    Closing,
    /// A RST, or something that failed. Red.
    Failure,
    /// Text that the connection carries. Cyan.
    Text,
    /// Assumed and not seen. Dim.
    Assumed,
    /// A socket call. Blue.
    Call,
    /// A word of the kernel. Magenta.
    Kernel,
    /// A heading. Bold.
    Heading,
}

impl Ink {
    /// The colour of a segment: of the most telling thing in it.
    pub const fn of_segment(segment: &Segment) -> Self {
        if segment.flags.has(Flags::RST) {
            Self::Failure
        } else if segment.flags.has(Flags::SYN) {
            Self::Opening
        } else if segment.flags.has(Flags::FIN) {
            Self::Closing
        } else if segment.text_len > 0 {
            Self::Text
        } else {
            Self::Plain
        }
    }

    const fn style(self) -> anstyle::Style {
        let style = anstyle::Style::new();
        match self {
            Self::Plain => style,
            Self::Opening => AnsiColor::Green.on_default(),
            Self::Closing => AnsiColor::Yellow.on_default(),
            Self::Failure => AnsiColor::Red.on_default(),
            Self::Text => AnsiColor::Cyan.on_default(),
            Self::Assumed => style.effects(Effects::DIMMED),
            Self::Call => AnsiColor::Blue.on_default(),
            Self::Kernel => AnsiColor::Magenta.on_default(),
            Self::Heading => style.effects(Effects::BOLD),
        }
    }
}

impl Style {
    /// `value`, painted where this style has colour.
    pub const fn paint<T: fmt::Display>(self, ink: Ink, value: T) -> Painted<T> {
        Painted { style: self.codes(ink), value }
    }

    /// The terminal's codes for `ink`; none where this style has no colour.
    pub const fn codes(self, ink: Ink) -> anstyle::Style {
        if self.color { ink.style() } else { Ink::Plain.style() }
    }
}

/// Text with its colour.
#[derive(Clone, Copy, Debug)]
pub struct Painted<T> {
    style: anstyle::Style,
    value: T,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.style.render())?;
        self.value.fmt(f)?;
        write!(f, "{}", self.style.render_reset())
    }
}

/// A state as pictures show it: in parentheses where it is assumed.
#[derive(Clone, Copy, Debug)]
pub struct Believed {
    /// The state.
    pub state: State,
    /// Whether no segment of that end confirms it.
    pub is_assumed: bool,
}

impl Believed {
    /// Its colour.
    pub const fn ink(self) -> Ink {
        if self.is_assumed { Ink::Assumed } else { Ink::Plain }
    }
}

impl Put for Believed {
    #[inline]
    fn put(&self, out: &mut Buffer) {
        if self.is_assumed {
            ("(", self.state.as_str(), ")").put(out);
        } else {
            self.state.as_str().put(out);
        }
    }
}

impl fmt::Display for Believed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A width that is asked for counts the parentheses in.
        if self.is_assumed { f.pad(&format!("({})", self.state)) } else { self.state.fmt(f) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_put_around_and_only_where_wanted() {
        let plain = Style::default();
        let colored = Style { color: true, ..plain };
        assert_eq!(plain.paint(Ink::Failure, "RST").to_string(), "RST");
        assert_eq!(colored.paint(Ink::Failure, "RST").to_string(), "\u{1b}[31mRST\u{1b}[0m");
        assert_eq!(colored.paint(Ink::Plain, "ACK").to_string(), "ACK");
        assert_eq!(format!("{:>5}", plain.paint(Ink::Text, "DATA")), " DATA");
    }

    #[test]
    fn an_assumed_state_stands_in_parentheses() {
        let believed = |is_assumed| Believed { state: State::SynReceived, is_assumed };
        assert_eq!(believed(true).to_string(), "(SYN-RECEIVED)");
        assert_eq!(believed(false).to_string(), "SYN-RECEIVED");
        assert_eq!(
            format!("{:15}|{:15}|", believed(true), believed(false)),
            "(SYN-RECEIVED) |SYN-RECEIVED   |"
        );
    }
}
