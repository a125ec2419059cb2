//! Sessions as they are shown.

use serde::Serialize;
use utoipa::ToSchema;
use vestibule_application::operator::sessions::SessionReport;
use vestibule_domain::session::{Ending, Standing, Subject};

use crate::admin::v1::text::time;

/// A session. Its token is not part of it: nobody knows that but its holder.
#[derive(Serialize, ToSchema)]
pub(in crate::admin::v1) struct SessionDocument {
    #[schema(format = Uuid)]
    id: String,
    state: StateDocument,
    /// The user's login name or the node's name; the id of one who has been removed.
    holder: Option<String>,
    #[schema(format = Uuid)]
    user: Option<String>,
    #[schema(format = Uuid)]
    node: Option<String>,
    /// The API it was begun through.
    dialect: String,
    /// The device it was begun on, as far as it told.
    device: String,
    #[schema(format = DateTime)]
    begun: String,
    /// When its present holder logged in.
    #[schema(format = DateTime)]
    authenticated: Option<String>,
    /// Within a minute.
    #[schema(format = DateTime)]
    last_seen: String,
    /// When it is over unless it is used before.
    #[schema(format = DateTime)]
    idle_expires: Option<String>,
    /// When it is over in any case.
    #[schema(format = DateTime)]
    expires: String,
    #[schema(format = DateTime)]
    ended: Option<String>,
    end_reason: Option<&'static str>,
}

/// How a session stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum StateDocument {
    Anonymous,
    Authenticated,
    Expired,
    Ended,
}

impl From<&SessionReport> for SessionDocument {
    fn from(report: &SessionReport) -> Self {
        let session = &report.session;
        let (user, node) = match session.subject {
            Subject::User(id) => (Some(id.to_string()), None),
            Subject::Node(id) => (None, Some(id.to_string())),
            Subject::Anonymous | Subject::Setup => (None, None),
        };
        Self {
            id: session.id.to_string(),
            state: match report.standing {
                Standing::Live if user.is_some() || node.is_some() => StateDocument::Authenticated,
                Standing::Live => StateDocument::Anonymous,
                Standing::Expired => StateDocument::Expired,
                Standing::Ended(_) => StateDocument::Ended,
            },
            holder: report.holder.clone(),
            user,
            node,
            dialect: session.origin.as_str().to_owned(),
            device: session.device.as_str().to_owned(),
            begun: time(session.begun),
            authenticated: session.authenticated.map(time),
            last_seen: time(session.last_seen),
            idle_expires: session.idle_expiry().map(time),
            expires: time(session.expires),
            ended: session.ended.map(|Ending { at, .. }| time(at)),
            end_reason: session.ended.map(|Ending { reason, .. }| reason.as_str()),
        }
    }
}
