//! Addresses and networks.

use std::net::IpAddr;

/// A network in CIDR notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Reads `10.0.0.0/8` or `fd00::/8`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let Some((address, prefix)) = text.split_once('/') else {
            return Err(format!("unrecognized IP network {text}"));
        };
        let address: IpAddr = address.parse().map_err(|_| format!("unrecognized IP address {text}"))?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        match prefix.parse::<u8>() {
            Ok(prefix) if prefix <= longest => Ok(Self { address, prefix }),
            _ => Err(format!("invalid netmask {prefix}")),
        }
    }

    /// Whether the address is in the network. An address of the other family is not.
    pub(crate) fn contains(self, address: IpAddr) -> bool {
        let same_prefix = |left: u128, right: u128, bits: u32| {
            let ignored = bits - u32::from(self.prefix).min(bits);
            ignored >= 128 || (left ^ right) >> ignored == 0
        };
        match (self.address, address) {
            (IpAddr::V4(left), IpAddr::V4(right)) => same_prefix(left.to_bits().into(), right.to_bits().into(), 32),
            (IpAddr::V6(left), IpAddr::V6(right)) => same_prefix(left.to_bits(), right.to_bits(), 128),
            _ => false,
        }
    }

    /// Whether the address is of the network's family.
    pub(crate) const fn is_comparable(self, address: IpAddr) -> bool {
        self.address.is_ipv4() == address.is_ipv4()
    }
}
