//! Interrupts.
//!
//! In: SIGINT and SIGTERM. Out: a flag that the first one raises.
//! Invariant: the second one does what it does to any program, so that nothing can be stuck for good.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::{register, register_conditional_default};

/// The signals that end the work.
pub const SIGNALS: [i32; 2] = [SIGINT, SIGTERM];

/// A flag that the first of these signals raises.
///
/// # Errors
///
/// Where the system does not take the handlers.
pub fn stop_flag() -> io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in SIGNALS {
        // In this order: the first signal finds the flag still down, and raises it.
        register_conditional_default(signal, Arc::clone(&stop))?;
        register(signal, Arc::clone(&stop))?;
    }
    Ok(stop)
}
