//! Who is at the other end of a connection: decided by the socket, and by forwarding headers only from trusted proxies.

use std::net::{IpAddr, SocketAddr};

use http::{
    HeaderMap, HeaderName,
    header::{FORWARDED, VIA},
};
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// What whoever accepted a connection knows about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The other end, as the socket tells, or as a trusted proxy told before the first request.
    pub peer: SocketAddr,
    /// A proxy told it: the peer is not on this machine, whatever its address.
    pub is_forwarded: bool,
    /// TLS ends here.
    pub is_encrypted: bool,
}

impl Connection {
    /// In plain text, from a socket's peer.
    pub fn plain(peer: SocketAddr) -> Self {
        Self { peer, is_forwarded: false, is_encrypted: false }
    }
}

/// The client as far as it can be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its address.
    pub address: IpAddr,
    /// It is on this machine: the socket's peer is a loopback address and no header suggests that it forwards for
    /// somebody else.
    pub is_local: bool,
    /// What it sends is protected on the way: our TLS, or a trusted proxy's.
    pub is_secure: bool,
}

impl Client {
    /// Whether a password or token in a plain request would not have crossed a network in the clear.
    pub fn may_send_secrets(&self) -> bool {
        self.is_local || self.is_secure
    }

    /// Finds the client behind a connection.
    pub fn identify(connection: Connection, headers: &HeaderMap, trusted_proxies: &[IpNet]) -> Self {
        let peer = connection.peer.ip().to_canonical();
        let trusted = |address: &IpAddr| trusted_proxies.iter().any(|net| net.contains(address));
        if !trusted(&peer) {
            let is_local = peer.is_loopback() && !connection.is_forwarded && !is_forwarded(headers);
            return Self { address: peer, is_local, is_secure: connection.is_encrypted };
        }
        // The right-most address that is not a proxy of ours is the last one that one of ours has seen. What is left of
        // a hop that cannot be read is anybody's invention.
        let hops: Vec<&str> = values(headers, FORWARDED_FOR).collect();
        let mut address = peer;
        for hop in hops.into_iter().rev().map_while(hop) {
            address = hop;
            if !trusted(&hop) {
                break;
            }
        }
        // A proxy that reads requests says how it got them; one that only passes bytes on leaves TLS to us.
        let is_passed_on = connection.is_encrypted && !is_forwarded(headers);
        let is_secure = is_passed_on || values(headers, FORWARDED_PROTO).last() == Some("https");
        Self { address, is_local: false, is_secure }
    }
}

/// The address of a hop, with or without a port.
fn hop(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let address = bare.ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()));
    address.map(|address| address.to_canonical())
}

/// Whether any header says that the request was forwarded.
fn is_forwarded(headers: &HeaderMap) -> bool {
    const SIGNS: [HeaderName; 6] = [
        FORWARDED,
        VIA,
        FORWARDED_FOR,
        FORWARDED_PROTO,
        HeaderName::from_static("x-forwarded-host"),
        HeaderName::from_static("x-real-ip"),
    ];
    // Requests have few headers: to look at each is less than to look for six.
    headers.keys().any(|name| SIGNS.contains(name))
}

/// The comma-separated values of all headers of that name, in order.
fn values(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(name).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn identify(peer: &str, pairs: &[(&'static str, &str)], trusted: &[&str]) -> Client {
        let trusted: Vec<IpNet> = trusted.iter().map(|net| net.parse().unwrap()).collect();
        Client::identify(Connection::plain(SocketAddr::new(peer.parse().unwrap(), 4711)), &headers(pairs), &trusted)
    }

    #[test]
    fn a_loopback_peer_is_local_unless_it_forwards() {
        assert!(identify("127.0.0.1", &[], &[]).is_local);
        assert!(identify("::ffff:127.0.0.1", &[], &[]).is_local);
        for header in ["x-forwarded-for", "forwarded", "via", "x-forwarded-proto", "x-real-ip"] {
            assert!(!identify("127.0.0.1", &[(header, "x")], &[]).is_local, "{header}");
        }
        assert!(!identify("10.0.0.9", &[], &[]).is_local);
    }

    #[test]
    fn forwarding_headers_of_strangers_change_nothing() {
        let spoofed = [("x-forwarded-for", "9.9.9.9"), ("x-forwarded-proto", "https")];
        let client = identify("10.0.0.9", &spoofed, &["10.1.0.0/16"]);
        assert_eq!((client.address.to_string().as_str(), client.is_secure), ("10.0.0.9", false));
    }

    #[test]
    fn the_right_most_untrusted_hop_is_the_client() {
        let hops = [
            ("x-forwarded-for", "6.6.6.6, 203.0.113.7"),
            ("x-forwarded-for", "10.0.0.2"),
            ("x-forwarded-proto", "https"),
        ];
        let client = identify("10.0.0.1", &hops, &["10.0.0.0/8"]);
        assert_eq!(client, Client { address: "203.0.113.7".parse().unwrap(), is_local: false, is_secure: true });
    }

    #[test]
    fn hops_may_have_ports_and_nothing_left_of_an_unreadable_one_counts() {
        let address =
            |hops: &str| identify("10.0.0.1", &[("x-forwarded-for", hops)], &["10.0.0.0/8"]).address.to_string();
        assert_eq!(address("9.9.9.9, 203.0.113.7:51234"), "203.0.113.7");
        assert_eq!(address("9.9.9.9, [2001:db8::1]:443"), "2001:db8::1");
        assert_eq!(address("9.9.9.9, unknown, 10.0.0.2"), "10.0.0.2");
        assert_eq!(address("9.9.9.9, _hidden"), "10.0.0.1");
    }

    #[test]
    fn a_trusted_proxy_on_this_machine_is_never_taken_for_a_local_client() {
        assert!(!identify("127.0.0.1", &[], &["127.0.0.0/8"]).is_local);
    }

    #[test]
    fn what_came_over_our_own_tls_is_secure_unless_a_proxy_says_it_was_not() {
        let over_tls = |peer: &str, pairs: &[(&'static str, &str)]| {
            let plain = Connection::plain(SocketAddr::new(peer.parse().unwrap(), 4711));
            let connection = Connection { is_encrypted: true, ..plain };
            Client::identify(connection, &headers(pairs), &["10.0.0.0/8".parse().unwrap()])
        };
        assert!(over_tls("203.0.113.7", &[]).is_secure);
        assert!(over_tls("203.0.113.7", &[("x-forwarded-proto", "http")]).is_secure);
        assert!(over_tls("10.0.0.1", &[]).is_secure);
        assert!(!over_tls("10.0.0.1", &[("x-forwarded-for", "203.0.113.7")]).is_secure);
        assert!(!over_tls("10.0.0.1", &[("x-forwarded-proto", "http")]).is_secure);
    }

    #[test]
    fn whom_a_proxy_passes_on_is_not_on_this_machine() {
        let connection = Connection { is_forwarded: true, ..Connection::plain(([127, 0, 0, 1], 4711).into()) };
        assert!(!Client::identify(connection, &HeaderMap::new(), &[]).is_local);
    }
}
