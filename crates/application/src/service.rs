//! The driving ports, answered by the use cases: where they are put together.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    api::{AccountApi, AtHandApi, SessionApi, VerificationApi},
    policies::{
        callers::Callers, gate::Gate, lifetimes::LifetimePolicy, new_passwords::NewPasswords, openings::Openings,
        password::PasswordPolicy, redemptions::Redemptions, resolver::Resolver, setup::SetupGrants, verifier::Verifier,
        viewer::Viewer,
    },
    ports::{Budgets, CaughtUp, Clock, Ids, Memory, PasswordHasher, Seals, Sightings, Stores, TokenSigner, Tokens},
    use_cases::{
        authenticate_session, change_password, check_status, describe_session, describe_user, disclose, end_session,
        end_session_by_form, introspect_session, log_in, log_in_by_form, log_in_with_token, register, reset_password,
        sign_out, start_session, verify_session,
    },
};

/// Everything the use cases stand on.
#[derive(Clone)]
#[expect(missing_docs, reason = "each field is the port of that name")]
pub struct Ports {
    pub stores: Stores,
    pub memory: Arc<dyn Memory>,
    pub sightings: Arc<dyn Sightings>,
    pub budgets: Arc<dyn Budgets>,
    pub local_budgets: Arc<dyn Budgets>,
    pub tokens: Arc<dyn Tokens>,
    pub seals: Arc<dyn Seals>,
    pub signer: Arc<dyn TokenSigner>,
    pub hasher: Arc<dyn PasswordHasher>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
}

/// What an operator decides.
#[derive(Clone)]
pub struct Policies {
    /// How long sessions live, and who accepts them.
    pub lifetimes: LifetimePolicy,
    /// How good passwords must be.
    pub passwords: PasswordPolicy,
    /// Who may set the system up.
    pub setup: Arc<SetupGrants>,
}

/// All use cases.
pub struct Service {
    start_session: start_session::UseCase,
    describe_session: Arc<describe_session::UseCase>,
    sign_out: Arc<sign_out::UseCase>,
    authenticate_session: authenticate_session::UseCase,
    log_in: Arc<log_in::UseCase>,
    log_in_with_token: log_in_with_token::UseCase,
    log_in_by_form: log_in_by_form::UseCase,
    end_session: Arc<end_session::UseCase>,
    end_session_by_form: end_session_by_form::UseCase,
    register: register::UseCase,
    check_status: check_status::UseCase,
    describe_user: describe_user::UseCase,
    disclose: disclose::UseCase,
    change_password: change_password::UseCase,
    reset_password: reset_password::UseCase,
    verify_session: verify_session::UseCase,
    introspect_session: introspect_session::UseCase,
}

