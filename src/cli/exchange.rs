//! What `serve` and `send` share: the calls as `-v` shows them.
//!
//! In: calls as they begin and return. Out: lines for standard error.
//! Invariant: nothing here writes to standard output.

use std::io::{self, Write};

use tcpshake::call::{CallName, Caller, SocketCall};
use tcpshake::exchange::log::CallLog;
use tcpshake::report::times::TimeOfDay;

/// How many calls these two keep: what is observed need not be kept, but a call must still be there when it returns.
const KEPT: usize = 256;

/// A log that shows each call on standard error, if asked to.
pub fn call_log(verbose: bool) -> CallLog {
    if !verbose {
        return CallLog::keeping(KEPT);
    }
    CallLog::observed_by(KEPT, |call| {
        if let Some(line) = call_line(call) {
            // Where standard error is gone there is nobody left to tell.
            let _ = writeln!(io::stderr(), "{line}");
        }
    })
}

/// A call as a line; `None` for the beginning of a call that cannot wait, since its return follows at once.
fn call_line(call: &SocketCall) -> Option<String> {
    let caller = call.caller.as_str();
    match &call.returned {
        None => call.name.may_wait().then(|| format!("{}Z {caller} {call}", TimeOfDay(call.began))),
        Some((at, _)) => {
            let lasted = call.lasted().unwrap_or_default().as_secs_f64() * 1e3;
            Some(format!("{}Z {caller} {call} after {lasted:.3} ms{}", TimeOfDay(*at), sockets(call)))
        }
    }
}

/// `, 127.0.0.1:50498 > 127.0.0.1:6666`, from the client to the server, as far as it is known.
fn sockets(call: &SocketCall) -> String {
    let (from, to) = match call.caller {
        Caller::Client => (call.local, call.peer),
        Caller::Server => (call.peer, call.local),
    };
    match (from, to) {
        (Some(from), Some(to)) => format!(", {from} > {to}"),
        (None, Some(listener)) if call.name != CallName::Bind => format!(", {listener}"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tcpshake::call::Returned;
    use tcpshake::time::Timestamp;

    fn call(name: CallName, returned: Option<i64>) -> SocketCall {
        SocketCall {
            caller: Caller::Server,
            name,
            arguments: String::new(),
            began: Timestamp::new(1, 0),
            returned: returned.map(|value| (Timestamp::new(1, 1_310_000), Returned::Value(value))),
            local: "127.0.0.1:6666".parse().ok(),
            peer: returned.and("127.0.0.1:50498".parse().ok()),
        }
    }

    #[test]
    fn a_call_is_shown_when_it_waits_and_when_it_returns() {
        let waits = call_line(&call(CallName::Accept, None));
        assert_eq!(waits.as_deref(), Some("00:00:01.000000Z server accept() waits"));
        let returned = call_line(&call(CallName::Accept, Some(6)));
        let expected = "00:00:01.001310Z server accept() = 6 after 1.310 ms, \
                        127.0.0.1:50498 > 127.0.0.1:6666";
        assert_eq!(returned.as_deref(), Some(expected));
        assert_eq!(call_line(&call(CallName::Close, None)), None);
    }
}
