//! From forms, API tokens and cookies to commands.

use std::collections::BTreeMap;

use http::{HeaderMap, header::AUTHORIZATION};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;
use vestibule_application::{
    api::Current,
    use_cases::{end_session_by_form, log_in_by_form},
};
use vestibule_domain::{form::FormName, secret::OpaqueToken, session::Bearer};

use super::Platformos;
use crate::{
    device,
    dialect::Dialect,
    inbound::Inbound,
    media_type,
    negotiation::{self, BodyType},
    params::{
        Params,
        json::{self, Object},
    },
};

/// Both names of JSON that this API answers with or is asked for.
const OFFERED: [&str; 2] = [media_type::JSON, media_type::API_JSON];

/// Why a request does not become a command. Whatever else is wrong with one is for the use case to find, behind the API
/// token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rejection {
    /// It wants an answer that is not JSON.
    NotAcceptable,
    /// It sends an API token over plain HTTP from another machine.
    Insecure,
}

pub(super) async fn log_in_by_form(
    platformos: &Platformos,
    inbound: &Inbound,
) -> Result<log_in_by_form::Command, Rejection> {
    admit(inbound)?;
    // What cannot be read names no form.
    let submission = Submission::of_body(platformos, inbound).await.unwrap_or_default();
    Ok(log_in_by_form::Command {
        caller: platformos.caller(inbound.client),
        api_token: api_token(&inbound.headers),
        form: submission.form_name(),
        values: submission.values(),
        device: device::name_of(&inbound.headers),
        current: bearer(platformos, inbound).map_or(Current::None, Current::Replace),
    })
}

pub(super) async fn end_session_by_form(
    platformos: &Platformos,
    inbound: &Inbound,
) -> Result<end_session_by_form::Command, Rejection> {
    admit(inbound)?;
    let submission = Submission::of_body_and_query(platformos, inbound).await.unwrap_or_default();
    Ok(end_session_by_form::Command {
        caller: platformos.caller(inbound.client),
        api_token: api_token(&inbound.headers),
        form: submission.form_name(),
        bearer: bearer(platformos, inbound),
    })
}

fn admit(inbound: &Inbound) -> Result<(), Rejection> {
    if !negotiation::accepts(&inbound.headers, &OFFERED) {
        Err(Rejection::NotAcceptable)
    } else if !inbound.client.may_send_secrets() {
        inbound.note_exposure("an API token");
        Err(Rejection::Insecure)
    } else {
        Ok(())
    }
}

/// What a body or query submits.
#[derive(Default, Deserialize, ToSchema)]
pub(super) struct Submission {
    /// The name of the form.
    form_name: Option<String>,
    /// The same.
    form_configuration_name: Option<String>,
    /// Its values.
    #[schema(schema_with = super::openapi::values)]
    #[serde(default, deserialize_with = "each_once")]
    form: Option<BTreeMap<String, Value>>,
}

/// A form in which no field is given twice.
fn each_once<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<BTreeMap<String, Value>>, D::Error> {
    Ok(Option::<Object<Value>>::deserialize(deserializer)?.map(|object| object.0.into_iter().collect()))
}

/// A form's value: text, or what JSON has for it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Value {
    Text(String),
    Number(serde_json::Number),
    Boolean(bool),
    Absent(()),
}

impl Submission {
    async fn of_body(platformos: &Platformos, inbound: &Inbound) -> Option<Self> {
        let Inbound { headers, body, .. } = inbound;
        if negotiation::body_type(headers) != BodyType::Json || body.is_empty() {
            return Self::of_params(platformos, &Params::from_body(headers, body).await.ok()?);
        }
        json::object(body).ok()
    }

    /// What the body names before what the query does; hardened, they may not name two forms.
    async fn of_body_and_query(platformos: &Platformos, inbound: &Inbound) -> Option<Self> {
        let body = Self::of_body(platformos, inbound).await?;
        let query = Self::of_params(platformos, &inbound.query().ok()?)?;
        let (first, second) = (body.name().or(query.name()), query.name().or(body.name()));
        if platformos.context.is_hardened() && first != second {
            return None;
        }
        Some(Self { form_name: first.map(str::to_owned), ..body })
    }

    /// Reads `form_name=..&form[email]=..`; a form that is anything else than one flat object is none, nor is one, hardened,
    /// that has two values of one name.
    fn of_params(platformos: &Platformos, params: &Params) -> Option<Self> {
        if platformos.context.is_hardened() {
            let names = params.pairs().map(|(name, _)| name);
            params.agree_on(names.filter(|name| name.starts_with("form"))).ok()?;
        }
        let mut form = None;
        for (name, value) in params.pairs() {
            if let Some(field) = name.strip_prefix("form[") {
                let field = field.strip_suffix(']').filter(|field| !field.contains(['[', ']']))?;
                let fields: &mut BTreeMap<String, Value> = form.get_or_insert_default();
                fields.entry(field.to_owned()).or_insert_with(|| Value::Text(value.to_owned()));
            } else if name == "form" {
                return None;
            }
        }
        let named = |name| params.get(name).map(str::to_owned);
        Some(Self { form_name: named("form_name"), form_configuration_name: named("form_configuration_name"), form })
    }

    fn name(&self) -> Option<&str> {
        self.form_name.as_deref().or(self.form_configuration_name.as_deref())
    }

    fn form_name(&self) -> Option<FormName> {
        FormName::parse(self.name()?).ok()
    }

    fn values(self) -> Option<BTreeMap<String, String>> {
        let text = |(field, value)| match value {
            Value::Text(text) => Some((field, text)),
            Value::Number(number) => Some((field, number.to_string())),
            Value::Boolean(boolean) => Some((field, boolean.to_string())),
            Value::Absent(()) => None,
        };
        Some(self.form?.into_iter().filter_map(text).collect())
    }
}

/// The token of `Token token=X`, `Token token="X"` or `Bearer X`; of two headers neither counts.
fn api_token(headers: &HeaderMap) -> Option<OpaqueToken> {
    let mut lines = headers.get_all(AUTHORIZATION).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else { return None };
    let (scheme, credentials) = line.to_str().ok()?.trim().split_once(' ')?;
    let credentials = credentials.trim_start();
    let token = if scheme.eq_ignore_ascii_case("token") {
        let value = credentials.strip_prefix("token=")?;
        value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value)
    } else if scheme.eq_ignore_ascii_case("bearer") {
        credentials
    } else {
        return None;
    };
    OpaqueToken::parse(token).ok()
}

/// The session's token: `Authorization` is the program's own, so a program that keeps no cookies has a header for it.
fn bearer(platformos: &Platformos, inbound: &Inbound) -> Option<Bearer> {
    let text = inbound.header("x-session-token").or_else(|| inbound.cookie(&platformos.settings.cookie_name))?;
    Bearer::parse(text).ok()
}
