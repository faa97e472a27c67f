//! Whether this process may capture, and what would let it.
//!
//! In: the process's own situation. Out: yes, or the error with its next step.
//! Invariant: the system is asked by trying; on Linux CAP_NET_RAW is enough, root is not always (containers).

use std::{env, fs};

use crate::capture::error::{CaptureError, quoted};
use crate::capture::interfaces::loopback_interface;
use crate::capture::live::{Live, LiveOptions};

/// Tries a live capture on the loopback, for a moment.
///
/// # Errors
///
/// `NotPermitted` with what would permit it; or whatever else stands in the way of such a capture.
pub fn live_capture() -> Result<(), CaptureError> {
    let mut options = LiveOptions::new(&loopback_interface()?.name);
    // The smallest ring will do: nothing is read from it.
    options.buffer_octets = 1 << 20;
    options.snap_len = 128;
    Live::open(&options).map(|_| ())
}

/// What would let this process capture, as the second line of a message.
pub(crate) fn next_step() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let program = env::current_exe().map_or_else(|_| "PROGRAM".to_owned(), |path| path.display().to_string());
    advice(cfg!(target_os = "linux"), effective_user(&status), &program)
}

fn advice(linux: bool, user: Option<u32>, program: &str) -> String {
    match (linux, user) {
        (true, Some(0)) => "this root lacks CAP_NET_RAW, as in most containers: start the container with it \
             (docker run --cap-add NET_RAW)"
            .to_owned(),
        (true, _) => {
            let program = quoted(program);
            format!("run it with sudo, or allow the program once: sudo setcap cap_net_raw+ep {program}")
        }
        (false, _) => "run it with sudo".to_owned(),
    }
}

/// The second number of the line `Uid:` in Linux's `/proc/self/status`.
fn effective_user(status: &str) -> Option<u32> {
    status.lines().find_map(|line| line.strip_prefix("Uid:"))?.split_ascii_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_advice_suits_who_asks() {
        let user = effective_user("Name:\tx\nUid:\t1000\t1001\t1000\t1000\nGid:\t5\t5\t5\t5\n");
        assert_eq!(user, Some(1001));
        assert!(advice(true, user, "/opt/a b/x").ends_with("setcap cap_net_raw+ep '/opt/a b/x'"));
        assert!(advice(true, Some(0), "x").contains("--cap-add NET_RAW"));
        assert_eq!(advice(false, None, "x"), "run it with sudo");
    }
}
