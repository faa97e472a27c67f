//! Reads back the records of socket calls and of the kernel's words: what a recording of a scenario has beside its
//! capture.
//!
//! In: JSON Lines as `call.rs` and `kernel.rs` write them. Out: the calls and the words, in the order of the lines.
//! Invariant: what was written reads back as the same value; other records are passed over.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::UNIX_EPOCH;

use serde::Deserialize;
use thiserror::Error;

use crate::call::{CallName, Caller, Returned, SocketCall};
use crate::time::Timestamp;
use crate::witness::{KernelEvent, KernelState, KernelWord};

/// Why records cannot be read.
#[derive(Debug, Error)]
#[error("line {line}: {problem}")]
pub struct BadRecord {
    /// The line, from 1.
    line: usize,
    /// What is wrong with it.
    problem: String,
}

/// Reads the records of calls and kernel words in `text`.
///
/// # Errors
///
/// [`BadRecord`] at the first line that is none.
pub fn read(text: &str) -> Result<(Vec<SocketCall>, Vec<KernelEvent>), BadRecord> {
    let (mut calls, mut words) = (Vec::new(), Vec::new());
    for (index, line) in text.lines().enumerate() {
        let bad = |problem: String| BadRecord { line: index + 1, problem };
        match serde_json::from_str(line).map_err(|error| bad(error.to_string()))? {
            Record::Call(record) => calls.push(record.call().map_err(bad)?),
            Record::Kernel(record) => words.push(record.event().map_err(bad)?),
            Record::Other => {}
        }
    }
    Ok((calls, words))
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
enum Record {
    Call(Call),
    Kernel(Word),
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Call {
    time: String,
    returned: Option<String>,
    caller: String,
    call: String,
    arguments: String,
    result: Option<i64>,
    error: Option<CallError>,
    local: Option<Socket>,
    peer: Option<Socket>,
}

#[derive(Deserialize)]
struct CallError {
    name: String,
    number: i32,
    words: String,
}

#[derive(Clone, Copy, Deserialize)]
struct Socket {
    addr: IpAddr,
    port: u16,
}

#[derive(Deserialize)]
struct Word {
    time: String,
    socket: Option<String>,
    local: Socket,
    peer: Option<Socket>,
    event: String,
    from: Option<String>,
    to: Option<String>,
    reason: Option<String>,
}

impl Call {
    fn call(self) -> Result<SocketCall, String> {
        let returned = match (self.returned, self.result, self.error) {
            (Some(at), Some(value), _) => Some((moment(&at)?, Returned::Value(value))),
            (Some(at), None, Some(CallError { name, number, words })) => {
                Some((moment(&at)?, Returned::Error { name, number, words }))
            }
            _ => None,
        };
        Ok(SocketCall {
            caller: named(&Caller::ALL, Caller::as_str, &self.caller)?,
            name: named(&CallName::ALL, CallName::as_str, &self.call)?,
            arguments: self.arguments,
            began: moment(&self.time)?,
            returned,
            local: self.local.map(Socket::address),
            peer: self.peer.map(Socket::address),
        })
    }
}

impl Word {
    fn event(self) -> Result<KernelEvent, String> {
        let state = |name: Option<String>| {
            let name = name.unwrap_or_default();
            KernelState::named(&name).ok_or_else(|| format!("no state is called {name:?}"))
        };
        let word = match self.event.as_str() {
            "state" => KernelWord::State { from: state(self.from)?, to: state(self.to)? },
            "retransmit" => KernelWord::Retransmits,
            "retransmit-syn-ack" => KernelWord::RetransmitsSynAck,
            "send-reset" => KernelWord::SendsReset(self.reason),
            "receive-reset" => KernelWord::ReceivesReset,
            other => return Err(format!("no event is called {other:?}")),
        };
        let digits = self.socket.as_deref().map_or("0", |socket| socket.trim_start_matches("0x"));
        let nobody = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);
        Ok(KernelEvent {
            time: moment(&self.time)?,
            socket: u64::from_str_radix(digits, 16).map_err(|error| format!("socket: {error}"))?,
            local: self.local.address(),
            peer: self.peer.map_or(nobody, Socket::address),
            word,
        })
    }
}

impl Socket {
    const fn address(self) -> SocketAddr {
        SocketAddr::new(self.addr, self.port)
    }
}

fn named<T: Copy>(all: &[T], name: impl Fn(T) -> &'static str, wanted: &str) -> Result<T, String> {
    all.iter().copied().find(|one| name(*one) == wanted).ok_or_else(|| format!("{wanted:?} is unknown"))
}

fn moment(text: &str) -> Result<Timestamp, String> {
    let time = humantime::parse_rfc3339(text).map_err(|error| format!("{text:?}: {error}"))?;
    let since = time.duration_since(UNIX_EPOCH).map_err(|_| format!("{text:?}: before 1970"))?;
    u64::try_from(since.as_nanos()).map(Timestamp).map_err(|_| format!("{text:?}: too late"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::json::call::CallRecord;
    use crate::report::json::kernel::KernelRecord;

    #[test]
    fn what_was_written_reads_back() {
        let at = |nanos: u64| Timestamp(1_700_000_000_000_000_001 + nanos);
        let socket = |text: &str| text.parse().unwrap();
        let call = |returned| SocketCall {
            caller: Caller::Server,
            name: CallName::SetSockOpt,
            arguments: "SO_LINGER, {1, 0}".to_owned(),
            began: at(0),
            returned,
            local: Some(socket("[::1]:6666")),
            peer: None,
        };
        let error = Returned::Error { name: "EPIPE".into(), number: 32, words: "Broken pipe".into() };
        let calls =
            vec![call(None), call(Some((at(5), Returned::Value(-3)))), call(Some((at(999_999_999), error)))];
        let word = |word| KernelEvent {
            time: at(1),
            socket: 0xffff_8000_1234_0000,
            local: socket("192.0.2.1:7"),
            peer: socket("192.0.2.2:6666"),
            word,
        };
        let words = vec![
            word(KernelWord::State { from: KernelState::Close, to: KernelState::SynSent }),
            word(KernelWord::SendsReset(Some("NO_SOCKET".into()))),
            word(KernelWord::SendsReset(None)),
            word(KernelWord::Retransmits),
            word(KernelWord::RetransmitsSynAck),
            word(KernelWord::ReceivesReset),
        ];
        let mut text = String::from("{\"type\":\"summary\",\"frames\":8}\n");
        for call in &calls {
            text.push_str(&serde_json::to_string(&CallRecord::of(call)).unwrap());
            text.push('\n');
        }
        for word in &words {
            text.push_str(&serde_json::to_string(&KernelRecord::of(word)).unwrap());
            text.push('\n');
        }
        assert_eq!(read(&text).unwrap(), (calls, words));
    }

    #[test]
    fn what_is_no_record_is_told_with_its_line() {
        let bad = read("{\"type\":\"summary\"}\n{\"type\":\"call\"}\n").unwrap_err().to_string();
        assert!(bad.starts_with("line 2: missing field"), "{bad}");
    }
}
