//! One compressed member: what its decoder makes of it.
//!
//! In: a source that stands at the member's first octet. Out: what it holds, and the source behind its last octet.
//! Invariant: a decoder takes nothing that lies behind its member, so that the next one finds its beginning.

use std::io::{self, Read};

use bzip2::bufread::BzDecoder;
use flate2::bufread::GzDecoder;
use liblzma::bufread::XzDecoder;
use liblzma::stream::Stream;
use lz4_flex::frame::FrameDecoder as Lz4Decoder;
use zstd::stream::read::Decoder as ZstdDecoder;

use crate::capture::unpack::kind::{Kind, MOST_MEMORY};
use crate::capture::unpack::source::Source;

/// The decoder of one member.
pub enum Member {
    Gzip(GzDecoder<Source>),
    Zstd(ZstdDecoder<'static, Source>),
    Lz4(Lz4Decoder<Source>),
    Xz(XzDecoder<Source>),
    Bzip2(BzDecoder<Source>),
}

impl Member {
    /// Begins at the member's first octet.
    pub fn begin(kind: Kind, source: Source) -> io::Result<Self> {
        Ok(match kind {
            Kind::Gzip => Self::Gzip(GzDecoder::new(source)),
            Kind::Zstd => {
                let mut decoder = ZstdDecoder::with_buffer(source)?.single_frame();
                decoder.window_log_max(MOST_MEMORY.ilog2())?;
                Self::Zstd(decoder)
            }
            Kind::Lz4 | Kind::OldLz4 => Self::Lz4(Lz4Decoder::new(source)),
            Kind::Xz => Self::Xz(XzDecoder::new_stream(source, Stream::new_stream_decoder(MOST_MEMORY, 0)?)),
            Kind::Bzip2 => Self::Bzip2(BzDecoder::new(source)),
        })
    }

    /// Where its octets come from.
    pub fn source(&self) -> &Source {
        match self {
            Self::Gzip(decoder) => decoder.get_ref(),
            Self::Zstd(decoder) => decoder.get_ref(),
            Self::Lz4(decoder) => decoder.get_ref(),
            Self::Xz(decoder) => decoder.get_ref(),
            Self::Bzip2(decoder) => decoder.get_ref(),
        }
    }

    /// The same, to go on behind the member.
    pub fn into_source(self) -> Source {
        match self {
            Self::Gzip(decoder) => decoder.into_inner(),
            Self::Zstd(decoder) => decoder.finish(),
            Self::Lz4(decoder) => decoder.into_inner(),
            Self::Xz(decoder) => decoder.into_inner(),
            Self::Bzip2(decoder) => decoder.into_inner(),
        }
    }
}

impl Read for Member {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Gzip(decoder) => decoder.read(space),
            Self::Zstd(decoder) => decoder.read(space),
            Self::Lz4(decoder) => decoder.read(space),
            Self::Xz(decoder) => decoder.read(space),
            Self::Bzip2(decoder) => decoder.read(space),
        }
    }
}
