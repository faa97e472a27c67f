//! `lines`: one labelled segment a line, in tcpdump's habits.
//!
//! In: steps, connections for what was found about them, calls, the kernel's words. Out: `TIME CONNECTION SOURCE >
//! DESTINATION LABEL CLIENT SERVER`, where the last two words are the states of both ends after the segment, in
//! parentheses where assumed.
//! Invariant: TIME is the time of day in UTC, so that neighbours compare whatever the machine's time zone; its
//! microseconds are cut, and the JSON records have all nanoseconds. The text of a segment is escaped: no control
//! character reaches the terminal.

use std::io::{self, Write};

use crate::analyzer::connection::Connection;
use crate::analyzer::diagnosis::finding::Finding;
use crate::analyzer::diagnosis::severity::Severity;
use crate::analyzer::role::Role;
use crate::analyzer::step::Step;
use crate::call::SocketCall;
use crate::report::buffer::{Buffer, Displayed, Put};
use crate::report::columns::{GAP, Row};
use crate::report::kernel::{MARK, socket, words};
use crate::report::said::{Headline, Said};
use crate::report::sink::Report;
use crate::report::style::{Believed, Ink, Style};
use crate::report::times::TimeOfDay;
use crate::time::{Timestamp, span};
use crate::witness::KernelEvent;

/// Columns of a connection's number.
const ID: usize = 2;
/// Columns of a state in parentheses.
const STATE: usize = 14;
/// The widest pair of IPv4 sockets; one of IPv6 may be wider, and moves its own line only.
const WIDEST_PAIR: usize = 45;
/// The narrowest and the widest column of labels: `FIN N, ACK M+1`, and `ACK K+1, DATA 6 "hello\n" (again, 2nd)`.
const LABEL: (usize, usize) = (14, 40);

/// Writes lines.
#[derive(Debug)]
pub struct Lines<W> {
    out: W,
    style: Style,
    row: Row,
    /// The widest pair of sockets so far: the column grows with it.
    pair: usize,
    said: Said,
}

impl<W: Write> Lines<W> {
    /// Writes to `out`.
    pub fn new(out: W, style: Style) -> Self {
        Self { out, style, row: Row::new(style), pair: 0, said: Said::default() }
    }

    /// A line that begins as the segments' do, and has `=` where they have a socket.
    fn ending(&mut self, connection: &Connection) -> io::Result<()> {
        let (opening, closing) = (connection.opening(), connection.closing());
        let row = &mut self.row;
        row.left(TimeOfDay::WIDTH, Ink::Plain, TimeOfDay(connection.end()));
        row.right(ID, Ink::Plain, connection.id());
        row.left(0, Ink::Heading, ("= ", connection.outcome().as_str()));
        let kinds = ("(opening ", opening.kind.as_str(), ", closing ", closing.kind.as_str());
        let (comma, first, behind) = closing.first.map_or(("", "", ""), |end| (", ", end.as_str(), " first"));
        row.left(0, Ink::Plain, (kinds, comma, first, behind, ")"));
        self.out.write_all(row.finish())
    }

    /// A line that begins as the segments' do, and says who speaks where they have a socket.
    fn beside(&mut self, time: Timestamp, ink: Ink, who: &str, what: &str) -> io::Result<()> {
        let row = &mut self.row;
        row.left(TimeOfDay::WIDTH, Ink::Plain, TimeOfDay(time));
        row.right(ID, Ink::Plain, "-");
        row.left(0, ink, (who, ": ", Harmless(what)));
        self.out.write_all(row.finish())
    }

    /// A line that begins as the segments' do, and has `!` where they have a socket.
    fn found(&mut self, about: Option<(Timestamp, u64)>, finding: &Finding) -> io::Result<()> {
        let Finding { code, frames, says, .. } = finding;
        let reference = code.reference();
        let ink = if code.severity() == Severity::Error { Ink::Failure } else { Ink::Closing };
        let row = &mut self.row;
        match about {
            Some((time, connection)) => {
                row.left(TimeOfDay::WIDTH, Ink::Plain, TimeOfDay(time));
                row.right(ID, Ink::Plain, connection);
            }
            None => {
                row.left(TimeOfDay::WIDTH, Ink::Plain, "the capture");
                row.right(ID, Ink::Plain, "-");
            }
        }
        row.left(0, ink, ("! ", Headline(finding), ":"));
        row.left(0, Ink::Plain, Harmless(says));
        row.left(0, Ink::Plain, ("(", Evidence(frames), Reference(reference), ")"));
        self.out.write_all(row.finish())
    }
}

