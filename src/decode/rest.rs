//! What is left of a frame: the octets from the next header on, with their place and their length on the
//! wire.
//!
//! In: a captured frame. Out: one header at a time, or an error that names what is missing.
//! Invariant: no more octets are held than `len()`; fewer where the capture ends early. Taking a header never
//! panics.

use crate::decode::error::{DecodeError, Fault, Layer};
use crate::frame::Frame;

/// The part of a frame that is not read yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rest<'a> {
    octets: &'a [u8],
    offset: usize,
    len: usize,
}

impl<'a> Rest<'a> {
    /// All of a frame.
    pub(super) fn new(frame: &Frame<'a>) -> Self {
        let wire_len = usize::try_from(frame.wire_len).unwrap_or(usize::MAX);
        // A capture cannot hold more than there was: where it says so, its octets are right.
        Self { octets: frame.octets, offset: 0, len: wire_len.max(frame.octets.len()) }
    }

    /// What was put together of fragments: the first of `len` octets, as far as they were captured without a gap. Errors
    /// name `offset`, where the fragment that completed it begins in its frame.
    pub(super) fn put_together(octets: &'a [u8], len: usize, offset: usize) -> Self {
        Self { octets, offset, len: len.max(octets.len()) }
    }

    /// How many octets of the frame stand before it.
    pub(super) const fn offset(&self) -> usize {
        self.offset
    }

    /// The octets captured, from here on.
    pub(super) const fn octets(&self) -> &'a [u8] {
        self.octets
    }

    /// How many octets there were on the wire, from here on.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Whether all of it was captured.
    pub(super) const fn is_whole(&self) -> bool {
        self.octets.len() == self.len
    }

    /// The same, ending after `len` octets: what a header says of its packet counts more than what surrounds
    /// it.
    pub(super) fn with_len(self, len: usize) -> Self {
        Self { octets: self.octets.get(..len).unwrap_or(self.octets), len, ..self }
    }

    /// The first `len` octets, and what follows them.
    pub(super) fn split(self, len: usize, layer: Layer) -> Result<(&'a [u8], Self), DecodeError> {
        let (header, octets) = self.octets.split_at_checked(len).ok_or_else(|| self.short(layer, len))?;
        let rest =
            Self { octets, offset: self.offset.saturating_add(len), len: self.len.saturating_sub(len) };
        Ok((header, rest))
    }

    /// The same where the header says itself how long it is, which must cover its fixed part.
    pub(super) fn split_claimed(
        self,
        len: usize,
        least: usize,
        layer: Layer,
    ) -> Result<(&'a [u8], Self), DecodeError> {
        if len < least {
            return Err(self.error(layer, Fault::HeaderLength { needed: least, got: len }));
        }
        self.split(len, layer)
    }

    /// The first octets, as many as the place they are taken for has, and what follows them.
    pub(super) fn take<const N: usize>(self, layer: Layer) -> Result<([u8; N], Self), DecodeError> {
        self.view(N, layer, |octets| octets.first_chunk().copied())
    }

    /// A view of the first `len` octets, and what follows them.
    ///
    /// pnet's `new` checks a view's minimum alone, which leaves out all fields of variable length: the view
    /// is given exactly `len` octets, which must cover every field that is read from it.
    pub(super) fn view<T>(
        self,
        len: usize,
        layer: Layer,
        new: impl FnOnce(&'a [u8]) -> Option<T>,
    ) -> Result<(T, Self), DecodeError> {
        let (header, rest) = self.split(len, layer)?;
        new(header).map(|view| (view, rest)).ok_or_else(|| self.short(layer, len))
    }

    /// The error that a header of `needed` octets does not fit here: the packet's fault, or else the
    /// capture's.
    pub(super) const fn short(&self, layer: Layer, needed: usize) -> DecodeError {
        self.error(
            layer,
            if needed > self.len {
                Fault::TooShort { needed, got: self.len }
            } else {
                Fault::NotCaptured { needed, got: self.octets.len() }
            },
        )
    }

    /// An error in the header that begins here.
    pub(super) const fn error(&self, layer: Layer, fault: Fault) -> DecodeError {
        DecodeError { layer, offset: self.offset, fault }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::LinkType;
    use crate::time::Timestamp;

    fn rest(octets: &[u8], wire_len: u32) -> Rest<'_> {
        Rest::new(&Frame {
            number: 1,
            time: Timestamp(0),
            link: LinkType::RAW,
            interface: 0,
            octets,
            wire_len,
        })
    }

    #[test]
    fn blames_the_capture_or_the_packet() {
        let error = |rest: Rest<'_>| rest.split(4, Layer::Ip).unwrap_err().fault;
        assert_eq!(error(rest(&[0; 3], 3)), Fault::TooShort { needed: 4, got: 3 });
        assert_eq!(error(rest(&[0; 3], 9)), Fault::NotCaptured { needed: 4, got: 3 });
        assert_eq!(error(rest(&[0; 9], 9).with_len(2)), Fault::TooShort { needed: 4, got: 2 });
    }

    #[test]
    fn counts_what_is_taken() {
        let (header, rest) = rest(&[1, 2, 3, 4], 10).split(3, Layer::Ip).unwrap();
        assert_eq!((header, rest.octets(), rest.len()), (&[1, 2, 3][..], &[4][..], 7));
        assert_eq!(rest.short(Layer::Tcp, 20).offset, 3);
        assert!(!rest.is_whole() && rest.with_len(1).is_whole());
    }

    #[test]
    fn a_wire_length_below_the_octets_is_not_believed() {
        assert_eq!(rest(&[0; 9], 4).len(), 9);
    }
}
