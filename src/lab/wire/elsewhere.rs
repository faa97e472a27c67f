//! Elsewhere than on Linux no wire can be laid.
//!
//! In: faults. Out: `NotOffered`; what `lay.rs` has on Linux cannot be asked of a wire that there is not.
//! Invariant: there is no value of `Wire`.

use std::convert::Infallible;

use crate::lab::place::error::PlaceError;
use crate::lab::place::ground::Ground;
use crate::lab::wire::counts::Counts;
use crate::lab::wire::fault::{Faults, Forged};
use crate::lab::wire::plan::Cut;

/// A wire between two grounds, of which there is none.
#[derive(Debug)]
pub struct Wire(Infallible);

impl Wire {
    /// Cannot be laid.
    ///
    /// # Errors
    ///
    /// Always.
    pub fn lay(_faults: Faults) -> Result<Self, PlaceError> {
        Err(PlaceError::NotOffered)
    }

    /// Is never called, as all below.
    pub const fn client(&self) -> &Ground {
        match self.0 {}
    }

    /// The server's ground.
    pub const fn server(&self) -> &Ground {
        match self.0 {}
    }

    /// What a cable would have done.
    pub const fn counts(&self) -> Counts {
        match self.0 {}
    }

    /// Whether anything would be on its way.
    pub const fn is_busy(&self) -> bool {
        match self.0 {}
    }

    /// Forges a segment.
    pub fn inject(&self, _forged: Forged) -> bool {
        match self.0 {}
    }

    /// Cuts the wire, or mends it.
    pub const fn cut(&self, _cut: Cut) -> bool {
        match self.0 {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_refused_with_what_can_be_seen_all_the_same() {
        let error = Wire::lay(Faults::none()).unwrap_err();
        assert!(error.to_string().contains("not offered on this system"), "{error}");
        assert!(error.next_step().is_some_and(|step| step.contains("--recorded")));
    }
}
