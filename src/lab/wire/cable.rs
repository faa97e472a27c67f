//! The cable: hands every frame from one end of the wire to the other.
//!
//! In: two ports, a plan, commands. Out: frames at the other port, when the plan has them leave.
//! Invariant: one thread, so frames leave in the order in which they are due; it ends when it is told to, or when its
//! interfaces have gone.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, Sender};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::lab::wire::counts::Account;
use crate::lab::wire::fault::{Forged, Side};
use crate::lab::wire::plan::{Cut, Departure, Moment, Plan};
use crate::lab::wire::port::Port;
use crate::time::Timestamp;

/// So many frames of one port are taken before what is due is looked at again.
const AT_ONCE: usize = 32;

/// What the cable is told to do.
pub enum Command {
    /// Forge a segment, and say whether there was a connection to forge it into.
    Inject(Forged, Sender<bool>),
    /// Cut the wire, or mend it, and say so once it is done.
    Cut(Cut, Sender<bool>),
    /// End.
    Stop,
}

/// All that the cable's thread has.
pub struct Cable {
    /// The port at the client's end.
    pub client: Port,
    /// The port at the server's end.
    pub server: Port,
    /// What becomes of frames.
    pub plan: Plan,
    /// What others want.
    pub commands: Receiver<Command>,
    /// Readable when there is a command.
    pub bell: UnixStream,
    /// The account.
    pub account: Account,
}

/// A frame on its way: those that are due first come first, and of those the one that was there first.
type Waiting = Reverse<(Instant, u64, bool, Vec<u8>)>;

/// What is on its way.
#[derive(Default)]
struct Queue {
    waiting: BinaryHeap<Waiting>,
    number: u64,
}

impl Cable {
    /// Works until it is told to stop.
    pub fn run(mut self) {
        let mut queue = Queue::default();
        if let Err(error) = self.work(&mut queue) {
            self.account.write(|counts| counts.broken = Some(error.to_string()));
        }
    }

    fn work(&mut self, queue: &mut Queue) -> io::Result<()> {
        loop {
            queue.add(self.plan.overdue(now().instant));
            let next = self.send(queue);
            if self.wait(next)? && self.obey(queue)? {
                return Ok(());
            }
            for _ in 0..AT_ONCE {
                let mut is_quiet = true;
                for side in [Side::Client, Side::Server] {
                    let port = self.port(side);
                    if let Some(frame) = port.receive()? {
                        let frame = frame.to_vec();
                        queue.add(self.plan.take(side, frame, now()));
                        is_quiet = false;
                    }
                }
                self.send(queue);
                if is_quiet {
                    break;
                }
            }
        }
    }

    /// Sends what is due, and says when the next is.
    fn send(&mut self, queue: &mut Queue) -> Option<Instant> {
        while let Some(Departure { to, octets, .. }) = queue.due() {
            let is_taken = self.port(to).send(&octets).is_ok();
            self.account.write(|counts| match is_taken {
                true => counts.passed += 1,
                false => counts.refused += 1,
            });
        }
        let on_its_way = queue.waiting.len() + self.plan.held();
        self.account.write(|counts| counts.on_its_way = on_its_way);
        [queue.next(), self.plan.next_overdue()].into_iter().flatten().min()
    }

    /// Waits for a frame, a command, or the time; whether the bell has rung.
    fn wait(&self, until: Option<Instant>) -> io::Result<bool> {
        let wait = until.map(|until| until.saturating_duration_since(now().instant));
        let wait = wait.and_then(|wait| Timespec::try_from(wait).ok());
        let mut descriptors = [
            PollFd::new(&self.bell, PollFlags::IN),
            PollFd::new(&self.client, PollFlags::IN),
            PollFd::new(&self.server, PollFlags::IN),
        ];
        match poll(&mut descriptors, wait.as_ref()) {
            Ok(_) | Err(Errno::INTR) => Ok(!descriptors[0].revents().is_empty()),
            Err(error) => Err(error.into()),
        }
    }

    /// Does what is wanted; whether that is to stop.
    fn obey(&mut self, queue: &mut Queue) -> io::Result<bool> {
        let mut rung = [0; 64];
        if self.bell.read(&mut rung)? == 0 {
            // Whoever held the other end has gone.
            return Ok(true);
        }
        while let Ok(command) = self.commands.try_recv() {
            match command {
                Command::Stop => return Ok(true),
                Command::Cut(cut, done) => {
                    self.plan.set_cut(cut);
                    let _ = done.send(true);
                }
                Command::Inject(forged, done) => {
                    let Moment { instant, time } = now();
                    let departure = self.plan.inject(&forged, None, None, instant, time);
                    let _ = done.send(departure.is_some());
                    queue.add(departure);
                }
            }
        }
        Ok(false)
    }

    const fn port(&mut self, side: Side) -> &mut Port {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }
}

impl Queue {
    fn add(&mut self, departures: impl IntoIterator<Item = Departure>) {
        for Departure { to, at, octets } in departures {
            self.waiting.push(Reverse((at, self.number, to == Side::Client, octets)));
            self.number += 1;
        }
    }

    fn next(&self) -> Option<Instant> {
        self.waiting.peek().map(|Reverse((at, ..))| *at)
    }

    fn due(&mut self) -> Option<Departure> {
        self.next().filter(|at| *at <= now().instant)?;
        let Reverse((at, _, is_to_client, octets)) = self.waiting.pop()?;
        let to = if is_to_client { Side::Client } else { Side::Server };
        Some(Departure { to, at, octets })
    }
}

#[allow(clippy::disallowed_methods, reason = "a cable is used in real time")]
fn now() -> Moment {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment { instant: Instant::now(), time: Timestamp::new(time.as_secs(), time.subsec_nanos()) }
}
