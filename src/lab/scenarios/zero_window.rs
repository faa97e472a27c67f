//! Scenario `zero-window`: the server does not read, its window closes, and the client's kernel probes it.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: the server begins to read when a probe was answered, not after some time.
//! Read: RFC 9293 §3.8.6, §3.8.6.1; RFC 1122 §4.2.2.17.

use crate::analyzer::diagnosis::code::Code;
use crate::analyzer::role::Role;
use crate::analyzer::step::Step;
use crate::call::{CallName, Caller, SocketCall};
use crate::exchange::options::SocketOption;
use crate::exchange::server::BACKLOG;
use crate::lab::error::LabError;
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Group, Scenario, Setting};
use crate::lab::stage::Stage;
use crate::lab::textbook::{answered, receive, send};
use crate::time::span;

/// How many probes are awaited.
const PROBES: usize = 2;
/// How much room the server asks for.
const ROOM: usize = 4096;
/// How much the client sends.
const TEXT: usize = 16_384;
/// The acknowledgement of all of it.
const ALL_ACKNOWLEDGED: &str = "ACK J+16385";

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "zero-window",
    group: Group::Open,
    title: "the server does not read, and its window closes",
    text: "Each acknowledgement says how many octets more its sender has room for: the window. The server's \
           program does not read, so what arrives fills its buffer (made small with SO_RCVBUF), and the last \
           acknowledgement says 0. The client's send has long returned: its text is in the kernel's hands, and stays \
           there. Should the acknowledgement that opens the window again be lost, both would wait for ever, so the \
           client's kernel asks from time to time: the first probe comes after 200 ms, the next after twice as long, \
           and so on. Linux probes without text, with a number one too low (SND.NXT-1), which must be answered; but \
           it answers such segments at most every 500 ms (net.ipv4.tcp_invalid_ratelimit), so a probe may go \
           without. When two were answered the server reads at last, an acknowledgement brings a window, and all \
           the text flows. No end leaves ESTABLISHED for it: this is flow control at work, and a program that does \
           not read.",
    client: "socket, connect, send, close",
    server: "socket, setsockopt, setsockopt, bind, listen, accept, recv until the end, close",
    setting: Setting::LOOPBACK,
    expects: &[
        Expect::Labels(Role::Client, 1, &["SYN J", "SYN K, ACK J+1", "ACK K+1", "DATA"]),
        // Two probes, then the text that had to wait, and the close.
        Expect::Labels(Role::Client, 1, &["DATA", "ACK K+1", "ACK K+1", "DATA", "FIN M", "ACK N+1"]),
        Expect::Claim(Role::Client, "finding zero-window-probe"),
        Expect::Claim(Role::Client, "outcome closed"),
        Expect::Claim(Role::Client, "closing three-segment or four-segment first client"),
        Expect::Claim(Role::Client, "client TIME-WAIT"),
        Expect::Claim(Role::Client, "server CLOSED"),
        Expect::Claim(Role::Client, "no finding at or above error"),
        Expect::Call(Caller::Client, CallName::Send, "16384"),
    ],
    play,
    differs,
};

fn play(stage: &mut Stage) -> Result<(), LabError> {
    let (server, client) = (stage.server()?, stage.client()?);
    let listener = server.socket()?;
    listener.set(SocketOption::ReceiveBuffer(ROOM))?;
    server.makes_listen(&listener, BACKLOG)?;
    let accepting = server.accepts(&listener);
    let socket = client.socket()?;
    let connecting = client.connects(&socket);
    stage.done(&connecting, "connect()")?;
    let connection = stage.done(&accepting, "accept()")?;
    let text: Vec<u8> = b"tcpshake".iter().copied().cycle().take(TEXT).collect();
    let sending = {
        let socket = socket.clone();
        client.begin(move || send(&socket, &text))
    };
    stage.until("the answer to the second probe of the window", |stage| {
        answered(stage.steps(Role::Client), Code::ZeroWindowProbe) >= PROBES
    })?;
    let serving = server.begin(move || {
        let received = receive(&connection)?;
        connection.close()?;
        listener.close()?;
        Ok(received)
    });
    stage.done(&sending, "send()")?;
    // Where the close comes before the last of the text is on its way, the FIN rides on it.
    stage.until_seen(Role::Client, ALL_ACKNOWLEDGED)?;
    let closing = client.begin(move || socket.close());
    stage.done(&closing, "close()")?;
    stage.done(&serving, "the end of the server")?;
    stage.until_closed()
}

fn differs(played: &Played) -> String {
    let Some(connection) = played.first() else { return String::new() };
    let mut steps = connection.steps().iter();
    let is_closed = |step: &&Step| step.from == Role::Server && step.segment.window == Some(0);
    let is_open = |step: &&Step| step.from == Role::Server && step.segment.window != Some(0);
    let (Some(shut), Some(open)) = (steps.find(is_closed), steps.find(is_open)) else { return String::new() };
    let sent = played.call(Caller::Client, CallName::Send).and_then(SocketCall::lasted).unwrap_or_default();
    format!(
        "In the textbook what is sent arrives. Here send() took {TEXT} octets and returned after {}; the \
         server's window was closed for {}, and the rest of the text waited for it in the client's kernel.",
        span(sent),
        span(open.segment.time.since(shut.segment.time))
    )
}
