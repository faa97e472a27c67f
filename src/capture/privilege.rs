//! What would let this process capture.
//!
//! In: the process's own situation: its system, its user, its program. Out: the next step to show.
//! Invariant: on Linux CAP_NET_RAW is enough, and root is not always (containers). Whether capture is permitted is
//! found by trying (`live::check_permission`).

use std::{env, fs};

use crate::capture::error::quoted;

/// What would let this process capture, as the second line of a message.
pub fn next_step() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let program = env::current_exe().map_or_else(|_| "PROGRAM".to_owned(), |path| path.display().to_string());
    advice(cfg!(target_os = "linux"), effective_user(&status), &program)
}

fn advice(linux: bool, user: Option<u32>, program: &str) -> String {
    match (linux, user) {
        (true, Some(0)) => "this root lacks CAP_NET_RAW, as in some containers: start the container with it \
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
