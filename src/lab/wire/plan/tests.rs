//! The plan by itself: frames go in, and what leaves the cable is looked at.

use super::*;
use crate::lab::wire::fault::Place;
use crate::lab::wire::flow::Target;
use crate::segment::{Checksum, Flags};
use crate::seq::SeqNumber;

const SYN_ACK: Flags = Flags::SYN.with(Flags::ACK);

/// A cable, and what has left it so far.
struct Bench {
    plan: Plan,
    began: Instant,
    account: Account,
}

impl Bench {
    fn with(faults: Faults) -> Self {
        let account = Account::default();
        #[allow(clippy::disallowed_methods, reason = "any instant will do")]
        let began = Instant::now();
        Self { plan: Plan::new(faults, account.clone()), began, account }
    }

    /// `from` sends a segment after so many milliseconds.
    fn send(&mut self, after: u64, from: Side, flags: Flags, seq: u32, ack: u32, text: &str) -> Vec<Out> {
        let sockets = [Side::Client, Side::Server].map(|side| {
            let number = if side == Side::Client { 1 } else { 2 };
            std::net::SocketAddr::from(([192, 0, 2, number], 6666))
        });
        let [client, server] = sockets;
        let (source, destination) = if from == Side::Client { (client, server) } else { (server, client) };
        let target = Target {
            source,
            destination,
            rcv_nxt: SeqNumber(seq),
            snd_nxt: SeqNumber(ack),
            edge: SeqNumber(0),
        };
        let forged = Forged { text: text.as_bytes().to_vec(), window: 100, ..Forged::new(flags) };
        let mut octets = forge(&forged, &target, from.other()).unwrap();
        // A sender leaves it unfinished.
        octets[50] ^= 0xff;
        let departures = self.plan.take(from, octets, self.at(after));
        self.read(departures)
    }

    fn at(&self, after: u64) -> Moment {
        let wait = Duration::from_millis(after);
        Moment { instant: self.began + wait, time: Timestamp::new(1, 0).after(wait) }
    }

    fn read(&self, departures: Vec<Departure>) -> Vec<Out> {
        let out = |departure: Departure| {
            let frame = Frame {
                number: 1,
                time: Timestamp::new(0, 0),
                link: LinkType::ETHERNET,
                interface: 0,
                octets: &departure.octets,
                wire_len: departure.octets.len() as u32,
            };
            let Ok(Decoded::Segment(segment)) = Decoder::new(0).decode(&frame) else { panic!("no segment") };
            let after = (departure.at - self.began).as_millis() as u64;
            Out { to: departure.to, after, segment }
        };
        departures.into_iter().map(out).collect()
    }

    fn handshake(&mut self) {
        self.send(0, Side::Client, Flags::SYN, 100, 0, "");
        self.send(0, Side::Server, SYN_ACK, 300, 101, "");
        self.send(0, Side::Client, Flags::ACK, 101, 301, "");
    }
}

#[derive(Debug)]
struct Out {
    to: Side,
    after: u64,
    segment: Segment,
}

fn times(out: &[Out]) -> Vec<u64> {
    out.iter().map(|out| out.after).collect()
}

fn only(fault: Result<Fault, crate::lab::wire::error::FaultError>) -> Faults {
    Faults::none().with(fault.unwrap())
}

#[test]
fn without_faults_a_segment_passes_with_its_checksum_finished() {
    let mut bench = Bench::with(Faults::none().with_latency(Duration::from_millis(5)));
    let out = bench.send(3, Side::Client, Flags::SYN, 100, 0, "");
    assert_eq!((out.len(), out[0].after, out[0].to), (1, 8, Side::Server));
    assert_eq!(out[0].segment.checksum, Checksum::Correct);
}

#[test]
fn the_nth_of_a_label_is_lost_whatever_is_sent_between() {
    let mut bench = Bench::with(only(Fault::lose("SYN J#2")));
    assert_eq!(bench.send(0, Side::Client, Flags::SYN, 100, 0, "").len(), 1);
    assert_eq!(bench.send(9, Side::Client, Flags::SYN, 100, 0, "").len(), 0);
    assert_eq!(bench.send(10, Side::Server, SYN_ACK, 300, 101, "").len(), 1);
    assert_eq!(bench.send(20, Side::Client, Flags::SYN, 100, 0, "").len(), 1);
    let counts = bench.account.read();
    assert_eq!((counts.lost, counts.by_fault, counts.deeds.len()), (1, vec![1], 1));
    assert_eq!(counts.deeds[0].label, "SYN J (again, 2nd)");
}

