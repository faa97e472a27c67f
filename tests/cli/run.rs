//! The program run as a user runs it: arguments in; exit code, standard output and standard error out.
//!
//! Invariant: nothing that is started here outlives its test, and no wait is longer than `LIMIT`.

#![allow(dead_code, reason = "shared by two test programs, each of which uses its part")]

#[path = "../support/aloud.rs"]
mod aloud;

use std::io::{BufRead, BufReader, Read};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Once};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// No program runs longer in a test.
pub const LIMIT: Duration = Duration::from_secs(30);

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_tcpshake");

/// What a program has said, and how it ended.
#[derive(Debug)]
pub struct Said {
    /// The exit code; none where a signal killed it.
    pub code: Option<i32>,
    /// Standard output, as text.
    pub out: String,
    /// Standard output, octet by octet.
    pub octets: Vec<u8>,
    /// Standard error.
    pub err: String,
}

impl Said {
    /// Asserts the exit code, and shows everything where it is another.
    #[track_caller]
    pub fn with_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.out, self.err);
        self
    }

    /// Asserts success with nothing on standard error.
    #[track_caller]
    pub fn quietly(self) -> Self {
        assert_eq!(self.err, "");
        self.with_code(0)
    }

    /// Asserts that it could not be done, that nothing else came out, and that the message has its shape.
    #[track_caller]
    pub fn refused(self, subject_and_cause: &str, next_step: &str) -> Self {
        assert_eq!(self.out, "", "{}", self.err);
        let shape: Vec<&str> = self.err.lines().collect();
        let [first, second] = shape[..] else { panic!("two lines: {}", self.err) };
        let (first, second) = (first.strip_prefix("tcpshake: "), second.strip_prefix("  try: "));
        assert!(first.is_some_and(|said| said.contains(subject_and_cause)), "{}", self.err);
        assert!(second.is_some_and(|said| said.contains(next_step)), "{}", self.err);
        self.with_code(2)
    }

    /// Each line of standard output as JSON.
    #[track_caller]
    pub fn records(&self) -> Vec<Value> {
        let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.out.lines().map(parse).collect()
    }
}

/// A command line of the program, without what this test's own environment would change.
pub fn tcpshake<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).env_remove("NO_COLOR").env_remove("COLUMNS").stdin(Stdio::null());
    command
}

/// The same from one string of words.
pub fn words(line: &str) -> Command {
    tcpshake(line.split_whitespace())
}

/// Runs it to its end.
pub fn run(line: &str) -> Said {
    said(&mut words(line))
}

/// Runs `command` to its end.
pub fn said(command: &mut Command) -> Said {
    Running::start(command).end()
}

/// A program that runs. Killed when dropped, should it still do so.
pub struct Running {
    child: Child,
    out: Stream,
    err: Stream,
    deadline: Instant,
}

impl Running {
    /// Starts it, and listens to both of its outputs unless `command` has sent them elsewhere.
    #[track_caller]
    pub fn start(command: &mut Command) -> Self {
        Self::spawn(command.stdout(Stdio::piped()).stderr(Stdio::piped()))
    }

    /// Starts it with its outputs as they are.
    #[track_caller]
    #[allow(clippy::disallowed_methods, reason = "a test is bounded in real time")]
    pub fn spawn(command: &mut Command) -> Self {
        hear_interrupts();
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let out = Stream::new(child.stdout.take());
        let err = Stream::new(child.stderr.take());
        Self { child, out, err, deadline: Instant::now() + LIMIT }
    }

