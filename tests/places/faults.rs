//! What each fault does to a real kernel's connections, as both ends' captures and sockets show it.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use tcpshake::lab::wire::counts::Done;
use tcpshake::lab::wire::error::FaultError;
use tcpshake::lab::wire::fault::{Fault, Faults};
use tcpshake::lab::wire::grammar::forged;
use tcpshake::lab::wire::lay::Wire;
use tcpshake::lab::wire::plan::Cut;
use tcpshake::segment::{Checksum, Flags};
use tcpshake::seq::SeqNumber;

use crate::watch::{Seen, Watch, until};
use crate::wire::listener;

/// A connection over a wire that is watched at both ends.
pub struct Talk {
    pub wire: Wire,
    pub client: TcpStream,
    pub server: TcpStream,
    watches: [Watch; 2],
}

impl Talk {
    pub fn over(faults: Faults) -> Self {
        let wire = Wire::lay(faults).expect("a wire");
        let watches = [Watch::on(wire.client()), Watch::on(wire.server())];
        let listener = listener(wire.server(), false);
        let address = listener.local_addr().expect("an address");
        let client = connect(&wire, address).expect("a connection");
        let (server, _) = listener.accept().expect("the connection");
        server.set_read_timeout(Some(Duration::from_secs(10))).expect("a limit");
        Self { wire, client, server, watches }
    }

    /// The client says something and closes, then the server reads it and closes.
    pub fn say(&mut self) {
        self.client.write_all(b"hello").expect("room");
        self.client.shutdown(Shutdown::Write).expect("an end");
        let mut text = String::new();
        self.server.read_to_string(&mut text).expect("the message");
        assert_eq!(text, "hello");
        self.server.shutdown(Shutdown::Write).expect("an end");
        self.client.read_to_string(&mut text).expect("the end");
    }

    /// The same, and what was seen of it.
    pub fn message(mut self) -> (Wire, [Seen; 2]) {
        self.say();
        (self.wire, self.watches.map(Watch::end))
    }

    pub fn end(self) -> [Seen; 2] {
        self.watches.map(Watch::end)
    }
}

pub fn connect(wire: &Wire, address: SocketAddr) -> std::io::Result<TcpStream> {
    wire.client().within(|| TcpStream::connect(address)).expect("a thread")
}

pub fn with(fault: Result<Fault, FaultError>) -> Faults {
    Faults::none().with(fault.expect("a fault"))
}

pub fn lost_segments_are_sent_and_do_not_arrive() {
    for (label, sender) in [("SYN J", 0), ("SYN K, ACK J+1", 1), ("ACK N+1", 0), ("FIN M", 0)] {
        let again = Fault::delay(&format!("{label}#2=0s")).expect("what tells that it came again");
        let mut talk = Talk::over(with(Fault::lose(label)).with(again));
        talk.say();
        until("the repetition", || talk.wire.counts().by_fault == [1, 1]);
        let deeds = talk.wire.counts().deeds;
        let seen = talk.end();
        let (sent, arrived) = (seen[sender].count(label), seen[1 - sender].count(label));
        assert_eq!(sent, arrived + 1, "{label}: {:#?} {:#?}", seen[0].labels, seen[1].labels);
        assert!(arrived >= 1, "{label} was sent again");
        assert_eq!((deeds[0].label.as_str(), deeds[0].what), (label, "lost"));
    }
}

pub fn without_an_answer_a_connect_gives_up() {
    let wire = Wire::lay(with(Fault::lose("SYN J#*"))).expect("a wire");
    wire.client().set("net/ipv4/tcp_syn_retries", "1").expect("a setting");
    let watches = [Watch::on(wire.client()), Watch::on(wire.server())];
    let address = listener(wire.server(), false).local_addr().expect("an address");
    let error = connect(&wire, address).expect_err("nobody answers");
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    let [client, server] = watches.map(Watch::end);
    assert!(client.labels.len() >= 2, "it tried again: {:?}", client.labels);
    assert_eq!(wire.counts().lost, client.labels.len() as u64);
    assert!(server.labels.is_empty(), "nothing arrives");
}

pub fn a_delayed_segment_arrives_later() {
    let (_, [client, server]) = Talk::over(with(Fault::delay("FIN M#*=150ms"))).message();
    let sent = client.segments[client.at("FIN M")].time;
    let arrived = server.segments[server.at("FIN M")].time.since(sent);
    assert!((150..1000).contains(&arrived.as_millis()), "after {arrived:?}");
    let text = |seen: &Seen| seen.segments[seen.at("DATA 5")].time;
    assert!(text(&server).since(text(&client)) < Duration::from_millis(100), "the text was not delayed");
}

pub fn a_repeated_segment_arrives_again() {
    let answer = Fault::delay("ACK J+1=0s").expect("what tells that it was answered");
    let talk = Talk::over(with(Fault::repeat("SYN J=1,50ms")).with(answer));
    until("the answer to a SYN in an open connection", || talk.wire.counts().by_fault == [1, 1]);
    let (wire, [client, server]) = talk.message();
    assert_eq!(wire.counts().repeated, 1);
    let syns = |seen: &Seen| {
        let syn = |flags: Flags| flags.has(Flags::SYN) && !flags.has(Flags::ACK);
        seen.segments.iter().filter(|segment| syn(segment.flags)).count()
    };
    assert_eq!((syns(&client), syns(&server)), (1, 2));
}

