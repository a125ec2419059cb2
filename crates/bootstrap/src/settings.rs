//! The settings: what `config/default.toml` says, then a file, then the environment, each read by its type.
//!
//! Everything that is wrong is reported at once, unknown keys included: see [`Invalid`].

mod kinds;
mod layers;
mod problem;
mod read;
mod reader;
mod reference;
mod sections;
mod toml;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use serde_json::{Map, Value as Json};
use vestibule_domain::form::FormConfiguration;

use self::reader::Reader;

pub use self::{
    kinds::{
        CookieName, Dialect, Edition, HostName, LogFilter, LogFormat, OpenTo, Prefix, Profile, PublicUrl, Registration,
        StoreUrl, WebOrigin,
    },
    layers::Sources,
    problem::{Invalid, Problem},
    reference::reference,
    sections::{
        Account, Admin, Argon2, Dood, Easydb, Keys, Log, Mount, Passwords, Platformos, Server, Sessions, Setup,
        Storage, Telemetry, Throttle, Tls, Verify, Vprotect, Window,
    },
};

/// All settings, valid. `config/default.toml` tells what each one means.
#[derive(Clone)]
pub struct Settings {
    /// How far risky behaviour goes.
    pub profile: Profile,
    /// Where files are kept.
    pub data_dir: PathBuf,
    /// Whether a process that crashes may leave a core dump.
    pub core_dumps: bool,
    /// The listener.
    pub server: Server,
    /// The stores.
    pub storage: Storage,
    /// The master key.
    pub keys: Keys,
    /// The system before it has a user.
    pub setup: Setup,
    /// Passwords and their hashes.
    pub passwords: Passwords,
    /// How long sessions live.
    pub sessions: Sessions,
    /// Budgets.
    pub throttle: Throttle,
    /// Which APIs are mounted where. At least one.
    pub mounts: Vec<Mount>,
    /// Form configurations to write to the store at start.
    pub forms: Vec<FormConfiguration>,
    /// What only one API asks.
    pub easydb: Easydb,
    /// What only one API asks.
    pub dood: Dood,
    /// What only one API asks.
    pub platformos: Platformos,
    /// What only one API asks.
    pub vprotect: Vprotect,
    /// The service's own API for passwords.
    pub account: Account,
    /// The service's own API for other services.
    pub verify: Verify,
    /// The operator's listener.
    pub admin: Admin,
    /// Traces.
    pub telemetry: Telemetry,
    /// The log.
    pub log: Log,
    effective: Map<String, Json>,
}

impl Settings {
    /// Reads them, or says everything that is wrong.
    pub fn read(sources: Sources) -> Result<Self, Invalid> {
        let mut reader = Reader::new(layers::defaults()?, sources.flatten()?);
        let read = read::settings(&mut reader);
        let effective = reader.finish()?;
        Ok(Self { effective, ..read? })
    }

    /// What is in force, as it would stand in a file, with passwords masked.
    pub fn to_toml(&self) -> String {
        toml::write(&self.effective)
    }

    /// The same as a JSON object.
    pub fn to_json(&self) -> Json {
        Json::Object(self.effective.clone())
    }
}
