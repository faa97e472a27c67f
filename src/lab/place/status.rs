//! What the system says about this process: capabilities, threads, filters on system calls.
//!
//! In: `/proc/thread-self/status`. Out: the few lines of it that decide what may be made.
//! Invariant: what cannot be read is taken for absent; it is used to explain, and to choose, never to permit.

use std::fs;

/// `CAP_NET_ADMIN`, by its number in `linux/capability.h`.
pub const NET_ADMIN: u32 = 12;
/// `CAP_NET_RAW`.
pub const NET_RAW: u32 = 13;
/// `CAP_SYS_ADMIN`.
pub const SYS_ADMIN: u32 = 21;

/// The calling thread's situation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Status {
    /// The effective ones, a bit each.
    pub capabilities: u64,
    /// How many threads the process has.
    pub threads: u32,
    /// Whether a filter decides about its system calls, as in most containers.
    pub has_filter: bool,
}

impl Status {
    /// As it is now.
    pub fn read() -> Self {
        Self::of(&fs::read_to_string("/proc/thread-self/status").unwrap_or_default())
    }

    /// Whether all these capabilities are effective.
    pub fn has(self, capabilities: &[u32]) -> bool {
        capabilities.iter().all(|number| self.capabilities >> number & 1 == 1)
    }

    fn of(text: &str) -> Self {
        let value = |name: &str| {
            text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
        };
        Self {
            capabilities: value("CapEff").and_then(|hex| u64::from_str_radix(hex, 16).ok()).unwrap_or(0),
            threads: value("Threads").and_then(|number| number.parse().ok()).unwrap_or(0),
            has_filter: value("Seccomp").is_some_and(|mode| mode == "2"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_lines_of_many_count() {
        let text = "Name:\tx\nThreads:\t3\nCapInh:\t0000000000000000\nCapEff:\t0000000000003000\nSeccomp:\t2\n\
                    Seccomp_filters:\t1\n";
        let status = Status::of(text);
        assert!(status.has(&[NET_ADMIN, NET_RAW]) && !status.has(&[NET_RAW, SYS_ADMIN]));
        assert_eq!((status.threads, status.has_filter), (3, true));
        assert_eq!(Status::of("nothing of the kind"), Status::default());
    }
}
