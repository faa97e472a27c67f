//! What the three stages have to do, and who of a few workers does it next.
//!
//! In: stages, and what each hands to the next. Out: for a worker that asks, what is to be done now, the last stage first.
//! Invariant: a stage is with one worker at a time, so that each keeps its order; what is under way between two of them is bounded,
//! and its memory goes round. A worker that has done something asks for the next in the same breath, so that a stage stays with it
//! as long as there is something for it. Where the report can no longer be written, or a worker has failed, nothing more is done.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::cli::follower::News;
use crate::cli::items::Items;
use crate::cli::stages::{Following, Gone, Portion, Taking, Tidings};

/// So often something else is done while news wait.
const HARDLY_EVER: usize = 16;

/// How much waits between the stages.
#[derive(Clone, Copy)]
pub struct Bounds {
    /// Portions that wait for the follower.
    portions: usize,
    /// Once there are so many, so many fewer have to wait before more are made: a worker is not woken for each.
    at_a_time: usize,
    /// Where fewer wait, whoever tells makes more first, if there are hardly any news.
    few: usize,
    /// Where fewer wait, anybody does, instead of following; and fewer news are hardly any.
    hardly_any: usize,
    /// News that wait for the teller.
    news: usize,
}

/// What a worker does next.
pub enum Job<'s> {
    Tell(Tidings),
    Follow(Box<Following>, Portion),
    Take(Box<Taking<'s>>),
    /// Nothing: something else has changed, or nothing has for as long as it wished to wait, which is said.
    Nothing(bool),
}

/// What a worker may do.
#[derive(Clone, Copy)]
pub struct Skills {
    pub tells: bool,
    pub takes: bool,
}

/// What came of what was done last.
pub enum Done<'s> {
    Nothing,
    /// News that were told: their memory is used again.
    Told(News),
    /// The follower, and what it followed.
    Followed(Box<Following>, Option<Items>),
    /// It followed the last portion.
    FollowedAll(Box<Following>),
    /// The intake, and what it took in.
    Taken(Box<Taking<'s>>, Vec<Portion>),
    /// The same, and there is no more.
    TakenAll(Box<Taking<'s>>, Vec<Portion>),
}

/// Where the stages stand.
pub struct Board<'s> {
    works: Mutex<Works<'s>>,
    changed: Condvar,
}

/// The stages that are with nobody, and what is between them.
struct Works<'s> {
    bounds: Bounds,
    taking: Option<Box<Taking<'s>>>,
    following: Option<Box<Following>>,
    portions: VecDeque<Portion>,
    /// Whether more were made than are followed for now.
    has_enough: bool,
    tidings: VecDeque<Tidings>,
    /// How often something else was done first while they waited.
    passed_over: usize,
    spare_items: Vec<Items>,
    spare_news: Vec<News>,
    has_taken_all: bool,
    has_followed_all: bool,
    gone: bool,
    /// Workers that wait.
    waiting: usize,
}

impl Bounds {
    /// For so many workers. Two wait less for each other where more waits between the stages. With three the follower would change
    /// hands oftener, and what one worker let go is not what the next one's memory is made of.
    pub const fn of(workers: usize) -> Self {
        if workers > 2 {
            Self { portions: 6, at_a_time: 3, few: 4, hardly_any: 2, news: 6 }
        } else {
            Self { portions: 12, at_a_time: 6, few: 8, hardly_any: 3, news: 10 }
        }
    }
}

impl<'s> Board<'s> {
    /// With two stages at their beginning: the last one is its worker's own.
    pub const fn new(taking: Box<Taking<'s>>, following: Box<Following>, bounds: Bounds) -> Self {
        let works = Works {
            bounds,
            taking: Some(taking),
            following: Some(following),
            portions: VecDeque::new(),
            has_enough: false,
            tidings: VecDeque::new(),
            passed_over: 0,
            spare_items: Vec::new(),
            spare_news: Vec::new(),
            has_taken_all: false,
            has_followed_all: false,
            gone: false,
            waiting: 0,
        };
        Self { works: Mutex::new(works), changed: Condvar::new() }
    }