    /// Lets go of its standard output: what it writes from now on has no reader.
    pub fn stop_reading(&mut self) {
        self.out.lines = None;
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its standard input, where that is a pipe.
    pub fn input(&mut self) -> ChildStdin {
        self.child.stdin.take().expect("a pipe")
    }

    /// Waits for a line of standard output that holds `part`.
    #[track_caller]
    pub fn out_until(&mut self, part: &str) -> String {
        self.out.until(part, self.deadline)
    }

    /// Waits for a line of standard error that holds `part`.
    #[track_caller]
    pub fn err_until(&mut self, part: &str) -> String {
        self.err.until(part, self.deadline)
    }

    /// Sends it a signal, by name.
    #[track_caller]
    pub fn signal(&self, name: &str) {
        let command = format!("kill -{name} {}", self.id());
        assert!(Command::new("sh").args(["-c", &command]).status().unwrap().success(), "{command}");
    }

    /// Waits for its end.
    #[track_caller]
    pub fn end(mut self) -> Said {
        let octets = self.out.rest(self.deadline);
        let err = String::from_utf8_lossy(&self.err.rest(self.deadline)).into_owned();
        let code = self.child.wait().unwrap().code();
        Said { code, out: String::from_utf8_lossy(&octets).into_owned(), octets, err }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program inherits which signals are ignored where it is started, as the interrupt is in the background of a script, but not which
/// are handled: so that one is handled here, as if nothing were.
fn hear_interrupts() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let is_any = Arc::new(AtomicBool::new(true));
        signal_hook::flag::register_conditional_default(signal_hook::consts::SIGINT, is_any)
            .expect("a signal that can be handled");
    });
}

/// One output of a program: what has been seen of it, and what comes.
struct Stream {
    seen: Vec<u8>,
    lines: Option<Receiver<Vec<u8>>>,
}

impl Stream {
    fn new(pipe: Option<impl Read + Send + 'static>) -> Self {
        let lines = pipe.map(|pipe| {
            let (line, lines) = channel();
            thread::spawn(move || {
                let mut pipe = BufReader::new(pipe);
                let mut read = Vec::new();
                while pipe.read_until(b'\n', &mut read).is_ok_and(|count| count > 0) {
                    if line.send(std::mem::take(&mut read)).is_err() {
                        return;
                    }
                }
            });
            lines
        });
        Self { seen: Vec::new(), lines }
    }

    /// The next line; `None` at the end.
    #[track_caller]
    fn next(&mut self, deadline: Instant) -> Option<Vec<u8>> {
        match self.lines.as_ref()?.recv_timeout(left(deadline)) {
            Ok(line) => {
                self.seen.extend(&line);
                Some(line)
            }
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("too late; so far: {}", self.text()),
        }
    }

    #[track_caller]
    fn until(&mut self, part: &str, deadline: Instant) -> String {
        while let Some(line) = self.next(deadline) {
            let line = String::from_utf8_lossy(&line).into_owned();
            if line.contains(part) {
                return line;
            }
        }
        panic!("ended without {part:?}: {}", self.text())
    }

    #[track_caller]
    fn rest(&mut self, deadline: Instant) -> Vec<u8> {
        while self.next(deadline).is_some() {}
        std::mem::take(&mut self.seen)
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.seen).into_owned()
    }
}

#[allow(clippy::disallowed_methods, reason = "a test is bounded in real time")]
fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}

/// A capture of this project.
pub fn fixture(name: &str) -> String {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "fixtures", name].iter().collect();
    path.to_str().expect("UTF-8").to_owned()
}

/// A path as the text that it is.
pub fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// A port that nobody has: below the range from which the system takes those of clients, and no two the same.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let base = 10_000 + u16::try_from(std::process::id() % 1000).unwrap() * 20;
    let mut ports = std::iter::repeat_with(|| base + NEXT.fetch_add(1, Ordering::Relaxed));
    ports.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("a port")
}

pub use aloud::skipped;

/// Whether there is such a program here; says so where not.
pub fn has(program: &str, test: &str) -> bool {
    let look =
        Command::new("sh").args(["-c", &format!("command -v {program}")]).stdout(Stdio::null()).status();
    let found = look.is_ok_and(|status| status.success());
    if !found {
        skipped(&format!("{test}: no {program} here"));
    }
    found
}

/// Connects to a port of the IPv4 loopback.
pub fn connected(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream
}
