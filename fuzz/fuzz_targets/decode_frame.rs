//! Hands libFuzzer's octets to `decode_frame::run`.

#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| tcpshake_fuzz::decode_frame::run(octets));
