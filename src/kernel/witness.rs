//! The witness: hears what the kernel says of its TCP sockets.
//!
//! In: ports, none for all. Out: the kernel's words on these ports since the last call, in the order of their times.
//! Invariant: never waits; holds no more than was said since the last call. All network namespaces of the host are heard,
//! for the kernel's events do not tell them apart.

use std::fs::File;
use std::hash::RandomState;
use std::io::{ErrorKind, Read};

use crate::kernel::clock::Clock;
use crate::kernel::error::KernelError;
use crate::kernel::format::{Format, number};
use crate::kernel::instance::Instance;
use crate::kernel::record::{Source, event, filter};
use crate::kernel::ring::Layout;
use crate::kernel::tracefs::{list, open, open_to_read, read, write};
use crate::witness::KernelEvent;

/// What each processor's buffer holds between two calls: some 5,000 events.
const BUFFER_KIB: u32 = 512;
/// More pages are not read of one processor at a time: on a busy machine it would never end.
const PAGES: usize = 4 * BUFFER_KIB as usize;

/// Hears the kernel.
#[derive(Debug)]
pub struct Witness {
    // Closed before the instance is removed: in this order.
    pipes: Vec<Pipe>,
    instance: Instance,
    events: Vec<(Source, Format)>,
    missing: Vec<&'static str>,
    layout: Layout,
    clock: Clock,
    ports: Vec<u16>,
    /// Said after the last call had begun: another processor may yet have said something before.
    held: Vec<(u64, KernelEvent)>,
    key: RandomState,
    page: Vec<u8>,
}

#[derive(Debug)]
struct Pipe {
    file: File,
    statistics: String,
}

impl Witness {
    /// Begins to listen on these ports, on either side; none are all.
    ///
    /// # Errors
    /// [`KernelError`]: not permitted, not offered, or a file of the kernel that cannot be used.
    pub fn open(ports: &[u16]) -> Result<Self, KernelError> {
        let instance = Instance::make(open()?)?;
        let here = instance.directory();
        let clocks = read(here, "trace_clock")?;
        let clock = Clock::choose(&clocks)
            .ok_or_else(|| KernelError::unreadable("trace_clock", "neither tai nor mono is offered"))?;
        write(here, "trace_clock", clock.as_str())?;
        write(here, "buffer_size_kb", &BUFFER_KIB.to_string())?;
        let layout = Layout::parse(&read(instance.root(), "events/header_page")?)
            .ok_or_else(|| KernelError::unreadable("events/header_page", "it names no data"))?;
        let pipes = pipes(&instance)?;
        let (events, missing) = switch_on(&instance, ports)?;
        let page = vec![0; layout.size];
        let (ports, key) = (ports.to_vec(), RandomState::new());
        Ok(Self { pipes, instance, events, missing, layout, clock, ports, held: Vec::new(), key, page })
    }

    /// Everything said since the last call, in order.
    ///
    /// # Errors
    /// [`KernelError::File`] where a buffer cannot be read.
    pub fn take(&mut self) -> Result<Vec<KernelEvent>, KernelError> {
        let offset = self.clock.offset();
        let horizon = self.clock.now();
        let mut told = std::mem::take(&mut self.held);
        for pipe in &mut self.pipes {
            for _ in 0..PAGES {
                if !pipe.fill(&mut self.page)? {
                    break;
                }
                let before = told.len();
                for (stamp, record) in self.layout.records(&self.page) {
                    let kind = record.get(..2).and_then(number);
                    let known = self.events.iter().find(|(_, format)| Some(u64::from(format.id)) == kind);
                    let Some((source, format)) = known else { continue };
                    let said = event(*source, format, record, offset.apply(stamp), &self.key);
                    told.extend(said.map(|said| (stamp, said)));
                }
                // What follows on this processor is later still.
                if told.get(before..).and_then(<[_]>::last).is_some_and(|(stamp, _)| *stamp > horizon) {
                    break;
                }
            }
        }
        told.retain(|(_, said)| concerns(&self.ports, said));
        told.sort_by_key(|(stamp, _)| *stamp);
        self.held = told.split_off(told.partition_point(|(stamp, _)| *stamp <= horizon));
        Ok(told.into_iter().map(|(_, said)| said).collect())
    }

    /// How many events were lost since the beginning, since a buffer was full.
    pub fn lost(&self) -> u64 {
        let here = self.instance.directory();
        let of_one = |pipe: &Pipe| read(here, &pipe.statistics).map_or(0, |text| lost(&text));
        self.pipes.iter().map(of_one).sum()
    }

    /// The events that this kernel does not have.
    pub fn missing(&self) -> &[&'static str] {
        &self.missing
    }
}

impl Pipe {
    /// Reads a page; false where there is nothing.
    fn fill(&mut self, page: &mut [u8]) -> Result<bool, KernelError> {
        match self.file.read(page) {
            Ok(length) => {
                page.get_mut(length..).unwrap_or_default().fill(0);
                Ok(length > 0)
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(false),
            Err(error) => {
                Err(KernelError::File { file: "trace_pipe_raw".to_owned(), cause: error.to_string() })
            }
        }
    }
}

/// The buffers of all processors.
fn pipes(instance: &Instance) -> Result<Vec<Pipe>, KernelError> {
    let here = instance.directory();
    let mut pipes = Vec::new();
    for name in list(here, "per_cpu")?.into_iter().filter(|name| name.starts_with("cpu")) {
        pipes.push(Pipe {
            file: open_to_read(here, &format!("per_cpu/{name}/trace_pipe_raw"))?,
            statistics: format!("per_cpu/{name}/stats"),
        });
    }
    Ok(pipes)
}

/// The events that were switched on, and those that are not there.
type Switched = (Vec<(Source, Format)>, Vec<&'static str>);

fn switch_on(instance: &Instance, ports: &[u16]) -> Result<Switched, KernelError> {
    let here = instance.directory();
    let (mut events, mut missing) = (Vec::new(), Vec::new());
    for source in Source::ALL {
        let path = format!("events/{}", source.as_str());
        let Ok(text) = read(here, &format!("{path}/format")) else {
            missing.push(source.as_str());
            continue;
        };
        let format = Format::parse(&text);
        if let Some(filter) = filter(&format, ports) {
            write(here, &format!("{path}/filter"), &filter)?;
        }
        write(here, &format!("{path}/enable"), "1")?;
        events.push((source, format));
    }
    if events.is_empty() {
        return Err(KernelError::NoEvents { events: missing.join(", ") });
    }
    Ok((events, missing))
}

fn concerns(ports: &[u16], said: &KernelEvent) -> bool {
    ports.is_empty() || [said.local, said.peer].iter().any(|socket| ports.contains(&socket.port()))
}

/// The lines `overrun: 3` and `dropped events: 0`.
fn lost(statistics: &str) -> u64 {
    let counts = ["overrun", "dropped events"];
    let of_line = |line: &str| {
        let (name, value) = line.split_once(':')?;
        counts.contains(&name).then(|| value.trim().parse::<u64>().ok())?
    };
    statistics.lines().filter_map(of_line).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_lost_is_counted() {
        let text = "entries: 5\noverrun: 3\ncommit overrun: 9\nbytes: 52\nnow ts: 1.5\ndropped events: 4\nread events: 1\n";
        assert_eq!(lost(text), 7);
        assert_eq!(lost(""), 0);
    }

    #[test]
    fn a_witness_may_change_threads() {
        const fn is_send<T: Send>() {}
        const { is_send::<Witness>() };
    }
}
