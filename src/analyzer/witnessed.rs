//! A connection hears what the kernel says of it.
//!
//! In: a finished connection, the kernel's words and counters. Out: the same connection, its findings surer.
//! Invariant: states, labels and outcome stay what the segments show.

use crate::analyzer::connection::Connection;
use crate::analyzer::diagnosis::testimony::{Case, Rises, settle};
use crate::witness::KernelEvent;

impl Connection {
    /// Settles what its findings leave open by the kernel's own word: `said` is what the kernel said of both sockets and of
    /// their listener, in order; `rises` are the counters that rose around it. To be called once it is finished.
    pub fn hears(&mut self, said: &[KernelEvent], rises: Rises<'_>) {
        let rst = self.notes.read().and_then(|page| page.rst);
        let case = Case {
            sockets: self.sockets(),
            reset: self.reset.as_ref().map(|reset| (reset.by, reset.time)),
            causes: rst.map(|(_, causes)| causes).unwrap_or_default(),
        };
        settle(&mut self.findings, &case, said, rises);
    }
}
