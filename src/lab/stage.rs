//! The stage: plays a scenario with the embedded server and client, and captures it.
//!
//! In: a scenario, a message, an address. Out: what was played.
//! Invariant: the capture runs before the first socket is opened and is drained before it ends; every wait is for a
//! condition and has a limit; no thread and no socket outlives the play.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use crate::analyzer::config::Config;
use crate::analyzer::connection::Connection;
use crate::analyzer::role::Role;
use crate::analyzer::state::State;
use crate::analyzer::step::Step;
use crate::analyzer::tracker::Tracker;
use crate::call::{CallName, Caller};
use crate::capture::live::{Live, LiveOptions, WHOLE_FRAMES};
use crate::capture::save::Savefile;
use crate::capture::source::{FrameSource, Next};
use crate::decode::{DEPTH, Decoded, Decoder};
use crate::exchange::client::Client;
use crate::exchange::error::ExchangeError;
use crate::exchange::log::CallLog;
use crate::exchange::server::Server;
use crate::exchange::stopper::Stopper;
use crate::lab::error::LabError;
use crate::lab::played::Played;
use crate::lab::scenario::{Scenario, ServerCloses};

/// How long a scenario may take in all.
const LIMIT: Duration = Duration::from_secs(15);
/// How long the last segments may take once both programs are done.
const LAST_SEGMENTS: Duration = Duration::from_secs(3);
/// A message that fits, with all headers, into what a capture keeps of a frame by default; a longer one is captured
/// whole, so that its checksum can be judged.
const SHORT_MESSAGE: usize = 1024;
/// Steps and received octets kept.
const KEPT: usize = 4096;

/// What to play, and where.
#[derive(Clone, Debug)]
pub struct Play {
    /// The scenario.
    pub scenario: &'static Scenario,
    /// Where the server listens.
    pub address: SocketAddr,
    /// What the client sends.
    pub message: Vec<u8>,
    /// The interface to capture on.
    pub interface: String,
    /// Where to write what is captured, too.
    pub write: Option<PathBuf>,
}

/// Plays it.
///
/// # Errors
///
/// [`LabError`]: no permission to capture, the port taken, a socket call that failed, or no end in time.
pub fn play(play: &Play) -> Result<Played, LabError> {
    let mut tap = Tap::open(play)?;
    let (called, calls) = channel();
    let log = CallLog::observed_by(KEPT, move |call| {
        // Nobody listens any more once the server waits in accept.
        let _ = called.send((call.caller, call.name));
    });
    let server = Server::bind(play.address, &log)?;
    let stopper = server.stopper();
    let (may_close, close) = channel();
    let (done, ended) = channel();
    let serving = serve(server, play.scenario.server_closes, close, done.clone())?;
    wait_for(&calls, (Caller::Server, CallName::Accept))?;
    drop(calls);
    let sending = send(play.address, play.message.clone(), log.clone(), done);

    let seen = sending.as_ref().map_or(Ok(()), |_| tap.follow(&may_close, &ended, &stopper));
    stopper.stop();
    let local = sending.and_then(|thread| joined(thread, "client"));
    let received = joined(serving, "server");
    let (local, received) = (local?, received?);
    seen?;
    let statistics = tap.source.statistics();
    let connection =
        tap.connection(local).ok_or(LabError::NothingCaptured { interface: play.interface.clone() })?;
    Ok(Played { connection, calls: log.snapshot(), received, statistics })
}

/// Capture, decoding and tracking in one.
struct Tap {
    source: Live,
    decoder: Decoder,
    tracker: Tracker,
    save: Option<Savefile>,
    is_over: bool,
}

impl Tap {
    fn open(play: &Play) -> Result<Self, LabError> {
        let mut options = LiveOptions::new(&play.interface);
        options.filter = Some(format!("tcp port {}", play.address.port()));
        if play.message.len() > SHORT_MESSAGE || play.write.is_some() {
            options.snap_len = WHOLE_FRAMES;
        }
        let source = Live::open(&options)?;
        let save = play.write.as_deref().map(|path| Savefile::create(path, source.link())).transpose()?;
        let config = Config { keep_steps: KEPT, ..Config::default() };
        Ok(Self { source, decoder: Decoder::new(DEPTH), tracker: Tracker::new(config), save, is_over: false })
    }

