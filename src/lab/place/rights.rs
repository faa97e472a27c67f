//! What this process may do, and a user namespace of its own where that is not enough.
//!
//! In: what is wanted. Out: the rights there are.
//! Invariant: called before any other thread exists.
//! Read: user_namespaces(7).

use crate::lab::place::error::PlaceError;
use crate::lab::place::system::{enter_user_namespace, may_capture, may_make_namespaces};

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wants {
    /// To capture, on the host if that is permitted.
    Capture,
    /// To make network namespaces.
    Namespaces,
}

/// What this process may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    /// Whether it may capture on the host's interfaces.
    pub may_capture_on_host: bool,
    /// Whether it may make network namespaces.
    pub may_make_namespaces: bool,
    /// Whether it has entered a user namespace of its own for that.
    pub in_user_namespace: bool,
}

/// Gains what is wanted: by the capabilities there are, or in a user namespace of the process's own.
///
/// # Errors
///
/// `Forbidden` with the setting that forbids the namespace, or `Threads` where this was not the first thing done;
/// `NotOffered` where the system has none.
pub fn gain(wants: Wants) -> Result<Rights, PlaceError> {
    let rights = held();
    let is_enough = match wants {
        Wants::Capture => rights.may_capture_on_host,
        Wants::Namespaces => rights.may_make_namespaces,
    };
    if is_enough {
        return Ok(rights);
    }
    enter_user_namespace()?;
    Ok(Rights { may_capture_on_host: false, may_make_namespaces: true, in_user_namespace: true })
}

/// What there is without doing anything.
pub fn held() -> Rights {
    Rights {
        may_capture_on_host: may_capture(),
        may_make_namespaces: may_make_namespaces(),
        in_user_namespace: false,
    }
}
