//! A server in a process of its own: `tcpshake serve`, which can be killed as any program can.
//!
//! In: the program, and where to listen. Out: the lines that it prints; the kill is in the log, its own calls are not.
//! Invariant: it does not outlive this process, however that ends: its standard input is a pipe from here, and it ends
//! when the pipe does. Dropped, it is killed and waited for.

use std::io::{self, BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};

use crate::call::{CallName, Caller};
use crate::exchange::error::ExchangeError;
use crate::exchange::log::{CallLog, Pair, Trace};

/// A running server.
pub struct Process {
    child: Child,
    address: SocketAddr,
    trace: Trace,
}

/// What it prints, to be read by whoever can wait for it.
pub struct Lines {
    printed: BufReader<ChildStdout>,
    complaints: ChildStderr,
    address: SocketAddr,
}

impl Process {
    /// Starts `program`, in the network namespace of the thread that calls.
    ///
    /// # Errors
    /// [`ExchangeError::Process`] where it cannot be started.
    pub fn serve(program: &Path, address: SocketAddr, log: &CallLog) -> Result<(Self, Lines), ExchangeError> {
        let failed = |words: String| ExchangeError::Process { address, words };
        let mut child = Command::new(program)
            .args(["--quiet", "serve", "--while-input"])
            .args(["--bind", &address.ip().to_string(), "--port", &address.port().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| failed(format!("{} cannot be started: {error}", program.display())))?;
        let output = child.stdout.take().zip(child.stderr.take());
        let trace = Trace::new(log, Caller::Server, Pair { local: Some(address), peer: None });
        let process = Self { child, address, trace };
        let (printed, complaints) = output.ok_or_else(|| failed("it has no output".to_owned()))?;
        Ok((process, Lines { printed: BufReader::new(printed), complaints, address }))
    }

    /// `kill(SIGKILL)`: the program has no say in it; what it had open, the kernel closes.
    ///
    /// # Errors
    /// [`ExchangeError::Call`].
    pub fn kill(&mut self) -> Result<(), ExchangeError> {
        let child = &mut self.child;
        self.trace
            .call(CallName::Kill, "SIGKILL", || child.kill(), |()| 0)
            .map_err(|error| ExchangeError::call(CallName::Kill, self.address, &error))?;
        // Nothing is left of it but its number, which is given back here.
        self.child.wait().map(|_| ()).map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &io::Error) -> ExchangeError {
        ExchangeError::Process { address: self.address, words: error.to_string() }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both do nothing where it has been killed and waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Lines {
    /// Waits for the next line.
    ///
    /// # Errors
    /// [`ExchangeError::Process`] with its last words, where it has ended.
    pub fn next_line(&mut self) -> Result<String, ExchangeError> {
        let mut line = String::new();
        let words = match self.printed.read_line(&mut line) {
            Ok(0) => self.last_words(),
            Ok(_) => return Ok(line.trim_end().to_owned()),
            Err(error) => error.to_string(),
        };
        Err(ExchangeError::Process { address: self.address, words })
    }

    fn last_words(&mut self) -> String {
        let mut words = String::new();
        // Where there are none that can be read, it has said nothing.
        let _ = self.complaints.read_to_string(&mut words);
        let address = format!("{}: ", self.address);
        let first = words.lines().next().unwrap_or_default();
        let first = first.strip_prefix("tcpshake: ").unwrap_or(first);
        match first.strip_prefix(address.as_str()).unwrap_or(first) {
            "" => "it has ended".to_owned(),
            words => words.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_none_is_told_by_its_name() {
        let address = "127.0.0.1:6666".parse().unwrap();
        let log = CallLog::new();
        let error = Process::serve(Path::new("/nowhere/tcpshake"), address, &log).err().unwrap();
        let said = error.to_string();
        assert!(said.starts_with("127.0.0.1:6666: the server's process: /nowhere/tcpshake cannot"), "{said}");
    }

    #[test]
    fn a_program_that_ends_by_itself_is_told_and_its_kill_is_logged() {
        let (address, log) = ("127.0.0.1:6666".parse().unwrap(), CallLog::new());
        let (mut process, mut lines) = Process::serve(Path::new("/bin/false"), address, &log).unwrap();
        let said = lines.next_line().unwrap_err().to_string();
        assert_eq!(said, "127.0.0.1:6666: the server's process: it has ended");
        process.kill().unwrap();
        assert_eq!(log.snapshot().first().unwrap().to_string(), "kill(SIGKILL) = 0");
    }
}
