//! How much a tracker holds, and for how long.
//!
//! In: nothing. Out: the bounds, all in capture time.
//! Invariant: whatever a bound makes the tracker let go of is handed out and, where it was not complete, counted.
//! Read: RFC 9293 §3.4.2 (how long old segments may be under way), §3.6.1 (TIME-WAIT).

use std::time::Duration;

/// Bounds of a tracker.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Connections held at a time (docs/architecture.md says how much memory each takes); beyond, the oldest attempt is
    /// let go first.
    pub most_connections: usize,
    /// Connections held at the ready, at least; beyond, those that have been quiet are packed, which takes a third of the room
    /// and, when they are needed again, some time. Where steps are kept, all are at the ready.
    pub most_whole: usize,
    /// Of the connections that there would be room for, so many lend it to one more at the ready, once packed ones are needed
    /// again; 0: none does.
    pub lenders: usize,
    /// Connections held that have ended; beyond, the oldest of them is let go, as if its time were over.
    pub most_ended: usize,
    /// Steps kept of each connection for pictures; 0 keeps none.
    pub keep_steps: usize,
    /// How long a connection that has ended is held for late segments: TIME-WAIT as Linux keeps it.
    pub hold_ended: Duration,
    /// How long an attempt is held after its last segment: longer than any pause between retries.
    pub hold_attempt: Duration,
    /// How long an open connection is held after its last segment.
    pub hold_open: Duration,
    /// Hand out a connection that has ended once it has been quiet for so long, though it is still held; `None` hands
    /// it out when it is let go.
    pub report_after: Option<Duration>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            most_connections: 1_000_000,
            most_whole: 16_384,
            lenders: 16,
            most_ended: 4096,
            keep_steps: 0,
            hold_ended: Duration::from_secs(60),
            hold_attempt: Duration::from_secs(300),
            hold_open: Duration::from_secs(24 * 3600),
            report_after: None,
        }
    }
}
