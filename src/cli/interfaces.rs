//! `tcpshake interfaces`: what can be watched.
//!
//! In: nothing. Out: one interface a line, with its addresses, on standard output.
//! Invariant: listing needs no privilege.

use std::io::{self, Write};

use tcpshake::capture::interfaces::{Interface, interfaces};
use tcpshake::report::list::{InterfaceRecord, write_record};

use crate::cli::args::ListFormat;
use crate::cli::told::told;

/// Lists the interfaces.
///
/// # Errors
///
/// Where they cannot be listed, or standard output does not take them.
pub fn run(format: ListFormat) -> anyhow::Result<()> {
    let found = interfaces().map_err(told)?;
    let mut out = io::stdout().lock();
    let name_width = found.iter().map(|interface| interface.name.chars().count()).max().unwrap_or_default();
    for interface in &found {
        match format {
            ListFormat::Table => writeln!(out, "{}", line(interface, name_width))?,
            ListFormat::Json => write_record(&mut out, &record(interface))?,
        }
    }
    Ok(())
}

fn line(interface: &Interface, name_width: usize) -> String {
    let mut line = format!("{:name_width$}  {:<8}", interface.name, condition(interface));
    if interface.loopback {
        line.push_str("  loopback");
    }
    for address in &interface.addresses {
        line.push_str(&format!("  {address}"));
    }
    if let Some(description) = &interface.description {
        line.push_str(&format!("  ({description})"));
    }
    line.trim_end().to_owned()
}

const fn condition(interface: &Interface) -> &'static str {
    match (interface.up, interface.running) {
        (true, true) => "running",
        (true, false) => "up",
        _ => "down",
    }
}

fn record(interface: &Interface) -> InterfaceRecord<'_> {
    InterfaceRecord {
        record: "interface",
        name: &interface.name,
        description: interface.description.as_deref(),
        addresses: &interface.addresses,
        up: interface.up,
        running: interface.running,
        loopback: interface.loopback,
    }
}
