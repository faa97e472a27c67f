//! Lists for programs: what `interfaces` and `demo --list` write as JSON Lines.
//!
//! In: what is listed. Out: one object a line.
//! Invariant: these stand apart from the records of a capture; they have no time.

use std::io;
use std::net::IpAddr;

use serde::Serialize;

/// An interface that can be watched.
#[derive(Debug, Serialize)]
pub struct InterfaceRecord<'a> {
    /// `interface`.
    #[serde(rename = "type")]
    pub record: &'static str,
    /// Its name.
    pub name: &'a str,
    /// What the system says of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<&'a str>,
    /// Its addresses.
    pub addresses: &'a [IpAddr],
    /// Whether it is switched on.
    pub up: bool,
    /// Whether it has a carrier.
    pub running: bool,
    /// Whether it is the loopback.
    pub loopback: bool,
}

/// A scenario that `demo` can play.
#[derive(Debug, Serialize)]
pub struct ScenarioRecord<'a> {
    /// Its name.
    pub name: &'a str,
    /// The group that it is listed under.
    pub group: &'a str,
    /// One line on what it shows.
    pub title: &'a str,
}

/// Writes `record` as one line.
///
/// # Errors
///
/// Those of `out`.
pub fn write_record(out: &mut dyn io::Write, record: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, record)?;
    writeln!(out)
}
