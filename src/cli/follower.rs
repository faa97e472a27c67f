//! Items in, news out: the second of three stages.
//!
//! In: what the frames were to the tracker, in their order. Out: a step for each segment, where the report wants them, and
//! each connection once it has ended, in the order in which they come to be known.
//! Invariant: nothing is written here, and no last verdict is made: both can go on while the next items are followed.

use tcpshake::analyzer::config::Config;
use tcpshake::analyzer::hold::ahead::Prepared;
use tcpshake::analyzer::hold::ending::{Ending, Rooms};
use tcpshake::analyzer::pairs::SocketHasher;
use tcpshake::analyzer::step::Step;
use tcpshake::analyzer::sweep::{Beside, InBrief, Swept};
use tcpshake::analyzer::tracker::Tracker;
use tcpshake::jot::Usual;
use tcpshake::report::summary::Summary;
use tcpshake::segment::Segment;
use tcpshake::time::Timestamp;

use crate::cli::items::{Few, Item};

/// So many endings are worth being handed on, and twice as many steps.
const MANY: usize = 256;

/// Follows connections.
pub struct Follower {
    tracker: Tracker,
    summary: Summary,
    wants_steps: bool,
}

/// What came to be known, in order.
#[derive(Default)]
pub struct News {
    pub(super) steps: Vec<Step>,
    pub(super) ended: Vec<Ending>,
    /// How many steps came before each of them, where there are any.
    pub(super) before: Vec<usize>,
    /// Connections that were told: their room is used again.
    pub(super) told: Rooms,
}

impl Follower {
    /// Tracks within `config`; steps are made where the report wants them.
    pub fn new(config: Config, wants_steps: bool) -> Self {
        Self { tracker: Tracker::new(config), summary: Summary::default(), wants_steps }
    }

    /// What hashes socket pairs as its tracker does.
    pub fn hasher(&self) -> SocketHasher {
        self.tracker.hasher()
    }

    /// Takes room for connections that are to come, all that there is.
    pub fn take_rooms(&mut self, rooms: &mut Rooms) {
        if !rooms.is_empty() {
            self.tracker.give_back_last(rooms);
        }
    }

    /// Takes in a few items, which are looked at first, so that what they need is at hand. Of news that are many some may have to
    /// be told on the way.
    pub fn take_few<E>(
        &mut self,
        few: Few<'_>,
        prepared: &mut Vec<Prepared>,
        news: &mut News,
        mut tell: impl FnMut(&mut News) -> Result<(), E>,
    ) -> Result<(), E> {
        self.tracker.prepare(few.coming(), prepared);
        let (mut few, mut prepared) = (few, &prepared[..]);
        loop {
            let taken = self.sweep(few, prepared);
            (few, prepared) = (few.after(taken), &prepared[taken..]);
            let (Some(place), Some((first, others))) = (few.places().first(), prepared.split_first()) else {
                break;
            };
            if let Some(time) = few.time_of(place)
                && self.tracker.is_due(time)
            {
                self.let_pass(time, news, &mut tell)?;
            }
            self.take_first(few, *first, news);
            (few, prepared) = (few.after(1), others);
            // Without steps nothing lies between two endings.
            if self.wants_steps {
                self.note_ended(news);
            }
        }
        self.note_ended(news);
        if news.is_large() { tell(news) } else { Ok(()) }
    }

    /// Takes in what can be taken in together from the first on, where nobody asks for steps. How many that is.
    fn sweep(&mut self, few: Few<'_>, prepared: &[Prepared]) -> usize {
        if self.wants_steps {
            return 0;
        }
        let Swept { taken, seen_again } = self.tracker.sweep(few.places(), prepared, &few);
        self.summary.quality.count_seen_again(seen_again);
        taken
    }

