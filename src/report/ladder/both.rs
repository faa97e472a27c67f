//! One ladder of a connection that was captured at both of its ends.
//!
//! In: the connection as each end's tap saw it. Out: a picture in which segments leave one end and arrive at the other.
//! Invariant: where both taps saw the same, it is the picture that one tap gives.

use std::io;

use crate::analyzer::connection::Connection;
use crate::analyzer::role::{Ends, Role};
use crate::analyzer::state::State;
use crate::report::ladder::picture::draw_rows;
use crate::report::ladder::rows::rows;
use crate::report::ladder::words::{Shown, closing_line};
use crate::report::style::Style;
use crate::segment::Flags;
use crate::story::beside::Beside;
use crate::story::both::{is_turned, start, tell_both};
use crate::story::event::{Event, Passing, Way};

/// Draws one connection as the client's tap and the server's saw it, with what stands beside it at its margins; `None` where
/// the server's tap saw nothing of it. `older` has what an older connection of the same sockets said meanwhile.
///
/// # Errors
///
/// Those of `out`.
pub fn draw_both<'a>(
    out: &mut dyn io::Write,
    (client, server): (&'a Connection, Option<&'a Connection>),
    older: Vec<Event<'a>>,
    beside: Beside<'a>,
    style: Style,
) -> io::Result<()> {
    let story = tell_both(client, server, older, beside);
    let shown = shown(client, server, &story);
    let rows = rows(story, client.steps(), start(client, server), beside.kernel);
    let near = closing_line(client, shown);
    let sentences = match server.map(|server| as_the_client_names_it(client, server, shown)) {
        Some(far) if without_times(&near) != without_times(&far) => {
            vec![format!("As seen at the client: {near}"), format!("As seen at the server: {far}")]
        }
        _ => vec![near],
    };
    draw_rows(out, client, &rows, &sentences, style)
}

/// What neither tap shows alone.
fn shown(client: &Connection, server: Option<&Connection>, story: &[Event<'_>]) -> Shown {
    let third = story.iter().find_map(|event| match event {
        Event::Segment(passing) if passing.from == Role::Client && !passing.is_older => {
            (!passing.step.segment.flags.has(Flags::SYN)).then_some(passing)
        }
        _ => None,
    });
    let is_lost = |passing: &Passing<'_>| passing.way == Way::Lost && passing.step.segment.text_len == 0;
    let holds = |at: Option<&Connection>, role: Role| {
        at.is_some_and(|connection| *connection.states().of(role) == State::TimeWait)
    };
    let turned = server.is_some_and(|server| is_turned(client, server));
    let far = if turned { Role::Client } else { Role::Server };
    Shown {
        third_lost: third.is_some_and(is_lost),
        time_wait: Ends {
            client: server.is_some() && holds(Some(client), Role::Client),
            server: holds(server, far),
        },
    }
}

/// The server's tap takes for the client whose segment it saw first; the picture has one client.
fn as_the_client_names_it(client: &Connection, server: &Connection, mut shown: Shown) -> String {
    if !is_turned(client, server) {
        return closing_line(server, shown);
    }
    shown.time_wait.exchange();
    let line = closing_line(server, shown);
    let turned = line.split("client").map(|part| part.replace("server", "client"));
    turned.collect::<Vec<_>>().join("server")
}

/// Two taps never measure the same times.
fn without_times(sentences: &str) -> String {
    sentences.split('(').map(|part| part.split_once(')').map_or(part, |(_, rest)| rest)).collect()
}
