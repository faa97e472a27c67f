//! Lays the wire: two grounds, the cable's own namespace between them, and the thread that is the cable.
//!
//! In: faults. Out: a wire that is up in both directions and both IP versions.
//! Invariant: ended with the value: the thread is joined, and the interfaces go with their namespaces.
//!
//! ```text
//! client's ground            cable's namespace            server's ground
//! wire 192.0.2.1   <-veth->  client : server   <-veth->   wire 192.0.2.2
//!      2001:db8::1                                             2001:db8::2
//! ```

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Sender, channel};
use std::thread::{Builder, JoinHandle, park_timeout};
use std::time::{Duration, Instant};

use crate::lab::place::error::PlaceError;
use crate::lab::place::ground::Ground;
use crate::lab::place::links::{End, Links};
use crate::lab::wire::cable::{Cable, Command};
use crate::lab::wire::counts::{Account, Counts};
use crate::lab::wire::fault::{Faults, Forged, Side};
use crate::lab::wire::plan::{Cut, Plan};
use crate::lab::wire::port::Port;

/// The interface at both ends.
const WIRE: &str = "wire";
/// How long the interfaces may take to come up.
const UP_WITHIN: Duration = Duration::from_secs(5);
/// So that an IPv6 address is usable at once, and nothing but the scenario is on the wire.
const QUIET: [(&str, &str); 5] = [
    // Some hosts are started without IPv6.
    ("disable_ipv6", "0"),
    ("accept_dad", "0"),
    ("accept_ra", "0"),
    ("router_solicitations", "0"),
    ("addr_gen_mode", "1"),
];

/// A wire between two grounds. With it its interfaces go: captures on them are to end before.
#[derive(Debug)]
pub struct Wire {
    client: Ground,
    server: Ground,
    account: Account,
    commands: Sender<Command>,
    bell: UnixStream,
    cable: Option<JoinHandle<()>>,
}

impl Wire {
    /// Lays a wire with these faults.
    ///
    /// # Errors
    ///
    /// `Forbidden` where the system forbids namespaces, or `Failed` with what could not be set up.
    pub fn lay(faults: Faults) -> Result<Self, PlaceError> {
        let middle = Ground::private()?;
        // The cable has no part in what it hands on.
        set_where_known(&middle, "disable_ipv6", "1")?;
        let (client, server) = (lay_end(Side::Client, &middle)?, lay_end(Side::Server, &middle)?);
        wait_until_up(&middle, &["client", "server"])?;
        wait_until_up(&client, &[WIRE])?;
        wait_until_up(&server, &[WIRE])?;

        let account = Account::default();
        let plan = Plan::new(faults, account.clone());
        let (commands, orders) = channel();
        let failed = |error: io::Error| PlaceError::failed("the cable", error);
        let (bell, heard) = UnixStream::pair().map_err(failed)?;
        let ports = middle.within(|| Ok::<_, PlaceError>((Port::open("client")?, Port::open("server")?)));
        let (near, far) = ports??;
        let cable = Cable {
            client: near,
            server: far,
            plan,
            commands: orders,
            bell: heard,
            account: account.clone(),
        };
        // A socket stays in the namespace that it was made in, wherever the thread that uses it is.
        let thread = Builder::new().name("cable".to_owned()).spawn(move || cable.run()).map_err(failed)?;
        Ok(Self { client, server, account, commands, bell, cable: Some(thread) })
    }

    /// The client's ground.
    pub const fn client(&self) -> &Ground {
        &self.client
    }

    /// The server's ground.
    pub const fn server(&self) -> &Ground {
        &self.server
    }

    /// What the cable has done so far.
    pub fn counts(&self) -> Counts {
        self.account.read()
    }

    /// Whether anything is on its way: it has been sent, and has not yet arrived.
    pub fn is_busy(&self) -> bool {
        self.account.on_its_way() > 0
    }

    /// Forges a segment now, into the connection that a segment was last seen of; towards the server, where it does not say.
    /// Whether there was one.
    pub fn inject(&self, forged: Forged) -> bool {
        self.ask(|done| Command::Inject(forged, done))
    }

