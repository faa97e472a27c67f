//! Places: where a scenario is played, and what gives the right to play there.
//!
//! In: the process's own rights. Out: grounds (network namespaces) in which sockets are made and captures run.
//! Invariant: nothing of the host is changed, and whatever is made ends with the last handle, or with the process.

pub mod error;
pub mod ground;
#[cfg(target_os = "linux")]
pub mod links;
pub mod rights;
pub mod status;
#[cfg(target_os = "linux")]
pub mod system;
#[cfg(not(target_os = "linux"))]
#[path = "elsewhere.rs"]
pub mod system;
