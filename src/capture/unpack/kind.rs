//! The kinds of compression, told by their first octets.
//!
//! In: the first octets of an input, or of a member in it. Out: what it is compressed with.
//! Invariant: four octets decide.

/// What unpacking may take, in octets: the widest window of a format that is followed.
pub const MOST_MEMORY: u64 = 128 << 20;

/// A kind of compression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
    /// lz4's frame format.
    Lz4,
    /// lz4's frame format before it had an end mark (`lz4 -l`).
    OldLz4,
    /// xz.
    Xz,
    /// bzip2.
    Bzip2,
}

/// First octets of a member.
pub const MAGICS: [(Kind, &[u8]); 6] = [
    (Kind::Gzip, &[0x1F, 0x8B]),
    (Kind::Zstd, &[0x28, 0xB5, 0x2F, 0xFD]),
    (Kind::Lz4, &[0x04, 0x22, 0x4D, 0x18]),
    (Kind::OldLz4, &[0x02, 0x21, 0x4C, 0x18]),
    (Kind::Xz, &[0xFD, 0x37, 0x7A, 0x58]),
    (Kind::Bzip2, b"BZh"),
];

/// Whether zstd and lz4 have so begun a piece that readers skip: behind it stands its length, in 32 bits.
pub const fn is_skipped(start: [u8; 4]) -> bool {
    matches!(start, [0x50..=0x5F, 0x2A, 0x4D, 0x18])
}

impl Kind {
    /// What an input that begins so is compressed with.
    pub fn of(start: &[u8]) -> Option<Self> {
        if start.first_chunk().copied().is_some_and(is_skipped) {
            return Some(Self::Zstd);
        }
        MAGICS.iter().find(|(_, magic)| start.starts_with(magic)).map(|(kind, _)| *kind)
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Lz4 | Self::OldLz4 => "lz4",
            Self::Xz => "xz",
            Self::Bzip2 => "bzip2",
        }
    }
}
