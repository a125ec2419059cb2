//! Networks: what of an address tells one caller's place from another's, and from which of them somebody has logged in.

use std::{
    collections::BTreeMap,
    fmt,
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};

use crate::time::Timestamp;

/// An IPv4 address, or an IPv6 address's /64, which is what one customer of a provider has at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network(IpAddr);

impl Network {
    /// The network of an address. An IPv4 address is the same one however it is written.
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
            v4 @ IpAddr::V4(_) => v4,
        })
    }

    /// Reads what `Display` writes.
    pub fn parse(text: &str) -> Option<Self> {
        let address = text.parse().ok()?;
        Some(Self::of(address)).filter(|network| network.0 == address)
    }
}

impl fmt::Display for Network {
    /// Its first address.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The networks from which somebody has logged in, and when each was last used for it: what tells them from a stranger
/// who guesses, where no API knows devices.
///
/// A network is personal data. It is kept as it is, and not as a digest, because the message log has the whole address
/// of every login anyway, and because a digest under a key would be worth nothing in an installation with another key.
/// There are few, they are as old as they have to be, and they go with their user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownNetworks(BTreeMap<Network, Timestamp>);

impl KnownNetworks {
    /// How many are kept: the latest.
    pub const MOST: usize = 10;
    /// How long one stays known without another login from there.
    pub const KEPT: Duration = Duration::from_hours(90 * 24);
    /// Times are noted no more exactly than this, so that few logins change anything.
    pub const GRAIN: Duration = Duration::from_hours(24);

    /// Notes a login, forgets what is too old by then or too much, and says whether that changed anything. Never moves
    /// a time back.
    pub fn note(&mut self, network: Network, at: Timestamp) -> bool {
        if self.has_noted(network, at) {
            return false;
        }
        self.0.insert(network, at);
        self.0.retain(|_, noted| at < noted.plus(Self::KEPT));
        while self.0.len() > Self::MOST
            && let Some(oldest) = self.iter().min_by_key(|(network, noted)| (*noted, *network))
        {
            self.0.remove(&oldest.0);
        }
        true
    }

    /// Whether a login at this time is noted already, as exactly as it would be.
    pub fn has_noted(&self, network: Network, at: Timestamp) -> bool {
        self.0.get(&network).is_some_and(|noted| at < noted.plus(Self::GRAIN))
    }

    /// Whether somebody has logged in from there, not too long before `now`.
    pub fn knows(&self, network: Network, now: Timestamp) -> bool {
        self.0.get(&network).is_some_and(|noted| now < noted.plus(Self::KEPT))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each with the time of its last login, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (Network, Timestamp)> {
        self.0.iter().map(|(network, noted)| (*network, *noted))
    }
}

impl FromIterator<(Network, Timestamp)> for KnownNetworks {
    fn from_iter<I: IntoIterator<Item = (Network, Timestamp)>>(noted: I) -> Self {
        Self(noted.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(address: &str) -> Network {
        Network::of(address.parse().unwrap())
    }

    fn at(millis: u64) -> Timestamp {
        Timestamp::EPOCH.plus(Duration::from_millis(millis))
    }

    #[test]
    fn a_network_is_an_ipv4_address_or_64_bits_of_an_ipv6_address() {
        assert_eq!(network("2001:db8::1"), network("2001:db8:0:0:ffff::2"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_eq!(network("192.0.2.1"), network("::ffff:192.0.2.1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
        for text in ["192.0.2.1", "2001:db8::"] {
            assert_eq!(Network::parse(text).unwrap().to_string(), text);
        }
        for none in ["", "2001:db8::1", "::ffff:192.0.2.1", "example.org"] {
            assert_eq!(Network::parse(none), None, "{none}");
        }
    }

    #[test]
    fn a_network_is_known_for_a_while_after_its_last_login() {
        let mut known = KnownNetworks::default();
        assert!(!known.knows(network("192.0.2.1"), at(0)));
        assert!(known.note(network("192.0.2.1"), at(0)));
        let end = u64::try_from(KnownNetworks::KEPT.as_millis()).unwrap();
        assert!(known.knows(network("192.0.2.1"), at(end - 1)));
        assert!(!known.knows(network("192.0.2.1"), at(end)));
        assert!(!known.knows(network("192.0.2.2"), at(1)));
        assert!(known.note(network("192.0.2.2"), at(end)));
        assert_eq!(known.iter().count(), 1, "what is no longer known is not kept either");
    }

    #[test]
    fn times_are_noted_by_the_day_and_never_go_back() {
        let mut known = KnownNetworks::default();
        let day = u64::try_from(KnownNetworks::GRAIN.as_millis()).unwrap();
        assert!(known.note(network("192.0.2.1"), at(day)));
        assert!(!known.note(network("192.0.2.1"), at(2 * day - 1)));
        assert!(!known.note(network("192.0.2.1"), at(0)));
        assert_eq!(known.iter().next().unwrap().1, at(day));
        assert!(known.note(network("192.0.2.1"), at(2 * day)));
    }

    #[test]
    fn the_latest_ten_are_kept() {
        let mut known = KnownNetworks::default();
        for number in (0..12_u8).rev() {
            known.note(network(&format!("192.0.2.{number}")), at(u64::from(number)));
        }
        let kept: Vec<String> = known.iter().map(|(network, _)| network.to_string()).collect();
        assert_eq!(kept, (2..12).map(|number| format!("192.0.2.{number}")).collect::<Vec<_>>());
    }
}
