//! The account of a whole input: what was read, what was left out and why, what was found.
//!
//! In: counts, as whoever drives the pipeline makes them. Out: numbers, and a line or two for people.
//! Invariant: nothing is left out in silence: a frame that is no segment in a connection stands under exactly one of
//! the reasons.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::analyzer::connection::Connection;
use crate::analyzer::diagnosis::code::Code;
use crate::analyzer::diagnosis::finding::Finding;
use crate::analyzer::diagnosis::severity::Severity;
use crate::frame::LinkType;
use crate::report::quality::Quality;
use crate::time::Timestamp;

/// Counters over a whole input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Frames read.
    pub frames: u64,
    /// TCP segments among them.
    pub segments: u64,
    /// Connections that they belong to.
    pub connections: u64,
    /// Frames that carry something else.
    pub not_tcp: u64,
    /// ICMP errors among them that quote the SYN of a connection here.
    pub icmp_errors: u64,
    /// Frames that contradict themselves, or were cut before anything could be told.
    pub malformed: u64,
    /// Frames of a link type that is not read here, by that type.
    pub unsupported_link: BTreeMap<LinkType, u64>,
    /// Fragments that bring nothing by themselves.
    pub fragments: u64,
    /// Packets in fragments that never became whole.
    pub never_whole: u64,
    /// Frames with a packet inside more tunnels than were looked into.
    pub too_deep: u64,
    /// Frames that a live capture took, as the system counts them.
    pub captured: Option<u64>,
    /// Frames that a capture lost, where that is known.
    pub dropped: Option<u64>,
    /// Places where a file contradicts its own format, and something was passed over.
    pub damaged_blocks: u64,
    /// Connections let go early because there were too many at a time.
    pub evicted: u64,
    /// How good the capture is.
    pub quality: Quality,
    /// What was found, by severity.
    pub findings: BySeverity,
    /// When the earliest and the latest frame were captured.
    pub span: Option<(Timestamp, Timestamp)>,
}

/// A count for each severity of finding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BySeverity {
    /// Notes.
    pub notes: u64,
    /// Warnings.
    pub warnings: u64,
    /// Errors.
    pub errors: u64,
}

impl BySeverity {
    /// How many there are that matter so much as `least`, or more.
    pub const fn at_or_above(self, least: Severity) -> u64 {
        let Self { notes, warnings, errors } = self;
        match least {
            Severity::Note => errors.saturating_add(warnings).saturating_add(notes),
            Severity::Warning => errors.saturating_add(warnings),
            Severity::Error => errors,
        }
    }
}

impl Summary {
    /// Counts the frame with that number, captured at `time`.
    pub fn count_frame(&mut self, frame: u64, time: Timestamp) {
        self.frames = self.frames.saturating_add(1);
        self.quality.count_frame(frame, time);
        let (first, last) = self.span.unwrap_or((time, time));
        self.span = Some((first.min(time), last.max(time)));
    }

    /// Adds what was counted elsewhere of the same input: another stage counts other things.
    pub fn join(&mut self, other: Self) {
        let add = |count: &mut u64, more: u64| *count = count.saturating_add(more);
        add(&mut self.frames, other.frames);
        add(&mut self.segments, other.segments);
        add(&mut self.connections, other.connections);
        add(&mut self.not_tcp, other.not_tcp);
        add(&mut self.icmp_errors, other.icmp_errors);
        add(&mut self.malformed, other.malformed);
        add(&mut self.fragments, other.fragments);
        add(&mut self.never_whole, other.never_whole);
        add(&mut self.too_deep, other.too_deep);
        add(&mut self.damaged_blocks, other.damaged_blocks);
        add(&mut self.evicted, other.evicted);
        add(&mut self.findings.notes, other.findings.notes);
        add(&mut self.findings.warnings, other.findings.warnings);
        add(&mut self.findings.errors, other.findings.errors);
        for (link, count) in other.unsupported_link {
            add(self.unsupported_link.entry(link).or_default(), count);
        }
        self.captured = self.captured.or(other.captured);
        self.dropped = self.dropped.or(other.dropped);
        self.span = match (self.span, other.span) {
            (Some((first, last)), Some((from, to))) => Some((first.min(from), last.max(to))),
            (one, other) => one.or(other),
        };
        self.quality.join(other.quality);
    }

