//! The arrow of a segment: from end to end, or as far as it came.
//!
//! In: a segment on its way, and the room between the two ends. Out: a line of ASCII; two where not all of it goes into one.
//! Invariant: an arrow is as wide as its room; wider only where a label is, without what is said of the way. A label is never cut,
//! only its text.

use std::time::Duration;

use crate::analyzer::diagnosis::code::Code;
use crate::analyzer::role::Role;
use crate::report::style::Style;
use crate::segment::{Flags, TextHead};
use crate::story::event::{Passing, Way};
use crate::time::span;

/// From here on a way is long enough to be told.
const LONG: Duration = Duration::from_millis(1);
/// A slanted arrow takes so many of so many parts of the room, if its label leaves it that.
const SLANTED: (usize, usize) = (3, 4);

/// `|---- SYN J --->|`, `|--- SYN J ---x    |`, as wide as `room`; and what is said of the way where that has to stand below.
pub fn arrow(passing: &Passing<'_>, seen: usize, room: usize, style: Style) -> (String, Option<String>) {
    let (tail, head) = ends(passing.way);
    let inner = room.saturating_sub(2);
    let is_whole = matches!(passing.way, Way::Seen | Way::Whole(_));
    let wanted = if is_whole { inner } else { inner.saturating_mul(SLANTED.0) / SLANTED.1 };
    // Two dashes and a space at each side, and what stands at the two ends.
    let around = tail.len().saturating_add(head.len()).saturating_add(5);
    let most = inner.saturating_sub(around);
    let (label, below) = label(passing, seen, most, style);
    let length = wanted.max(label.len().saturating_add(around)).min(inner);
    let signs = tail.len().saturating_add(head.len()).saturating_add(2);
    let dashes = length.saturating_sub(label.len().saturating_add(signs)).max(2);
    let (before, after) = (dashes.saturating_sub(dashes / 2), dashes / 2);
    let (before, after) = ("-".repeat(before), "-".repeat(after));
    let drawn = match passing.from {
        Role::Client => format!("{tail}{before} {label} {after}{head}"),
        Role::Server => format!("{}{after} {label} {before}{}", mirrored(head), mirrored(tail)),
    };
    // What has left begins at the sender's end; what arrives ends at the receiver's.
    let leaves = matches!(passing.way, Way::Departs | Way::Lost);
    let drawn = match (passing.from, leaves) {
        (Role::Client, true) | (Role::Server, false) => format!("|{drawn:<inner$}|"),
        (Role::Client, false) | (Role::Server, true) => format!("|{drawn:>inner$}|"),
    };
    (drawn, below.map(|words| format!("|{words:^inner$}|")))
}

/// The label with what is to be said of the way, as long as there is room: first the text goes, then how long it took; then the
/// rest is apart.
fn label(passing: &Passing<'_>, seen: usize, most: usize, style: Style) -> (String, Option<String>) {
    let show = |octets, notes: &str| {
        let label = passing.label.show_with_some_text(style.numbers, &passing.step.segment.text, octets);
        format!("{label}{notes}")
    };
    let plain = format!("{}{}", sightings(passing.way, seen), marks(passing));
    let notes = [format!("{plain}{}", took(passing.way)), format!("{plain}{}", briefly(passing.way)), plain];
    let all = notes.iter().flat_map(|notes| (0..=TextHead::MOST).rev().map(|octets| show(octets, notes)));
    let [.., plain] = &notes;
    match all.into_iter().find(|label| label.len() <= most) {
        Some(label) => (label, None),
        None => (show(0, ""), Some(plain.trim_start().to_owned()).filter(|words| !words.is_empty())),
    }
}

/// What a segment is for that its label does not show: a probe looks like any ACK, and no label has the window.
fn marks(passing: &Passing<'_>) -> String {
    let step = passing.step;
    let is_probe = step.findings.has(Code::KeepAlive) || step.findings.has(Code::ZeroWindowProbe);
    let is_closed = step.segment.window == Some(0) && !step.segment.flags.has(Flags::RST);
    let marks =
        [(is_probe, " (probe)"), (is_closed, " (window 0)"), (passing.is_older, " (older connection)")];
    marks.into_iter().filter_map(|(is_so, words)| is_so.then_some(words)).collect()
}

/// What came to one end and is no segment, as wide as `room`: `|<-- 192.0.2.2: ICMP host unreachable --o    |`; where its
/// words are longer, so is the arrow.
pub fn notice(words: &str, to: Role, is_made: bool, room: usize) -> String {
    let inner = room.saturating_sub(2);
    let most = if is_made { inner.saturating_mul(SLANTED.0) / SLANTED.1 } else { inner };
    let dashes = most.saturating_sub(words.len().saturating_add(4)).max(2);
    let (before, after) = ("-".repeat(dashes.saturating_sub(dashes / 2)), "-".repeat(dashes / 2));
    let tail = if is_made { "o" } else { "" };
    let drawn = match to {
        Role::Client => format!("<{before} {words} {after}{tail}"),
        Role::Server => format!("{tail}{before} {words} {after}>"),
    };
    match to {
        Role::Client if drawn.len() > inner => format!("|{drawn}"),
        Role::Client => format!("|{drawn:<inner$}|"),
        Role::Server => format!("|{drawn:>inner$}|"),
    }
}

/// What an arrow to the right begins and ends with.
const fn ends(way: Way) -> (&'static str, &'static str) {
    match way {
        Way::Seen | Way::Whole(_) => ("", ">"),
        Way::Departs => ("", "\\"),
        Way::Arrives(_) | Way::Altered(_) => ("\\", ">"),
        Way::Lost => ("", "x"),
        Way::Appears | Way::Copied => ("o", ">"),
    }
}

fn mirrored(sign: &'static str) -> &'static str {
    match sign {
        ">" => "<",
        "\\" => "/",
        other => other,
    }
}

fn sightings(way: Way, seen: usize) -> String {
    match (way, seen) {
        (Way::Altered(_), _) => " (altered)".to_owned(),
        (Way::Copied, _) => " (a copy)".to_owned(),
        (_, 0 | 1) => String::new(),
        (_, 2) => " (seen twice)".to_owned(),
        _ => format!(" (seen {seen} times)"),
    }
}

fn took(way: Way) -> String {
    match way {
        Way::Whole(time) if time >= LONG => format!(" (takes {})", span(time)),
        Way::Arrives(time) if time >= LONG => format!(" (after {})", span(time)),
        _ => String::new(),
    }
}

/// How long a whole way took: nothing else in the picture says so.
fn briefly(way: Way) -> String {
    match way {
        Way::Whole(time) if time >= LONG => format!(" ({})", span(time)),
        _ => String::new(),
    }
}
