//! Frames in, items for the tracker out: the first of three stages.
//!
//! In: frames in the order of their source. Out: an item for each, and the counts of what was left out.
//! Invariant: every frame is accounted for: a segment, an ICMP error, or left out for a reason that the summary names. What
//! the user must know is said once.

use std::collections::BTreeSet;

use tcpshake::analyzer::pairs::SocketHasher;
use tcpshake::decode::error::{DecodeError, Fault};
use tcpshake::decode::short_way::{Head, Headers, Short};
use tcpshake::decode::{Decoded, Decoder};
use tcpshake::frame::{Frame, LinkType};
use tcpshake::jot::{Jot, Route, Traits};
use tcpshake::report::summary::Summary;
use tcpshake::segment::Segment;
use tcpshake::time::Timestamp;

use crate::cli::items::{Apart, Item, Items, Place, Room};
use crate::cli::told::say;

/// Decodes frames.
pub struct Intake {
    depth: usize,
    /// Whether nothing but errors is to be said.
    pub(super) is_quiet: bool,
    /// Whether nobody asks for more of a segment than its connection does.
    pub(super) is_brief: bool,
    decoder: Decoder,
    hasher: SocketHasher,
    summary: Summary,
    /// How many there were, and how many of them not the short way: each of the others is a segment.
    frames: u64,
    long: u64,
    /// Of those in brief, the ones whose checksum was left to the hardware.
    offloaded: u64,
    /// The time of the last one, which the summary need not know yet.
    latest: Timestamp,
    unsupported: BTreeSet<LinkType>,
}

impl Intake {
    /// Looks into `depth` tunnels inside one another; `hasher` is the tracker's.
    pub fn new(depth: usize, hasher: SocketHasher) -> Self {
        Self {
            depth,
            is_quiet: false,
            is_brief: false,
            decoder: Decoder::new(depth),
            hasher,
            summary: Summary::default(),
            frames: 0,
            long: 0,
            offloaded: 0,
            latest: Timestamp(u64::MAX),
            unsupported: BTreeSet::new(),
        }
    }

    /// Takes in a frame: what it is to the tracker goes to `items`, and more than one of them where it holds several packets.
    #[inline(always)]
    pub fn take(&mut self, frame: &Frame<'_>, items: &mut Items) {
        self.count(frame);
        let Some(head) = Head::of(frame) else { return self.take_any(*frame, items) };
        // The usual lengths have a way each, on which they are known: with stamps, without options, and of SYNs.
        match head.words() {
            8 => self.take_headed::<8>(head, frame, items),
            5 => self.take_headed::<5>(head, frame, items),
            10 => match head.with(10).and_then(Headers::bare) {
                Some(bare) if bare.is_syn() => self.open(&bare, items),
                _ => self.take_rare(*frame, items),
            },
            _ => self.take_rare(*frame, items),
        }
    }

    #[inline(always)]
    fn take_headed<const WORDS: usize>(&mut self, head: Head<'_>, frame: &Frame<'_>, items: &mut Items) {
        let Some(headers) = head.with(WORDS) else { return self.take_rare(*frame, items) };
        if let Some(bare) = headers.bare() {
            if bare.is_syn() {
                self.open(&bare, items);
            } else {
                self.take_short(&bare, items);
            }
        } else if let Some(cut) = headers.cut()
            && !cut.is_syn()
        {
            self.take_short(&cut, items);
        } else if let Some(whole) = headers.whole()
            && !whole.is_syn()
        {
            self.take_short(&whole, items);
        } else {
            self.take_rare(*frame, items);
        }
    }

    /// A header of another length, or one that is not all there; a SYN with text.
    #[inline(never)]
    fn take_rare(&mut self, frame: Frame<'_>, items: &mut Items) {
        match Short::of(&frame) {
            Some(short) if short.is_syn() => self.open(&short, items),
            Some(short) => self.take_short(&short, items),
            None => self.take_any(frame, items),
        }
    }

    /// One that is no SYN.
    #[inline(always)]
    fn take_short(&mut self, short: &Short<'_>, items: &mut Items) {
        let Some(traits) = self.traits(short) else { return self.take_whole(*short, items) };
        let Some(room) = items.next() else {
            return self.take_more(*short, traits, Apart::Nothing, items);
        };
        room.place.apart = Apart::Nothing;
        self.write(short, traits, room);
    }

    /// A SYN.
    #[inline(always)]
    fn open(&mut self, short: &Short<'_>, items: &mut Items) {
        let Some(traits) = self.traits(short) else { return self.take_whole(*short, items) };
        let apart = items.push_options(short.options());
        let Some(room) = items.next() else { return self.take_more(*short, traits, apart, items) };
        room.place.apart = apart;
        self.write(short, traits, room);
    }

    #[cold]
    #[inline(never)]
    fn take_more(&mut self, short: Short<'_>, traits: Traits, apart: Apart, items: &mut Items) {
        let room = items.make_room();
        room.place.apart = apart;
        self.write(&short, traits, room);
    }

