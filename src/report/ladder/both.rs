//! One ladder of a connection that was captured at both of its ends.
//!
//! In: the connection as each end's tap saw it. Out: a picture in which segments leave one end and arrive at the other.
//! Invariant: where both taps saw the same, it is the picture that one tap gives.

use std::io;

use crate::analyzer::connection::Connection;
use crate::report::ladder::picture::draw_rows;
use crate::report::ladder::rows::rows;
use crate::report::ladder::words::closing_line;
use crate::report::style::Style;
use crate::story::beside::Beside;
use crate::story::both::{is_turned, start, tell_both};

/// Draws one connection as the client's tap and the server's saw it, with what stands beside it at its margins; `None` where
/// the server's tap saw nothing of it.
///
/// # Errors
///
/// Those of `out`.
pub fn draw_both(
    out: &mut dyn io::Write,
    client: &Connection,
    server: Option<&Connection>,
    beside: Beside<'_>,
    style: Style,
) -> io::Result<()> {
    let story = tell_both(client, server, beside);
    let rows = rows(story, client.steps(), start(client, server), beside.kernel);
    let near = closing_line(client);
    let sentences = match server.map(|server| as_the_client_names_it(client, server)) {
        Some(far) if without_times(&near) != without_times(&far) => {
            vec![format!("As seen at the client: {near}"), format!("As seen at the server: {far}")]
        }
        _ => vec![near],
    };
    draw_rows(out, client, &rows, &sentences, style)
}

/// The server's tap takes for the client whose segment it saw first; the picture has one client.
fn as_the_client_names_it(client: &Connection, server: &Connection) -> String {
    let line = closing_line(server);
    if !is_turned(client, server) {
        return line;
    }
    let turned = line.split("client").map(|part| part.replace("server", "client"));
    turned.collect::<Vec<_>>().join("server")
}

/// Two taps never measure the same times.
fn without_times(sentences: &str) -> String {
    sentences.split('(').map(|part| part.split_once(')').map_or(part, |(_, rest)| rest)).collect()
}
