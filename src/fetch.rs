//! Memory that will soon be needed, asked for ahead of that.
//!
//! In: where something lies. Out: nothing; the core goes on at once, and the cache line comes while it does.
//! Invariant: changes nothing but the time that something takes. Where a processor cannot be asked nothing is done.

use branches::prefetch_read_data;

/// It comes into a core's second cache. For the first one only so many lines can be under way at a time, and a core that asks for more
/// of them waits.
const SECOND: i32 = 1;

/// Asks for the line in which `what` begins.
#[inline(always)]
pub fn fetch<T>(what: &T) {
    fetch_at(std::slice::from_ref(what), 0);
}

/// Asks for the line in which the item at a place begins; where there is none, for something of no use.
#[inline(always)]
pub fn fetch_at<T>(items: &[T], place: usize) {
    prefetch_read_data::<T, SECOND>(items.as_ptr().wrapping_add(place));
}
