//! The five dialects, each with what the operator decides about it, and the service's own APIs, in their places.

use std::{collections::BTreeSet, sync::Arc};

use url::Url;
use vestibule_adapters_http::{
    account::Account,
    dialect::{self, Context, Site},
    dialects::{
        dialogram::Dialogram,
        dood::{self, Dood},
        easydb::{self, Easydb, SetupOpenTo},
        platformos::{self, Platformos},
        vprotect::{self, Vprotect},
    },
    mount::Mount,
    verify::{self, Verify},
};
use vestibule_application::{
    api::{AccountApi, AtHandApi, SessionApi, VerificationApi},
    service::Service,
};

use crate::settings::{self, Dialect, Edition, OpenTo, Profile, Registration, Settings, WebOrigin};

/// Every mount of the settings, on this service.
pub(super) fn mounts(settings: &Settings, service: &Arc<Service>, public_url: &Url) -> Vec<Mount> {
    let site = Arc::new(Site { public_url: public_url.clone(), is_fixed: settings.server.public_url.is_some() });
    let mount = |mount: &settings::Mount| {
        let context = Context {
            api: Arc::clone(service) as Arc<dyn SessionApi>,
            at_hand: Arc::clone(service) as Arc<dyn AtHandApi>,
            edition: match mount.edition {
                Edition::Documented => dialect::Edition::Documented,
                Edition::Deployed => dialect::Edition::Deployed,
            },
            profile: match mount.profile {
                Profile::Faithful => dialect::Profile::Faithful,
                Profile::Hardened => dialect::Profile::Hardened,
            },
            prefix: mount.prefix.as_str().to_owned(),
            site: Arc::clone(&site),
        };
        Mount {
            edition: context.edition,
            prefix: context.prefix.clone(),
            hosts: mount.hosts.iter().map(|host| host.as_str().to_owned()).collect(),
            dialect: speak(mount.dialect, context, settings),
        }
    };
    let account = settings.account.enabled.then(|| Mount {
        dialect: Arc::new(Account::new(Arc::clone(service) as Arc<dyn AccountApi>, Arc::clone(&site))),
        edition: dialect::Edition::default(),
        prefix: Account::PREFIX.to_owned(),
        hosts: BTreeSet::new(),
    });
    let verify = settings.verify.enabled.then(|| Mount {
        dialect: Arc::new(Verify::new(
            Arc::clone(service) as Arc<dyn VerificationApi>,
            Arc::clone(service) as Arc<dyn AtHandApi>,
            verification(settings),
        )),
        edition: dialect::Edition::default(),
        prefix: String::new(),
        hosts: BTreeSet::new(),
    });
    settings.mounts.iter().map(mount).chain(account).chain(verify).collect()
}

/// Whether a mount would answer where [`Verify`] has to: a proxy takes any 200 from there for leave.
pub(super) fn is_below_verify(mount: &settings::Mount) -> bool {
    let below = mount.prefix.as_str().strip_prefix(Verify::PREFIX);
    below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn verification(settings: &Settings) -> verify::Settings {
    let easydb = ["__Host-vestibule_session", "vestibule_session"];
    let others = [
        (Dialect::Platformos, settings.platformos.cookie_name.as_str()),
        (Dialect::Vprotect, settings.vprotect.cookie_name.as_str()),
    ];
    let is_mounted = |dialect| settings.mounts.iter().any(|mount| mount.dialect == dialect);
    let others = others.into_iter().filter(|(dialect, _)| is_mounted(*dialect)).map(|(_, name)| name);
    let settings::Verify { query_tokens, assertions, assertion_lifetime, .. } = settings.verify;
    verify::Settings {
        // First the one that no other site of the domain can set.
        cookies: easydb.into_iter().chain(others).map(str::to_owned).collect(),
        query_tokens,
        assertion: assertions.then_some(assertion_lifetime),
    }
}

/// The name of an edition in settings.
pub(super) fn edition(edition: dialect::Edition) -> &'static str {
    match edition {
        dialect::Edition::Documented => Edition::Documented.as_str(),
        dialect::Edition::Deployed => Edition::Deployed.as_str(),
    }
}

fn speak(dialect: Dialect, context: Context, settings: &Settings) -> Arc<dyn dialect::Dialect> {
    // A cookie lives as long as the session in it can.
    let lifetimes = settings.sessions.per_dialect.get(dialect.as_str()).unwrap_or(&settings.sessions.lifetimes);
    let cookie_max_age = lifetimes.absolute;
    match dialect {
        Dialect::Easydb => {
            let settings::Easydb { anonymous, login_origins, redirect_origins } = &settings.easydb;
            let settings = easydb::Settings {
                anonymous: *anonymous,
                login_origins: texts(login_origins),
                redirect_origins: texts(redirect_origins),
                setup: match settings.setup.open_to {
                    OpenTo::Loopback => SetupOpenTo::Loopback,
                    OpenTo::Secret => SetupOpenTo::Secret,
                    OpenTo::Anyone => SetupOpenTo::Anyone,
                    OpenTo::Nobody => SetupOpenTo::Nobody,
                },
            };
            Arc::new(Easydb::new(context, settings))
        }
        Dialect::Dialogram => Arc::new(Dialogram::new(context)),
        Dialect::Platformos => {
            let cookie_name = settings.platformos.cookie_name.as_str().to_owned();
            Arc::new(Platformos::new(context, platformos::Settings { cookie_name, cookie_max_age }))
        }
        Dialect::Dood => {
            let settings::Dood { registration, require_https, photo_server, category_version } = settings.dood.clone();
            let is_closed = registration == Registration::Off;
            Arc::new(Dood::new(context, dood::Settings { require_https, is_closed, photo_server, category_version }))
        }
        Dialect::Vprotect => {
            let settings::Vprotect { cookie_name, allowed_origins } = &settings.vprotect;
            let settings = vprotect::Settings {
                cookie_name: cookie_name.as_str().to_owned(),
                allowed_origins: texts(allowed_origins),
                cookie_max_age,
            };
            Arc::new(Vprotect::new(context, settings))
        }
    }
}

pub(super) fn texts(origins: &[WebOrigin]) -> Vec<String> {
    origins.iter().map(|origin| origin.as_str().to_owned()).collect()
}
