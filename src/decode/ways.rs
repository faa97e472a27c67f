//! The ways through tunnels that were met so far, each kept once.
//!
//! In: the tunnels around one packet. Out: the value that stands for them in segments, shared by all that come the same
//! way, so that nothing is allocated for a segment.
//! Invariant: bounded; what is forgotten is made anew and is equal to what connections still hold.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::tunnel::{Passage, Tunnel};

/// Ways kept; with all of them new at every packet, of a few octets each.
const MOST: usize = 16_384;

/// The ways met so far.
#[derive(Debug, Default)]
pub(super) struct Ways {
    last: Option<Arc<Tunnel>>,
    known: HashSet<Known>,
}

impl Ways {
    /// The value for `way`; `None` for a packet that came through no tunnel.
    pub(super) fn through(&mut self, way: &[Passage]) -> Option<Arc<Tunnel>> {
        if way.is_empty() {
            return None;
        }
        if let Some(last) = self.last.as_ref().filter(|last| last.way() == way) {
            return Some(Arc::clone(last));
        }
        let tunnel = match self.known.get(way) {
            Some(Known(tunnel)) => Arc::clone(tunnel),
            None => self.learn(way),
        };
        self.last = Some(Arc::clone(&tunnel));
        Some(tunnel)
    }

    fn learn(&mut self, way: &[Passage]) -> Arc<Tunnel> {
        if self.known.len() >= MOST {
            self.known.clear();
        }
        let tunnel = Arc::new(Tunnel::new(way));
        self.known.insert(Known(Arc::clone(&tunnel)));
        tunnel
    }
}

/// Found by its way.
#[derive(Debug, PartialEq, Eq)]
struct Known(Arc<Tunnel>);

impl Borrow<[Passage]> for Known {
    fn borrow(&self) -> &[Passage] {
        self.0.way()
    }
}

#[allow(clippy::derived_hash_with_manual_eq, reason = "the way is all that is compared")]
impl Hash for Known {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.way().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tunnel::TunnelKind;
    use std::net::IpAddr;

    fn way(number: u32) -> [Passage; 1] {
        let [one, other] = [[192, 0, 2, 1], [192, 0, 2, 2]].map(IpAddr::from);
        [Passage::new(TunnelKind::Vxlan, one, other, Some(number))]
    }

    #[test]
    fn one_way_is_one_value() {
        let mut ways = Ways::default();
        let first = ways.through(&way(1)).unwrap();
        let other = ways.through(&way(2)).unwrap();
        assert!(Arc::ptr_eq(&first, &ways.through(&way(1)).unwrap()));
        assert!(Arc::ptr_eq(&other, &ways.through(&way(2)).unwrap()));
        assert_eq!(ways.through(&[]), None);
    }

    #[test]
    fn what_is_kept_is_bounded_and_what_is_forgotten_stays_equal() {
        let mut ways = Ways::default();
        let first = ways.through(&way(0)).unwrap();
        for number in 1..=40_000 {
            ways.through(&way(number));
            assert!(ways.known.len() <= MOST);
        }
        assert_eq!(ways.through(&way(0)), Some(first));
    }
}
