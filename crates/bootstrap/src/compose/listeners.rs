//! What the service is called where it listens.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use anyhow::{Context, Result};
use url::Url;

use crate::settings::Settings;

/// As it was set, else as the listener can be reached from this machine.
pub(super) fn public_url(settings: &Settings, listener: SocketAddr) -> Result<Url> {
    let scheme = if settings.server.tls.is_some() { "https" } else { "http" };
    let derived = || format!("{scheme}://{}", from_here(listener));
    let url = settings.server.public_url.as_ref().map_or_else(derived, |url| url.as_str().to_owned());
    Url::parse(&url).with_context(|| format!("the public URL {url} is none"))
}

/// Where a program on this machine reaches a listener of this address.
pub(crate) fn from_here(mut listener: SocketAddr) -> SocketAddr {
    if listener.ip().is_unspecified() {
        listener.set_ip(if listener.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
    }
    listener
}
