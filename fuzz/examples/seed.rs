//! Writes the seeds of each target into its corpus.
//!
//! In: nothing. Out: `corpus/TARGET/` beside this workspace's Cargo.toml, with one file for each fixture.

use std::fs;
use std::io;
use std::path::Path;

use tcpshake_fuzz::seeds;

fn main() -> io::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    for seed in seeds::all(&here.join("../fixtures")) {
        let targets = [
            ("read_capture", &seed.read_capture),
            ("decode_frame", &seed.decode_frame),
            ("track_segments", &seed.track_segments),
        ];
        for (target, octets) in targets {
            let corpus = here.join("corpus").join(target);
            fs::create_dir_all(&corpus)?;
            fs::write(corpus.join(&seed.name), octets)?;
        }
    }
    Ok(())
}