    fn take_first(&mut self, few: Few<'_>, prepared: Prepared, news: &mut News) {
        let Some(place) = few.places().first() else { return };
        match (place.jot(), few.route(0)) {
            (Some(jot), Some(route)) => {
                let options = || few.options(0);
                let is_seen_again = self.tracker.follow_usual(Usual { jot, route }, options, prepared);
                self.summary.quality.count_seen_again(is_seen_again.into());
            }
            _ => self.take_apart(few.apart(place), prepared, news),
        }
    }

    /// Lets time pass until `now`. What has ended is told where it is much: otherwise it would be held twice. The last few are left,
    /// which are told behind the step of the segment that shows the time.
    #[inline(never)]
    fn let_pass<E>(
        &mut self,
        now: Timestamp,
        news: &mut News,
        tell: &mut impl FnMut(&mut News) -> Result<(), E>,
    ) -> Result<(), E> {
        while !self.tracker.expire_some(now) {
            if self.wants_steps && self.tracker.endings() < MANY {
                continue;
            }
            self.note_ended(news);
            if news.is_large() {
                tell(news)?;
            }
        }
        Ok(())
    }

    #[inline(never)]
    fn take_apart(&mut self, item: Option<&Item>, prepared: Prepared, news: &mut News) {
        match item {
            Some(Item::Segment(segment, _)) => self.take_segment(segment, prepared, news),
            Some(Item::Icmp(error)) => {
                self.summary.icmp_errors += u64::from(self.tracker.observe_icmp(error));
            }
            Some(Item::Other(time)) => self.tracker.expire(*time),
            None => {}
        }
    }

    /// Lets time pass where no frame came. Of news that are many some may have to be told on the way.
    pub fn expire<E>(
        &mut self,
        now: Timestamp,
        news: &mut News,
        mut tell: impl FnMut(&mut News) -> Result<(), E>,
    ) -> Result<(), E> {
        self.let_pass(now, news, &mut tell)?;
        self.note_ended(news);
        Ok(())
    }

    /// Ends the account: everything that is held comes out, in portions. `lost_frames` says that the capture lost some.
    pub fn finish<E>(
        &mut self,
        lost_frames: bool,
        mut tell: impl FnMut(&mut News) -> Result<(), E>,
    ) -> Result<(), E> {
        if lost_frames {
            self.tracker.note_losses();
        }
        self.tracker.finish();
        let mut news = News::default();
        while self.tracker.has_endings() {
            self.tracker.take_endings(&mut news.ended);
            if news.is_large() {
                tell(&mut news)?;
                self.tracker.give_back_last(&mut news.told);
            }
        }
        tell(&mut news)
    }

    /// What was counted.
    pub fn into_summary(self) -> Summary {
        let Self { tracker, summary, .. } = self;
        let (connections, evicted) = (tracker.connections(), tracker.evicted());
        // The process ends soon, and the system takes all of its memory at once: piece by piece it takes a while.
        std::mem::forget(tracker);
        Summary { connections, evicted, ..summary }
    }

    fn take_segment(&mut self, segment: &Segment, prepared: Prepared, news: &mut News) {
        let is_seen_again = if self.wants_steps {
            let step = self.tracker.observe_prepared(segment, prepared);
            let is_seen_again = step.seen_before.is_some();
            news.steps.push(step);
            is_seen_again
        } else {
            self.tracker.follow(segment, prepared)
        };
        self.summary.quality.count_segment(segment, is_seen_again);
    }

    fn note_ended(&mut self, news: &mut News) {
        if !news.told.is_empty() {
            self.tracker.give_back(&mut news.told);
        }
        if !self.tracker.has_endings() {
            return;
        }
        self.tracker.take_endings(&mut news.ended);
        if self.wants_steps {
            news.before.resize(news.ended.len(), news.steps.len());
        }
    }
}

impl News {
    /// Whether it is worth being handed on.
    pub fn is_large(&self) -> bool {
        self.steps.len() >= 2 * MANY || self.ended.len() >= MANY
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.ended.is_empty()
    }
}
