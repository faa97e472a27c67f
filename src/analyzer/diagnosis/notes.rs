//! What the rules remember of one connection: the codes raised with their evidence, and what may yet become one.
//!
//! In: raised codes with frames, as the rules come upon them. Out: the same, in the order in which they came to light.
//! Invariant: a connection of which nothing is to be said keeps no page here, and a page is bounded: a code keeps the
//! first frames of its evidence and the last.

use crate::analyzer::diagnosis::cause::Causes;
use crate::analyzer::diagnosis::code::{Code, CodeSet};
use crate::analyzer::pack::{Pack, Packer, Unpacker, packed};
use crate::analyzer::role::{Ends, Role};
use crate::icmp::IcmpError;
use crate::seq::SeqNumber;
use crate::time::Timestamp;

/// Frames of evidence kept from the first on; beyond them the last one is kept.
pub const FIRST_FRAMES: usize = 15;

/// Times kept of repeated SYNs: Linux gives up after ten at the most, others earlier.
pub const RETRIES: usize = 32;

/// The notes on one connection.
#[derive(Clone, Debug, Default)]
pub struct Notes(Option<Box<Page>>);

/// The notes, once there is something to note.
#[derive(Clone, Debug, Default)]
pub struct Page {
    pub(super) raised: Vec<Raised>,
    /// Raised, or shown again, by the segment at hand.
    pub(super) now: CodeSet,
    /// When the SYN was sent again, and whether a RST of the client's own came before.
    pub retries: Vec<(Timestamp, bool)>,
    /// The client has sent a RST that answers an older connection's acknowledgement, and no SYN since.
    pub recovers: bool,
    /// What an end acknowledged that has an older connection: the frame and the number.
    pub older: Option<(u64, SeqNumber)>,
    /// Whether an older connection, kept beside this attempt, answered the SYN, or went on in spite of it.
    pub challenged: bool,
    /// A SYN+ACK that acknowledges what was not sent: the number, and the frame.
    pub bad_answer: Option<(u64, SeqNumber)>,
    /// What was sent to each end that a challenge ACK may answer: the frame, and when.
    pub provoked: Ends<Option<(u64, Timestamp)>>,
    /// A RST that moved nothing so far: its frame, and who would have been reset.
    pub idle_rst: Option<(u64, Role)>,
    /// The RST that was taken for valid: its frame, and its causes as far as they can be told.
    pub rst: Option<(u64, Causes)>,
    /// Repeated SYN+ACKs by their end.
    pub syn_ack_repeats: Ends<Repeats>,
    /// Repeated FINs by their end.
    pub fin_repeats: Ends<Repeats>,
    /// The ICMP error that answered the SYN.
    pub icmp: Option<IcmpError>,
    /// Keep-alives and probes that an end has sent since it last heard from the other.
    pub probes: Ends<u32>,
    /// Whether text was sent to each end after its own FIN.
    pub text_after_fin: Ends<bool>,
    /// When the text after a half-close came first and last.
    pub half_close: Option<(Timestamp, Timestamp)>,
}

/// Repetitions, by whether what they repeat had been acknowledged in the capture.
#[derive(Clone, Copy, Debug, Default)]
pub struct Repeats {
    /// Repeated though an acknowledgement had passed the tap since the time before.
    pub though_acknowledged: u32,
    /// Repeated while none had.
    pub unacknowledged: u32,
    /// An acknowledgement has passed since the last one.
    pub acknowledged_since: bool,
    /// When the last one came.
    pub last: Option<Timestamp>,
}

/// A code with its evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raised {
    /// The code.
    pub code: Code,
    /// The first frames of evidence, and the last.
    pub frames: Vec<u64>,
}

impl Notes {
    /// The page, to write on.
    pub fn page(&mut self) -> &mut Page {
        self.0.get_or_insert_default()
    }

    /// The page, if anything was noted.
    pub fn read(&self) -> Option<&Page> {
        self.0.as_deref()
    }

    /// The page to change, if anything was noted.
    pub fn edit(&mut self) -> Option<&mut Page> {
        self.0.as_deref_mut()
    }

    /// Raises `code`, or adds to its evidence. Frame 0 stands for one that was not captured, and is none.
    pub fn raise(&mut self, code: Code, frames: &[u64]) {
        let page = self.page();
        page.now.add(code);
        let known = page.raised.iter().position(|raised| raised.code == code);
        let at = known.unwrap_or(page.raised.len());
        if known.is_none() {
            page.raised.push(Raised { code, frames: Vec::new() });
        }
        if let Some(raised) = page.raised.get_mut(at) {
            frames.iter().for_each(|frame| raised.show(*frame));
        }
    }

