//! What is to be said of all connections of one course, each time with frames and times of its own.
//!
//! In: the notes and the findings of one of them, and its events. Out: the same notes and findings with other events.
//! Invariant: only what the course alone decides is taken: not a word of it rests on a time or on a number.

use crate::analyzer::diagnosis::code::Code;
use crate::analyzer::diagnosis::finding::Finding;
use crate::analyzer::diagnosis::notes::{Notes, Page, Raised, Repeats};
use crate::analyzer::role::Ends;
use crate::time::Timestamp;

/// When the segments came that moved the states of a connection, and in which frames, the SYN first.
#[derive(Clone, Copy, Debug)]
pub struct Events<'a> {
    /// The frames.
    pub frames: &'a [u64],
    /// The times.
    pub times: &'a [Timestamp],
    /// How many of them come after the first SYN until the last SYN of either end.
    pub opening: usize,
}

/// Which events are evidence of what.
#[derive(Debug)]
pub struct Evidence {
    /// Of each finding.
    raised: Vec<Vec<usize>>,
    /// The RST that was taken for valid.
    rst: Option<usize>,
}

impl Evidence {
    /// That of these `notes` and `findings`; `None` where another connection of the same course may differ in them.
    pub fn of(notes: &Notes, findings: &[Finding], events: Events<'_>) -> Option<Self> {
        Self::where_told(notes, findings, events, is_told_by_the_course)
    }

    /// The same of an attempt that was not answered, where it is known that this is to be said. The sentence that has its times in it
    /// is for another to put down.
    pub fn of_silence(notes: &Notes, findings: &[Finding], events: Events<'_>) -> Option<Self> {
        let is_told = |code| is_told_by_the_course(code) || is_told_by_silence(code);
        Self::where_told(notes, findings, events, is_told)
    }

    fn where_told(
        notes: &Notes,
        findings: &[Finding],
        events: Events<'_>,
        is_told: impl Fn(Code) -> bool,
    ) -> Option<Self> {
        let page = notes.read()?;
        let is_same = |(raised, finding): (&Raised, &Finding)| {
            raised.code == finding.code && raised.frames == finding.frames && is_told(raised.code)
        };
        let are_same = page.raised.len() == findings.len() && page.raised.iter().zip(findings).all(is_same);
        if !are_same || !is_known(page, events) {
            return None;
        }
        let event = |frame: &u64| events.frames.iter().position(|known| known == frame);
        let all = |raised: &Raised| raised.frames.iter().map(event).collect::<Option<Vec<_>>>();
        let raised = page.raised.iter().map(all).collect::<Option<Vec<_>>>()?;
        let rst = match page.rst {
            Some((frame, _)) => Some(event(&frame)?),
            None => None,
        };
        Some(Self { raised, rst })
    }

    /// Takes these `notes` and `findings` for those of another connection of the course.
    pub fn show(&self, notes: &mut Notes, findings: &mut [Finding], events: Events<'_>) {
        let Some(page) = notes.edit() else { return };
        let frame = |event: usize| events.frames.get(event).copied().unwrap_or_default();
        let raised = page.raised.iter_mut().map(|raised| &mut raised.frames);
        for ((raised, finding), evidence) in raised.zip(findings).zip(&self.raised) {
            for ((raised, found), event) in raised.iter_mut().zip(&mut finding.frames).zip(evidence) {
                *raised = frame(*event);
                *found = *raised;
            }
        }
        if let (Some((known, _)), Some(event)) = (&mut page.rst, self.rst) {
            *known = frame(event);
        }
        let again = events.times.iter().skip(1);
        for ((known, _), time) in page.retries.iter_mut().zip(again) {
            *known = *time;
        }
        if let Some(last) = &mut page.syn_ack_repeats.server.last {
            *last = events.times.get(events.opening).copied().unwrap_or_default();
        }
    }
}

/// Whether all on the `page` is what `Evidence::show` finds for another connection, or the same.
fn is_known(page: &Page, events: Events<'_>) -> bool {
    // Each field is named, so that nobody forgets one that is to come.
    let Page {
        raised: _,
        now: _,
        retries,
        recovers,
        older,
        challenged,
        bad_answer,
        provoked,
        idle_rst,
        rst: _,
        syn_ack_repeats,
        fin_repeats,
        icmp,
        probes,
        text_after_fin,
        half_close,
    } = page;
    let is_timeless = |repeats: &Repeats| repeats.last.is_none();
    let last_answer = syn_ack_repeats.server.last;
    let again = retries.iter().map(|(time, _)| time);
    !recovers
        && older.is_none()
        && !challenged
        && bad_answer.is_none()
        && *provoked == Ends::default()
        && idle_rst.is_none()
        && icmp.is_none()
        && *probes == Ends::default()
        && *text_after_fin == Ends::default()
        && half_close.is_none()
        && is_timeless(&fin_repeats.client)
        && is_timeless(&fin_repeats.server)
        && is_timeless(&syn_ack_repeats.client)
        && last_answer.is_none_or(|last| events.times.get(events.opening) == Some(&last))
        && again.eq(events.times.iter().skip(1).take(retries.len()))
}

/// Whether nothing but the course of a connection decides that `code` is raised, and what is said of it: no rule of theirs may
/// ask for a time.
const fn is_told_by_the_course(code: Code) -> bool {
    matches!(
        code,
        Code::Aborted
            | Code::AcksNotArriving
            | Code::FinRetransmitted
            | Code::LastAckLost
            | Code::Refused
            | Code::SynAckRetransmitted
            | Code::SynRetransmitted
    )
}

/// What is said of an attempt that was not answered.
const fn is_told_by_silence(code: Code) -> bool {
    matches!(code, Code::NoAnswer | Code::AcceptQueueFull)
}