#[test]
fn delays_and_copies_have_their_times() {
    let faults = only(Fault::delay("DATA=200ms")).with(Fault::repeat("DATA=2,10ms").unwrap());
    let mut bench = Bench::with(faults);
    bench.handshake();
    let out = bench.send(1, Side::Client, Flags::ACK, 101, 301, "hello");
    assert_eq!(times(&out), [201, 211, 221]);
    assert!(out.iter().all(|out| out.segment.text_len == 5 && out.to == Side::Server));
    assert_eq!(times(&bench.send(2, Side::Client, Flags::ACK, 106, 301, "hello")), [2]);
}

#[test]
fn what_is_held_goes_behind_the_next_of_its_direction_or_after_its_time() {
    let mut bench = Bench::with(only(Fault::reorder("DATA#*=50ms")));
    bench.handshake();
    assert!(bench.send(1, Side::Client, Flags::ACK, 101, 301, "hello").is_empty());
    let passing = bench.send(2, Side::Server, Flags::ACK, 301, 101, "");
    assert_eq!(passing.len(), 1, "the other direction is not the next of its own");
    let out = bench.send(3, Side::Client, Flags::FIN.with(Flags::ACK), 106, 301, "");
    assert_eq!(times(&out), [3, 3]);
    assert_eq!(out.iter().map(|out| out.segment.text_len).collect::<Vec<_>>(), [0, 5]);

    bench.send(10, Side::Server, Flags::ACK, 301, 107, "bye");
    let due = bench.plan.next_overdue().unwrap();
    assert_eq!(due, bench.began + Duration::from_millis(60));
    assert!(bench.plan.overdue(due - Duration::from_millis(1)).is_empty());
    assert_eq!(bench.plan.overdue(due).len(), 1);
    assert_eq!(bench.plan.next_overdue(), None);
}

#[test]
fn forged_numbers_are_those_that_the_receiver_expects() {
    let faults = ["RST", "RST seq+7", "RST seq=beyond", "RST+ACK ack-1 to client"];
    let list = faults.iter().map(|what| Fault::inject(&format!("DATA={what}")).unwrap());
    let mut bench = Bench::with(list.fold(Faults::none(), Faults::with));
    bench.handshake();
    let out = bench.send(1, Side::Client, Flags::ACK, 101, 301, "hello");
    let seen: Vec<(Side, u32)> = out.iter().skip(1).map(|out| (out.to, out.segment.seq.0)).collect();
    // The server has acknowledged 101 with a window of 100; the text has reached 105.
    assert_eq!(seen, [(Side::Server, 106), (Side::Server, 113), (Side::Server, 201), (Side::Client, 301)]);
    assert_eq!(out[4].segment.ack, SeqNumber(105), "the client's SND.NXT is 106");
    assert!(out.iter().all(|out| out.segment.checksum == Checksum::Correct));
    assert_eq!(bench.account.read().injected, 4);
}

#[test]
fn a_lost_text_is_not_expected_to_have_arrived() {
    let faults = only(Fault::lose("DATA")).with(Fault::inject("DATA=RST").unwrap());
    let mut bench = Bench::with(faults);
    bench.handshake();
    let out = bench.send(1, Side::Client, Flags::ACK, 101, 301, "hello");
    assert_eq!((out.len(), out[0].segment.seq), (1, SeqNumber(101)));
}

#[test]
fn a_cut_wire_passes_nothing_and_a_stranger_cannot_be_forged_into() {
    let mut bench = Bench::with(Faults::none());
    let reset = Forged::new(Flags::RST).at(Place::Number(7));
    let now = bench.at(0);
    assert!(bench.plan.inject(&reset, None, None, now.instant, now.time).is_none());
    bench.plan.set_cut(Cut::Towards(Side::Server));
    assert!(bench.send(0, Side::Client, Flags::SYN, 100, 0, "").is_empty());
    assert_eq!(bench.send(0, Side::Server, SYN_ACK, 300, 101, "").len(), 1);
    bench.plan.set_cut(Cut::Everywhere);
    assert!(bench.send(0, Side::Server, SYN_ACK, 300, 101, "").is_empty());
    assert!(bench.plan.take(Side::Server, vec![0xff; 60], now).is_empty(), "not TCP, and cut all the same");
    bench.plan.set_cut(Cut::Nowhere);
    assert_eq!(bench.plan.take(Side::Server, vec![0xff; 60], now).len(), 1);
    let counts = bench.account.read();
    let labels = counts.deeds.iter().map(|done| (done.what, done.label.as_str()));
    assert_eq!(labels.collect::<Vec<_>>(), [("cut", "SYN J"), ("cut", "SYN K, ACK J+1 (again, 2nd)")]);
    assert_eq!(counts.cut, 3);
    let forged = bench.plan.inject(&reset, None, None, now.instant, now.time).unwrap();
    assert_eq!((forged.to, bench.read(vec![forged])[0].segment.seq), (Side::Server, SeqNumber(7)));
}
