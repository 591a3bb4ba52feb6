//! Kusto's functions on addresses: null where a text is no address.

use super::convert;
use crate::model::function::kusto as k;
use crate::model::{Function, Value};
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr};

/// An address with an optional prefix length.
fn network(text: &str) -> Option<(IpAddr, u8)> {
    let (address, prefix) = match text.trim().split_once('/') {
        Some((address, prefix)) => (address, Some(prefix.parse::<u8>().ok()?)),
        None => (text.trim(), None),
    };
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let prefix = prefix.unwrap_or(most);
    (prefix <= most).then_some((address, prefix))
}

fn v4(value: &Value) -> Option<(Ipv4Addr, u8)> {
    match network(value.as_str()?)? {
        (IpAddr::V4(address), prefix) => Some((address, prefix)),
        _ => None,
    }
}

fn masked(address: Ipv4Addr, prefix: u8) -> u32 {
    let bits = u32::from(address);
    if prefix == 0 { 0 } else { bits & (u32::MAX << (32 - u32::from(prefix.min(32)))) }
}

fn within(address: &Value, range: &Value, four: bool) -> Option<bool> {
    let (address, prefix) = network(address.as_str()?)?;
    let (base, length) = network(range.as_str()?)?;
    if four && !(address.is_ipv4() && base.is_ipv4()) {
        return None;
    }
    let base = IpNet::new(base, length).ok()?.trunc();
    Some(prefix >= length && base.contains(&address))
}

/// The IPv4 addresses in a text, each between letters that are neither letter nor digit.
fn addresses(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '.')
        .map(|word| word.trim_matches('.'))
        .filter(|word| word.parse::<Ipv4Addr>().is_ok())
}

/// Calls a function on addresses; `None` where it is none.
pub fn call(function: Function, arguments: &[Value]) -> Option<Value> {
    let null = Value::Null;
    let arg = |at: usize| arguments.get(at).unwrap_or(&null);
    let (x, y) = (arg(0), arg(1));
    let flag = |found: Option<bool>| found.map_or(Value::Null, Value::Bool);
    Some(match function {
        k::IPV4_IS_PRIVATE => flag(v4(x).map(|(address, prefix)| {
            [(Ipv4Addr::new(10, 0, 0, 0), 8), (Ipv4Addr::new(172, 16, 0, 0), 12), (Ipv4Addr::new(192, 168, 0, 0), 16)]
                .into_iter()
                .any(|(base, length)| prefix >= length && masked(address, length) == u32::from(base))
        })),
        k::IPV4_IS_MATCH | k::IPV6_IS_MATCH => {
            let given = convert::to_long(arg(2)).and_then(|prefix| u8::try_from(prefix).ok()).unwrap_or(128);
            let matched = || {
                let ((a, one), (b, other)) = (network(x.as_str()?)?, network(y.as_str()?)?);
                if a.is_ipv4() != b.is_ipv4() {
                    return None;
                }
                let prefix = one.min(other).min(given);
                let (a, b) = (IpNet::new(a, prefix).ok()?.trunc(), IpNet::new(b, prefix).ok()?.trunc());
                Some(a == b)
            };
            flag(matched())
        }
        k::IPV4_IS_IN_RANGE => flag(within(x, y, true)),
        k::IPV6_IS_IN_RANGE => flag(within(x, y, false)),
        k::IPV4_IS_IN_ANY_RANGE | k::IPV6_IS_IN_ANY_RANGE => {
            let four = function == k::IPV4_IS_IN_ANY_RANGE;
            let mut known = false;
            let mut found = false;
            for range in arguments.iter().skip(1) {
                let ranges = match range {
                    Value::Array(items) => items.as_slice(),
                    one => std::slice::from_ref(one),
                };
                for range in ranges {
                    if let Some(inside) = within(x, range, four) {
                        known = true;
                        found |= inside;
                    }
                }
            }
            if known { Value::Bool(found) } else { Value::Null }
        }
        k::HAS_IPV4 | k::HAS_ANY_IPV4 | k::HAS_IPV4_PREFIX | k::HAS_ANY_IPV4_PREFIX => {
            let whole = function == k::HAS_IPV4 || function == k::HAS_ANY_IPV4;
            let wanted = arguments.iter().skip(1).flat_map(|value| match value {
                Value::Array(items) => items.as_slice(),
                one => std::slice::from_ref(one),
            });
            let wanted: Vec<&str> = wanted.filter_map(Value::as_str).collect();
            let text = convert::scalar_text(x);
            Value::Bool(addresses(&text).any(|found| {
                wanted.iter().any(|wanted| if whole { found == *wanted } else { found.starts_with(wanted) })
            }))
        }
        k::FORMAT_IPV4 | k::FORMAT_IPV4_MASK => {
            let address = match x {
                Value::Int(number) => u32::try_from(*number).ok().map(|bits| (Ipv4Addr::from(bits), 32)),
                _ => v4(x),
            };
            match (address, convert::to_long(y).and_then(|prefix| u8::try_from(prefix).ok())) {
                (Some((address, prefix)), given) => {
                    let prefix = given.unwrap_or(prefix).min(32);
                    let network = Ipv4Addr::from(masked(address, prefix));
                    let masked = function == k::FORMAT_IPV4_MASK;
                    Value::String(if masked { format!("{network}/{prefix}") } else { network.to_string() })
                }
                (None, _) => Value::text(""),
            }
        }
        k::IPV4_NETMASK_SUFFIX => v4(x).map_or(Value::Null, |(_, prefix)| Value::Int(i64::from(prefix))),
        k::IPV4_COMPARE => match (v4(x), v4(y)) {
            (Some((a, one)), Some((b, other))) => {
                let prefix = one.min(other);
                Value::Int(masked(a, prefix).cmp(&masked(b, prefix)) as i64)
            }
            _ => Value::Null,
        },
        k::PARSE_IPV4 => v4(x).map_or(Value::Null, |(address, prefix)| Value::Int(i64::from(masked(address, prefix)))),
        _ => return None,
    })
}
