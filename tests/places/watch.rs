//! What one end of a wire sees, as labels.

use std::sync::mpsc::{Sender, TryRecvError, channel};
use std::thread::{JoinHandle, spawn};
use std::time::{Duration, Instant};

use tcpshake::analyzer::config::Config;
use tcpshake::analyzer::label::Numbers;
use tcpshake::analyzer::tracker::Tracker;
use tcpshake::capture::source::{FrameSource, Next};
use tcpshake::decode::{DEPTH, Decoded, Decoder};
use tcpshake::icmp::IcmpError;
use tcpshake::lab::place::ground::Ground;
use tcpshake::segment::Segment;

use crate::ground::tap;

/// A capture on a ground.
pub struct Watch {
    stop: Sender<()>,
    thread: JoinHandle<Seen>,
}

/// What was captured.
#[derive(Default)]
pub struct Seen {
    pub labels: Vec<String>,
    pub segments: Vec<Segment>,
    pub icmp: Vec<IcmpError>,
}

impl Watch {
    /// Begins; what is done after this is seen.
    pub fn on(ground: &Ground) -> Self {
        Self::with(ground, "tcp")
    }

    /// The same, with ICMP errors.
    pub fn with_icmp(ground: &Ground) -> Self {
        Self::with(ground, "tcp or icmp or icmp6")
    }

    fn with(ground: &Ground, filter: &'static str) -> Self {
        let (stop, stopped) = channel();
        let (ready, is_ready) = channel();
        let ground = ground.clone();
        let thread = spawn(move || {
            ground.enter().expect("the ground");
            let mut tap = tap(ground.interface(), filter);
            ready.send(()).expect("whoever waits");
            let (mut decoder, mut tracker) = (Decoder::new(DEPTH), Tracker::new(Config::default()));
            let mut seen = Seen::default();
            loop {
                match tap.next_frame().expect("a frame") {
                    Next::Frame(frame) => match decoder.decode(&frame) {
                        Ok(Decoded::Segment(segment)) => {
                            let label = tracker.observe(&segment).label;
                            seen.labels.push(label.show(Numbers::Symbolic).to_string());
                            seen.segments.push(segment);
                        }
                        Ok(Decoded::Icmp(error)) => seen.icmp.push(error),
                        _ => {}
                    },
                    // Told to end, or nobody cares any more.
                    Next::Quiet if stopped.try_recv() != Err(TryRecvError::Empty) => return seen,
                    _ => {}
                }
            }
        });
        is_ready.recv().expect("a capture");
        Self { stop, thread }
    }

    /// Ends once nothing more comes.
    pub fn end(self) -> Seen {
        self.stop.send(()).expect("a capture");
        self.thread.join().expect("a capture")
    }
}

impl Seen {
    pub fn count(&self, label: &str) -> usize {
        self.labels.iter().filter(|seen| seen.split(" (").next() == Some(label)).count()
    }

    pub fn at(&self, label: &str) -> usize {
        let found = self.labels.iter().position(|seen| seen == label);
        found.unwrap_or_else(|| panic!("no {label} in {:#?}", self.labels))
    }
}

/// Waits for a condition.
pub fn until(what: &str, mut condition: impl FnMut() -> bool) {
    #[allow(clippy::disallowed_methods, reason = "a limit in real time")]
    let now = Instant::now;
    let began = now();
    while !condition() {
        assert!(now() - began < Duration::from_secs(10), "{what} did not happen");
        std::thread::park_timeout(Duration::from_millis(2));
    }
}
