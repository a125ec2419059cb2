//! Changes in words, so that tests can compare whole units.

use vestibule_domain::{
    network::Network,
    session::{Session, Subject},
    time::Timestamp,
};

use super::{NOW, here};
use crate::{change::Change, ports::Bucket};

pub(crate) fn described(changes: &[Change]) -> Vec<String> {
    changes.iter().map(change).collect()
}

fn change(change: &Change) -> String {
    match change {
        Change::BeginSession { session, digest } => {
            format!("begin {} under {:x}: {}", id(session), digest.as_bytes()[0], state(session))
        }
        Change::SaveSession { session, expected_epoch } => {
            format!("save {} of epoch {expected_epoch}: {}", id(session), state(session))
        }
        Change::EndSession { id, ending } => {
            assert!(ending.at >= NOW);
            format!("end {:x}: {}", id.as_uuid().as_u128(), ending.reason.as_str())
        }
        Change::TouchSessions(seen) => {
            let seen = seen.iter().map(|(id, at)| format!(" {:x}@{}", id.as_uuid().as_u128(), offset(*at)));
            format!("touch{}", seen.collect::<String>())
        }
        Change::AddUser { user, password } => {
            let subject = whom(Subject::User(user.id));
            format!("add {subject}: {} {} {}", user.login, user.email.as_str(), password.expose())
        }
        Change::ExpectUser { user, revision } => format!("expect {} in {revision}", whom(Subject::User(*user))),
        Change::ExpectNode { node, revision } => format!("expect {} in {revision}", whom(Subject::Node(*node))),
        Change::ReplaceHash { user, password } => {
            format!("hash of {}: {}", whom(Subject::User(*user)), password.expose())
        }
        Change::RecordLogin { subject, at, succeeded } => {
            assert!(*at >= NOW);
            format!("login of {}: {succeeded}", whom(*subject))
        }
        Change::KnowNetwork { subject, network, at } => {
            assert!(*at >= NOW && *network == Network::of(here().address));
            format!("know here for {}", whom(*subject))
        }
        Change::SpendLoginToken(digest) => format!("spend {:x}", digest.as_bytes()[0]),
        Change::Record(event) => {
            assert_eq!(event.address, Some(here().address));
            assert!(event.at >= NOW && event.origin.is_some());
            let session = event.session.map(|id| format!(" of {:x}", id.as_uuid().as_u128())).unwrap_or_default();
            format!("record {}{session}: {}", event.kind.name(), event.subject.map_or("nobody".to_owned(), whom))
        }
        Change::SetPassword { user, password } => {
            format!("password of {}: {}", whom(Subject::User(*user)), password.expose())
        }
        Change::EndSessionsOf { subject, ending } => {
            assert!(ending.at >= NOW);
            format!("end all of {}: {}", whom(*subject), ending.reason.as_str())
        }
        Change::SetDisabled { .. }
        | Change::SetProfile { .. }
        | Change::GrantRole { .. }
        | Change::WithdrawRole { .. }
        | Change::AddRole(_)
        | Change::RemoveUser { .. }
        | Change::PutRole(_)
        | Change::ReplaceRole { .. }
        | Change::AddNode { .. }
        | Change::SetNodeSecrets { .. }
        | Change::RemoveNode { .. }
        | Change::AddClient { .. }
        | Change::RevokeClient { .. }
        | Change::PutForm(_)
        | Change::ReplaceForm { .. }
        | Change::RemoveForm(_)
        | Change::AddLoginToken(_) => panic!("only an operator does this"),
    }
}

fn state(session: &Session) -> String {
    let mut words = format!("{} in {}, {}", whom(session.subject), session.epoch, offset(session.expires));
    let more = [
        session.idle_ttl.map(|ttl| format!("idle {}", ttl.as_secs())),
        session.sealed_until.map(|until| format!("sealed {}", offset(until))),
        session.guard.map(|guard| format!("guard {:x}", guard.bits())),
        session.ended.map(|ending| format!("ended {}", ending.reason.as_str())),
    ];
    for part in more.into_iter().flatten() {
        words.push_str(", ");
        words.push_str(&part);
    }
    words
}

fn id(session: &Session) -> String {
    format!("{:x}", session.id.as_uuid().as_u128())
}

fn offset(at: Timestamp) -> String {
    format!("+{}", at.since(NOW).as_secs())
}

fn whom(subject: Subject) -> String {
    match subject {
        Subject::Anonymous => "nobody".to_owned(),
        Subject::Setup => "setup".to_owned(),
        Subject::User(id) => format!("user {:x}", id.as_uuid().as_u128()),
        Subject::Node(id) => format!("node {:x}", id.as_uuid().as_u128()),
    }
}

/// Buckets by their names, the network that everybody is in as `here`.
pub(super) fn buckets(buckets: &[Bucket]) -> String {
    let names = buckets.iter().map(Bucket::to_string).collect::<Vec<_>>();
    names.join(", ").replace(&Network::of(here().address).to_string(), "here")
}
