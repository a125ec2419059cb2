//! The kinds of values a setting can have: what is allowed, how it is read, and how it is shown.

mod store_url;
mod text;
mod words;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use ipnet::IpNet;
use serde_json::Value as Json;

pub use self::{
    store_url::StoreUrl,
    text::{CookieName, HostName, LogFilter, Prefix, PublicUrl, WebOrigin},
    words::{Dialect, Edition, LogFormat, OpenTo, Profile, Registration},
};

/// A kind of value. In the environment every value is text, so each kind can be read from text too.
pub(super) trait Kind: Sized {
    /// What is allowed, to follow "must be".
    fn allowed() -> String;
    /// The value, if it is allowed.
    fn read(value: &Json) -> Option<Self>;
    /// The value as it is shown: secrets are masked.
    fn show(&self) -> Json;
}

impl Kind for bool {
    fn allowed() -> String {
        "true or false".to_owned()
    }

    fn read(value: &Json) -> Option<Self> {
        value.as_bool().or_else(|| value.as_str()?.parse().ok())
    }

    fn show(&self) -> Json {
        (*self).into()
    }
}

macro_rules! whole_number {
    ($($number:ty),*) => {$(
        impl Kind for $number {
            fn allowed() -> String {
                format!("a whole number from {} to {}", Self::MIN, Self::MAX)
            }

            fn read(value: &Json) -> Option<Self> {
                let text = || value.as_str()?.parse().ok();
                value.as_i64().and_then(|number| number.try_into().ok()).or_else(text)
            }

            fn show(&self) -> Json {
                (*self).into()
            }
        }
    )*};
}
whole_number!(u8, u32, i64);

impl Kind for String {
    fn allowed() -> String {
        "text".to_owned()
    }

    fn read(value: &Json) -> Option<Self> {
        value.as_str().map(str::to_owned)
    }

    fn show(&self) -> Json {
        self.as_str().into()
    }
}

impl Kind for PathBuf {
    fn allowed() -> String {
        "a path".to_owned()
    }

    fn read(value: &Json) -> Option<Self> {
        value.as_str().filter(|path| !path.is_empty()).map(Self::from)
    }

    fn show(&self) -> Json {
        self.display().to_string().into()
    }
}

/// Longer spans are mistakes, and would overflow what clients reckon in.
const LONGEST: Duration = Duration::from_hours(100 * 365 * 24);

impl Kind for Duration {
    fn allowed() -> String {
        "a duration such as 500ms, 30s, 30m, 8h or 30d, longer than nothing and at most a hundred years".to_owned()
    }

    fn read(value: &Json) -> Option<Self> {
        let span = humantime::parse_duration(value.as_str()?).ok()?;
        (span > Self::ZERO && span <= LONGEST).then_some(span)
    }

    fn show(&self) -> Json {
        humantime::format_duration(*self).to_string().into()
    }
}

impl Kind for SocketAddr {
    fn allowed() -> String {
        "an IP address and a port, such as 127.0.0.1:8080 or [::]:8080".to_owned()
    }

    fn read(value: &Json) -> Option<Self> {
        value.as_str()?.parse().ok()
    }

    fn show(&self) -> Json {
        self.to_string().into()
    }
}

/// Where to listen, if anywhere.
impl Kind for Option<SocketAddr> {
    fn allowed() -> String {
        format!("{}, or off", SocketAddr::allowed())
    }

    fn read(value: &Json) -> Option<Self> {
        if value.as_str()? == "off" { Some(None) } else { SocketAddr::read(value).map(Some) }
    }

    fn show(&self) -> Json {
        self.as_ref().map_or_else(|| "off".into(), Kind::show)
    }
}

impl Kind for IpNet {
    fn allowed() -> String {
        "IP addresses or networks such as 10.0.0.0/8".to_owned()
    }

    fn read(value: &Json) -> Option<Self> {
        let text = value.as_str()?;
        text.parse().ok().or_else(|| text.parse::<std::net::IpAddr>().ok().map(Self::from))
    }

    fn show(&self) -> Json {
        self.to_string().into()
    }
}

impl<T: Kind> Kind for Vec<T> {
    fn allowed() -> String {
        format!("a list of {}", T::allowed())
    }

    fn read(value: &Json) -> Option<Self> {
        match value {
            Json::Array(items) => items.iter().map(T::read).collect(),
            Json::String(text) if text.trim().is_empty() => Some(Self::new()),
            Json::String(text) => text.split(',').map(|item| T::read(&item.trim().into())).collect(),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::Object(_) => None,
        }
    }

    fn show(&self) -> Json {
        self.iter().map(Kind::show).collect()
    }
}