    /// Cuts the wire, or mends it. When this returns, it is so.
    pub fn cut(&self, cut: Cut) -> bool {
        self.ask(|done| Command::Cut(cut, done))
    }

    fn ask(&self, command: impl FnOnce(Sender<bool>) -> Command) -> bool {
        let (done, answer) = channel();
        self.tell(command(done)) && answer.recv().unwrap_or(false)
    }

    fn tell(&self, command: Command) -> bool {
        self.commands.send(command).is_ok() && (&self.bell).write_all(&[1]).is_ok()
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.tell(Command::Stop);
        if let Some(thread) = self.cable.take() {
            // A cable that has broken has said so in its account.
            let _ = thread.join();
        }
    }
}

/// Makes one ground, and the pair of interfaces between it and the cable's namespace.
fn lay_end(side: Side, middle: &Ground) -> Result<Ground, PlaceError> {
    let (name, number, other) = match side {
        Side::Client => ("client", 1, 2),
        Side::Server => ("server", 2, 1),
    };
    let ipv4 = |number| Ipv4Addr::new(192, 0, 2, number);
    let ipv6 = |number| Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, number);
    let (there4, there6) = (ipv4(other), ipv6(other.into()));
    let (ipv4, ipv6) = (ipv4(number), ipv6(number.into()));
    let ground = Ground::with(WIRE, ipv4, ipv6)?;
    let has_ipv6 = QUIET.iter().try_fold(true, |known, (setting, value)| {
        set_where_known(&ground, setting, value).map(|is_known| known && is_known)
    })?;
    let there = middle.namespace().ok_or_else(|| PlaceError::failed("the cable", io::ErrorKind::NotFound))?;
    let (near, far) =
        (End { name: WIRE, hardware: side.hardware() }, End { name, hardware: [2, 0, 0, 0, 1, number] });
    change(&ground, |links| {
        links.pair(near, far, there.as_fd())?;
        links.whole_packets_only(WIRE)?;
        links.address(WIRE, IpAddr::V4(ipv4), 24)?;
        if has_ipv6 {
            links.address(WIRE, IpAddr::V6(ipv6), 64)?;
        }
        Ok(())
    })?;
    change(middle, |links| links.interface_up(name))?;
    change(&ground, |links| {
        links.interface_up(WIRE)?;
        // Where a frame takes its time, a question and its answer before the first SYN would take theirs.
        links.neighbour(WIRE, IpAddr::V4(there4), side.other().hardware())?;
        if has_ipv6 {
            links.neighbour(WIRE, IpAddr::V6(there6), side.other().hardware())?;
        }
        Ok(())
    })?;
    Ok(ground)
}

/// Changes the interfaces of a ground, or asks about them.
fn change(
    ground: &Ground,
    work: impl FnOnce(&mut Links) -> Result<(), PlaceError> + Send,
) -> Result<(), PlaceError> {
    ground.change("interfaces", || work(&mut Links::open()?))
}

/// Sets what concerns new interfaces in IPv6; false where the system has no IPv6, or no such setting.
fn set_where_known(ground: &Ground, setting: &str, value: &str) -> Result<bool, PlaceError> {
    match ground.set(&format!("net/ipv6/conf/default/{setting}"), value) {
        Err(PlaceError::Failed { cause, .. }) if cause.kind() == io::ErrorKind::NotFound => Ok(false),
        set => set.map(|()| true),
    }
}

#[allow(clippy::disallowed_methods, reason = "how long interfaces may take is real time")]
fn wait_until_up(ground: &Ground, names: &[&str]) -> Result<(), PlaceError> {
    change(ground, |links| {
        let began = Instant::now();
        for name in names {
            while !links.is_up(name)? {
                if began.elapsed() > UP_WITHIN {
                    let late = io::Error::from(io::ErrorKind::TimedOut);
                    return Err(PlaceError::failed(format!("interface {name}"), late));
                }
                park_timeout(Duration::from_millis(1));
            }
        }
        Ok(())
    })
}
