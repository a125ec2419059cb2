//! `user export`.

use serde::Serialize;
use vestibule_application::operator::personal::PersonalData;
use vestibule_domain::{
    message::Message,
    user::{Birthdate, PersonName, Profile},
};

use super::UserDocument;
use crate::cli::{output::time, sessions::SessionDocument};

/// What is kept of a person, as JSON.
#[derive(Serialize)]
pub(super) struct ExportDocument {
    user: UserDocument,
    profile: ProfileDocument,
    networks: Vec<NetworkDocument>,
    sessions: Vec<SessionDocument>,
    messages: Vec<MessageDocument>,
}

#[derive(Serialize)]
struct ProfileDocument {
    sex: &'static str,
    name: Option<String>,
    surname: Option<String>,
    nickname: Option<String>,
    birthdate: Option<String>,
    default_city: String,
}

#[derive(Serialize)]
struct NetworkDocument {
    network: String,
    last_login: String,
}

#[derive(Serialize)]
struct MessageDocument {
    id: u64,
    kind: String,
    at: String,
    session: Option<String>,
    dialect: Option<String>,
    address: Option<String>,
}

impl From<&Profile> for ProfileDocument {
    fn from(profile: &Profile) -> Self {
        let text = |name: &Option<PersonName>| name.as_ref().map(|name| name.as_str().to_owned());
        Self {
            sex: profile.sex.as_str(),
            name: text(&profile.name),
            surname: text(&profile.surname),
            nickname: text(&profile.nickname),
            birthdate: profile.birthdate.map(Birthdate::to_digits),
            default_city: profile.default_city.as_str().to_owned(),
        }
    }
}

impl From<&Message> for MessageDocument {
    fn from(message: &Message) -> Self {
        let event = &message.event;
        Self {
            id: message.id,
            kind: event.kind.name(),
            at: time(event.at),
            session: event.session.map(|session| session.to_string()),
            dialect: event.origin.as_ref().map(|origin| origin.as_str().to_owned()),
            // Where an operator was is the operator's own.
            address: event.address.filter(|_| event.by.operator.is_none()).map(|address| address.to_string()),
        }
    }
}

impl From<&PersonalData> for ExportDocument {
    fn from(data: &PersonalData) -> Self {
        let network = |(network, at): (vestibule_domain::network::Network, _)| NetworkDocument {
            network: network.to_string(),
            last_login: time(at),
        };
        Self {
            user: (&data.user).into(),
            profile: (&data.user.profile).into(),
            networks: data.networks.iter().map(network).collect(),
            sessions: data.sessions.iter().map(SessionDocument::from).collect(),
            messages: data.messages.iter().map(MessageDocument::from).collect(),
        }
    }
}