impl<W: Write + Send> Report for Lines<W> {
    fn segment(&mut self, step: &Step) -> io::Result<()> {
        let segment = &step.segment;
        let believed =
            |role: Role| Believed { state: *step.states.of(role), is_assumed: *step.assumed.of(role) };
        let (client, server) = (believed(Role::Client), believed(Role::Server));
        let row = &mut self.row;
        row.left(TimeOfDay::WIDTH, Ink::Plain, TimeOfDay(segment.time));
        row.right(ID, Ink::Plain, step.connection);
        let pair = (segment.source, " > ", segment.destination);
        row.growing(&mut self.pair, WIDEST_PAIR, Ink::Plain, pair);
        let label_width = label_width(self.style.width, self.pair);
        let label = step.label.show_with_text(self.style.numbers, &segment.text);
        row.left(label_width, Ink::of_segment(segment), label);
        row.left(STATE, client.ink(), client);
        row.left(0, server.ink(), server);
        self.out.write_all(row.finish())
    }

    fn connection(&mut self, connection: &Connection) -> io::Result<()> {
        let (time, id) = (connection.end(), connection.id());
        if self.style.tells_ends {
            self.ending(connection)?;
        }
        for finding in connection.findings() {
            if self.said.is_news(finding) {
                self.found(Some((time, id)), finding)?;
            }
        }
        Ok(())
    }

    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        self.found(None, finding)
    }

    fn call(&mut self, call: &SocketCall) -> io::Result<()> {
        let (time, lasted) = match (&call.returned, call.lasted()) {
            (Some((at, _)), Some(lasted)) => (*at, format!(" after {}", span(lasted))),
            _ => (call.began, String::new()),
        };
        self.beside(time, Ink::Call, call.caller.as_str(), &format!("{call}{lasted}"))
    }

    fn kernel(&mut self, said: &KernelEvent) -> io::Result<()> {
        self.beside(said.time, Ink::Kernel, MARK, &format!("{}: {}", socket(said), words(&said.word)))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The columns that labels may take of `width`, so that the states fit beside them.
fn label_width(width: usize, pair: usize) -> usize {
    let others = TimeOfDay::WIDTH + ID + pair + 2 * STATE + 5 * GAP;
    width.saturating_sub(others).clamp(LABEL.0, LABEL.1)
}

/// A sentence without control characters.
struct Harmless<'a>(&'a str);

impl Put for Harmless<'_> {
    fn put(&self, out: &mut Buffer) {
        // The first octets of control characters; what is none begins with some of them, too, and is looked at closely.
        if !self.0.bytes().any(|octet| matches!(octet, 0..b' ' | 0x7f | 0xc2)) {
            return out.add(self.0);
        }
        for part in self.0.split_inclusive(char::is_control) {
            let control = part.chars().next_back().filter(|last| last.is_control());
            out.add(part.trim_end_matches(char::is_control));
            if let Some(control) = control {
                out.add(Displayed(control.escape_debug()));
            }
        }
    }
}

/// The frames that show something: `frame 3, ` or `frames 1, 3, `.
struct Evidence<'a>(&'a [u64]);

impl Put for Evidence<'_> {
    fn put(&self, out: &mut Buffer) {
        if !self.0.is_empty() {
            out.add(if self.0.len() == 1 { "frame " } else { "frames " });
        }
        self.0.iter().for_each(|frame| out.add((frame, ", ")));
    }
}

/// A section to read, in ASCII, which every terminal shows.
struct Reference<'a>(&'a str);