    /// Whether `code` was raised.
    pub fn has(&self, code: Code) -> bool {
        self.raised().iter().any(|raised| raised.code == code)
    }

    /// Takes back what was raised too early.
    pub fn withdraw(&mut self, code: Code) {
        if let Some(page) = &mut self.0 {
            page.raised.retain(|raised| raised.code != code);
        }
    }

    /// Takes client for server: who opened turns out only now.
    pub fn exchange(&mut self) {
        let Some(page) = self.edit() else { return };
        page.provoked.exchange();
        page.syn_ack_repeats.exchange();
        page.fin_repeats.exchange();
        page.text_after_fin.exchange();
        page.probes.exchange();
        page.idle_rst = page.idle_rst.map(|(frame, target)| (frame, target.other()));
    }

    /// Adds the evidence of one code to that of another.
    pub fn copy_frames(&mut self, from: Code, to: Code) {
        let found = self.raised().iter().find(|raised| raised.code == from);
        let frames = found.map(|raised| raised.frames.clone()).unwrap_or_default();
        self.raise(to, &frames);
    }

    /// All that was raised, in the order in which it came to light.
    pub fn raised(&self) -> &[Raised] {
        self.read().map_or(&[], |page| &page.raised)
    }

    /// What the segment at hand has shown; the next one begins anew.
    pub fn take_now(&mut self) -> CodeSet {
        self.0.as_mut().map(|page| std::mem::take(&mut page.now)).unwrap_or_default()
    }
}

impl Page {
    /// Whether a segment that goes on as in the textbook raises nothing by what was noted so far.
    pub fn is_at_rest(&self) -> bool {
        let Ends { client, server } = &self.provoked;
        // What others have shown since is for the next segment to tell.
        self.now == CodeSet::default()
            && client.is_none()
            && server.is_none()
            && self.idle_rst.is_none()
            && !self.raised.iter().any(|raised| raised.code == Code::FastOpenIgnored)
    }

    /// Notes that `to` was sent a segment that is read, and what of its own that acknowledges.
    pub fn hears(&mut self, to: Role, covers_syn: bool, covers_fin: bool) {
        *self.probes.of_mut(to) = 0;
        self.syn_ack_repeats.of_mut(to).acknowledged_since |= covers_syn;
        self.fin_repeats.of_mut(to).acknowledged_since |= covers_fin;
    }
}

impl Repeats {
    /// Counts a repetition; `acknowledged` says whether the sending before it had been acknowledged.
    pub const fn count(&mut self, acknowledged: bool) {
        if acknowledged {
            self.though_acknowledged = self.though_acknowledged.saturating_add(1);
        } else {
            self.unacknowledged = self.unacknowledged.saturating_add(1);
        }
        self.acknowledged_since = false;
    }
}

impl Raised {
    fn show(&mut self, frame: u64) {
        if frame == 0 || self.frames.contains(&frame) {
            return;
        }
        if self.frames.len() > FIRST_FRAMES {
            self.frames.pop();
        }
        self.frames.push(frame);
    }
}

packed!(Repeats { though_acknowledged, unacknowledged, acknowledged_since, last });
packed!(Raised { code, frames });
packed!(Page {
    raised,
    now,
    retries,
    recovers,
    older,
    challenged,
    bad_answer,
    provoked,
    idle_rst,
    rst,
    syn_ack_repeats,
    fin_repeats,
    icmp,
    probes,
    text_after_fin,
    half_close,
});

impl Pack for Notes {
    fn pack(&self, to: &mut Packer) {
        self.0.pack(to);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        Option::unpack(from).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_keeps_the_first_frames_and_the_last() {
        let mut notes = Notes::default();
        for frame in 1..=100 {
            notes.raise(Code::KeepAlive, &[frame, frame]);
        }
        let frames = &notes.raised()[0].frames;
        assert_eq!((frames.len(), frames.first(), frames.last()), (16, Some(&1), Some(&100)));
        assert_eq!(notes.take_now().iter().collect::<Vec<_>>(), [Code::KeepAlive]);
        assert_eq!(notes.take_now(), CodeSet::default());
    }
}