    #[inline(always)]
    fn write(&mut self, short: &Short<'_>, traits: Traits, Room { place, hash, route }: Room<'_>) {
        short.write(traits, &mut place.jot);
        if place.jot.is_offloaded() {
            self.offloaded += 1;
        }
        let (source, destination) = short.sockets();
        *route = Route { source, destination };
        place.jot.goes(route);
        *hash = self.hasher.of_ipv4(source, destination);
    }

    #[inline(always)]
    fn traits(&self, short: &Short<'_>) -> Option<Traits> {
        if self.is_brief { short.traits() } else { None }
    }

    /// Counts a frame. Of the summary's span, and of time that steps back, those say nothing between which time goes on: of
    /// them the last one counts.
    #[inline(always)]
    fn count(&mut self, frame: &Frame<'_>) {
        if frame.time < self.latest {
            self.count_earlier(frame.number, frame.time);
        }
        self.frames += 1;
        self.latest = frame.time;
    }

    #[cold]
    #[inline(never)]
    fn count_earlier(&mut self, frame: u64, time: Timestamp) {
        self.count_latest();
        self.summary.count_frame(frame, time);
    }

    fn count_latest(&mut self) {
        if self.frames > 0 {
            // Nothing is shown by it: its number is not asked for.
            self.summary.count_frame(0, self.latest);
            self.summary.frames = self.frames;
        }
    }

    /// What is not in brief.
    #[inline(never)]
    fn take_whole(&self, short: Short<'_>, items: &mut Items) {
        let (source, destination) = short.sockets();
        items.push(Item::Segment(short.segment(), self.hasher.of_ipv4(source, destination)));
    }

    /// Reads a frame header by header.
    #[inline(never)]
    fn take_any(&mut self, frame: Frame<'_>, items: &mut Items) {
        self.long += 1;
        match self.decoder.decode_any(&frame) {
            Ok(Decoded::Segment(segment)) => self.take_segment(segment, items),
            Ok(Decoded::Icmp(error)) => {
                self.summary.not_tcp += 1;
                items.push(Item::Icmp(error));
            }
            other => {
                self.leave_out(&frame, &other);
                items.push(Item::Other(frame.time));
            }
        }
        for nth in 1.. {
            match self.decoder.decode_further(&frame, nth) {
                None => return,
                Some(Ok(Decoded::Segment(segment))) => self.take_segment(segment, items),
                Some(Ok(Decoded::Icmp(error))) => items.push(Item::Icmp(error)),
                // The frame counts as what its first packet is.
                Some(Ok(Decoded::NotTcp)) => {}
                Some(Err(error)) if matches!(error.fault, Fault::NotCaptured { .. }) => return,
                Some(other) => {
                    self.leave_out(&frame, &other);
                    return;
                }
            }
        }
    }

    fn take_segment(&mut self, segment: Segment, items: &mut Items) {
        self.summary.segments += 1;
        let hash = self.hasher.of(&segment);
        match self.is_brief.then(|| Jot::routed(&segment)).flatten() {
            Some((jot, route)) => {
                self.offloaded += u64::from(jot.is_offloaded());
                let is_syn = jot.is_syn();
                let apart =
                    if is_syn { items.push_options(segment.options.octets()) } else { Apart::Nothing };
                let room = items.place();
                (*room.place, *room.hash, *room.route) = (Place { jot, apart }, hash, route);
            }
            None => items.push(Item::Segment(segment, hash)),
        }
    }

    fn leave_out(&mut self, frame: &Frame<'_>, decoded: &Result<Decoded, DecodeError>) {
        match decoded {
            Ok(Decoded::Fragment) => self.summary.count_fragment(frame.number),
            Ok(Decoded::TooDeep) => self.too_deep(),
            Ok(Decoded::UnsupportedLink(link)) => self.unsupported_link(frame.number, *link),
            Ok(_) => self.summary.not_tcp += 1,
            Err(_) => self.summary.malformed += 1,
        }
    }

    /// Whether frames had to be left out because their link type is not known.
    pub fn has_unsupported(&self) -> bool {
        !self.unsupported.is_empty()
    }

    /// What was counted.
    pub fn into_summary(mut self) -> Summary {
        self.count_latest();
        self.summary.segments += self.frames - self.long;
        self.summary.quality.count_offloaded(self.offloaded);
        Summary { never_whole: self.decoder.never_whole(), ..self.summary }
    }

    fn too_deep(&mut self) {
        self.summary.too_deep += 1;
        // Who asked for no tunnels at all knows that there are some.
        if self.summary.too_deep == 1 && self.depth > 0 && !self.is_quiet {
            say(format_args!(
                "more than {} tunnels inside one another; what is deeper is left out\n  \
                 try: --depth {}",
                self.depth,
                self.depth.saturating_mul(2)
            ));
        }
    }

    fn unsupported_link(&mut self, frame: u64, link: LinkType) {
        self.summary.count_unsupported(frame, link);
        if self.unsupported.insert(link) {
            say(format_args!(
                "link type {}: not supported; frames of it are left out\n  \
                 try: https://www.tcpdump.org/linktypes.html, to see what it is",
                link.0
            ));
        }
    }
}