    /// What a worker does next that has done this. Where there is nothing it waits: for something to do, or, where it has `patience`,
    /// for any change, but no longer than that. An error where there will be nothing more for it.
    pub fn next(&self, done: Done<'s>, skills: Skills, patience: Option<Duration>) -> Result<Job<'s>, Gone> {
        let mut works = self.lock();
        works.take_back(done);
        let job = works.job(skills);
        // What is left may be for others.
        if works.waiting > 0 {
            self.changed.notify_all();
        }
        if let Some(job) = job? {
            return Ok(job);
        }
        loop {
            let (again, is_over) = self.wait(works, patience);
            works = again;
            match works.job(skills)? {
                Some(job) => return Ok(job),
                None if patience.is_some() => return Ok(Job::Nothing(is_over)),
                None => {}
            }
        }
    }

    /// Hands news on to whoever tells them; other news come in their place.
    pub fn post(&self, news: &mut News) -> Result<(), Gone> {
        let mut works = self.lock();
        while works.tidings.len() >= works.bounds.news && !works.gone {
            works = self.wait(works, None).0;
        }
        if works.gone {
            return Err(Gone);
        }
        let next = works.spare_news.pop().unwrap_or_default();
        works.tidings.push_back(Tidings::News(std::mem::replace(news, next)));
        if works.waiting > 0 {
            self.changed.notify_all();
        }
        Ok(())
    }

    /// Says that there is nothing to tell for now.
    pub fn post_quiet(&self) {
        self.lock().tidings.push_back(Tidings::Quiet);
    }

    /// Whether nothing waits for the follower.
    pub fn has_no_portion(&self) -> bool {
        self.lock().portions.is_empty()
    }

    /// Ends all work.
    pub fn leave(&self) {
        self.lock().gone = true;
        self.changed.notify_all();
    }

    /// The stages, after all work.
    pub fn into_stages(self) -> (Option<Box<Taking<'s>>>, Option<Box<Following>>) {
        let works = self.works.into_inner().unwrap_or_else(PoisonError::into_inner);
        (works.taking, works.following)
    }

    fn lock(&self) -> MutexGuard<'_, Works<'s>> {
        // Nothing fails while it is held.
        self.works.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a change; whether that was as long as it was to be.
    fn wait<'w>(
        &self,
        mut works: MutexGuard<'w, Works<'s>>,
        patience: Option<Duration>,
    ) -> (MutexGuard<'w, Works<'s>>, bool) {
        works.waiting += 1;
        let (mut works, is_over) = match patience {
            Some(patience) => {
                let waited = self.changed.wait_timeout(works, patience);
                let (works, result) = waited.unwrap_or_else(PoisonError::into_inner);
                (works, result.timed_out())
            }
            None => (self.changed.wait(works).unwrap_or_else(PoisonError::into_inner), false),
        };
        works.waiting -= 1;
        (works, is_over)
    }
}

impl<'s> Works<'s> {
    fn take_back(&mut self, done: Done<'s>) {
        match done {
            Done::Nothing => {}
            Done::Told(news) => self.spare_news.push(news),
            Done::Followed(following, items) => {
                self.following = Some(following);
                self.spare_items.extend(items);
            }
            Done::FollowedAll(following) => {
                (self.following, self.has_followed_all) = (Some(following), true);
            }
            Done::Taken(taking, portions) => {
                self.taking = Some(taking);
                self.hold(portions);
            }
            Done::TakenAll(taking, portions) => {
                (self.taking, self.has_taken_all) = (Some(taking), true);
                self.hold(portions);
            }
        }
    }

    fn hold(&mut self, portions: Vec<Portion>) {
        self.portions.extend(portions);
        self.has_enough |= self.portions.len() >= self.bounds.portions;
    }

    /// What somebody with these `skills` does next, if there is anything now.
    fn job(&mut self, Skills { tells, takes }: Skills) -> Result<Option<Job<'s>>, Gone> {
        if self.gone {
            return Err(Gone);
        }
        let Bounds { few, hardly_any, news, .. } = self.bounds;
        // Whoever has nothing to do sleeps, and is woken late: before that, more is made for the follower.
        let (few, most) = if tells { (few, hardly_any) } else { (hardly_any, news) };
        let is_late = tells && self.passed_over >= HARDLY_EVER;
        let is_wanted = takes && self.portions.len() < few && self.tidings.len() < most && !is_late;
        if is_wanted && let Some(job) = self.take() {
            self.passed_over += usize::from(tells && !self.tidings.is_empty());
            return Ok(Some(job));
        }
        if tells && let Some(tidings) = self.tidings.pop_front() {
            self.passed_over = 0;
            return Ok(Some(Job::Tell(tidings)));
        }
        if self.has_followed_all {
            return Err(Gone);
        }
        // The follower is another's, as long as there is one for it: what it holds lies in that one's cache.
        let may_follow = if tells { self.waiting == 0 } else { self.tidings.len() < news };
        let first = if tells && takes { self.take() } else { None };
        let job = first.or_else(|| if may_follow { self.follow() } else { None });
        Ok(job.or_else(|| if takes { self.take() } else { None }))
    }

    fn follow(&mut self) -> Option<Job<'s>> {
        self.following.as_ref()?;
        let portion = self.portions.pop_front()?;
        let Bounds { portions, at_a_time, .. } = self.bounds;
        self.has_enough &= self.portions.len() > portions - at_a_time;
        self.following.take().map(|following| Job::Follow(following, portion))
    }

    fn take(&mut self) -> Option<Job<'s>> {
        if self.has_taken_all || self.has_enough {
            return None;
        }
        let mut taking = self.taking.take()?;
        taking.spare.append(&mut self.spare_items);
        Some(Job::Take(taking))
    }
}

#[cfg(test)]
mod tests;
