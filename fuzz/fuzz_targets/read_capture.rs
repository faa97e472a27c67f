//! Hands libFuzzer's octets to `read_capture::run`.

#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| tcpshake_fuzz::read_capture::run(octets));