pub fn a_segment_is_overtaken() {
    let (wire, [client, server]) = Talk::over(with(Fault::reorder("DATA"))).message();
    assert_eq!(wire.counts().reordered, 1);
    let is_fin = |seen: &Seen| seen.segments.iter().position(|segment| segment.flags.has(Flags::FIN));
    let is_text = |seen: &Seen| seen.segments.iter().position(|segment| segment.text_len > 0);
    assert!(is_text(&client) < is_fin(&client), "{:#?}", client.labels);
    assert!(is_fin(&server) < is_text(&server), "{:#?}", server.labels);
    // Nothing else follows a last acknowledgement: it is let go after its time.
    let (wire, [_, server]) = Talk::over(with(Fault::reorder("ACK N+1=50ms"))).message();
    until("the time", || wire.counts().reordered == 1);
    assert!(server.count("ACK N+1") > 0);
}

pub fn an_altered_segment_arrives_otherwise() {
    let altered = "SYN J=mss=536,window=1000,ttl=9";
    let (_, [client, server]) = Talk::over(with(Fault::alter(altered))).message();
    let (sent, arrived) = (&client.segments[0], &server.segments[0]);
    assert_eq!((arrived.window, arrived.sighting.hop_limit), (Some(1000), 9));
    assert_eq!((sent.seq, arrived.checksum), (arrived.seq, Checksum::Correct));
    assert!(format!("{:?}", arrived.options).contains("MaximumSegmentSize(536)"));

    let (_, [client, server]) = Talk::over(with(Fault::alter("DATA=checksum"))).message();
    let texts: Vec<Checksum> =
        server.segments.iter().filter(|segment| segment.text_len > 0).map(|text| text.checksum).collect();
    assert_eq!(texts, [Checksum::Wrong, Checksum::Correct], "dropped, and sent again");
    assert!(client.segments.iter().all(|segment| segment.checksum != Checksum::Wrong));

    // What acknowledges nothing that was sent is answered by a reset (RFC 9293 §3.10.7.3).
    let talk = Talk::over(with(Fault::alter("SYN K, ACK J+1=ack+1,seq+5")));
    let [client, server] = talk.end();
    let reset = client.segments.iter().find(|segment| segment.flags.has(Flags::RST)).expect("a reset");
    assert_eq!(reset.seq, client.segments[0].seq + 2);
    let seqs = |seen: &Seen| seen.segments[1].seq;
    assert_eq!(seqs(&client), seqs(&server) + 5);
}

pub fn a_forged_reset_works_at_one_number_only() {
    // In the window, and not the number: challenged (RFC 9293 §3.10.7.4). Elsewhere: dropped.
    for (reset, is_challenged) in [("RST seq+1000", true), ("RST seq=beyond", false), ("RST seq-1", false)] {
        let talk = Talk::over(with(Fault::inject(&format!("ACK K+1={reset}"))));
        until("the forgery", || talk.wire.counts().injected == 1);
        let (_, [client, server]) = talk.message();
        let forged = server.segments.iter().find(|segment| segment.flags.has(Flags::RST)).expect("the RST");
        assert_eq!(forged.checksum, Checksum::Correct);
        assert!(!client.segments.iter().any(|segment| segment.flags.has(Flags::RST)), "nobody sent it");
        let at = server.segments.iter().position(|segment| segment == forged).expect("it");
        let next = &server.segments[at + 1];
        assert_eq!(
            next.text_len == 0 && next.source.port() == 6666,
            is_challenged,
            "{reset}: {:#?}",
            server.labels
        );
    }
    let mut talk = Talk::over(with(Fault::inject("ACK K+1=RST")));
    let error = talk.server.read(&mut [0]).expect_err("it was reset");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    let [_, server] = talk.end();
    let forged = server.segments.iter().find(|segment| segment.flags.has(Flags::RST)).expect("the RST");
    assert_eq!(forged.seq, server.segments[0].seq + 1);
}

pub fn an_old_syn_is_challenged() {
    let talk = Talk::over(with(Fault::inject("ACK K+1=SYN seq-100000")));
    until("the forgery", || talk.wire.counts().injected == 1);
    let (_, [client, server]) = talk.message();
    let (iss, is_old) =
        (server.segments[0].seq, |seq: SeqNumber| seq.distance_from(server.segments[0].seq) == -99_999);
    let at = server.segments.iter().position(|segment| is_old(segment.seq)).expect("the old SYN");
    let challenge = &server.segments[at + 1];
    assert_eq!((challenge.flags, challenge.ack), (Flags::ACK, iss + 1));
    assert!(client.segments.iter().all(|segment| !is_old(segment.seq)));
}

pub fn the_director_forges_and_cuts() {
    let mut talk = Talk::over(Faults::none());
    assert!(talk.wire.inject(forged("PSH+ACK text=forged to client").expect("it")));
    let mut text = [0; 6];
    talk.client.read_exact(&mut text).expect("a text that nobody sent");
    assert_eq!(&text, b"forged");
    talk.end();

    // The server goes away while the wire is cut; the client finds out when it says something.
    let mut talk = Talk::over(Faults::none());
    assert!(talk.wire.cut(Cut::Everywhere));
    socket2::SockRef::from(&talk.server).set_linger(Some(Duration::ZERO)).expect("no lingering");
    drop(talk.server);
    let is_reset = |done: &Done| done.what == "cut" && done.label.starts_with("RST");
    until("the loss of the reset", || talk.wire.counts().deeds.iter().any(is_reset));
    assert!(talk.wire.cut(Cut::Nowhere));
    talk.client.write_all(b"anybody there?").expect("nothing is known yet");
    let error = talk.client.read(&mut [0]).expect_err("a reset");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    let [client, server] = talk.watches.map(Watch::end);
    assert_eq!(client.count("RST K+1"), 1, "{:#?}", client.labels);
    assert_eq!(server.segments.iter().filter(|segment| segment.flags.has(Flags::RST)).count(), 2);

    let wire = Wire::lay(Faults::none()).expect("a wire");
    assert!(!wire.inject(forged("RST").expect("it")), "there is no connection to forge it into");
}
