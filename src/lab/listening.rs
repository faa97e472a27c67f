//! Listens to the kernel while a scenario is played.
//!
//! In: whether to ask, the port, the stage. Out: what the kernel said of the scenario's sockets, and which of its
//! counters rose.
//! Invariant: the listening begins before the first socket is made. Counters are told only where all of their namespace
//! is the scenario's own: on the host anybody may have raised them.

use crate::analyzer::role::Role;
use crate::kernel::counters::Counters;
use crate::kernel::witness::Witness;
use crate::lab::error::LabError;
use crate::lab::stage::Stage;
use crate::lab::stage::tap::View;
use crate::witness::{CounterRise, KernelEvent, KernelWord, complete};

/// Whether to ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ask {
    /// Where it can be asked.
    #[default]
    IfPossible,
    /// In any case: where it cannot be asked there is no play.
    Always,
    /// Not at all.
    Never,
}

/// What listens, if anything does.
pub struct Listening {
    witness: Option<Witness>,
    port: u16,
    before: Vec<Counters>,
}

impl Listening {
    /// Begins to listen on this port, on both sides of connections.
    ///
    /// # Errors
    ///
    /// Where the kernel must be asked and cannot.
    pub fn begin(ask: Ask, port: u16) -> Result<Self, LabError> {
        let witness = match ask {
            Ask::Never => None,
            Ask::IfPossible => Witness::open(&[port]).ok(),
            Ask::Always => Some(Witness::open(&[port])?),
        };
        Ok(Self { witness, port, before: Vec::new() })
    }

    /// Reads the counters before the play.
    ///
    /// # Errors
    ///
    /// Where the namespace cannot be entered.
    pub fn count(&mut self, stage: &Stage) -> Result<(), LabError> {
        self.before = counted(stage)?;
        Ok(())
    }

    /// The counters that rose since then, at both ends together.
    ///
    /// # Errors
    ///
    /// Where the namespace cannot be entered.
    pub fn rises(&self, stage: &Stage) -> Result<Vec<CounterRise>, LabError> {
        let mut all: Vec<CounterRise> = Vec::new();
        for (before, after) in self.before.iter().zip(counted(stage)?) {
            for rise in after.rise_since(before) {
                match all.iter_mut().find(|known| known.name == rise.name) {
                    Some(known) => known.by += rise.by,
                    None => all.push(rise),
                }
            }
        }
        Ok(all)
    }

    /// What was said of the connections that were seen, and of their listener; `None` where nobody listened.
    ///
    /// # Errors
    ///
    /// Where the kernel's buffer cannot be read.
    pub fn end<'v>(
        mut self,
        views: impl Iterator<Item = &'v View>,
    ) -> Result<Option<Vec<KernelEvent>>, LabError> {
        let Some(witness) = &mut self.witness else { return Ok(None) };
        let mut said = witness.take()?;
        complete(&mut said);
        if witness.lost() > 0 {
            // Where something is missing, nothing is concluded from what was not said.
            said.retain(|event| !matches!(event.word, KernelWord::State { .. }));
        }
        let seen: Vec<_> = views
            .flat_map(|view| &view.connections)
            .map(|connection| {
                let sockets = connection.sockets();
                [sockets.client, sockets.server]
            })
            .collect();
        said.retain(|event| {
            let is_listener = event.peer.port() == 0 && event.local.port() == self.port;
            is_listener || seen.iter().any(|pair| pair.contains(&event.local) && pair.contains(&event.peer))
        });
        Ok(Some(said))
    }
}

/// The counters of each namespace that is the scenario's own.
fn counted(stage: &Stage) -> Result<Vec<Counters>, LabError> {
    let client = stage.place(Role::Client);
    if !client.is_private() {
        return Ok(Vec::new());
    }
    let mut all = vec![client.within(Counters::read)??];
    if stage.wire().is_ok() {
        all.push(stage.place(Role::Server).within(Counters::read)??);
    }
    Ok(all)
}
