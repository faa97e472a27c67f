//! The other side of the exchange tests: our server in a thread, Python and netcat as foreign programs.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::aloud::skipped;
use tcpshake::call::SocketCall;
use tcpshake::exchange::log::CallLog;
use tcpshake::exchange::server::{Received, Server};
use tcpshake::exchange::stopper::Stopper;

/// Any port of the IPv4 loopback.
pub const V4: &str = "127.0.0.1:0";

/// No test takes longer.
pub const LIMIT: Duration = Duration::from_secs(30);

/// Runs a test in a thread, and fails it when it takes too long.
#[track_caller]
pub fn bounded(test: impl FnOnce() + Send + 'static) {
    let (done, ended) = channel::<()>();
    let running = thread::spawn(move || {
        let _done = done; // Dropped at the end, also by a panic.
        test();
    });
    let ended = ended.recv_timeout(LIMIT);
    assert_ne!(ended, Err(std::sync::mpsc::RecvTimeoutError::Timeout), "still running after {LIMIT:?}");
    if let Err(panic) = running.join() {
        std::panic::resume_unwind(panic);
    }
}

/// What our server had from one client.
pub struct Served {
    pub received: Received,
    pub pieces: Vec<Vec<u8>>,
}

/// Our server in a thread.
pub struct Running {
    pub address: SocketAddr,
    pub stopper: Stopper,
    thread: JoinHandle<Vec<Served>>,
}

impl Running {
    /// For so many clients, or until it is stopped.
    pub fn start(address: &str, log: &CallLog, clients: usize) -> Self {
        let mut server = Server::bind(address.parse().unwrap(), log).unwrap();
        let (address, stopper) = (server.local_addr(), server.stopper());
        let thread = thread::spawn(move || {
            let mut served = Vec::new();
            while served.len() < clients {
                let mut pieces = Vec::new();
                let received = server.serve_one(|piece| pieces.push(piece.to_vec()), || ()).unwrap();
                let Some(received) = received else { break };
                served.push(Served { received, pieces });
            }
            server.close().unwrap();
            served
        });
        Self { address, stopper, thread }
    }

    pub fn finish(self) -> Vec<Served> {
        self.thread.join().unwrap()
    }
}

/// Whether the loopback has IPv6; says so where not.
pub fn has_ipv6() -> bool {
    let there = TcpListener::bind("[::1]:0").is_ok();
    if !there {
        skipped("no IPv6 on the loopback");
    }
    there
}

/// A port that refuses, and what keeps others from taking it.
pub fn refusing_port() -> (socket2::Socket, SocketAddr) {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&V4.parse::<SocketAddr>().unwrap().into()).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    (socket, address)
}

/// Calls as text.
pub fn texts(calls: &[SocketCall]) -> Vec<String> {
    calls.iter().map(ToString::to_string).collect()
}

/// A foreign server and where it listens. Killed when dropped, should it still run.
pub struct ForeignServer {
    pub address: SocketAddr,
    child: Child,
    stdout: BufReader<ChildStdout>,
    /// Held open, so that it may go on talking.
    _stderr: Option<BufReader<ChildStderr>>,
}

impl ForeignServer {
    /// All that it wrote to its standard output, once it has ended.
    pub fn output(mut self) -> Vec<u8> {
        let mut output = Vec::new();
        self.stdout.read_to_end(&mut output).unwrap();
        assert!(self.child.wait().unwrap().success());
        output
    }
}

impl Drop for ForeignServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(command: &mut Command) -> Option<Child> {
    match command.spawn() {
        Ok(child) => Some(child),
        Err(error) => {
            skipped(&format!("{}: {error}", command.get_program().to_string_lossy()));
            None
        }
    }
}

/// Python programs, each with an alarm clock of its own.
pub mod python {
    use super::{BufRead, BufReader, Child, Command, ForeignServer, SocketAddr, Stdio, spawn};

    /// For [`server`]: writes what comes from the client to standard output.
    pub const READ_ALL: &str = "while True:\n    text = c.recv(1000)\n    if not text: break\n    \
                                sys.stdout.buffer.write(text)\nc.close()\n";
    /// For [`server`]: reads a little and resets.
    pub const RESET: &str = "c.recv(10)\n\
                             c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)); c.close()\n";

    const HEAD: &str = "import signal, socket, struct, sys\nsignal.alarm(25)\n";

    /// A client `s` that is connected.
    pub fn client(to: SocketAddr, body: &str) -> Option<Child> {
        let script = format!("{HEAD}s = socket.create_connection(('{}', {}))\n{body}", to.ip(), to.port());
        spawn(Command::new("python3").args(["-c", &script]).stdin(Stdio::piped()))
    }

    /// A server with one connection `c`.
    pub fn server(body: &str) -> Option<ForeignServer> {
        let script = format!(
            "{HEAD}l = socket.create_server(('127.0.0.1', 0))\n\
             print(l.getsockname()[1], flush=True)\nc, _ = l.accept()\n{body}"
        );
        let mut child = spawn(Command::new("python3").args(["-c", &script]).stdout(Stdio::piped()))?;
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut port = String::new();
        stdout.read_line(&mut port).unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], port.trim().parse().unwrap()));
        Some(ForeignServer { address, child, stdout, _stderr: None })
    }
}

/// Netcat as a server that writes what it receives to standard output. Only OpenBSD's tells the port that it has.
pub fn nc_server() -> Option<ForeignServer> {
    let mut command = Command::new("nc");
    command.args(["-lvn", "127.0.0.1", "0"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = spawn(&mut command)?;
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    stderr.read_line(&mut said).unwrap();
    let port = said.trim().rsplit(' ').next().and_then(|port| port.parse().ok());
    let address = SocketAddr::from(([127, 0, 0, 1], port.unwrap_or(0)));
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let server = ForeignServer { address, child, stdout, _stderr: Some(stderr) };
    if port.is_none() {
        skipped(&format!("this nc does not say where it listens: {said}"));
    }
    port.map(|_| server)
}

/// Netcat as a client that sends `text` and closes; `false` where there is none.
pub fn nc_client(to: SocketAddr, text: &[u8]) -> bool {
    let mut command = Command::new("nc");
    command.args(["-N", "-w", "20", &to.ip().to_string(), &to.port().to_string()]).stdin(Stdio::piped());
    let Some(mut child) = spawn(&mut command) else { return false };
    child.stdin.take().unwrap().write_all(text).unwrap();
    child.wait().unwrap().success()
}
