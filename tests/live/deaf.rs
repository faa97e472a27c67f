//! An exchange that goes well while the capture sees nothing of it.
//!
//! In: the program as it is, over a libpcap whose reading function finds nothing, put before the real one by the
//! dynamic linker. Out: the message and the exit code.
//! Invariant: sockets, kernel and program are real; only libpcap is deaf.

use std::fs;
use std::process::Command;

use crate::run::{free_port, has, said, skipped, words};

const DEAF: &str = "int pcap_next_ex(void *capture, void **header, const unsigned char **octets) \
                    { (void) capture; (void) header; (void) octets; return 0; }";

#[test]
fn nothing_captured_though_the_exchange_went_well() {
    if !crate::may_capture("a deaf capture") || !has("cc", "a deaf capture") {
        return;
    }
    if !cfg!(target_os = "linux") {
        return skipped("a deaf capture: LD_PRELOAD is Linux's");
    }
    let folder = tempfile::tempdir().unwrap();
    let (source, library) = (folder.path().join("deaf.c"), folder.path().join("deaf.so"));
    fs::write(&source, DEAF).unwrap();
    let made =
        Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).status().unwrap();
    assert!(made.success(), "cc makes a library");

    let line = format!("demo --port {}", free_port());
    let deaf = said(words(&line).env("LD_PRELOAD", &library)).with_code(2);
    assert_eq!(deaf.out, "");
    let cause = "the exchange went well, but nothing of it was captured\n  try: tcpshake interfaces";
    assert!(deaf.err.contains(cause), "{}", deaf.err);
}
