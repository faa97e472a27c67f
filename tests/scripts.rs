//! Every script, played from its capture through decoding and tracking, is observed as it says.
//!
//! In: `fixtures/**`. Out: a verdict that names file and line of everything that differs, over all scripts at once.
//! Invariant: expectations come from RFC 9293 and the project's own definitions, never from what the code answers.

mod support;

use std::fmt::Display;

use support::frame;
use support::icmp::Report;
use support::notation::{TcpChecksum, Written};
use support::script::{Carries, Line, Script};
use tcpshake::capture::file::Files;
use tcpshake::capture::source::{FrameSource, Next};
use tcpshake::decode::error::DecodeError;
use tcpshake::decode::{DEPTH, Decoded, Decoder};
use tcpshake::icmp::IcmpError;
use tcpshake::segment::{Checksum, Segment};
use tcpshake::seq::SeqNumber;
use tcpshake::time::Timestamp;

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
fn every_frame_is_decoded_as_written() {
    let mut differences = Differences::default();
    for script in support::scripts() {
        for (index, (frame, decoded)) in script.frames.iter().zip(decoded(&script)).enumerate() {
            let place = script.place(frame.number);
            match (&frame.carries, decoded) {
                (Carries::Segment(..), Ok(Decoded::Segment(segment))) => {
                    segment_as_written(&script, index, &segment, &mut differences);
                }
                (Carries::Segment(..), other) => panic!("{place}: {other:?}"),
                (Carries::Icmp(report), decoded) => {
                    icmp_as_written(&script, index, report, &decoded, &mut differences);
                }
                // Whatever it is: such frames are written to be something odd.
                (Carries::Raw(..), _) => {}
            }
        }
    }
    differences.report();
}

fn segment_as_written(script: &Script, index: usize, segment: &Segment, differences: &mut Differences) {
    let Some(Line { number, segment: line, .. }) = script.frames[index].segment() else { return };
    let place = script.place(number);
    let mut same = |what, wanted: &dyn Display, got: &dyn Display| {
        differences.compare(&place, what, wanted, got);
    };
    same("frame", &(index + 1), &segment.frame);
    same("time", &support::capture::time(script, index), &segment.time.0);
    same("source", &script.socket(line.from), &segment.source);
    same("destination", &script.socket(line.to), &segment.destination);
    same("flags", &format!("{:?}", line.flags), &format!("{:?}", segment.flags));
    same("SEQ", &line.seq, &segment.seq);
    same("ACK", &line.ack.unwrap_or(0), &segment.ack);
    same("window", &line.window, &segment.window.map_or("none".to_owned(), |window| window.to_string()));
    same("length of text", &line.text.len(), &segment.text_len);
    let built = frame::build(script, index);
    let whole = built.octets.len() == built.wire_len;
    same("checksum", &checksum(line, whole && !script.ip.hides_ends()), &format!("{:?}", segment.checksum));
    if whole {
        let head = &line.text[..line.text.len().min(32)];
        same("text", &head.escape_ascii(), &segment.text.octets().escape_ascii());
        let mut options = line.options.clone();
        options.resize(options.len().next_multiple_of(4), 1);
        same("options", &options.escape_ascii(), &segment.options.octets().escape_ascii());
    }
}

