//! Elsewhere than on Linux there is the host's ground, and no other.
//!
//! In: nothing. Out: what `system.rs` has on Linux, answered with `NotOffered`.
//! Invariant: a leaf file. There is no value of `Namespace`, so that nothing can be asked of one.

use std::convert::Infallible;
use std::net::IpAddr;

use crate::lab::place::error::PlaceError;

/// A network namespace, of which there is none.
#[derive(Debug)]
pub struct Namespace(Infallible);

impl Namespace {
    /// Cannot be made.
    ///
    /// # Errors
    ///
    /// Always.
    pub const fn make() -> Result<Self, PlaceError> {
        Err(PlaceError::NotOffered)
    }

    /// Is never called.
    ///
    /// # Errors
    ///
    /// None.
    pub const fn enter(&self) -> Result<(), PlaceError> {
        match self.0 {}
    }
}

/// Sets no route.
///
/// # Errors
///
/// Always.
pub const fn route(_to: IpAddr, _gateway: IpAddr) -> Result<(), PlaceError> {
    Err(PlaceError::NotOffered)
}

/// Refuses nothing.
///
/// # Errors
///
/// Always.
pub const fn refuse(_to: IpAddr, _is_prohibited: bool) -> Result<(), PlaceError> {
    Err(PlaceError::NotOffered)
}

/// The capture itself says whether it is permitted, and what would permit it.
pub const fn may_capture() -> bool {
    true
}

/// Nobody may.
pub const fn may_make_namespaces() -> bool {
    false
}

/// There is none to enter.
///
/// # Errors
///
/// Always.
pub const fn enter_user_namespace() -> Result<(), PlaceError> {
    Err(PlaceError::NotOffered)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::place::ground::Ground;
    use crate::lab::place::rights::{Wants, gain};

    #[test]
    fn the_hosts_ground_is_there_and_no_other() {
        assert_eq!(Ground::host().within(|| 7).unwrap(), 7);
        assert!(matches!(Ground::private(), Err(PlaceError::NotOffered)));
        assert!(matches!(
            Ground::host().set("net/ipv4/ip_forward", "1"),
            Err(PlaceError::HostSetting { .. })
        ));
        assert!(gain(Wants::Capture).is_ok_and(|rights| !rights.may_make_namespaces));
        assert!(matches!(gain(Wants::Namespaces), Err(PlaceError::NotOffered)));
    }
}
