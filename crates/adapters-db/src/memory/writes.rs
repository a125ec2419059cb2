//! Changes, applied to the state one by one.

use std::collections::BTreeSet;

use vestibule_application::{
    change::Change,
    ports::{Conflict, StoredNode, StoredUser},
};
use vestibule_domain::{
    client::Client,
    message::{Event, MessageId},
    network::{KnownNetworks, Network},
    rights::{Rights, Role, RoleName},
    secret::Digest,
    session::{Ending, Session, SessionId, Subject},
    time::Timestamp,
    user::{Profile, TimeZoneName, UserId},
};

use super::state::State;

type Applied = Result<(), Conflict>;

fn or(holds: bool, conflict: Conflict) -> Applied {
    if holds { Ok(()) } else { Err(conflict) }
}

impl State {
    /// Applies one change. What a failing change leaves behind is for [`State::all_or_nothing`].
    #[expect(clippy::too_many_lines, reason = "an arm for each change")]
    pub(super) fn apply(&mut self, change: Change) -> Applied {
        match change {
            Change::BeginSession { session, digest } => self.begin(session, digest),
            Change::SaveSession { session, expected_epoch } => self.save(session, expected_epoch),
            Change::EndSession { id, ending } => or(self.end(id, ending), Conflict::Stale),
            Change::EndSessionsOf { subject, ending } => {
                let ids = self.sessions.values().filter(|(session, _)| session.subject == subject).map(|(s, _)| s.id);
                for id in ids.collect::<Vec<_>>() {
                    self.end(id, ending);
                }
                Ok(())
            }
            Change::TouchSessions(seen) => {
                for (id, at) in seen {
                    self.change_unended(id, |session| session.last_seen = session.last_seen.max(at));
                }
                Ok(())
            }
            Change::AddUser { user, password } => {
                let created = user.created;
                self.add_user(StoredUser {
                    user,
                    password: Some(password),
                    revision: 0,
                    networks: KnownNetworks::default(),
                })?;
                if self.latch.is_empty() {
                    self.latch.put((), created);
                }
                Ok(())
            }
            Change::ExpectUser { user, revision } => {
                let holds = self.users.get(&user).is_some_and(|stored| stored.revision == revision);
                or(holds, Conflict::SubjectChanged)
            }
            Change::SetPassword { user, password } => self.change_credentials(user, |stored| {
                stored.password = Some(password);
                stored.networks = KnownNetworks::default();
            }),
            Change::ReplaceHash { user, password } => self.change_user(user, |stored| stored.password = Some(password)),
            Change::SetDisabled { user, disabled } => self.change_credentials(user, |stored| {
                stored.user.disabled = disabled;
            }),
            Change::SetProfile { user, profile, time_zone } => self.set_profile(user, profile, time_zone),
            Change::GrantRole { user, role } => self.change_roles(user, |roles| roles.insert(role)),
            Change::WithdrawRole { user, role } => self.change_roles(user, |roles| roles.remove(&role)),
            Change::RemoveUser { user } => self.remove_user(user),
            Change::RecordLogin { subject, at, succeeded } => {
                self.record_login(subject, at, succeeded);
                Ok(())
            }
            Change::KnowNetwork { subject, network, at } => {
                self.know_network(subject, network, at);
                Ok(())
            }
            Change::AddRole(name) => {
                self.add_role(name);
                Ok(())
            }
            Change::PutRole(role) => {
                self.roles.put(role.name.clone(), role);
                Ok(())
            }
            Change::ReplaceRole { role, read } => {
                or(self.roles.get(&role.name).map(|stored| &stored.rights) == read.as_ref(), Conflict::Stale)?;
                self.apply(Change::PutRole(role))
            }
            Change::AddNode { node, secrets } => {
                self.add_node(StoredNode { node, secrets, revision: 0, networks: KnownNetworks::default() })
            }
            Change::ExpectNode { node, revision } => {
                let holds = self.nodes.get(&node).is_some_and(|stored| stored.revision == revision);
                or(holds, Conflict::SubjectChanged)
            }
            Change::SetNodeSecrets { node, secrets } => {
                let found = self.nodes.change(&node, |stored| {
                    stored.secrets = secrets;
                    stored.revision += 1;
                });
                or(found, Conflict::Missing)
            }
            Change::RemoveNode { node } => or(self.nodes.remove(&node), Conflict::Missing),
            Change::AddClient { client, digest } => self.add_client(client, digest),
            Change::RevokeClient { client, at } => {
                let found = self.clients.change(&client, |(client, _)| {
                    client.revoked.get_or_insert(at);
                });
                or(found, Conflict::Missing)
            }
            Change::PutForm(form) => {
                self.forms.put(form.name.clone(), form);
                Ok(())
            }
            Change::ReplaceForm { form, read } => {
                or(self.forms.get(&form.name) == read.as_ref(), Conflict::Stale)?;
                self.apply(Change::PutForm(form))
            }
            Change::RemoveForm(name) => or(self.forms.remove(&name), Conflict::Missing),
            Change::AddLoginToken(token) => {
                let known = self.login_tokens.contains_key(&token.digest);
                self.login_tokens.put(token.digest, token);
                or(!known, Conflict::TokenSpent)
            }
            Change::SpendLoginToken(digest) => or(self.login_tokens.remove(&digest), Conflict::TokenSpent),
            Change::Record(event) => {
                self.record(event);
                Ok(())
            }
        }
    }

    /// The highest message id ever given out.
    pub(super) fn latest_message(&self) -> MessageId {
        self.messages.last_key_value().map_or(0, |(id, _)| *id)
    }

