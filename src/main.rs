//! The `tcpshake` command.
fn main() {}
