//! A list that nearly always holds none or one.
//!
//! In: what is kept, in its order. Out: the same.
//! Invariant: one lies in the list itself, several in one box, so that an ordinary connection needs no memory beside its own.

use std::fmt;

use crate::analyzer::pack::{Pack, Packer, Unpacker};

/// Several are kept in a box, which stays: who has had several will have several again.
#[derive(Clone)]
pub struct Few<T> {
    one: Option<T>,
    #[allow(clippy::box_collection, reason = "a vector is three times as large as its box, and rare")]
    more: Option<Box<Vec<T>>>,
}

impl<T: fmt::Debug> fmt::Debug for Few<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self { one: None, more: None }
    }
}

impl<T> Few<T> {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.iter().count()
    }

    /// Whether there are none, and never were several.
    pub const fn is_bare(&self) -> bool {
        self.one.is_none() && self.more.is_none()
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> + Clone {
        self.one.iter().chain(self.more.iter().flat_map(|more| more.iter()))
    }

    /// The one that there is, where there never were several.
    pub const fn only(&self) -> Option<&T> {
        match (&self.one, &self.more) {
            (Some(one), None) => Some(one),
            _ => None,
        }
    }

    /// Adds one at the end; beyond `most` the first goes.
    pub fn push(&mut self, next: T, most: usize) {
        if self.one.is_none() && self.more.as_ref().is_none_or(|more| more.is_empty()) {
            self.one = Some(next);
            return;
        }
        let more = self.more.get_or_insert_default();
        more.push(next);
        if more.len() >= most {
            self.one = Some(more.remove(0));
        }
    }

    /// Keeps those that `is_kept` says yes to.
    pub fn retain(&mut self, is_kept: impl Fn(&T) -> bool) {
        self.one.take_if(|one| !is_kept(one));
        if let Some(more) = &mut self.more {
            more.retain(is_kept);
        }
    }

    /// Takes one out that `is_it` says yes to; of the others the order may change.
    pub fn take(&mut self, is_it: impl Fn(&T) -> bool) -> Option<T> {
        if let Some(one) = self.one.take_if(|one| is_it(one)) {
            return Some(one);
        }
        let more = self.more.as_mut()?;
        let at = more.iter().position(is_it)?;
        Some(more.swap_remove(at))
    }
}

impl<T: Pack> Pack for Few<T> {
    fn pack(&self, to: &mut Packer) {
        self.one.pack(to);
        self.more.pack(to);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        Some(Self { one: Option::unpack(from)?, more: Option::unpack(from)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(few: &Few<u32>) -> Vec<u32> {
        few.iter().copied().collect()
    }

    #[test]
    fn what_is_put_in_stays_in_order() {
        let mut few = Few::default();
        (1..=4).for_each(|number| few.push(number, 3));
        assert_eq!((all(&few), few.count()), (vec![2, 3, 4], 3), "three at most");
        few.retain(|number| *number != 2);
        few.push(5, 3);
        assert_eq!(all(&few), [3, 4, 5]);
        assert_eq!((few.take(|number| *number == 4), few.take(|number| *number == 9)), (Some(4), None));
        few.retain(|_| false);
        few.push(6, 3);
        assert_eq!(all(&few), [6]);
    }
}