    /// Follows the capture until both programs are done and the last segment has been seen. Where one of them fails,
    /// the other must not wait for it.
    #[allow(clippy::disallowed_methods, reason = "the limits of a play are real time")]
    fn follow(
        &mut self,
        may_close: &Sender<()>,
        ended: &Receiver<Ended>,
        stopper: &Stopper,
    ) -> Result<(), LabError> {
        let began = Instant::now();
        let mut programs = 0;
        let mut all_done = None;
        loop {
            let quiet = self.take(may_close)?;
            for Ended { well } in ended.try_iter() {
                programs += 1;
                if !well {
                    stopper.stop();
                    self.is_over = true;
                }
            }
            if programs == 2 {
                let since = *all_done.get_or_insert_with(Instant::now);
                if quiet && (self.is_over || since.elapsed() > LAST_SEGMENTS) {
                    return Ok(());
                }
            }
            if began.elapsed() > LIMIT {
                return Err(LabError::NoEnd { limit: LIMIT, waiting_for: "the end of both programs" });
            }
        }
    }

    /// Takes one frame; whether there was none.
    fn take(&mut self, may_close: &Sender<()>) -> Result<bool, LabError> {
        let Next::Frame(frame) = self.source.next_frame()? else {
            if let Some(save) = &mut self.save {
                save.flush()?;
            }
            return Ok(true);
        };
        if let Some(save) = &mut self.save {
            save.write(&frame)?;
        }
        if let Ok(Decoded::Segment(segment)) = self.decoder.decode(&frame) {
            let step = self.tracker.observe(&segment);
            if is_fin_acknowledged(&step) {
                // The server may have closed already, where it does not wait.
                let _ = may_close.send(());
            }
            self.is_over |= is_last(&step);
        }
        Ok(false)
    }

    /// The connection whose client has the socket `local`.
    fn connection(mut self, local: Option<SocketAddr>) -> Option<Connection> {
        self.tracker.finish();
        self.tracker.ended().find(|connection| Some(connection.sockets().client) == local)
    }
}

fn is_fin_acknowledged(step: &Step) -> bool {
    step.from == Role::Server && step.states.client == State::FinWait2
}

fn is_last(step: &Step) -> bool {
    let is_done = |state| matches!(state, State::Closed | State::TimeWait);
    is_done(step.states.client) && is_done(step.states.server)
}

/// One of the programs is done.
struct Ended {
    well: bool,
}

type Program<T> = JoinHandle<Result<T, ExchangeError>>;

fn serve(
    mut server: Server,
    closes: ServerCloses,
    close: Receiver<()>,
    done: Sender<Ended>,
) -> Result<Program<Vec<u8>>, LabError> {
    let run = move || {
        let mut received = Vec::new();
        let hear = |text: &[u8]| {
            let room = KEPT.saturating_sub(received.len());
            received.extend_from_slice(text.get(..room).unwrap_or(text));
        };
        let before_close = || {
            if closes == ServerCloses::AfterTheFinIsAcknowledged {
                // Without the acknowledgement in time it closes all the same, and what was seen is told as it was.
                let _ = close.recv_timeout(LAST_SEGMENTS);
            }
        };
        let served = server.serve_one(hear, before_close);
        let closed = server.close();
        let _ = done.send(Ended { well: served.is_ok() && closed.is_ok() });
        served.and(closed).map(|()| received)
    };
    Builder::new().name("server".to_owned()).spawn(run).map_err(|_| LabError::Program("server"))
}

fn send(
    address: SocketAddr,
    message: Vec<u8>,
    log: CallLog,
    done: Sender<Ended>,
) -> Result<Program<Option<SocketAddr>>, LabError> {
    let run = move || {
        let exchange = || {
            let mut client = Client::connect(address, &log)?;
            let local = client.local_addr();
            client.send(&message)?;
            client.close()?;
            Ok(local)
        };
        let sent = exchange();
        let _ = done.send(Ended { well: sent.is_ok() });
        sent
    };
    Builder::new().name("client".to_owned()).spawn(run).map_err(|_| LabError::Program("client"))
}

fn joined<T>(thread: Program<T>, name: &'static str) -> Result<T, LabError> {
    Ok(thread.join().map_err(|_| LabError::Program(name))??)
}

fn wait_for(calls: &Receiver<(Caller, CallName)>, wanted: (Caller, CallName)) -> Result<(), LabError> {
    loop {
        match calls.recv_timeout(LIMIT) {
            Ok(call) if call == wanted => return Ok(()),
            Ok(_) => {}
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                return Err(LabError::NoEnd { limit: LIMIT, waiting_for: "accept()" });
            }
        }
    }
}
