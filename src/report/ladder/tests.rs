//! Ladders, drawn: with calls and the kernel's word beside them, narrow and wide; and of two vantage points.
//!
//! In: connections, calls and words made by hand. Out: the pictures, whole.

mod both;
mod shown;

use super::*;
use crate::call::{CallName, Caller, SocketCall};
use crate::report::samples::{self, Script, call, connection, said_at};
use crate::segment::{Flags, Segment};
use crate::witness::{KernelEvent, KernelState, KernelWord};

const CLIENT: &str = "192.0.2.2:50000";
const SERVER: &str = "192.0.2.1:6666";
const OF_CLIENT: (&str, &str) = (CLIENT, SERVER);
const OF_SERVER: (&str, &str) = (SERVER, CLIENT);
const SYN: Flags = Flags::SYN;
const ACK: Flags = Flags::ACK;
const SYN_ACK: Flags = SYN.with(ACK);

fn drawn(segments: &[Segment], calls: &[SocketCall], kernel: &[KernelEvent], width: usize) -> String {
    let mut out = Vec::new();
    let style = Style { width, ..Style::default() };
    draw(&mut out, &connection(segments), Beside { calls, kernel }, style).unwrap();
    String::from_utf8(out).unwrap()
}

fn change(micros: i64, ends: (&str, &str), from: KernelState, to: KernelState) -> KernelEvent {
    said_at(micros, ends, KernelWord::State { from, to })
}

/// Server calls, of the listener or of the connection.
fn server(
    name: CallName,
    arguments: &str,
    times: (i64, Option<i64>),
    value: Result<i64, (&str, i32, &str)>,
) -> SocketCall {
    call(Caller::Server, name, arguments, times, value, (Some(SERVER), Some(CLIENT)))
}

fn client(
    name: CallName,
    arguments: &str,
    times: (i64, Option<i64>),
    value: Result<i64, (&str, i32, &str)>,
) -> SocketCall {
    call(Caller::Client, name, arguments, times, value, (Some(CLIENT), Some(SERVER)))
}

