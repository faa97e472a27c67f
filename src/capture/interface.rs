//! The interfaces of a pcapng section: what each says of its frames, and the time that its stamps mean.
//!
//! In: an interface description. Out: link type, snap length, stamps as nanoseconds.
//! Invariant: no stamp, whatever its unit and offset, overflows: what lies outside the range becomes its border.
//! Format: draft-ietf-opsawg-pcapng, section 4.2.

use crate::frame::LinkType;
use crate::time::Timestamp;

/// What an interface description says that frames need.
#[derive(Debug)]
pub struct Interface {
    /// What its frames begin with.
    pub link: LinkType,
    /// The most octets that are kept of a frame; 0 is no limit.
    pub snap_len: u32,
    /// By its last statistics.
    pub dropped: Option<u64>,
    clock: Clock,
}

/// How stamps count.
#[derive(Debug)]
struct Clock {
    /// As the option has it: a negative power of 10, or of 2 where the top bit is set.
    resolution: u8,
    /// Seconds to add to every stamp.
    offset: i64,
    /// Nanoseconds in a unit, where that is a whole number and nothing is to be added.
    factor: Option<u64>,
}

impl Interface {
    /// From a description's fields and its options `if_tsresol` and `if_tsoffset`.
    pub const fn new(link: LinkType, snap_len: u32, resolution: u8, offset: i64) -> Self {
        let factor = match resolution {
            0..=9 if offset == 0 => Some(10_u64.pow(9 - resolution as u32)),
            _ => None,
        };
        Self { link, snap_len, dropped: None, clock: Clock { resolution, offset, factor } }
    }

    /// A stamp in this interface's units.
    pub fn time(&self, high: u32, low: u32) -> Timestamp {
        let units = u64::from(high) << 32 | u64::from(low);
        let quick = self.clock.factor.and_then(|factor| units.checked_mul(factor));
        quick.map_or_else(|| self.clock.time(units), Timestamp)
    }
}

impl Clock {
    fn time(&self, units: u64) -> Timestamp {
        let units = u128::from(units);
        let exponent = u32::from(self.resolution & 0x7F);
        let nanoseconds = match (self.resolution & 0x80 == 0, exponent) {
            (true, ..=9) => units * 10_u128.pow(9 - exponent),
            (true, ..=47) => units / 10_u128.pow(exponent - 9),
            (true, _) => 0,
            (false, _) => (units * 1_000_000_000) >> exponent,
        };
        let shift = i128::from(self.offset) * 1_000_000_000;
        let moved = i128::try_from(nanoseconds).unwrap_or(i128::MAX).saturating_add(shift);
        Timestamp(u64::try_from(moved.max(0)).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(resolution: u8, offset: i64, units: u64) -> u64 {
        let (high, low) = ((units >> 32) as u32, units as u32);
        Interface::new(LinkType::ETHERNET, 0, resolution, offset).time(high, low).0
    }

    #[test]
    fn every_unit_and_offset_ends_within_the_range() {
        assert_eq!(time(6, 0, 1_767_225_600_000_001), 1_767_225_600_000_001_000);
        assert_eq!(time(9, 0, 5), 5);
        assert_eq!(time(0, 0, 2), 2_000_000_000);
        assert_eq!(time(12, 0, 5_999), 5);
        assert_eq!(time(0x80 | 10, 0, 1536), 1_500_000_000);
        assert_eq!(time(0x80, 0, 7), 7_000_000_000, "2 to the power of 0 is a second");
        assert_eq!(time(6, -1, 1_500_000), 500_000_000);
        assert_eq!(time(9, 3, 1), 3_000_000_001);
        assert_eq!(time(6, -2, 1_500_000), 0, "before the epoch");
        assert_eq!(time(0, 0, u64::MAX), u64::MAX, "beyond the year 2554");
        for resolution in 0..=u8::MAX {
            for offset in [i64::MIN, -1, 0, 1, i64::MAX] {
                for units in [0, 1, u64::MAX] {
                    time(resolution, offset, units);
                }
            }
        }
        assert_eq!(time(127, i64::MIN, u64::MAX), 0);
        assert_eq!(time(127, i64::MAX, 0), u64::MAX);
    }
}
