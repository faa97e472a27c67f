//! A ground: a network namespace in which sockets are made and captures run.
//!
//! In: nothing, or the parts of a wire. Out: threads that live there, its settings, its addresses.
//! Invariant: a namespace ends when the last handle, thread and socket in it have gone, so with the process at the
//! latest; it has no name that could outlive that. The host's settings are never changed.
//! Read: network_namespaces(7).

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread::{Builder, scope};

use crate::capture::interfaces::loopback_interface;
use crate::lab::place::error::PlaceError;
use crate::lab::place::system::{self, Namespace};

/// A network namespace; clones are the same one.
#[derive(Clone, Debug)]
pub struct Ground(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// `None` is the one the process is in.
    namespace: Option<Namespace>,
    interface: String,
    ipv4: Ipv4Addr,
    ipv6: Ipv6Addr,
}

impl Ground {
    /// The namespace that the process is in, with its loopback.
    pub fn host() -> Self {
        let interface = loopback_interface().map_or_else(|_| "lo".to_owned(), |interface| interface.name);
        Self(Arc::new(Inner {
            namespace: None,
            interface,
            ipv4: Ipv4Addr::LOCALHOST,
            ipv6: Ipv6Addr::LOCALHOST,
        }))
    }

    /// A new namespace with a loopback, which is up.
    ///
    /// # Errors
    ///
    /// `Forbidden` with the setting that forbids it, `NotOffered` where the system has none.
    pub fn private() -> Result<Self, PlaceError> {
        Self::with("lo", Ipv4Addr::LOCALHOST, Ipv6Addr::LOCALHOST)
    }

    /// A new namespace whose traffic passes at `interface`, to and from these addresses.
    ///
    /// # Errors
    ///
    /// As for `private`.
    pub fn with(interface: &str, ipv4: Ipv4Addr, ipv6: Ipv6Addr) -> Result<Self, PlaceError> {
        // A thread of its own: whoever calls this stays where it is.
        let made = scope(|scope| {
            let thread = Builder::new()
                .name("ground".to_owned())
                .spawn_scoped(scope, Namespace::make)
                .map_err(|error| PlaceError::failed("a thread", error))?;
            thread.join().unwrap_or_else(|panic| resume_unwind(panic))
        });
        let inner = Inner { namespace: Some(made?), interface: interface.to_owned(), ipv4, ipv6 };
        Ok(Self(Arc::new(inner)))
    }

    /// Moves the calling thread into it, to live there. On the host's ground there is nothing to do; a thread that has
    /// entered another does not come back.
    ///
    /// # Errors
    ///
    /// `Failed` with the system's words.
    pub fn enter(&self) -> Result<(), PlaceError> {
        self.0.namespace.as_ref().map_or(Ok(()), Namespace::enter)
    }

    /// Does `work` on a thread that lives there.
    ///
    /// # Errors
    ///
    /// As for `enter`, or `Failed` where there is no thread to be had. A panic of `work` goes on here.
    pub fn within<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T, PlaceError> {
        scope(|scope| {
            let thread = Builder::new()
                .name("in a namespace".to_owned())
                .spawn_scoped(scope, || self.enter().map(|()| work()))
                .map_err(|error| PlaceError::failed("a thread", error))?;
            thread.join().unwrap_or_else(|panic| resume_unwind(panic))
        })
    }

    /// Whether it is a namespace of its own.
    pub fn is_private(&self) -> bool {
        self.0.namespace.is_some()
    }

    /// Where to capture.
    pub fn interface(&self) -> &str {
        &self.0.interface
    }

    /// The address of sockets here.
    pub fn address(&self, ipv6: bool) -> IpAddr {
        if ipv6 { self.0.ipv6.into() } else { self.0.ipv4.into() }
    }

    /// Changes one of its settings, named as below `/proc/sys`: `net/ipv4/tcp_syn_retries`.
    ///
    /// # Errors
    ///
    /// `HostSetting` on the host's ground, `NoSetting` for what is none of a network namespace, or `Failed`.
    pub fn set(&self, setting: &str, value: &str) -> Result<(), PlaceError> {
        let path = path(setting)?;
        if !self.is_private() {
            return Err(PlaceError::HostSetting { setting: setting.to_owned() });
        }
        // Which namespace's settings stand there depends on the thread that looks.
        let written = self.within(|| fs::write(path, value))?;
        written.map_err(|error| PlaceError::failed(format!("{setting} = {value}"), error))
    }

    /// Reads one of its settings.
    ///
    /// # Errors
    ///
    /// `NoSetting`, or `Failed`.
    pub fn read(&self, setting: &str) -> Result<String, PlaceError> {
        let path = path(setting)?;
        let read = self.within(|| fs::read_to_string(path))?;
        read.map(|text| text.trim_end().to_owned()).map_err(|error| PlaceError::failed(setting, error))
    }

    /// Sends what goes to `to` by way of `gateway`.
    ///
    /// # Errors
    ///
    /// `HostSetting` on the host's ground, or `Failed`.
    pub fn route(&self, to: IpAddr, gateway: IpAddr) -> Result<(), PlaceError> {
        self.change("routes", || system::route(to, gateway))
    }

    /// Makes a router of it that refuses to hand on what goes to `to`, and says so by ICMP: that the host is unreachable, or
    /// that it is prohibited.
    ///
    /// # Errors
    ///
    /// As for `route`.
    pub fn refuse(&self, to: IpAddr, is_prohibited: bool) -> Result<(), PlaceError> {
        self.change("routes", || system::refuse(to, is_prohibited))?;
        let forwarding = if to.is_ipv6() { "net/ipv6/conf/all/forwarding" } else { "net/ipv4/ip_forward" };
        self.set(forwarding, "1")
    }

    /// Changes its interfaces, addresses or routes.
    ///
    /// # Errors
    ///
    /// `HostSetting` on the host's ground, or that of `work`.
    pub fn change(
        &self,
        what: &str,
        work: impl FnOnce() -> Result<(), PlaceError> + Send,
    ) -> Result<(), PlaceError> {
        if !self.is_private() {
            return Err(PlaceError::HostSetting { setting: what.to_owned() });
        }
        self.within(work)?
    }

    /// The namespace itself, where it is not the process's own.
    pub fn namespace(&self) -> Option<&Namespace> {
        self.0.namespace.as_ref()
    }
}

/// Where a setting stands. Only what is below `net/` belongs to a network namespace.
fn path(setting: &str) -> Result<String, PlaceError> {
    let is_one = setting.starts_with("net/")
        && setting.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
    is_one
        .then(|| format!("/proc/sys/{setting}"))
        .ok_or_else(|| PlaceError::NoSetting { setting: setting.to_owned() })
}