#[test]
fn the_kernel_bears_states_out() {
    insta::assert_snapshot!(drawn(&samples::closed(), &samples::calls(), &samples::said(), 80), @r#"
    client 192.0.2.2:50000                                    server 192.0.2.1:6666
                        socket(AF_INET, SOCK_STREAM) = 4   bind(192.0.2.1:6666) = 0
                                          listen(10) = 0   LISTEN*   accept() waits
    socket(AF_INET, SOCK_STREAM) = 5   connect(192.0.2.1:6666) waits
    SYN-SENT*       0.000 000  |------------- SYN J ------------->|  (SYN-RECEIVED)
    ESTABLISHED*    0.000 197  |<-------- SYN K, ACK J+1 ---------|  SYN-RECEIVED
    connect() = 0 after 0.230 ms
    ESTABLISHED     0.000 219  |------------ ACK K+1 ------------>|  ESTABLISHED*
                                      accept() = 6 after 1.07 ms   recv(4096) waits
    send("hello\n", 6) begins
    ESTABLISHED     0.000 300  |-------- DATA 6 "hello\n" ------->|  ESTABLISHED
    send() = 6 after 0.015 ms
                                                          recv() = 6 after 0.095 ms
    ESTABLISHED     0.000 340  |<------------ ACK J+7 ------------|  ESTABLISHED
                                                                   recv(4096) waits
    close() begins
    FIN-WAIT-1*     0.000 400  |------------- FIN M ------------->|  CLOSE-WAIT*
    close() = 0 after 0.010 ms
              recv() = -1 ECONNRESET (104: Connection reset by peer) after 0.065 ms
                                                                     close() begins
    (TIME-WAIT)     0.000 460  |<-------- FIN N, ACK M+1 ---------|  LAST-ACK*
                                                         close() = 0 after 0.020 ms
    TIME-WAIT       0.000 471  |------------ ACK N+1 ------------>|  CLOSED*
                                                                     accept() waits
    J = 1000   K = 5000   M = J+7 = 1007   N = K+1 = 5001
    * marks the kernel's own word; states without it follow from the segments.
    Opened in three segments (0.219 ms). Closed in three: the server's FIN carried
    its acknowledgement. The client closed first and holds TIME-WAIT.
    "#);
}

#[test]
fn the_kernel_bears_states_out_in_a_wide_picture() {
    insta::assert_snapshot!(drawn(&samples::closed(), &samples::calls(), &samples::said(), 140), @r#"
    client 192.0.2.2:50000                                                                            server 192.0.2.1:6666
                    socket(AF_INET, SOCK_STREAM) = 4   bind(192.0.2.1:6666) = 0   listen(10) = 0   LISTEN*   accept() waits
    socket(AF_INET, SOCK_STREAM) = 5   connect(192.0.2.1:6666) waits
    SYN-SENT*       0.000 000  |--------------------------------- SYN J --------------------------------->|  (SYN-RECEIVED)
    ESTABLISHED*    0.000 197  |<---------------------------- SYN K, ACK J+1 -----------------------------|  SYN-RECEIVED
    connect() = 0 after 0.230 ms
    ESTABLISHED     0.000 219  |-------------------------------- ACK K+1 -------------------------------->|  ESTABLISHED*
                                                                              accept() = 6 after 1.07 ms   recv(4096) waits
    send("hello\n", 6) begins
    ESTABLISHED     0.000 300  |---------------------------- DATA 6 "hello\n" --------------------------->|  ESTABLISHED
    send() = 6 after 0.015 ms
                                                                                                  recv() = 6 after 0.095 ms
    ESTABLISHED     0.000 340  |<-------------------------------- ACK J+7 --------------------------------|  ESTABLISHED
                                                                                                           recv(4096) waits
    close() begins
    FIN-WAIT-1*     0.000 400  |--------------------------------- FIN M --------------------------------->|  CLOSE-WAIT*
    close() = 0 after 0.010 ms
                                     recv() = -1 ECONNRESET (104: Connection reset by peer) after 0.065 ms   close() begins
    (TIME-WAIT)     0.000 460  |<---------------------------- FIN N, ACK M+1 -----------------------------|  LAST-ACK*
                                                                                                 close() = 0 after 0.020 ms
    TIME-WAIT       0.000 471  |-------------------------------- ACK N+1 -------------------------------->|  CLOSED*
                                                                                                             accept() waits
    J = 1000   K = 5000   M = J+7 = 1007   N = K+1 = 5001
    * marks the kernel's own word; states without it follow from the segments.
    Opened in three segments (0.219 ms). Closed in three: the server's FIN carried its acknowledgement. The client closed
    first and holds TIME-WAIT.
    "#);
}

#[test]
fn the_report_draws_what_it_was_told() {
    let mut out = Vec::new();
    let mut report = Ladder::new(&mut out, Style::default());
    for said in samples::said() {
        report.kernel(&said).unwrap();
    }
    for call in samples::calls() {
        report.call(&call).unwrap();
    }
    let another = said_at(5, (SERVER, "192.0.2.2:50001"), KernelWord::ReceivesReset);
    report.kernel(&another).unwrap();
    report.connection(&connection(&samples::closed())).unwrap();
    let expected = drawn(&samples::closed(), &samples::calls(), &samples::said(), 80);
    assert_eq!(String::from_utf8(out).unwrap(), format!(" connection 1\n{expected}"));
}

#[test]
fn what_waits_for_its_connection_is_bounded() {
    let mut report = Ladder::new(Vec::new(), Style::default());
    for micros in 0..3_000 {
        report.kernel(&said_at(micros, OF_CLIENT, KernelWord::Retransmits)).unwrap();
    }
    assert!(report.kernel.len() <= KEPT);
    assert_eq!(report.kernel.last(), Some(&said_at(2_999, OF_CLIENT, KernelWord::Retransmits)));
}

#[test]
fn without_calls_the_listener_is_told_of() {
    insta::assert_snapshot!(drawn(&samples::closed(), &[], &samples::said()[..6], 80), @r#"
    client 192.0.2.2:50000                                    server 192.0.2.1:6666
                                                   kernel: listener CLOSE -> LISTEN
    SYN-SENT*       0.000 000  |------------- SYN J ------------->|  (SYN-RECEIVED)
    ESTABLISHED*    0.000 197  |<-------- SYN K, ACK J+1 ---------|  SYN-RECEIVED
    ESTABLISHED     0.000 219  |------------ ACK K+1 ------------>|  ESTABLISHED*
    ESTABLISHED     0.000 300  |-------- DATA 6 "hello\n" ------->|  ESTABLISHED
    ESTABLISHED     0.000 340  |<------------ ACK J+7 ------------|  ESTABLISHED
    FIN-WAIT-1*     0.000 400  |------------- FIN M ------------->|  (CLOSE-WAIT)
    (TIME-WAIT)     0.000 460  |<-------- FIN N, ACK M+1 ---------|  LAST-ACK
    TIME-WAIT       0.000 471  |------------ ACK N+1 ------------>|  (CLOSED)
    J = 1000   K = 5000   M = J+7 = 1007   N = K+1 = 5001
    * marks the kernel's own word; states without it follow from the segments.
    Opened in three segments (0.219 ms). Closed in three: the server's FIN carried
    its acknowledgement. The client closed first and holds TIME-WAIT.
    "#);
}

#[test]
fn a_reset_has_the_kernels_reason_and_what_no_segment_shows_is_told() {
    let mut script = Script::new(CLIENT, SERVER);
    script.client_sends(0, SYN, 1_000, 0, b"");
    script.client_sends(1_000_000, SYN, 1_000, 0, b"");
    script.server_sends(1_000_100, SYN_ACK, 5_000, 1_001, b"");
    script.client_sends(1_000_110, ACK, 1_001, 5_001, b"");
    script.client_sends(1_000_200, ACK.with(Flags::PSH), 1_001, 5_001, b"never read");
    script.server_sends(1_000_220, ACK, 5_001, 1_011, b"");
    script.server_sends(1_002_000, Flags::RST.with(ACK), 5_001, 1_011, b"");
    use KernelState::{Close, Established, Listen, SynRecv, SynSent};
    let kernel = [
        change(-10, OF_CLIENT, Close, SynSent),
        said_at(1_000_001, OF_CLIENT, KernelWord::Retransmits),
        change(1_000_105, OF_CLIENT, SynSent, Established),
        change(1_000_120, OF_SERVER, Listen, SynRecv),
        change(1_000_122, OF_SERVER, SynRecv, Established),
        change(1_001_985, OF_SERVER, Established, Close),
        said_at(1_002_001, OF_SERVER, KernelWord::SendsReset(Some("TCP_ABORT_ON_CLOSE".to_owned()))),
        said_at(1_002_002, OF_CLIENT, KernelWord::ReceivesReset),
        change(1_002_003, OF_CLIENT, Established, Close),
    ];
    insta::assert_snapshot!(drawn(&script.segments, &calls_of_a_reset(), &kernel, 80), @r#"
    client 192.0.2.2:50000                                    server 192.0.2.1:6666
    connect(192.0.2.1:6666) begins
    SYN-SENT*       0.000 000  |------------- SYN J ------------->|  (SYN-RECEIVED)
    connect() = -1 EINPROGRESS (115: Operation now in progress) after 0.045 ms
    poll(POLLOUT) waits
    kernel: retransmits
    SYN-SENT        1.000 000  |------- SYN J (again, 2nd) ------>|  (SYN-RECEIVED)
    ESTABLISHED*    1.000 100  |<-------- SYN K, ACK J+1 ---------|  SYN-RECEIVED
    ESTABLISHED     1.000 110  |------------ ACK K+1 ------------>|  ESTABLISHED*
    poll() = 1 after 1.00 s   getsockopt(SO_ERROR) = 0   send(10) begins
    ESTABLISHED     1.000 200  |------ DATA 10 "never read" ----->|  ESTABLISHED
    send() = 10 after 0.020 ms
    ESTABLISHED     1.000 220  |<----------- ACK J+11 ------------|  ESTABLISHED
                                                                     close() begins
                                             kernel: sends RST (TCP_ABORT_ON_CLOSE)
    CLOSED*         1.002 000  |<------------ RST K+1 ------------|  CLOSED*
    kernel: accepts the RST
                                                         close() = 0 after 0.030 ms
    send(10) = -1 EPIPE (32: Broken pipe)
    shutdown(SHUT_WR) = -1 ENOTCONN (107: Transport endpoint is not connected)
                                                               the server is killed
    J = 1000   K = 5000
    * marks the kernel's own word; states without it follow from the segments.
    Opened in three segments, some of them more than once (SYN to SYN+ACK 1.00 s).
    Reset by the server.
    "#);
}

/// A client that does not wait, and a server that closes without having read.
fn calls_of_a_reset() -> Vec<SocketCall> {
    vec![
        client(
            CallName::Connect,
            SERVER,
            (-20, Some(25)),
            Err(("EINPROGRESS", 115, "Operation now in progress")),
        ),
        client(CallName::Poll, "POLLOUT", (40, Some(1_000_150)), Ok(1)),
        client(CallName::GetSockOpt, "SO_ERROR", (1_000_160, Some(1_000_165)), Ok(0)),
        client(CallName::Send, "10", (1_000_190, Some(1_000_210)), Ok(10)),
        server(CallName::Close, "", (1_001_980, Some(1_002_010)), Ok(0)),
        client(CallName::Send, "10", (1_002_100, Some(1_002_105)), Err(("EPIPE", 32, "Broken pipe"))),
        client(
            CallName::Shutdown,
            "SHUT_WR",
            (1_002_110, Some(1_002_115)),
            Err(("ENOTCONN", 107, "Transport endpoint is not connected")),
        ),
        server(CallName::Kill, "SIGKILL", (1_002_200, Some(1_002_300)), Ok(0)),
    ]
}

#[test]
fn a_state_that_the_kernel_leaves_by_itself_is_told() {
    let mut script = Script::new(CLIENT, SERVER);
    script.client_sends(0, SYN, 1_000, 0, b"");
    script.client_sends(1_000_000, SYN, 1_000, 0, b"");
    use KernelState::{Close, SynSent};
    let kernel = [
        change(-10, OF_CLIENT, Close, SynSent),
        said_at(1_000_001, OF_CLIENT, KernelWord::Retransmits),
        change(3_000_000, OF_CLIENT, SynSent, Close),
    ];
    let calls = [client(
        CallName::Connect,
        SERVER,
        (-20, Some(3_000_020)),
        Err(("ETIMEDOUT", 110, "Connection timed out")),
    )];
    insta::assert_snapshot!(drawn(&script.segments, &calls, &kernel, 80), @r#"
    client 192.0.2.2:50000                                    server 192.0.2.1:6666
    connect(192.0.2.1:6666) waits
    SYN-SENT*       0.000 000  |------------- SYN J ------------->|  (SYN-RECEIVED)
    kernel: retransmits
    SYN-SENT        1.000 000  |------- SYN J (again, 2nd) ------>|  (SYN-RECEIVED)
    kernel: SYN_SENT -> CLOSE at 3.00 s
    connect() = -1 ETIMEDOUT (110: Connection timed out) after 3.00 s
    J = 1000
    * marks the kernel's own word; states without it follow from the segments.
    The SYN, sent 2 times, was not answered.
    "#);
}