    pub(super) fn record(&mut self, event: Event) {
        self.messages.put(self.latest_message() + 1, event);
    }

    /// Ends a session, and says whether there was one that had not ended.
    pub(super) fn end(&mut self, id: SessionId, ending: Ending) -> bool {
        self.change_unended(id, |session| session.ended = Some(ending))
    }

    pub(super) fn forget_session(&mut self, id: SessionId) {
        if let Some((_, digest)) = self.sessions.get(&id) {
            self.session_digests.remove(digest);
        }
        self.sessions.remove(&id);
    }

    fn change_unended(&mut self, id: SessionId, change: impl FnOnce(&mut Session)) -> bool {
        let unended = self.sessions.get(&id).is_some_and(|(session, _)| session.ended.is_none());
        unended && self.sessions.change(&id, |(session, _)| change(session))
    }

    pub(super) fn begin(&mut self, session: Session, digest: Digest) -> Applied {
        let exists = self.sessions.contains_key(&session.id) || self.session_digests.contains_key(&digest);
        self.session_digests.put(digest, session.id);
        self.sessions.put(session.id, (session, digest));
        or(!exists, Conflict::SessionExists)
    }

    fn save(&mut self, mut session: Session, expected_epoch: u32) -> Applied {
        let fits = self.sessions.get(&session.id).is_some_and(|(stored, _)| stored.epoch == expected_epoch);
        let saved = fits
            && self.change_unended(session.id, |stored| {
                session.last_seen = session.last_seen.max(stored.last_seen);
                *stored = session;
            });
        or(saved, Conflict::Stale)
    }

    pub(super) fn add_user(&mut self, stored: StoredUser) -> Applied {
        let user = &stored.user;
        or(!self.users.contains_key(&user.id), Conflict::LoginTaken)?;
        or(!self.user_keys.contains_key(&user.login.key()), Conflict::LoginTaken)?;
        or(!self.user_keys.contains_key(&user.email.key()), Conflict::EmailTaken)?;
        for key in user.keys() {
            self.user_keys.put(key, user.id);
        }
        self.users.put(user.id, stored);
        Ok(())
    }

    pub(super) fn add_node(&mut self, stored: StoredNode) -> Applied {
        let node = &stored.node;
        let taken = self.nodes.values().any(|known| known.node.id == node.id || known.node.name == node.name);
        self.nodes.put(node.id, stored);
        or(!taken, Conflict::NameTaken)
    }

    pub(super) fn add_client(&mut self, client: Client, digest: Digest) -> Applied {
        let clashes =
            |(known, token): &(Client, Digest)| known.id == client.id || known.name == client.name || *token == digest;
        let taken = self.clients.values().any(clashes);
        self.clients.put(client.id, (client, digest));
        or(!taken, Conflict::NameTaken)
    }

    fn change_user(&mut self, id: UserId, change: impl FnOnce(&mut StoredUser)) -> Applied {
        or(self.users.change(&id, change), Conflict::Missing)
    }

    fn set_profile(&mut self, id: UserId, profile: Profile, time_zone: TimeZoneName) -> Applied {
        self.change_user(id, |stored| {
            stored.user.profile = profile;
            stored.user.time_zone = time_zone;
            stored.revision += 1;
        })
    }

    fn change_roles(&mut self, id: UserId, change: impl FnOnce(&mut BTreeSet<RoleName>) -> bool) -> Applied {
        self.change_user(id, |stored| {
            change(&mut stored.user.roles);
        })
    }

    fn add_role(&mut self, name: RoleName) {
        if self.roles.get(&name).is_none() {
            self.roles.put(name.clone(), Role { name, rights: Rights::new() });
        }
    }

    fn change_credentials(&mut self, id: UserId, change: impl FnOnce(&mut StoredUser)) -> Applied {
        self.remove_login_tokens(id);
        self.change_user(id, |stored| {
            change(stored);
            stored.revision += 1;
        })
    }

    fn remove_login_tokens(&mut self, user: UserId) {
        let theirs: Vec<_> = self.login_tokens.values().filter(|token| token.user == user).map(|t| t.digest).collect();
        for digest in &theirs {
            self.login_tokens.remove(digest);
        }
    }

    fn remove_user(&mut self, id: UserId) -> Applied {
        let keys = self.users.get(&id).ok_or(Conflict::Missing)?.user.keys();
        for key in &keys {
            self.user_keys.remove(key);
        }
        self.remove_login_tokens(id);
        self.users.remove(&id);
        Ok(())
    }

    fn record_login(&mut self, subject: Subject, at: Timestamp, succeeded: bool) {
        // `None` is less than any time.
        let note = |good: &mut Option<Timestamp>, bad: &mut Option<Timestamp>| {
            let noted = if succeeded { good } else { bad };
            *noted = (*noted).max(Some(at));
        };
        match subject {
            Subject::User(id) => self.users.change(&id, |StoredUser { user, .. }| {
                note(&mut user.last_successful_login, &mut user.last_failed_login);
            }),
            Subject::Node(id) => self.nodes.change(&id, |StoredNode { node, .. }| {
                note(&mut node.last_successful_login, &mut node.last_failed_login);
            }),
            Subject::Anonymous | Subject::Setup => false,
        };
    }

    fn know_network(&mut self, subject: Subject, network: Network, at: Timestamp) {
        match subject {
            Subject::User(id) => self.users.change(&id, |stored| {
                stored.networks.note(network, at);
            }),
            Subject::Node(id) => self.nodes.change(&id, |stored| {
                stored.networks.note(network, at);
            }),
            Subject::Anonymous | Subject::Setup => false,
        };
    }
}
