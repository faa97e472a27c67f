//! From what a user types to addresses, and from the system's addresses to those on the wire.
//!
//! In: a name or an address. Out: the addresses to try, in the system's order of preference.
//! Invariant: what is dropped on the way to the wire is only what no segment carries.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

use crate::exchange::error::ExchangeError;

/// The addresses of `host` with `port`, each once, in the system's order.
///
/// `host` is a name, an IPv4 address, or an IPv6 address with or without brackets and zone (`::1`, `[fe80::1%eth0]`).
///
/// # Errors
/// [`ExchangeError::Host`] where it is neither an address nor a name that has one.
pub fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, ExchangeError> {
    let bare = host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(host);
    let problem = match (bare, port).to_socket_addrs() {
        Ok(found) => {
            let mut addresses: Vec<SocketAddr> = Vec::new();
            for address in found {
                if !addresses.contains(&address) {
                    addresses.push(address);
                }
            }
            if !addresses.is_empty() {
                return Ok(addresses);
            }
            "this name has no address".to_owned()
        }
        Err(error) => describe(bare, &error),
    };
    // No message without its subject.
    let subject = if host.is_empty() { "\"\"" } else { host };
    Err(ExchangeError::Host { host: subject.to_owned(), problem, step: advise(bare) })
}

/// A socket as segments show it: an IPv4 address mapped into IPv6 is IPv4 there, and zone and flow label are not part
/// of a socket.
pub(super) fn on_wire(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

fn describe(host: &str, error: &std::io::Error) -> String {
    if host.is_empty() {
        "this is no address".to_owned()
    } else if looks_like_an_address(host) {
        "this is no valid address".to_owned()
    } else {
        // The system's words come behind a general phrase ("failed to lookup address information: ...").
        let words = error.to_string();
        let words = words.rsplit(": ").next().unwrap_or(&words);
        format!("this name cannot be resolved ({words})")
    }
}

fn advise(host: &str) -> String {
    match split_port(host) {
        Some((host, port)) => format!("the port by itself: {host} --port {port}"),
        None if looks_like_an_address(host) => "an address such as 127.0.0.1 or ::1".to_owned(),
        None => {
            "the address in place of the name, or `getent hosts NAME` to see what the system knows".to_owned()
        }
    }
}

/// Digits and dots alone, or a colon: nobody's host name.
fn looks_like_an_address(host: &str) -> bool {
    host.contains(':') || host.bytes().all(|octet| octet.is_ascii_digit() || octet == b'.')
}

/// `127.0.0.1:6666`, `[::1]:6666` or `name:6666` in two.
fn split_port(host: &str) -> Option<(&str, u16)> {
    let (before, port) = host.rsplit_once(':')?;
    let port = port.parse().ok()?;
    let bare = before.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(before);
    let whole = !bare.contains(':') || bare.parse::<IpAddr>().is_ok();
    (whole && !bare.is_empty()).then_some((bare, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(host: &str) -> String {
        let error = resolve(host, 6666).unwrap_err();
        format!("{error} | {}", error.next_step().unwrap())
    }

    #[test]
    fn addresses_of_both_families_need_no_resolver() {
        assert_eq!(resolve("127.0.0.1", 6666).unwrap(), ["127.0.0.1:6666".parse().unwrap()]);
        assert_eq!(resolve("::1", 1).unwrap(), ["[::1]:1".parse().unwrap()]);
        assert_eq!(resolve("[::1]", 1).unwrap(), ["[::1]:1".parse().unwrap()]);
    }

    #[test]
    fn what_is_wrong_with_an_address_is_said() {
        assert_eq!(refusal(""), "\"\": this is no address | an address such as 127.0.0.1 or ::1");
        assert_eq!(
            refusal("300.1.1.1"),
            "300.1.1.1: this is no valid address | an address such as 127.0.0.1 or ::1"
        );
        assert!(refusal("127.0.0.1:80").ends_with("| the port by itself: 127.0.0.1 --port 80"));
        assert!(refusal("[::1]:80").ends_with("| the port by itself: ::1 --port 80"));
        assert!(refusal("1::2::3").ends_with("| an address such as 127.0.0.1 or ::1"));
    }

    #[test]
    fn the_wire_knows_neither_mapped_addresses_nor_zones() {
        assert_eq!(on_wire("[::ffff:192.0.2.1]:5".parse().unwrap()), "192.0.2.1:5".parse().unwrap());
        assert_eq!(on_wire("[fe80::1%3]:5".parse().unwrap()), "[fe80::1]:5".parse().unwrap());
    }
}
