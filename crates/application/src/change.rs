//! What can be written: a transaction as a value.
//!
//! A unit is a `Vec<Change>`, applied in order, all or nothing, by [`crate::ports::UnitOfWork`]. Races are stated as
//! preconditions, and a new variant does not compile until every adapter handles it.

use vestibule_domain::{
    client::{Client, ClientId},
    form::{FormConfiguration, FormName},
    login_token::LoginToken,
    message::Event,
    network::Network,
    node::{Node, NodeId, NodeSecrets},
    rights::{Rights, Role, RoleName},
    secret::{Digest, PasswordHash},
    session::{Ending, Session, SessionId, Subject},
    time::Timestamp,
    user::{Profile, TimeZoneName, User, UserId},
};

/// One change. Where a precondition is named, the whole unit fails with that [`crate::ports::Conflict`] without it.
#[derive(Clone)]
pub enum Change {
    /// Inserts a session, live or ended. No session may have its id or digest: `SessionExists`.
    BeginSession {
        /// The session.
        session: Session,
        /// The digest of its token.
        digest: Digest,
    },
    /// Overwrites a session that exists, has not ended and is in epoch `expected_epoch`: else `Stale`. `last_seen`
    /// never goes back. Its token stays: a session under a new token is another session, because the old token might be
    /// sealed and would come back as an anonymous one.
    SaveSession {
        /// The session as it is to be.
        session: Session,
        /// The epoch it was read in.
        expected_epoch: u32,
    },
    /// Ends a session that exists and has not ended: else `Stale`.
    EndSession {
        /// Which.
        id: SessionId,
        /// Its end.
        ending: Ending,
    },
    /// Ends all of a subject's sessions that have not ended; there may be none. All anonymous sessions are one
    /// subject's, and a user and a node of one UUID are two.
    EndSessionsOf {
        /// Whose.
        subject: Subject,
        /// Their end.
        ending: Ending,
    },
    /// Notes when sessions were last seen, for those that exist and have not ended; never moves `last_seen` back.
    TouchSessions(Vec<(SessionId, Timestamp)>),

    /// Adds a user. Neither of its keys may belong to another user, as login or as address: `LoginTaken` if the login
    /// name's does (or the id is taken), else `EmailTaken`. Closes the latch of [`crate::ports::Installation`] for ever.
    AddUser {
        /// The user.
        user: User,
        /// The password's hash.
        password: PasswordHash,
    },
    /// Demands that the user exists and its credentials are in this revision: else `SubjectChanged`.
    ExpectUser {
        /// Who.
        user: UserId,
        /// The revision that was read.
        revision: u32,
    },
    /// Sets a new password, removes the login tokens issued for the user, and forgets the networks the user is known by:
    /// somebody else may have made them known. `Missing` without the user. Moves the revision on.
    SetPassword {
        /// Whose.
        user: UserId,
        /// The hash.
        password: PasswordHash,
    },
    /// Stores the same password hashed with other parameters. `Missing` without the user. The revision stays.
    ReplaceHash {
        /// Whose.
        user: UserId,
        /// The hash.
        password: PasswordHash,
    },
    /// Disables or enables a user, and removes the login tokens issued for them. `Missing` without the user. Moves the
    /// revision on.
    SetDisabled {
        /// Who.
        user: UserId,
        /// Whether logging in is to be refused.
        disabled: bool,
    },
    /// Replaces what a user's profile says, and their time zone. `Missing` without the user. Moves the revision on, so that
    /// of two who read the same profile only one replaces it.
    SetProfile {
        /// Whose.
        user: UserId,
        /// The profile.
        profile: Profile,
        /// The zone in which clients show times.
        time_zone: TimeZoneName,
    },
    /// Gives a user a role, which they may have already. `Missing` without the user.
    GrantRole {
        /// Who.
        user: UserId,
        /// What.
        role: RoleName,
    },
    /// Takes a role from a user, who may lack it. `Missing` without the user.
    WithdrawRole {
        /// From whom.
        user: UserId,
        /// What.
        role: RoleName,
    },
    /// Removes a user, and with it the login tokens issued for it. `Missing` without the user. Its sessions stay: end
    /// them in the same unit.
    RemoveUser {
        /// Who.
        user: UserId,
    },
    /// Notes a login of a user or node, never moving a time back; no effect on any other subject, or on one that is not
    /// there.
    RecordLogin {
        /// Who.
        subject: Subject,
        /// When.
        at: Timestamp,
        /// Whether they came in.
        succeeded: bool,
    },
    /// Notes from where a user or node logged in, as [`vestibule_domain::network::KnownNetworks::note`] does; no effect
    /// on any other subject, or on one that is not there. The revision stays.
    KnowNetwork {
        /// Who.
        subject: Subject,
        /// From where.
        network: Network,
        /// When.
        at: Timestamp,
    },

    /// Adds a role without rights, unless there is one of that name.
    AddRole(RoleName),
    /// Adds a role or replaces its rights.
    PutRole(Role),
    /// Replaces the rights of a role that has those that were read, or adds one that was not there: else `Stale`.
    ReplaceRole {
        /// The role as it is to be.
        role: Role,
        /// The rights that were read, if there was a role of its name.
        read: Option<Rights>,
    },

    /// Adds a node. No node may have its id or name: `NameTaken`.
    AddNode {
        /// The node.
        node: Node,
        /// Its secret.
        secrets: NodeSecrets,
    },
    /// Demands that the node exists and its secrets are in this revision: else `SubjectChanged`.
    ExpectNode {
        /// Which.
        node: NodeId,
        /// The revision that was read.
        revision: u32,
    },
    /// Replaces a node's secrets. `Missing` without the node. Moves the revision on.
    SetNodeSecrets {
        /// Which.
        node: NodeId,
        /// All its secrets from now on.
        secrets: NodeSecrets,
    },
    /// Removes a node. `Missing` without it. Its sessions stay: end them in the same unit.
    RemoveNode {
        /// Which.
        node: NodeId,
    },

    /// Adds an API client. No client may have its id, name or digest, revoked ones included: `NameTaken`.
    AddClient {
        /// The client.
        client: Client,
        /// The digest of its token.
        digest: Digest,
    },
    /// Revokes a client. `Missing` without it. The first revocation's time stays.
    RevokeClient {
        /// Which.
        client: ClientId,
        /// When.
        at: Timestamp,
    },

    /// Adds a form configuration or replaces it.
    PutForm(FormConfiguration),
    /// Replaces a form configuration that is as it was read, or adds one that was not there: else `Stale`.
    ReplaceForm {
        /// The configuration as it is to be.
        form: FormConfiguration,
        /// What was read, if there was one of its name.
        read: Option<FormConfiguration>,
    },
    /// Removes a form configuration: `Missing` without it.
    RemoveForm(FormName),

    /// Adds a login token. No token may have its digest: `TokenSpent`.
    AddLoginToken(LoginToken),
    /// Spends a login token, which is gone then: `TokenSpent` without it.
    SpendLoginToken(Digest),

    /// Appends to the message log, by which other nodes hear of what the unit touches: see [`crate::touched`].
    Record(Event),
}
