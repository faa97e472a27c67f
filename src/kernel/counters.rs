//! The kernel's counters of what happens to connections.
//!
//! In: `/proc/thread-self/net/netstat` and `snmp`. Out: those that matter for opening and closing, and by how much they rose.
//! Invariant: what is read is the network namespace of the calling thread, all of its connections together.
//! Read: the kernel's Documentation/networking/snmp_counter.rst; proc_net(5).

use std::fs::read_to_string;

use crate::kernel::error::KernelError;
use crate::witness::CounterRise;

const FILES: [(&str, &str); 2] =
    [("/proc/thread-self/net/snmp", "Tcp"), ("/proc/thread-self/net/netstat", "TcpExt")];

/// Those that tell of opening and closing.
const WATCHED: &[&str] = &[
    // Tcp.
    "AttemptFails",
    "EstabResets",
    "RetransSegs",
    "InErrs",
    "OutRsts",
    "InCsumErrors",
    // TcpExt.
    "SyncookiesSent",
    "SyncookiesRecv",
    "SyncookiesFailed",
    "EmbryonicRsts",
    "LockDroppedIcmps",
    "TW",
    "TWRecycled",
    "TWKilled",
    "PAWSActive",
    "PAWSEstab",
    "PAWSOldAck",
    "PAWSTimewait",
    "BeyondWindow",
    "TSEcrRejected",
    "ListenOverflows",
    "ListenDrops",
    "TCPLostRetransmit",
    "TCPTimeouts",
    "TCPLossProbes",
    "TCPAbortOnData",
    "TCPAbortOnClose",
    "TCPAbortOnMemory",
    "TCPAbortOnTimeout",
    "TCPAbortOnLinger",
    "TCPAbortFailed",
    "TCPBacklogDrop",
    "TCPMinTTLDrop",
    "TCPDeferAcceptDrop",
    "TCPTimeWaitOverflow",
    "TCPReqQFullDoCookies",
    "TCPReqQFullDrop",
    "TCPRetransFail",
    "TCPChallengeACK",
    "TCPSYNChallenge",
    "TCPFastOpenActive",
    "TCPFastOpenActiveFail",
    "TCPFastOpenPassive",
    "TCPFastOpenPassiveFail",
    "TCPFastOpenListenOverflow",
    "TCPFastOpenCookieReqd",
    "TCPFastOpenBlackhole",
    "TCPFastOpenPassiveAltKey",
    "TCPToZeroWindowAdv",
    "TCPFromZeroWindowAdv",
    "TCPZeroWindowDrop",
    "TCPSynRetrans",
    "TCPACKSkippedSynRecv",
    "TCPACKSkippedPAWS",
    "TCPACKSkippedSeq",
    "TCPACKSkippedFinWait2",
    "TCPACKSkippedTimeWait",
    "TCPACKSkippedChallenge",
    "TCPDSACKOldSent",
    "TCPDSACKRecv",
    "TCPWinProbe",
    "TCPKeepAlive",
];

/// What the counters showed at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters(Vec<(&'static str, u64)>);

impl Counters {
    /// Reads them, for the network namespace of the calling thread.
    ///
    /// # Errors
    /// [`KernelError::NotOffered`] where the system is not Linux, [`KernelError::File`] where they cannot be read.
    pub fn read() -> Result<Self, KernelError> {
        if !cfg!(target_os = "linux") {
            return Err(KernelError::NotOffered);
        }
        let mut counters = Self::default();
        for (path, group) in FILES {
            let text = read_to_string(path)
                .map_err(|error| KernelError::File { file: path.to_owned(), cause: error.to_string() })?;
            counters.0.extend(parse(&text, group));
        }
        Ok(counters)
    }

    /// Those that rose since `earlier`, and by how much.
    pub fn rise_since(&self, earlier: &Self) -> Vec<CounterRise> {
        let rise = |(name, value): &(&'static str, u64)| {
            let before = earlier.0.iter().find(|(other, _)| other == name).map_or(0, |(_, before)| *before);
            let by = value.checked_sub(before).filter(|by| *by > 0)?;
            Some(CounterRise { name: (*name).to_owned(), by })
        };
        self.0.iter().filter_map(rise).collect()
    }
}

/// Pairs of lines `TcpExt: NAME NAME` and `TcpExt: 1 2`.
fn parse(text: &str, group: &str) -> Vec<(&'static str, u64)> {
    let mut lines = text.lines().filter_map(|line| line.split_once(": ")).filter(|(name, _)| *name == group);
    let (Some((_, names)), Some((_, values))) = (lines.next(), lines.next()) else { return Vec::new() };
    let pairs = names.split_ascii_whitespace().zip(values.split_ascii_whitespace());
    let watched = |name: &str| WATCHED.iter().find(|watched| **watched == name).copied();
    // Some are negative (MaxConn), none of those that are watched.
    pairs.filter_map(|(name, value)| Some((watched(name)?, value.parse().ok()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SNMP: &str = "Icmp: InMsgs\nIcmp: 5\nTcp: MaxConn ActiveOpens OutRsts\nTcp: -1 4 7\n";
    const NETSTAT: &str =
        "TcpExt: SyncookiesSent TW DelayedACKs ListenDrops\nTcpExt: 1 20 3 4\nIpExt: TW\nIpExt: 9\n";

    fn counters(pairs: &[(&'static str, u64)]) -> Counters {
        Counters(pairs.to_vec())
    }

    #[test]
    fn what_matters_is_read() {
        assert_eq!(parse(SNMP, "Tcp"), counters(&[("OutRsts", 7)]).0);
        assert_eq!(
            parse(NETSTAT, "TcpExt"),
            counters(&[("SyncookiesSent", 1), ("TW", 20), ("ListenDrops", 4)]).0
        );
        assert_eq!(parse("TcpExt: TW\n", "TcpExt"), []);
    }

    #[test]
    fn what_rose_is_told() {
        let (before, after) =
            (counters(&[("TW", 5), ("OutRsts", 2)]), counters(&[("TW", 7), ("OutRsts", 2), ("TWKilled", 1)]));
        let rises = after.rise_since(&before);
        let told: Vec<_> = rises.iter().map(|rise| (rise.name.as_str(), rise.by)).collect();
        assert_eq!(told, [("TW", 2), ("TWKilled", 1)]);
        assert_eq!(before.rise_since(&after), []);
    }
}
