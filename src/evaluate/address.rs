//! IP addresses: reading, networks, classes.

use crate::model::IpClass;
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The address of a text; an IPv4 address mapped into IPv6 is that IPv4 address. A zone (`%eth0`) is left out.
pub fn parse(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let text = text.split_once('%').map_or(text, |(address, _)| address);
    text.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// The network of a text; an address alone is a network of one. Bits behind the prefix are ignored.
pub fn parse_network(text: &str) -> Option<IpNet> {
    let text = text.trim();
    if let Some((base, length)) = text.split_once('/') {
        let base = base.parse::<IpAddr>().ok()?;
        let length = length.parse::<u8>().ok()?;
        return match (base, base.to_canonical()) {
            // `::ffff:10.0.0.0/104` is `10.0.0.0/8`; a shorter prefix reaches beyond the mapped addresses.
            (IpAddr::V6(_), mapped @ IpAddr::V4(_)) if length >= 96 => IpNet::new(mapped, length - 96).ok(),
            _ => IpNet::new(base, length).ok(),
        }
        .map(|network| network.trunc());
    }
    parse(text).map(IpNet::from)
}

/// Whether the address lies in the network; versions do not mix.
pub fn contains(network: &IpNet, address: IpAddr) -> bool {
    network.contains(&address)
}

/// Whether the address is of the class, as Python's `ipaddress` says it: private is `is_private`, public is
/// `is_global` (documented by the IANA registries for special-purpose addresses).
pub fn is_of(class: IpClass, address: IpAddr) -> bool {
    match class {
        IpClass::Any => true,
        IpClass::V4 => address.is_ipv4(),
        IpClass::V6 => address.is_ipv6(),
        IpClass::Private => is_private(address),
        IpClass::Public => match address {
            IpAddr::V4(v4) => !is_shared(v4) && !is_private(address),
            IpAddr::V6(_) => !is_private(address),
        },
    }
}

/// 100.64.0.0/10 is neither private nor global to Python.
fn is_shared(address: Ipv4Addr) -> bool {
    let [a, b, _, _] = address.octets();
    a == 100 && (64..128).contains(&b)
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            match (a, b, c) {
                (0 | 10 | 127, _, _) => true,
                (169, 254, _) | (192, 168, _) => true,
                (172, 16..=31, _) => true,
                // 192.0.0.9 and 192.0.0.10 are global exceptions of 192.0.0.0/24.
                (192, 0, 0) => d != 9 && d != 10,
                (192, 0, 2) | (198, 51, 100) | (203, 0, 113) => true,
                (198, 18..=19, _) => true,
                (240..=255, _, _) => true,
                _ => false,
            }
        }
        IpAddr::V6(v6) => is_private_v6(v6),
    }
}

fn is_private_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, ..] = address.segments();
    if address.is_loopback() || address.is_unspecified() {
        return true;
    }
    let exceptions = [0x2001_0001_0000_0000_0000_0000_0000_0001u128, 0x2001_0001_0000_0000_0000_0000_0000_0002];
    match (a, b) {
        (0x0064, 0xff9b) => c == 1,
        (0x0100, 0) => c == 0 && d == 0,
        (0x2001, 0x0db8) => true,
        (0x2001, 0x0003 | 0x0020..=0x002f | 0x0030..=0x003f) => false,
        (0x2001, 0x0004) if c == 0x0112 => false,
        (0x2001, second) if second < 0x0200 => !exceptions.contains(&u128::from(address)),
        (0x2002, _) => true,
        (0x3fff, second) if second < 0x1000 => true,
        _ => (a & 0xfe00) == 0xfc00 || (a & 0xffc0) == 0xfe80,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_of_both_versions() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("10.1.2.3/8", "10.0.0.0", "9.255.255.255"),
            ("192.168.1.7", "192.168.1.7", "192.168.1.8"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("::ffff:10.0.0.0/104", "10.2.3.4", "11.0.0.1"),
            ("10.0.0.0/8", "::ffff:10.0.0.1", "::ffff:11.0.0.1"),
            ("0.0.0.0/0", "8.8.8.8", "::1"),
        ] {
            let network = parse_network(network).unwrap();
            assert!(contains(&network, parse(inside).unwrap()), "{network} {inside}");
            assert!(!contains(&network, parse(outside).unwrap()), "{network} {outside}");
        }
        for text in ["10.0.0", "10.0.0.0/33", "x", "", "10.0.0.0/x"] {
            assert!(parse_network(text).is_none(), "{text}");
        }
    }

    /// Answers of Python 3.13's `ipaddress`: is_private, is_global.
    #[test]
    fn classes_as_python_says() {
        for (address, private, public) in [
            ("10.0.0.1", true, false),
            ("8.8.8.8", false, true),
            ("100.64.0.1", false, false),
            ("127.0.0.1", true, false),
            ("169.254.1.1", true, false),
            ("192.0.0.9", false, true),
            ("192.0.0.8", true, false),
            ("203.0.113.9", true, false),
            ("224.0.0.1", false, true),
            ("255.255.255.255", true, false),
            ("::1", true, false),
            ("fe80::1", true, false),
            ("fc00::1", true, false),
            ("2001:db8::1", true, false),
            ("2606:4700::1111", false, true),
            ("::ffff:10.0.0.1", true, false),
            ("2002::1", true, false),
        ] {
            let parsed = parse(address).unwrap();
            assert_eq!(is_of(IpClass::Private, parsed), private, "{address}");
            assert_eq!(is_of(IpClass::Public, parsed), public, "{address}");
        }
    }
}
