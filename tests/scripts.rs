//! Every script, played from its capture through decoding and tracking, is observed as it says.
//!
//! In: `fixtures/**`. Out: a verdict that names file and line of everything that differs, over all scripts at once.
//! Invariant: expectations come from RFC 9293 and the project's own definitions, never from what the code answers.

mod support;

use std::fmt::Display;

use support::frame;
use support::notation::TcpChecksum;
use support::script::{Line, Script};
use tcpshake::capture::file::Files;
use tcpshake::capture::source::{FrameSource, Next};
use tcpshake::decode::{Decoded, decode};
use tcpshake::segment::{Checksum, Segment};

/// What differs, a line each.
#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn compare(&mut self, place: &str, what: &str, wanted: impl Display, got: impl Display) {
        let (wanted, got) = (wanted.to_string(), got.to_string());
        if wanted != got {
            self.0.push(format!("{place}: {what}\n    wanted {wanted}\n       got {got}"));
        }
    }

    fn report(self) {
        assert!(self.0.is_empty(), "{} differences\n{}", self.0.len(), self.0.join("\n"));
    }
}

#[test]
fn every_segment_is_decoded_as_written() {
    let mut differences = Differences::default();
    for script in support::scripts() {
        let segments = segments(&script);
        let lines = script.segments.iter().enumerate();
        for ((index, line), (frame, segment)) in lines.zip((1..).zip(&segments)) {
            let place = script.place(line.number);
            assert_eq!(segment.frame, frame, "{place}: frame");
            decoded_as_written(&script, index, segment, &mut differences);
        }
    }
    differences.report();
}

fn decoded_as_written(script: &Script, index: usize, segment: &Segment, differences: &mut Differences) {
    let line = &script.segments[index];
    let place = script.place(line.number);
    let mut same = |what, wanted: &dyn Display, got: &dyn Display| {
        differences.compare(&place, what, wanted, got);
    };
    same("time", &(support::capture::START + line.time), &segment.time.0);
    same("source", &script.socket(line.from), &segment.source);
    same("destination", &script.socket(line.to), &segment.destination);
    same("flags", &format!("{:?}", line.flags), &format!("{:?}", segment.flags));
    same("SEQ", &line.seq, &segment.seq);
    same("ACK", &line.ack, &segment.ack);
    same("window", &line.window, &segment.window.map_or("none".to_owned(), |window| window.to_string()));
    same("length of text", &line.text.len(), &segment.text_len);
    let built = frame::build(script, index);
    let whole = built.octets.len() == built.wire_len;
    same("checksum", &checksum(line, whole), &format!("{:?}", segment.checksum));
    if whole {
        let head = &line.text[..line.text.len().min(32)];
        same("text", &head.escape_ascii(), &segment.text.octets().escape_ascii());
        let mut options = line.options.clone();
        options.resize(options.len().next_multiple_of(4), 1);
        same("options", &options.escape_ascii(), &segment.options.octets().escape_ascii());
    }
}

fn checksum(line: &Line, whole: bool) -> String {
    let meant = match line.marks.checksum {
        _ if !whole => Checksum::Unchecked,
        TcpChecksum::Correct => Checksum::Correct,
        TcpChecksum::Wrong => Checksum::Wrong,
        TcpChecksum::Offloaded => Checksum::Offloaded,
    };
    format!("{meant:?}")
}

/// The segments of a script's capture, one for each of its lines.
fn segments(script: &Script) -> Vec<Segment> {
    let path = script.capture_path();
    let mut files = Files::new([&path]);
    let mut segments = Vec::new();
    loop {
        let next = files.next_frame().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        match next {
            Next::Frame(frame) => match decode(&frame) {
                Ok(Decoded::Segment(segment)) => segments.push(segment),
                other => panic!("{}: frame {}: {other:?}", path.display(), frame.number),
            },
            Next::Quiet => {}
            Next::End => break,
        }
    }
    assert_eq!(segments.len(), script.segments.len(), "{}: frames", path.display());
    segments
}