impl Put for Reference<'_> {
    fn put(&self, out: &mut Buffer) {
        for (count, part) in self.0.split('§').enumerate() {
            out.add((if count == 0 { "" } else { "section " }, part));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyzer::diagnosis::code::Code;
    use crate::analyzer::diagnosis::severity::Confidence;
    use crate::report::samples;
    use crate::segment::Segment;

    fn lines(segments: &[Segment], style: Style) -> String {
        let mut out = Vec::new();
        samples::play(segments, &mut Lines::new(&mut out, style));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn opened_and_closed() {
        let style = Style { width: 120, ..Style::default() };
        insta::assert_snapshot!(lines(&samples::closed(), style), @r#"
        12:00:00.000000   1  192.0.2.2:50000 > 192.0.2.1:6666  SYN J                              SYN-SENT        (SYN-RECEIVED)
        12:00:00.000197   1  192.0.2.1:6666 > 192.0.2.2:50000  SYN K, ACK J+1                     (ESTABLISHED)   SYN-RECEIVED
        12:00:00.000219   1  192.0.2.2:50000 > 192.0.2.1:6666  ACK K+1                            ESTABLISHED     (ESTABLISHED)
        12:00:00.000300   1  192.0.2.2:50000 > 192.0.2.1:6666  DATA 6 "hello\n"                   ESTABLISHED     (ESTABLISHED)
        12:00:00.000340   1  192.0.2.1:6666 > 192.0.2.2:50000  ACK J+7                            ESTABLISHED     ESTABLISHED
        12:00:00.000400   1  192.0.2.2:50000 > 192.0.2.1:6666  FIN M                              FIN-WAIT-1      (CLOSE-WAIT)
        12:00:00.000460   1  192.0.2.1:6666 > 192.0.2.2:50000  FIN N, ACK M+1                     (TIME-WAIT)     LAST-ACK
        12:00:00.000471   1  192.0.2.2:50000 > 192.0.2.1:6666  ACK N+1                            TIME-WAIT       (CLOSED)
        "#);
    }

    #[test]
    fn refused() {
        insta::assert_snapshot!(lines(&samples::refused(), Style::default()), @r#"
        12:00:00.000000   1  [2001:db8::2]:50000 > [2001:db8::1]:6666  SYN J           SYN-SENT        (SYN-RECEIVED)
        12:00:00.000050   1  [2001:db8::1]:6666 > [2001:db8::2]:50000  RST, ACK J+1    (CLOSED)        CLOSED
        12:00:00.000050   1  ! error refused: A RST answered the SYN: nobody listens there, or a firewall says so. (frames 1, 2, RFC 9293 section 3.10.7.3)
        "#);
    }

    #[test]
    fn from_the_middle_and_with_control_characters() {
        let text = lines(&samples::mid_stream(), Style::default());
        assert!(text.bytes().all(|octet| octet == b'\n' || (b' '..0x7f).contains(&octet)), "{text:?}");
        insta::assert_snapshot!(text, @r#"
        12:00:00.000000   1  192.0.2.2:50000 > 192.0.2.1:6666  DATA 10 "\x1b[2Jcaf\xc3\xa9\x7f" ESTABLISHED (ESTABLISHED)
        12:00:01.000000   1  192.0.2.1:6666 > 192.0.2.2:50000  ACK ~10         ESTABLISHED     ESTABLISHED
        12:00:01.000000   1  ! note mid-stream: The capture begins in the middle: the ISS are not known, and who opened may be a guess. (frame 1, RFC 9293 section 3.4.1)
        "#);
    }

    #[test]
    fn the_column_of_sockets_grows() {
        let all = [samples::closed(), samples::refused()].concat();
        insta::assert_snapshot!(lines(&all[6..], Style::default()), @r#"
        12:00:00.000460   1  192.0.2.1:6666 > 192.0.2.2:50000  FIN M           (CLOSE-WAIT)    FIN-WAIT-1
        12:00:00.000471   1  192.0.2.2:50000 > 192.0.2.1:6666  ACK M+1         CLOSE-WAIT      (FIN-WAIT-2)
        12:00:00.000000   2  [2001:db8::2]:50000 > [2001:db8::1]:6666  SYN J           SYN-SENT        (SYN-RECEIVED)
        12:00:00.000050   2  [2001:db8::1]:6666 > [2001:db8::2]:50000  RST, ACK J+1    (CLOSED)        CLOSED
        12:00:00.000471   1  ! note mid-stream: The capture begins in the middle: the ISS are not known, and who opened may be a guess. (frame 7, RFC 9293 section 3.4.1)
        12:00:00.000471   1  ! warning close-not-answered (possible): The server's FIN was acknowledged, and the client sent none in 0.011 ms: FIN-WAIT-2 here, CLOSE-WAIT there. (frames 7, 8, RFC 9293 section 3.6)
        12:00:00.000050   2  ! error refused: A RST answered the SYN: nobody listens there, or a firewall says so. (frames 1, 2, RFC 9293 section 3.10.7.3)
        "#);
    }

    #[test]
    fn calls_and_the_kernel_have_lines_of_their_own() {
        let mut out = Vec::new();
        let mut lines = Lines::new(&mut out, Style::default());
        for call in samples::calls().iter().skip(5) {
            lines.call(call).unwrap();
        }
        for said in samples::said() {
            lines.kernel(&said).unwrap();
        }
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r#"
        12:00:00.000210   -  client: connect(192.0.2.1:6666) = 0 after 0.230 ms
        12:00:00.000305   -  client: send("hello\n", 6) = 6 after 0.015 ms
        12:00:00.000335   -  server: recv(4096) = 6 after 0.095 ms
        12:00:00.000405   -  client: close() = 0 after 0.010 ms
        12:00:00.000410   -  server: recv(4096) = -1 ECONNRESET (104: Connection reset by peer) after 0.065 ms
        12:00:00.000470   -  server: close() = 0 after 0.020 ms
        12:00:00.000480   -  server: accept() waits
        11:59:59.999148   -  kernel: 192.0.2.1:6666: CLOSE -> LISTEN
        11:59:59.999985   -  kernel: 192.0.2.2:50000 to 192.0.2.1:6666: CLOSE -> SYN_SENT
        12:00:00.000200   -  kernel: 192.0.2.2:50000 to 192.0.2.1:6666: SYN_SENT -> ESTABLISHED
        12:00:00.000220   -  kernel: 192.0.2.1:6666 to 192.0.2.2:50000: LISTEN -> SYN_RECV
        12:00:00.000221   -  kernel: 192.0.2.1:6666 to 192.0.2.2:50000: SYN_RECV -> ESTABLISHED
        12:00:00.000398   -  kernel: 192.0.2.2:50000 to 192.0.2.1:6666: ESTABLISHED -> FIN_WAIT1
        12:00:00.000402   -  kernel: 192.0.2.1:6666 to 192.0.2.2:50000: ESTABLISHED -> CLOSE_WAIT
        12:00:00.000455   -  kernel: 192.0.2.1:6666 to 192.0.2.2:50000: CLOSE_WAIT -> LAST_ACK
        12:00:00.000465   -  kernel: 192.0.2.2:50000 to 192.0.2.1:6666: FIN_WAIT1 -> FIN_WAIT2
        12:00:00.000466   -  kernel: 192.0.2.2:50000 to 192.0.2.1:6666: FIN_WAIT2 -> CLOSE
        12:00:00.000475   -  kernel: 192.0.2.1:6666 to 192.0.2.2:50000: LAST_ACK -> CLOSE
        "#);
    }

    #[test]
    fn colour_repeats_what_the_words_say() {
        let style = Style { color: true, ..Style::default() };
        insta::assert_snapshot!(lines(&samples::refused(), style).escape_debug(), @r#"12:00:00.000000   1  [2001:db8::2]:50000 > [2001:db8::1]:6666  \u{1b}[32mSYN J\u{1b}[0m           SYN-SENT        \u{1b}[2m(SYN-RECEIVED)\u{1b}[0m\n12:00:00.000050   1  [2001:db8::1]:6666 > [2001:db8::2]:50000  \u{1b}[31mRST, ACK J+1\u{1b}[0m    \u{1b}[2m(CLOSED)\u{1b}[0m        CLOSED\n12:00:00.000050   1  \u{1b}[31m! error refused:\u{1b}[0m A RST answered the SYN: nobody listens there, or a firewall says so. (frames 1, 2, RFC 9293 section 3.10.7.3)\n"#);
    }

    #[test]
    fn control_characters_are_escaped_wherever_they_stand() {
        for (text, shown) in [
            ("none", "none"),
            ("\u{7}\u{7f}a\u{9b}", "\\u{7}\\u{7f}a\\u{9b}"),
            ("a\nb\t", "a\\nb\\t"),
            ("§ \u{bf} é", "§ \u{bf} é"),
        ] {
            let mut out = Buffer::new();
            out.add(Harmless(text));
            assert_eq!(out.as_str(), shown);
        }
    }

    #[test]
    fn a_finding_has_a_line_of_its_own() {
        let finding = Finding {
            code: Code::SynRetransmitted,
            frames: vec![1, 3],
            confidence: Confidence::Certain,
            says: "The client's SYN came twice\u{7}.".to_owned(),
            rivals: Vec::new(),
        };
        let mut out = Vec::new();
        Lines::new(&mut out, Style::default()).found(Some((Timestamp::new(61, 0), 7)), &finding).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r#"00:01:01.000000   7  ! warning syn-retransmitted: The client's SYN came twice\u{7}. (frames 1, 3, RFC 9293 section 3.8.1)"#);
    }
}