fn icmp_as_written(
    script: &Script,
    index: usize,
    report: &Report,
    decoded: &Result<Decoded, DecodeError>,
    differences: &mut Differences,
) {
    let frame = &script.frames[index];
    let quoted = &report.quoted.segment;
    let reporter = script.socket(report.from).ip();
    // A wrong checksum makes it no error, where it can be judged.
    let is_intact = report.marks.checksum == TcpChecksum::Correct || report.marks.snap.is_some();
    let wanted = if report.quotes(reporter.is_ipv6()) && is_intact {
        Decoded::Icmp(IcmpError {
            frame: u64::try_from(index + 1).expect("fixtures are small"),
            time: Timestamp(support::capture::START + frame.time),
            reporter,
            kind: report.kind,
            code: report.code,
            source: script.socket(quoted.from),
            destination: script.socket(quoted.to),
            seq: SeqNumber(quoted.seq),
            // Which tunnels a `header:` makes only `= N tunnel` says.
            tunnel: match decoded {
                Ok(Decoded::Icmp(error)) if !script.header.is_empty() => error.tunnel.clone(),
                _ => None,
            },
        })
    } else {
        Decoded::NotTcp
    };
    let place = script.place(frame.number);
    differences.compare(
        &place,
        "ICMP error",
        format!("{:?}", Ok::<_, DecodeError>(wanted)),
        format!("{decoded:?}"),
    );
}

fn checksum(line: &Written, can_be_judged: bool) -> String {
    let meant = match line.marks.checksum {
        _ if !can_be_judged => Checksum::Unchecked,
        TcpChecksum::Correct => Checksum::Correct,
        TcpChecksum::Wrong => Checksum::Wrong,
        TcpChecksum::Offloaded => Checksum::Offloaded,
    };
    format!("{meant:?}")
}

/// What the frames of a script's capture are read as, one for each of its own.
fn decoded(script: &Script) -> Vec<Result<Decoded, DecodeError>> {
    let path = script.capture_path();
    let mut files = Files::new([&path]);
    let mut decoder = Decoder::new(DEPTH);
    let mut read = Vec::new();
    loop {
        let next = files.next_frame().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        match next {
            Next::Frame(frame) => read.push(decoder.decode(&frame)),
            Next::Quiet => {}
            Next::End => break,
        }
    }
    assert_eq!(read.len(), script.frames.len(), "{}: frames", path.display());
    read
}

mod observed {
    use super::*;
    use crate::support::expect::{About, Subject, Wanted};
    use std::process::Command;

    use serde_json::Value;
    use tcpshake::analyzer::config::Config;
    use tcpshake::analyzer::connection::Connection;
    use tcpshake::analyzer::label::Numbers;
    use tcpshake::analyzer::role::{Ends, Role};
    use tcpshake::analyzer::state::State;
    use tcpshake::analyzer::step::Step;
    use tcpshake::analyzer::tracker::Tracker;
    use tcpshake::tunnel::TunnelKind;

    #[test]
    fn every_script_is_observed_as_it_says() {
        let mut differences = Differences::default();
        for script in support::scripts() {
            let mut tracker = Tracker::new(Config::default());
            for (frame, decoded) in script.frames.iter().zip(decoded(&script)) {
                match decoded {
                    Ok(Decoded::Segment(segment)) => {
                        let step = tracker.observe(&segment);
                        if let Some(line) = frame.segment() {
                            segment_as_expected(&script, line, &step, &mut differences);
                        }
                    }
                    Ok(Decoded::Icmp(error)) => {
                        tracker.observe_icmp(&error);
                    }
                    _ => {}
                }
            }
            tracker.finish();
            let connections: Vec<Connection> = tracker.ended().collect();
            connections_as_expected(&script, &connections, &mut differences);
            findings_as_expected(&script, &connections, &mut differences);
        }
        differences.report();
    }

