//! The faults of a wire, as the command line has them.
//!
//! In: texts. Out: what the wire is to do, or what is wrong with a text.
//! Invariant: every text is read before anything is played. The order of one kind is kept; kinds are done in the order
//! in which they stand here.

use anyhow::anyhow;
use clap::Args;
use tcpshake::lab::wire::error::FaultError;
use tcpshake::lab::wire::fault::{Fault, Faults};
use tcpshake::lab::wire::grammar::latency;

/// What the wire does. With any of these, the scenario is played on a wire between two namespaces, and what it expects
/// of an ordinary one is not asked for.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "A faulty wire")]
pub struct FaultArgs {
    /// Lose the first segment with this label: 'SYN K, ACK J+1'; 'SYN J#2' is the second, 'SYN J#*' all
    #[arg(long, value_name = "FAULT")]
    pub lose: Vec<String>,
    /// Have a segment arrive later: 'FIN M=200ms'
    #[arg(long, value_name = "FAULT")]
    pub delay: Vec<String>,
    /// Have a segment arrive more than once: 'SYN J', 'DATA=3'
    #[arg(long, value_name = "FAULT")]
    pub repeat: Vec<String>,
    /// Have a segment arrive after the next one: 'DATA', 'FIN M=500ms'
    #[arg(long, value_name = "FAULT")]
    pub reorder: Vec<String>,
    /// Have a segment arrive otherwise than it was sent: 'SYN K, ACK J+1=ack+1'
    #[arg(long, value_name = "FAULT")]
    pub alter: Vec<String>,
    /// Have a segment arrive that nobody sent, after one that somebody did: 'ACK K+1=RST seq+1000 to client'
    #[arg(long, value_name = "FAULT")]
    pub inject: Vec<String>,
    /// Have every frame take so long: 50ms
    #[arg(long, value_name = "TIME")]
    pub latency: Option<String>,
}

impl FaultArgs {
    /// Whether there are any.
    pub fn are_any(&self) -> bool {
        self.latency.is_some() || self.kinds().iter().any(|(_, texts, _)| !texts.is_empty())
    }

    /// Reads them; `None` where there are none.
    ///
    /// # Errors
    ///
    /// The first text that is wrong, with what is wrong.
    pub fn read(&self) -> anyhow::Result<Option<Faults>> {
        if !self.are_any() {
            return Ok(None);
        }
        let mut faults = Faults::none();
        for (option, texts, read) in self.kinds() {
            for text in texts {
                faults = faults.with(read(text).map_err(|error| bad(option, &error))?);
            }
        }
        if let Some(text) = &self.latency {
            faults.latency = latency(text).map_err(|error| bad("latency", &error))?;
        }
        Ok(Some(faults))
    }

    /// What each asks for, as it was written, in the order in which they are read.
    pub fn written(&self) -> Vec<String> {
        let of_kind = |(option, texts, _): &(&str, &[String], _)| {
            texts.iter().map(|text| format!("--{option} '{text}'")).collect::<Vec<_>>()
        };
        self.kinds().iter().flat_map(of_kind).collect()
    }

    #[allow(clippy::type_complexity, reason = "a table of three columns")]
    fn kinds(&self) -> [(&'static str, &[String], fn(&str) -> Result<Fault, FaultError>); 6] {
        [
            ("lose", &self.lose, Fault::lose),
            ("delay", &self.delay, Fault::delay),
            ("repeat", &self.repeat, Fault::repeat),
            ("reorder", &self.reorder, Fault::reorder),
            ("alter", &self.alter, Fault::alter),
            ("inject", &self.inject, Fault::inject),
        ]
    }
}

fn bad(option: &str, error: &FaultError) -> anyhow::Error {
    anyhow!("--{option} {error}\n  try: {}", error.next_step())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_fault_is_told_with_its_option() {
        let faults = FaultArgs { delay: vec!["FIN M".to_owned()], ..FaultArgs::default() };
        let error = faults.read().unwrap_err().to_string();
        assert!(error.starts_with("--delay 'FIN M': ") && error.contains("\n  try: "), "{error}");
        assert_eq!(FaultArgs::default().read().unwrap(), None);
        let faults = FaultArgs { lose: vec!["SYN J".to_owned()], ..FaultArgs::default() };
        assert_eq!(faults.read().unwrap().unwrap().list.len(), 1);
    }
}