    /// Counts a fragment that cannot be read alone.
    pub fn count_fragment(&mut self, frame: u64) {
        self.fragments = self.fragments.saturating_add(1);
        self.quality.show(Code::Fragmented, frame);
    }

    /// Counts a frame of a link type that is not read here.
    pub fn count_unsupported(&mut self, frame: u64, link: LinkType) {
        self.quality.show(Code::UnsupportedLink, frame);
        let count = self.unsupported_link.entry(link).or_default();
        *count = count.saturating_add(1);
    }

    /// Counts what was found about `connection`.
    pub fn count_findings(&mut self, connection: &Connection) {
        self.quality.count_connection(connection);
        connection.findings().iter().for_each(|finding| self.count_finding(finding));
    }

    /// Ends the account: the findings about the capture as a whole, counted with the others.
    pub fn findings_of_capture(&mut self) -> Vec<Finding> {
        let unsupported: u64 = self.unsupported_link.values().sum();
        let (stepped_back, dropped) = (self.quality.stepped_back, self.dropped.unwrap_or(0));
        let found: Vec<Finding> = [
            (Code::TimeSteppedBack, stepped_back, "Time steps back at", "; the order of the file is kept"),
            (Code::Fragmented, self.fragments, "IP fragments that cannot be read alone:", ""),
            (
                Code::FramesDropped,
                dropped,
                "The capture lost",
                "; what rests on something missing is in doubt",
            ),
            (Code::UnsupportedLink, unsupported, "Of a link type that is not read here:", ""),
        ]
        .into_iter()
        .filter_map(|(code, count, before, behind)| {
            self.quality.finding(code, count, format!("{before} {}{behind}.", Count(count, "frame")))
        })
        .collect();
        found.iter().for_each(|finding| self.count_finding(finding));
        found
    }

    fn count_finding(&mut self, finding: &Finding) {
        let count = match finding.code.severity() {
            Severity::Note => &mut self.findings.notes,
            Severity::Warning => &mut self.findings.warnings,
            Severity::Error => &mut self.findings.errors,
        };
        *count = count.saturating_add(1);
    }

    /// From the earliest frame to the latest; `None` where there was no frame.
    pub fn elapsed(&self) -> Option<Duration> {
        self.span.map(|(first, last)| last.since(first))
    }
}

impl fmt::Display for Summary {
    /// `42 frames, 40 segments in 3 connections; left out: 2 not TCP`, and a line on what was lost if anything was.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { frames, segments, connections, .. } = *self;
        write!(
            f,
            "{}, {} in {}",
            Count(frames, "frame"),
            Count(segments, "segment"),
            Count(connections, "connection")
        )?;
        let BySeverity { notes, warnings, errors } = self.findings;
        let mut found = Listing::new("; found: ");
        for (count, what) in [(errors, "error"), (warnings, "warning"), (notes, "note")] {
            found.add(f, count, format_args!("{}", Count(count, what)))?;
        }
        let mut left_out = Listing::new("; left out: ");
        left_out.add(f, self.not_tcp, format_args!("{} not TCP", self.not_tcp))?;
        left_out.add(f, self.malformed, format_args!("{} malformed", self.malformed))?;
        left_out.add(f, self.fragments, format_args!("{}", Count(self.fragments, "fragment")))?;
        left_out.add(f, self.too_deep, format_args!("{} too deep in tunnels", self.too_deep))?;
        for (LinkType(link), count) in &self.unsupported_link {
            left_out.add(f, *count, format_args!("{count} of the unsupported link type {link}"))?;
        }
        if self.captured.is_some() && self.dropped == Some(0) {
            f.write_str("; none lost by the capture")?;
        }
        let dropped = self.dropped.unwrap_or(0);
        let mut lost = Listing::new("\n");
        lost.add(f, dropped, format_args!("{} lost by the capture", Count(dropped, "frame")))?;
        let damaged = Count(self.damaged_blocks, "damaged place");
        lost.add(f, self.damaged_blocks, format_args!("{damaged} passed over"))?;
        let never_whole = Count(self.never_whole, "packet");
        lost.add(f, self.never_whole, format_args!("{never_whole} in fragments never whole"))?;
        let evicted = Count(self.evicted, "connection");
        lost.add(f, self.evicted, format_args!("{evicted} let go early, being too many at a time"))?;
        if lost.has_any { f.write_str(": what rests on something missing is in doubt") } else { Ok(()) }
    }
}

