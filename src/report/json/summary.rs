//! The record of a whole input.
//!
//! In: the summary. Out: its record.
//! Invariant: counts are known and stand even where they are 0; what only a live capture knows is left out elsewhere.

use serde::{Serialize, Serializer};

use crate::report::json::rare::Seconds;
use crate::report::summary::Summary;

/// What was read, left out and found.
#[derive(Serialize)]
#[serde(tag = "type", rename = "summary")]
pub struct SummaryRecord<'a> {
    frames: u64,
    segments: u64,
    connections: u64,
    not_tcp: u64,
    icmp_errors: u64,
    malformed: u64,
    unsupported_link: u64,
    #[serde(skip_serializing_if = "LinkTypes::is_empty")]
    unsupported_link_types: LinkTypes<'a>,
    fragments: u64,
    never_whole: u64,
    too_deep: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    captured: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dropped: Option<u64>,
    #[serde(skip_serializing_if = "is_zero")]
    damaged_blocks: u64,
    evicted: u64,
    quality: Quality,
    #[serde(skip_serializing_if = "Option::is_none")]
    elapsed: Option<Seconds>,
    findings: BySeverity,
}

/// How good the capture is.
#[derive(Serialize)]
struct Quality {
    duplicates: u64,
    offloaded: u64,
    cut_short: u64,
    stepped_back: u64,
    one_sided: u64,
    reordered: u64,
    mid_stream: u64,
}

/// Findings by severity.
#[derive(Serialize)]
struct BySeverity {
    note: u64,
    warning: u64,
    error: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Frames by link type.
struct LinkTypes<'a>(&'a Summary);

impl<'a> SummaryRecord<'a> {
    /// The record of `summary`.
    pub fn of(summary: &'a Summary) -> Self {
        let found = summary.findings;
        Self {
            frames: summary.frames,
            segments: summary.segments,
            connections: summary.connections,
            not_tcp: summary.not_tcp,
            icmp_errors: summary.icmp_errors,
            malformed: summary.malformed,
            unsupported_link: summary.unsupported_link.values().sum(),
            unsupported_link_types: LinkTypes(summary),
            fragments: summary.fragments,
            never_whole: summary.never_whole,
            too_deep: summary.too_deep,
            captured: summary.captured,
            dropped: summary.dropped,
            damaged_blocks: summary.damaged_blocks,
            evicted: summary.evicted,
            quality: Quality::of(summary),
            elapsed: summary.elapsed().map(Seconds),
            findings: BySeverity { note: found.notes, warning: found.warnings, error: found.errors },
        }
    }
}

impl Quality {
    const fn of(summary: &Summary) -> Self {
        let quality = &summary.quality;
        Self {
            duplicates: quality.duplicates,
            offloaded: quality.offloaded,
            cut_short: quality.cut_short,
            stepped_back: quality.stepped_back,
            one_sided: quality.one_sided,
            reordered: quality.reordered,
            mid_stream: quality.mid_stream,
        }
    }
}

impl LinkTypes<'_> {
    fn is_empty(&self) -> bool {
        self.0.unsupported_link.is_empty()
    }
}

impl Serialize for LinkTypes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.unsupported_link.iter().map(|(link, count)| (link.0, count)))
    }
}
