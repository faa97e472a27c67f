//! Hands libFuzzer's octets to `track_segments::run`.

#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| tcpshake_fuzz::track_segments::run(octets));
