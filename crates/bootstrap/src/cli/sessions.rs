//! `session`.

mod explain;
#[cfg(test)]
mod tests;

use anyhow::Result;
use clap::{Args, Subcommand};
use serde::Serialize;
use vestibule_application::operator::sessions::SessionReport;
use vestibule_domain::{
    session::{SessionId, Standing, Subject},
    time::Timestamp,
};

use super::output::{Context, moment, time};

#[derive(Subcommand)]
pub(super) enum SessionCommand {
    /// List sessions, those that are over included until they are forgotten.
    List {
        /// Only those of this user: a login name, an e-mail address or an id.
        #[arg(long, value_name = "USER")]
        user: Option<String>,
    },
    /// Show a session.
    Show {
        /// The session's id, which is not its token.
        #[arg(value_parser = session_id)]
        id: SessionId,
    },
    /// Tell a session's story: begun where, authenticated, last seen, and when, why and by whom it ended.
    Explain {
        /// The session's id, which is not its token.
        #[arg(value_parser = session_id)]
        id: SessionId,
    },
    /// End a session, all sessions of a user, or all there are.
    Revoke(RevokeArgs),
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub(super) struct RevokeArgs {
    /// The session's id, which is not its token.
    #[arg(value_parser = session_id)]
    id: Option<SessionId>,
    /// End all sessions of this user: a login name, an e-mail address or an id.
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// End every session: everybody has to log in again. For after a backup was put back.
    #[arg(long)]
    all: bool,
    /// End every session that was begun before this moment, as in 2026-11-22T10:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    begun_before: Option<Timestamp>,
}

/// What ending all sessions came to.
#[derive(Serialize)]
struct RevokedDocument {
    revoked: usize,
}

#[derive(Serialize)]
pub(super) struct SessionDocument {
    id: String,
    user: Option<String>,
    dialect: String,
    begun: String,
    last_seen: String,
    /// When it is over unless it is used before: the idle expiry counts.
    expires: String,
    standing: String,
}

impl From<&SessionReport> for SessionDocument {
    fn from(report: &SessionReport) -> Self {
        let session = &report.session;
        Self {
            id: session.id.to_string(),
            user: report.holder.clone(),
            dialect: session.origin.as_str().to_owned(),
            begun: time(session.begun),
            last_seen: time(session.last_seen),
            expires: time(session.over_from()),
            standing: match (report.standing, session.subject) {
                (Standing::Live, Subject::Anonymous | Subject::Setup) => "anonymous".to_owned(),
                (Standing::Live, Subject::User(_) | Subject::Node(_)) => "authenticated".to_owned(),
                (Standing::Expired, _) => "expired".to_owned(),
                (Standing::Ended(ending), _) => format!("ended:{}", ending.reason.as_str()),
            },
        }
    }
}

pub(super) async fn run(command: SessionCommand, context: &mut Context<'_>) -> Result<()> {
    let operator = context.operator;
    let mut reports = match command {
        SessionCommand::List { user } => operator.sessions(user.as_deref()).await?,
        SessionCommand::Revoke(RevokeArgs { user: Some(user), .. }) => operator.revoke_sessions_of(&user).await?,
        SessionCommand::Show { id } => return context.print(&SessionDocument::from(&operator.session(id).await?)),
        SessionCommand::Revoke(RevokeArgs { id: Some(id), .. }) => {
            return context.print(&SessionDocument::from(&operator.revoke_session(id).await?));
        }
        SessionCommand::Explain { id } => return explain::run(&operator.explain_session(id).await?, context),
        // The arguments demand one of the four.
        SessionCommand::Revoke(RevokeArgs { id: None, user: None, begun_before, .. }) => {
            return context.print(&RevokedDocument { revoked: operator.revoke_all_sessions(begun_before).await? });
        }
    };
    reports.sort_by_key(|report| report.session.begun);
    context.print(&reports.iter().map(SessionDocument::from).collect::<Vec<_>>())
}

fn session_id(text: &str) -> Result<SessionId, String> {
    SessionId::parse(text).ok_or_else(|| "a session's id has 8-4-4-4-12 hexadecimal digits".to_owned())
}