/// A number of things, in words.
struct Count(u64, &'static str);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(count, what) = self;
        write!(f, "{count} {what}{}", if *count == 1 { "" } else { "s" })
    }
}

/// What is there of a list, with an opening word if it is anything.
struct Listing {
    opening: &'static str,
    has_any: bool,
}

impl Listing {
    const fn new(opening: &'static str) -> Self {
        Self { opening, has_any: false }
    }

    fn add(&mut self, f: &mut fmt::Formatter<'_>, count: u64, what: fmt::Arguments<'_>) -> fmt::Result {
        if count == 0 {
            return Ok(());
        }
        f.write_str(if self.has_any { ", " } else { self.opening })?;
        self.has_any = true;
        f.write_fmt(what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_not_spoken_of() {
        let mut summary = Summary { segments: 1, connections: 1, dropped: Some(0), ..Summary::default() };
        summary.count_frame(1, Timestamp::new(5, 0));
        assert_eq!(summary.to_string(), "1 frame, 1 segment in 1 connection");
    }

    #[test]
    fn what_was_left_out_and_lost_is_named() {
        let mut summary = Summary {
            frames: 42,
            segments: 36,
            connections: 3,
            not_tcp: 2,
            fragments: 1,
            too_deep: 4,
            dropped: Some(7),
            never_whole: 2,
            findings: BySeverity { notes: 0, warnings: 2, errors: 1 },
            ..Summary::default()
        };
        for link in [105, 105, 127] {
            summary.count_unsupported(1, LinkType(link));
        }
        insta::assert_snapshot!(summary, @r#"
        42 frames, 36 segments in 3 connections; found: 1 error, 2 warnings; left out: 2 not TCP, 1 fragment, 4 too deep in tunnels, 2 of the unsupported link type 105, 1 of the unsupported link type 127
        7 frames lost by the capture, 2 packets in fragments never whole: what rests on something missing is in doubt
        "#);
    }

    #[test]
    fn a_severity_counts_with_those_above_it() {
        let found = BySeverity { notes: 100, warnings: 20, errors: 3 };
        let counted = Severity::ALL.map(|least| found.at_or_above(least));
        assert_eq!(counted, [123, 23, 3]);
    }

    #[test]
    fn time_that_steps_back_does_not_shorten_the_span() {
        let mut summary = Summary::default();
        assert_eq!(summary.elapsed(), None);
        for (frame, seconds) in (1..).zip([10, 9, 12, 11]) {
            summary.count_frame(frame, Timestamp::new(seconds, 0));
        }
        assert_eq!((summary.frames, summary.elapsed()), (4, Some(Duration::from_secs(3))));
        let found = summary.findings_of_capture();
        assert_eq!((found[0].code, found[0].frames.as_slice()), (Code::TimeSteppedBack, &[2, 4][..]));
        assert_eq!((found.len(), summary.findings.notes), (1, 1));
    }
}
