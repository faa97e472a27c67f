//! The table of all that `tcpshake explain` knows.
//!
//! In: the texts beside this file, put into the program when it is built. Out: one row for each.
//! Invariant: a text's first line is its title. To add one: write the text, add its row.

use tcpshake::analyzer::diagnosis::severity::Severity;

/// What kind of thing a row explains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// A question that is larger than one segment.
    Topic,
    /// One of the RFC's states, or UNKNOWN.
    State,
    /// A form of label.
    Label,
    /// A finding.
    Finding(Family),
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// How a connection opens, or does not.
    Opening,
    /// How it closes, or does not.
    Closing,
    /// What the capture adds, or lacks.
    Capture,
}

/// One thing that can be explained.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// What it is.
    pub group: Group,
    /// Its name, as it is printed everywhere.
    pub key: &'static str,
    /// Other names that people use for it.
    pub also: &'static [&'static str],
    /// Its title, an empty line, and the explanation.
    pub text: &'static str,
    /// How much it matters, where it is a finding.
    pub severity: Option<Severity>,
}

/// The groups in the order of the list.
pub const GROUPS: [Group; 6] = [
    Group::Topic,
    Group::State,
    Group::Label,
    Group::Finding(Family::Opening),
    Group::Finding(Family::Closing),
    Group::Finding(Family::Capture),
];

/// The kernel's names for why it sends a RST (`docs/kernel.md`).
const KERNEL_REASONS: &[&str] = &[
    "reason",
    "NO_SOCKET",
    "TCP_ABORT_ON_CLOSE",
    "TCP_STATE",
    "TCP_DISCONNECT_WITH_DATA",
    "TCP_ABORT_ON_DATA",
    "TCP_ABORT_ON_LINGER",
    "TCP_ABORT_ON_MEMORY",
    "TCP_KEEPALIVE_TIMEOUT",
    "TCP_TIMEWAIT_SOCKET",
    "TCP_INVALID_ACK_SEQUENCE",
    "TCP_ACK_UNSENT_DATA",
    "TCP_TOO_OLD_ACK",
    "TCP_OLD_ACK",
    "TCP_RFC7323_PAWS",
    "TCP_FLAGS",
    "INVALID_SYN",
];

