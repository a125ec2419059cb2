//! What the service and the operator's commands are both made of, whatever the store.

use std::sync::Arc;

use anyhow::{Context, Result};
use url::Url;
use vestibule_adapters_crypto::{
    AesSeals, Argon2Config, Argon2Cost, Argon2Hasher, Ed25519Signer, HashLoad, Keyring, Keys, Peppers, RandomIds,
    RandomTokens,
};
use vestibule_adapters_db::MemoryBudgets;
use vestibule_application::{
    activity::Activity,
    operator::{self, Operator},
    policies::{lifetimes::LifetimePolicy, password::PasswordPolicy, setup::SetupGrants},
    ports::{BudgetLimits, Budgets, Clock, Ids, Limit, Memory, PasswordHasher, Stores, Tokens},
    service::{self, Policies, Service},
};
use vestibule_domain::{secret::OpaqueToken, session::Origin};

use super::public_url;
use crate::{
    metrics::{CountedBudgets, Refusals},
    settings::{Dialect, Passwords, Settings, Window},
};

/// What does not depend on a store.
pub(super) struct Core {
    pub(super) keyring: Arc<Keyring>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn Ids>,
    hasher: Arc<dyn PasswordHasher>,
    pub(super) hashes: Arc<HashLoad>,
    pub(super) refusals: Arc<Refusals>,
    pub(super) tokens: Arc<dyn Tokens>,
    signer: Arc<Ed25519Signer>,
}

impl Core {
    pub(super) fn new(settings: &Settings, keys: &Keys, clock: Arc<dyn Clock>) -> Result<Self> {
        let hasher = hasher(&settings.passwords)?;
        // By the configured address, not the one a port of 0 became: tokens outlive restarts.
        let issuer = public_url(settings, settings.server.listen)?;
        let keyring = Arc::new(Keyring::new(keys, clock.clone()).context("tokens cannot be signed")?);
        Ok(Self {
            signer: Arc::new(Ed25519Signer::new(keyring.clone(), issuer.as_str())),
            keyring,
            clock,
            ids: Arc::new(RandomIds),
            hashes: hasher.load(),
            refusals: Arc::default(),
            hasher: Arc::new(hasher),
            tokens: Arc::new(RandomTokens::new(keys)),
        })
    }

    /// What the use cases stand on.
    pub(super) fn ports(
        &self,
        settings: &Settings,
        (stores, memory): (&Stores, Arc<dyn Memory>),
        budgets: Arc<dyn Budgets>,
        activity: &Arc<Activity>,
    ) -> Result<service::Ports> {
        let counted = |inner| Arc::new(CountedBudgets { inner, refusals: self.refusals.clone() });
        let origins = Dialect::ALL.map(|dialect| Origin::new(dialect.as_str()));
        Ok(service::Ports {
            stores: Stores { sessions: activity.clone(), ..stores.clone() },
            memory,
            sightings: activity.clone(),
            budgets: counted(budgets),
            local_budgets: counted(Arc::new(MemoryBudgets::new(limits(settings), self.clock.clone()))),
            tokens: self.tokens.clone(),
            seals: Arc::new(
                AesSeals::new(self.keyring.clone(), origins).context("anonymous sessions cannot be sealed")?,
            ),
            signer: self.signer.clone(),
            hasher: self.hasher.clone(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
        })
    }

    /// The service on these ports.
    pub(super) fn service(
        &self,
        settings: &Settings,
        ports: service::Ports,
        setup_secret: Option<&OpaqueToken>,
    ) -> Service {
        let secret = setup_secret.map(|secret| self.tokens.digest(secret));
        let setup = SetupGrants::new(ports.stores.installation.clone(), self.tokens.clone(), secret);
        let by_origin = settings.sessions.per_dialect.iter().map(|(name, lifetimes)| (Origin::new(*name), *lifetimes));
        let policies = Policies {
            lifetimes: LifetimePolicy {
                default: settings.sessions.lifetimes,
                by_origin: by_origin.collect(),
                shared: settings.sessions.shared,
                backoffice: settings.sessions.backoffice.clone(),
            },
            passwords: password_policy(settings),
            setup: Arc::new(setup),
        };
        Service::new(ports, policies)
    }

    pub(super) fn operator(&self, settings: &Settings, stores: &Stores) -> Operator {
        let ports = operator::Ports {
            stores: stores.clone(),
            tokens: self.tokens.clone(),
            hasher: self.hasher.clone(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
        };
        Operator::new(ports, password_policy(settings))
    }
}

fn hasher(passwords: &Passwords) -> Result<Argon2Hasher> {
    let peppers = passwords.pepper_file.as_deref().map(Peppers::load).transpose()?.unwrap_or_default();
    let hasher = Argon2Hasher::start(Argon2Config {
        cost: Argon2Cost {
            memory_kib: passwords.argon2.memory_kib,
            iterations: passwords.argon2.iterations,
            parallelism: passwords.argon2.parallelism,
        },
        threads: passwords.hash_threads,
        queue: passwords.hash_queue,
    });
    Ok(hasher.context("passwords cannot be hashed")?.with_peppers(peppers))
}

fn password_policy(settings: &Settings) -> PasswordPolicy {
    let Passwords { min_length, min_score, .. } = settings.passwords;
    let spoken = Dialect::ALL.map(|dialect| dialect.as_str().to_owned());
    let public_url = settings.server.public_url.iter().filter_map(|url| Url::parse(url.as_str()).ok());
    let public_host = public_url.filter_map(|url| url.host_str().map(str::to_owned));
    let hosts = settings.mounts.iter().flat_map(|mount| mount.hosts.iter().map(|host| host.as_str().to_owned()));
    let words = ["vestibule".to_owned()].into_iter().chain(spoken).chain(public_host).chain(hosts);
    PasswordPolicy { min_length, min_score, words: words.collect() }
}

pub(super) fn limits(settings: &Settings) -> BudgetLimits {
    let limit = |window: Window| Limit { amount: window.attempts as usize, window: window.within };
    let throttle = &settings.throttle;
    BudgetLimits {
        login_to: limit(throttle.account),
        many_logins_to: limit(throttle.account_in_all),
        login_from: limit(throttle.address),
        login_by: limit(throttle.client),
        login: limit(throttle.total),
        disclosure_to: limit(throttle.disclosures_per_address),
        disclosure: limit(throttle.disclosures_total),
        registration_from: limit(throttle.registrations),
        beginning_from: limit(throttle.beginnings),
        ending_from: limit(throttle.anonymous_ends_per_address),
        ending: limit(throttle.anonymous_ends_total),
    }
}