    fn segment_as_expected(script: &Script, line: Line<'_>, step: &Step, differences: &mut Differences) {
        let place = script.place(line.number);
        let (from, to) = (line.segment.from, line.segment.to);
        let client = if step.from == Role::Client { from } else { to };
        let states = states(client, (from, to), &step.states, &step.assumed);
        let wanted = line.expected;
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
                About::Finding(_) | About::NoFindings => {}
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
            Subject::Tunnel(wanted) => {
                let got: Vec<&str> = connection
                    .tunnel()
                    .map(|tunnel| tunnel.kinds().map(TunnelKind::as_str).collect())
                    .unwrap_or_default();
                differences.compare(place, "tunnel", wanted.join(" "), got.join(" "));
            }
            Subject::Finding(_) | Subject::NoFindings => {}
        }
    }

    /// Every connection, and the capture, has the findings that the script lists and no other.
    fn findings_as_expected(script: &Script, connections: &[Connection], differences: &mut Differences) {
        let wanted = |of: Option<u64>| {
            let lines = script.expectations.iter();
            let wanted = lines.filter_map(|expectation| match &expectation.about {
                About::Connection(number, Subject::Finding(wanted)) if of == Some(*number) => {
                    Some((expectation.line, wanted))
                }
                About::Finding(wanted) if of.is_none() => Some((expectation.line, wanted)),
                _ => None,
            });
            wanted.collect::<Vec<_>>()
        };
        let found = findings(script);
        let about = |number: Option<u64>| -> Vec<&Value> {
            found.iter().filter(|finding| finding["connection"].as_u64() == number).collect()
        };
        for number in connections.iter().map(Connection::id) {
            let what = format!("findings of connection {number}");
            same_findings(script, &what, &wanted(Some(number)), &about(Some(number)), differences);
        }
        same_findings(script, "findings of the capture", &wanted(None), &about(None), differences);
    }

    /// The findings that the program prints of a script's capture: those of connections, and of the capture as a whole.
    fn findings(script: &Script) -> Vec<Value> {
        let run = Command::new(env!("CARGO_BIN_EXE_tcpshake"))
            .args(["read", "--quiet", "--format", "json", "--records", "findings"])
            .arg(script.capture_path())
            .output()
            .expect("the program runs");
        let lines = String::from_utf8(run.stdout).expect("UTF-8");
        lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    fn same_findings(
        script: &Script,
        what: &str,
        wanted: &[(usize, &Wanted)],
        got: &[&Value],
        differences: &mut Differences,
    ) {
        let code = |found: &Value| found["code"].as_str().unwrap_or_default().to_owned();
        let list = |mut codes: Vec<String>| {
            codes.sort_unstable();
            if codes.is_empty() { "none".to_owned() } else { codes.join(", ") }
        };
        let codes = list(wanted.iter().map(|(_, wanted)| wanted.code.clone()).collect());
        // At the first line that names one, or else at the end of the script.
        let line = wanted.first().map(|(line, _)| *line);
        let place =
            script.place(line.unwrap_or_else(|| script.expectations.last().map_or(0, |last| last.line)));
        differences.compare(&place, what, codes, list(got.iter().map(|found| code(found)).collect()));
        let mut rest: Vec<&Value> = got.to_vec();
        for (line, wanted) in wanted {
            // Findings of one code stand in the script in the order in which they are raised.
            if let Some(at) = rest.iter().position(|found| code(found) == wanted.code) {
                finding_as_expected(&script.place(*line), wanted, rest.remove(at), differences);
            }
        }
    }

    fn finding_as_expected(place: &str, wanted: &Wanted, found: &Value, differences: &mut Differences) {
        if let Some(frames) = &wanted.frames {
            let got: Vec<u64> = serde_json::from_value(found["frames"].clone()).expect("numbers");
            differences.compare(place, "frames", format!("{frames:?}"), format!("{got:?}"));
        }
        if let Some(confidence) = &wanted.confidence {
            differences.compare(
                place,
                "confidence",
                confidence,
                found["confidence"].as_str().unwrap_or_default(),
            );
        }
        if wanted.rival && found["rivals"].as_array().is_none_or(Vec::is_empty) {
            differences.compare(place, "other explanations", "one at least", "none");
        }
    }

    /// The sockets of the connection with that number, as its first line has them.
    fn letters(script: &Script, connection: u64) -> (char, char) {
        let first = script.segments().find(|line| line.expected.connection == connection);
        first
            .map(|line| (line.segment.from, line.segment.to))
            .unwrap_or_else(|| panic!("no segment of {connection}"))
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