/// Every row but those of findings, in the order of the list.
pub const ENTRIES: &[Entry] = &[
    topic("socket-pair", &["socket", "connection"], include_str!("topics/socket-pair.txt")),
    topic("port", &["ports"], include_str!("topics/port.txt")),
    topic("socket-file", &["descriptor", "fd"], include_str!("topics/socket-file.txt")),
    topic("calls", &["socket-calls", "bind", "accept", "connect", "send"], include_str!("topics/calls.txt")),
    topic("blocking", &["waiting"], include_str!("topics/blocking.txt")),
    topic(
        "errors",
        &[
            "errno",
            "EPIPE",
            "SIGPIPE",
            "EINPROGRESS",
            "EAGAIN",
            "ECONNRESET",
            "ECONNREFUSED",
            "ETIMEDOUT",
            "EHOSTUNREACH",
        ],
        include_str!("topics/errors.txt"),
    ),
    topic(
        "message-boundaries",
        &["messages", "stream", "recv"],
        include_str!("topics/message-boundaries.txt"),
    ),
    topic(
        "three-way",
        &["three-way-handshake", "handshake", "opening"],
        include_str!("topics/three-way.txt"),
    ),
    topic("iss", &["ISN", "IRS", "initial-sequence-number"], include_str!("topics/iss.txt")),
    topic("backlog", &["listen(n)", "accept-queue"], include_str!("topics/backlog.txt")),
    topic(
        "simultaneous-open",
        &["self-connect", "SYN J, ACK K+1", "SYN J, ACK J+1"],
        include_str!("topics/simultaneous-open.txt"),
    ),
    topic(
        "four-way",
        &["four-way-handshake", "three-segment", "closing-handshake", "close"],
        include_str!("topics/four-way.txt"),
    ),
    topic("window", &["windows"], include_str!("topics/window.txt")),
    topic("half-close", &["shutdown"], include_str!("topics/half-close.txt")),
    topic("time-wait", &["2MSL"], include_str!("topics/time-wait.txt")),
    topic("timers", &["timer", "RTO", "MSL", "delayed-ack"], include_str!("topics/timers.txt")),
    topic("half-open", &["half-open-discovered"], include_str!("topics/half-open.txt")),
    topic("reset", &["abort"], include_str!("topics/reset.txt")),
    topic("kernel-reasons", KERNEL_REASONS, include_str!("topics/kernel-reasons.txt")),
    topic(
        "labels",
        &["numbers", "no flags", "seen twice", "J", "K", "M", "N"],
        include_str!("topics/labels.txt"),
    ),
    topic("states", &["evidence", "parentheses", "assumed"], include_str!("topics/states.txt")),
    topic(
        "expectations",
        &["expectation", "expect", "check", "verdict"],
        include_str!("topics/expectations.txt"),
    ),
    state("CLOSED", &["close"], include_str!("states/closed.txt")),
    state("LISTEN", &["listener"], include_str!("states/listen.txt")),
    state("SYN-SENT", &[], include_str!("states/syn-sent.txt")),
    state("SYN-RECEIVED", &["SYN-RECV", "SYN-RCVD"], include_str!("states/syn-received.txt")),
    state("ESTABLISHED", &["ESTAB"], include_str!("states/established.txt")),
    state("FIN-WAIT-1", &[], include_str!("states/fin-wait-1.txt")),
    state("FIN-WAIT-2", &[], include_str!("states/fin-wait-2.txt")),
    state("CLOSE-WAIT", &[], include_str!("states/close-wait.txt")),
    state("CLOSING", &[], include_str!("states/closing.txt")),
    state("LAST-ACK", &[], include_str!("states/last-ack.txt")),
    state("TIME-WAIT", &[], include_str!("states/time-wait.txt")),
    state("UNKNOWN", &[], include_str!("states/unknown.txt")),
    label("SYN J", &["SYN", "SYN K", "SYN 0"], include_str!("labels/syn-j.txt")),
    label("SYN K, ACK J+1", &["SYN, ACK", "SYN 0, ACK 1"], include_str!("labels/syn-k-ack-j1.txt")),
    label("ACK K+1", &["third-ack"], include_str!("labels/ack-k1.txt")),
    label("ACK K+n", &[], include_str!("labels/ack-n.txt")),
    label("ACK ~n", &["~", "mid-stream"], include_str!("labels/ack-tilde.txt")),
    label("DATA", &["text"], include_str!("labels/data.txt")),
    label("FIN M", &["FIN"], include_str!("labels/fin-m.txt")),
    label("ACK M+1", &[], include_str!("labels/ack-m1.txt")),
    label("FIN N", &[], include_str!("labels/fin-n.txt")),
    label("ACK N+1", &["last-ack-segment"], include_str!("labels/ack-n1.txt")),
    label("FIN N, ACK M+1", &["FIN, ACK"], include_str!("labels/fin-n-ack-m1.txt")),
    label("RST", &[], include_str!("labels/rst.txt")),
    label("again", &["repeat", "retransmission"], include_str!("labels/again.txt")),
];

impl Group {
    /// Its heading in the list.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Topic => "Topics",
            Self::State => "States",
            Self::Label => "Labels",
            Self::Finding(Family::Opening) => "Findings: opening",
            Self::Finding(Family::Closing) => "Findings: closing",
            Self::Finding(Family::Capture) => "Findings: the capture itself",
        }
    }

    /// The word for one of it.
    pub const fn singular(self) -> &'static str {
        match self {
            Self::Topic => "topic",
            Self::State => "state",
            Self::Label => "label",
            Self::Finding(_) => "finding",
        }
    }
}

impl Entry {
    /// The first line of its text.
    pub fn title(&self) -> &'static str {
        self.text.lines().next().unwrap_or_default()
    }

    /// Its key and its other names.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.key).chain(self.also.iter().copied())
    }
}

const fn topic(key: &'static str, also: &'static [&'static str], text: &'static str) -> Entry {
    Entry { group: Group::Topic, key, also, text, severity: None }
}

const fn state(key: &'static str, also: &'static [&'static str], text: &'static str) -> Entry {
    Entry { group: Group::State, key, also, text, severity: None }
}

const fn label(key: &'static str, also: &'static [&'static str], text: &'static str) -> Entry {
    Entry { group: Group::Label, key, also, text, severity: None }
}
