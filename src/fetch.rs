//! Memory that will soon be needed, asked for ahead of that.
//!
//! In: where something lies. Out: nothing; the core goes on at once, and the cache line comes while it does.
//! Invariant: changes nothing but the time that something takes. Where a processor cannot be asked nothing is done.

use prefetch_index::prefetch_index;

/// Asks for the line in which `what` begins.
#[inline(always)]
pub fn fetch<T>(what: &T) {
    fetch_at(std::slice::from_ref(what), 0);
}

/// Asks for the line in which the item at a place begins; where there is none, for something of no use.
#[inline(always)]
pub fn fetch_at<T>(items: &[T], place: usize) {
    prefetch_index(items, place);
}