impl Service {
    /// Puts the use cases together.
    #[expect(clippy::too_many_lines, reason = "a list of parts, each used once")]
    pub fn new(ports: Ports, policies: Policies) -> Self {
        let Policies { lifetimes, passwords, setup } = policies;
        let lifetimes = Arc::new(lifetimes);
        let viewer = Arc::new(Viewer {
            users: ports.stores.users.clone(),
            nodes: ports.stores.nodes.clone(),
            roles: ports.stores.roles,
            messages: ports.stores.messages,
            setup: setup.clone(),
            backoffice: lifetimes.backoffice.clone(),
        });
        let resolver = Arc::new(Resolver {
            sessions: ports.stores.sessions,
            memory: ports.memory.clone(),
            sightings: ports.sightings,
            tokens: ports.tokens.clone(),
            seals: ports.seals.clone(),
            signer: ports.signer.clone(),
            clock: ports.clock.clone(),
            lifetimes: lifetimes.clone(),
        });
        let gate = Arc::new(Gate {
            users: ports.stores.users.clone(),
            nodes: ports.stores.nodes,
            hasher: ports.hasher.clone(),
            budgets: ports.budgets.clone(),
            unit: ports.stores.unit.clone(),
            clock: ports.clock.clone(),
            backoffice: lifetimes.backoffice.clone(),
        });
        let openings = Arc::new(Openings {
            resolver: resolver.clone(),
            unit: ports.stores.unit.clone(),
            tokens: ports.tokens.clone(),
            ids: ports.ids.clone(),
            clock: ports.clock.clone(),
            lifetimes: lifetimes.clone(),
        });
        let redemptions = Arc::new(Redemptions {
            login_tokens: ports.stores.login_tokens,
            users: ports.stores.users,
            budgets: ports.budgets.clone(),
            unit: ports.stores.unit.clone(),
            clock: ports.clock.clone(),
        });
        let new_passwords = Arc::new(NewPasswords {
            policy: passwords.clone(),
            hasher: ports.hasher.clone(),
            unit: ports.stores.unit.clone(),
            clock: ports.clock.clone(),
        });
        let callers = Arc::new(Callers {
            clients: ports.stores.clients,
            forms: ports.stores.forms,
            tokens: ports.tokens.clone(),
            clock: ports.clock.clone(),
        });
        let verifier = Arc::new(Verifier { resolver: resolver.clone(), viewer: viewer.clone() });
        let describe_session =
            Arc::new(describe_session::UseCase { resolver: resolver.clone(), viewer: viewer.clone() });
        let sign_out = Arc::new(sign_out::UseCase {
            seals: ports.seals.clone(),
            resolver: resolver.clone(),
            unit: ports.stores.unit.clone(),
            clock: ports.clock.clone(),
            lifetimes: lifetimes.clone(),
            viewer: viewer.clone(),
        });
        let end_session = Arc::new(end_session::UseCase {
            resolver: resolver.clone(),
            budgets: ports.budgets.clone(),
            unit: ports.stores.unit.clone(),
            clock: ports.clock.clone(),
        });
        let log_in = Arc::new(log_in::UseCase {
            gate: gate.clone(),
            openings: openings.clone(),
            signer: ports.signer.clone(),
            clock: ports.clock.clone(),
            viewer: viewer.clone(),
        });
        Self {
            verify_session: verify_session::UseCase {
                verifier: verifier.clone(),
                signer: ports.signer,
                clock: ports.clock.clone(),
            },
            introspect_session: introspect_session::UseCase { callers: callers.clone(), verifier },
            start_session: start_session::UseCase {
                budgets: ports.local_budgets,
                memory: ports.memory,
                seals: ports.seals,
                tokens: ports.tokens.clone(),
                clock: ports.clock.clone(),
                lifetimes,
                setup: setup.clone(),
                viewer: viewer.clone(),
            },
            authenticate_session: authenticate_session::UseCase {
                resolver,
                gate: gate.clone(),
                openings: openings.clone(),
                sign_out: sign_out.clone(),
                tokens: ports.tokens.clone(),
                viewer: viewer.clone(),
            },
            log_in_with_token: log_in_with_token::UseCase {
                redemptions: redemptions.clone(),
                tokens: ports.tokens.clone(),
                openings: openings.clone(),
                viewer: viewer.clone(),
            },
            log_in_by_form: log_in_by_form::UseCase { callers: callers.clone(), log_in: log_in.clone() },
            end_session_by_form: end_session_by_form::UseCase { callers, end_session: end_session.clone() },
            register: register::UseCase {
                budgets: ports.budgets.clone(),
                passwords,
                hasher: ports.hasher,
                ids: ports.ids,
                clock: ports.clock,
                setup,
                openings,
                viewer,
            },
            check_status: check_status::UseCase { health: ports.stores.health },
            describe_user: describe_user::UseCase { describe_session: describe_session.clone() },
            disclose: disclose::UseCase { budgets: ports.budgets },
            change_password: change_password::UseCase { gate, new_passwords: new_passwords.clone() },
            reset_password: reset_password::UseCase { redemptions, tokens: ports.tokens, new_passwords },
            describe_session,
            sign_out,
            log_in,
            end_session,
        }
    }
}

/// Answers each method of a port with the use case of its name; what more it has is given in full.
macro_rules! answer_with_use_cases {
    ($port:ident: $($operation:ident)* $({ $($more:tt)* })?) => {
        #[async_trait]
        impl $port for Service {
            $(
                async fn $operation(
                    &self,
                    command: $operation::Command,
                ) -> Result<$operation::Outcome, $operation::Error> {
                    self.$operation.run(command).await
                }
            )*
            $($($more)*)?
        }
    };
}

answer_with_use_cases! {
    SessionApi:
    start_session describe_session sign_out authenticate_session log_in log_in_with_token log_in_by_form
    end_session end_session_by_form register check_status describe_user
    {
        async fn disclose(&self, command: disclose::Command) -> disclose::Outcome {
            self.disclose.run(command).await
        }
    }
}

answer_with_use_cases! { AccountApi: change_password reset_password }

answer_with_use_cases! { VerificationApi: verify_session introspect_session }

#[async_trait]
impl AtHandApi for Service {
    fn tells_at_once(&self) -> bool {
        self.start_session.memory.tells_at_once()
    }

    async fn catch_up(&self) -> Option<CaughtUp> {
        // Whoever asks next meets the same failure, and tells of it.
        self.start_session.memory.catch_up(None).await.ok().flatten()
    }

    fn described(
        &self,
        command: &describe_session::Command,
        since: Option<CaughtUp>,
    ) -> Option<describe_session::Outcome> {
        self.describe_session.at_hand(command, since)
    }

    fn started(&self, command: start_session::Command, since: Option<CaughtUp>) -> Option<start_session::Outcome> {
        self.start_session.at_hand(command, since)
    }

    fn verified(&self, command: &verify_session::Command, since: Option<CaughtUp>) -> Option<verify_session::Outcome> {
        self.verify_session.at_hand(command, since)
    }
}