mod observed {
    use super::*;
    use crate::support::expect::{About, Subject};
    use tcpshake::analyzer::connection::Connection;
    use tcpshake::analyzer::label::Numbers;
    use tcpshake::analyzer::role::{Ends, Role};
    use tcpshake::analyzer::state::State;
    use tcpshake::analyzer::step::Step;
    use tcpshake::analyzer::tracker::{Config, Tracker};

    #[test]
    fn every_script_is_observed_as_it_says() {
        let mut differences = Differences::default();
        for script in support::scripts() {
            let mut tracker = Tracker::new(Config::default());
            for (line, segment) in script.segments.iter().zip(segments(&script)) {
                let step = tracker.observe(&segment);
                segment_as_expected(&script, line, &step, &mut differences);
            }
            tracker.finish();
            let connections: Vec<Connection> = tracker.ended().collect();
            connections_as_expected(&script, &connections, &mut differences);
        }
        differences.report();
    }

    fn segment_as_expected(script: &Script, line: &Line, step: &Step, differences: &mut Differences) {
        let place = script.place(line.number);
        let client = if step.from == Role::Client { line.from } else { line.to };
        let states = states(client, (line.from, line.to), &step.states, &step.assumed);
        let wanted = &line.expected;
        differences.compare(&place, "label", &wanted.label, step.label.show(Numbers::Symbolic));
        differences.compare(&place, "states", wanted.states.join(" "), states);
        differences.compare(&place, "connection", wanted.connection, step.connection);
    }

    fn connections_as_expected(script: &Script, connections: &[Connection], differences: &mut Differences) {
        for expectation in &script.expectations {
            let place = script.place(expectation.line);
            match &expectation.about {
                About::Connections(count) => {
                    differences.compare(&place, "connections", count, connections.len());
                }
                About::Connection(number, subject) => {
                    match connections.iter().find(|connection| connection.id() == *number) {
                        Some(connection) => {
                            connection_as_expected(script, connection, subject, &place, differences);
                        }
                        None => differences.compare(&place, "connection", number, "none"),
                    }
                }
            }
        }
    }

    fn connection_as_expected(
        script: &Script,
        connection: &Connection,
        subject: &Subject,
        place: &str,
        differences: &mut Differences,
    ) {
        match subject {
            Subject::Client(letter) => {
                differences.compare(place, "client", script.socket(*letter), connection.sockets().client);
            }
            Subject::Opening(kind) => {
                differences.compare(place, "opening", kind, connection.opening().kind.as_str());
            }
            Subject::Closing(kind, first) => {
                let closing = connection.closing();
                differences.compare(place, "closing", kind, closing.kind.as_str());
                if let Some(first) = first {
                    let got = match closing.first {
                        Some(Role::Client) => "client",
                        Some(Role::Server) => "server",
                        None => "nobody",
                    };
                    differences.compare(place, "closed first", first, got);
                }
            }
            Subject::Outcome(kind) => {
                differences.compare(place, "outcome", kind, connection.outcome().as_str());
            }
            Subject::States(wanted) => {
                let letters = letters(script, connection.id());
                let client = if script.socket(letters.0) == connection.sockets().client {
                    letters.0
                } else {
                    letters.1
                };
                let got = states(client, letters, &connection.states(), &connection.assumed());
                differences.compare(place, "last states", wanted.join(" "), got);
            }
        }
    }

    /// The sockets of the connection with that number, as its first line has them.
    fn letters(script: &Script, connection: u64) -> (char, char) {
        let first = script.segments.iter().find(|line| line.expected.connection == connection);
        first.map(|line| (line.from, line.to)).unwrap_or_else(|| panic!("no segment of {connection}"))
    }

    /// Both states in the order of the sockets' letters, in parentheses where assumed; one where both are one socket.
    fn states(client: char, letters: (char, char), states: &Ends<State>, assumed: &Ends<bool>) -> String {
        let shown = |state: &State, assumed| if assumed { format!("({state})") } else { state.to_string() };
        let (of_client, of_server) =
            (shown(&states.client, assumed.client), shown(&states.server, assumed.server));
        if letters.0 == letters.1 {
            of_client
        } else if client == letters.0.min(letters.1) {
            format!("{of_client} {of_server}")
        } else {
            format!("{of_server} {of_client}")
        }
    }
}
