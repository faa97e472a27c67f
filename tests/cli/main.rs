//! The command line held to its contract: exit codes, what goes to which output, the shape of messages, and every
//! way in which it can be refused. Live capture is tested in `tests/live/`.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "the helpers of a test fail it as the test itself does")]

mod bounds;
mod broken;
mod check;
mod exchange;
mod follow;
mod forms;
mod lists;
mod look;
mod output;
mod progress;
mod read;
mod refused;
mod run;
mod usage;
