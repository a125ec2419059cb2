//! What arrives: parameters from query and body, a token from several places.

use http::HeaderName;
use vestibule_application::{
    api::Binding,
    use_cases::{authenticate_session::Credentials, start_session},
};
use vestibule_domain::{
    secret::Password,
    session::Bearer,
    user::{Login, LoginKey},
};

use super::{
    Easydb,
    redirect::{Allowed, NotAllowed, Target},
    response::Reason,
};
use crate::{
    dialect::Dialect,
    inbound::{Head, Inbound},
    origin,
    params::{BodyError, Params},
};

/// Every parameter that either page knows, and our own for setting up. The first may have several values.
const PARAMETERS: [&str; 8] = ["method", "token", "signout", "login", "password", "success", "error", "setup_secret"];

const X_EASYDB_TOKEN: HeaderName = HeaderName::from_static("x-easydb-token");

/// Why nothing can be asked of a use case.
pub(super) enum Rejection {
    /// The parameters cannot be read.
    Unreadable(BodyError),
    /// There is no token.
    TokenMissing,
    /// What stands for a token has not the form of one.
    TokenMalformed,
    /// `signout` is neither 0 nor 1.
    SignOut,
    /// A password from elsewhere in plain text.
    InsecureTransport,
    /// A token in the URL, from elsewhere in plain text.
    Overheard(Bearer),
    /// A redirect target that is not allowed.
    RedirectNotAllowed,
    /// A method of authentication that is unknown, or not allowed here.
    MethodNotAllowed,
}

impl From<BodyError> for Rejection {
    fn from(error: BodyError) -> Self {
        Self::Unreadable(error)
    }
}

impl From<NotAllowed> for Rejection {
    fn from(NotAllowed: NotAllowed) -> Self {
        Self::RedirectNotAllowed
    }
}

/// What `GET` of a session asks for.
pub(super) enum SessionCall {
    Start(start_session::Command),
    Describe(Bearer),
    /// The session that a login handed over in a cookie, if it is live; else another.
    HandedOver(Bearer, start_session::Command),
    SignOut(Bearer),
}

impl SessionCall {
    pub(super) async fn read(easydb: &Easydb, inbound: &Inbound) -> Result<Self, Rejection> {
        Self::by(easydb, inbound.head(), &params(easydb, inbound).await?)
    }

    /// The same of a request without a body.
    pub(super) fn without_body(easydb: &Easydb, head: Head<'_>) -> Result<Self, Rejection> {
        must_not_be_overheard(easydb, head)?;
        let params = head.query()?;
        must_agree(easydb, &params)?;
        Self::by(easydb, head, &params)
    }

    fn by(easydb: &Easydb, head: Head<'_>, params: &Params) -> Result<Self, Rejection> {
        let signs_out = match params.get("signout") {
            None | Some("" | "0") => false,
            // A browser that only fetches ahead must not end anything.
            Some("1") => !origin::is_prefetch(head.headers),
            Some(_) => return Err(Rejection::SignOut),
        };
        Ok(match find_token(params, head)? {
            Some(bearer) if signs_out => Self::SignOut(bearer),
            Some(bearer) => Self::Describe(bearer),
            None => {
                let start = start_session::Command {
                    caller: easydb.caller(head.client),
                    guarding: easydb.guarding(head),
                    setup: easydb.setup_claim(head, params),
                };
                match easydb.handed_over(head) {
                    Some(bearer) => Self::HandedOver(bearer, start),
                    None => Self::Start(start),
                }
            }
        })
    }
}

/// The session to act on, where there must be one.
pub(super) async fn bearer(easydb: &Easydb, inbound: &Inbound) -> Result<Bearer, Rejection> {
    find_token(&params(easydb, inbound).await?, inbound.head())?.ok_or(Rejection::TokenMissing)
}

/// What is in the body before what is in the query; hardened, neither may say otherwise than the other, or than itself,
/// and no token is taken that others may have read.
async fn params(easydb: &Easydb, inbound: &Inbound) -> Result<Params, Rejection> {
    must_not_be_overheard(easydb, inbound.head())?;
    let params = inbound.body_and_query(&PARAMETERS).await?;
    must_agree(easydb, &params)?;
    Ok(params)
}

fn must_not_be_overheard(easydb: &Easydb, head: Head<'_>) -> Result<(), Rejection> {
    let overheard = overheard(head);
    if easydb.context.is_hardened() {
        // Whatever else is wrong with the request: others may have the token now.
        return overheard.map_or(Ok(()), |bearer| Err(Rejection::Overheard(bearer)));
    }
    if overheard.is_some() {
        easydb.warn_of_overhearing();
    }
    Ok(())
}

fn must_agree(easydb: &Easydb, params: &Params) -> Result<(), Rejection> {
    if easydb.context.is_hardened() {
        let [_, single @ ..] = PARAMETERS;
        params.agree_on(single)?;
    }
    Ok(())
}

/// Body before query before headers. Never a cookie: pages elsewhere cannot send what they do not know.
fn find_token(params: &Params, head: Head<'_>) -> Result<Option<Bearer>, Rejection> {
    let given = params.get("token").or_else(|| head.header(X_EASYDB_TOKEN));
    let given = given.or_else(|| head.authorization("Bearer"));
    given.map(|text| Bearer::parse(text).map_err(|_| Rejection::TokenMalformed)).transpose()
}

/// The token in the URL, where proxies and logs have it too, if it crossed a network in plain text.
fn overheard(head: Head<'_>) -> Option<Bearer> {
    if head.client.may_send_secrets() {
        return None;
    }
    let query = head.query().ok()?;
    Bearer::parse(query.filled("token")?).ok()
}

/// One way to authenticate.
pub(super) enum Attempt {
    /// To be asked for.
    With(Credentials),
    /// Nobody could have these credentials.
    Hopeless(Reason),
}

/// What `authenticate` asks for.
pub(super) struct Authentication {
    pub(super) bearer: Bearer,
    pub(super) binding: Binding,
    pub(super) first: Attempt,
    /// What is tried when the first attempt is refused.
    pub(super) fallback: Option<Attempt>,
    pub(super) success: Option<Target>,
    pub(super) error: Option<Target>,
    pub(super) login: String,
}

impl Authentication {
    pub(super) async fn read(easydb: &Easydb, inbound: &Inbound) -> Result<Self, Rejection> {
        let params = params(easydb, inbound).await?;
        if params.filled("password").is_some() && !inbound.client.may_send_secrets() {
            inbound.note_exposure("a password");
            return Err(Rejection::InsecureTransport);
        }
        let bearer = find_token(&params, inbound.head())?.ok_or(Rejection::TokenMissing)?;
        let allowed = Allowed::by(easydb, inbound);
        let target = |name| params.get(name).map(|text| allowed.target(text)).transpose();
        let (success, error) = (target("success")?, target("error")?);
        let (first, fallback) = attempts(&params, easydb.settings.anonymous)?;
        let login = params.get("login").unwrap_or_default().to_owned();
        Ok(Self { bearer, binding: easydb.binding(inbound.head()), first, fallback, success, error, login })
    }
}

/// What the methods come to. `anonymous` never fails, so nothing behind it counts; and as `easydb` takes what `email`
/// takes and more, one attempt stands for both, and a wrong password counts once.
fn attempts(params: &Params, anonymous: bool) -> Result<(Attempt, Option<Attempt>), Rejection> {
    let given = params.all("method").flat_map(|value| value.split(',')).map(str::trim);
    let given: Vec<&str> = given.filter(|method| !method.is_empty()).collect();
    if !given.iter().all(|method| matches!(*method, "easydb" | "email") || anonymous && *method == "anonymous") {
        return Err(Rejection::MethodNotAllowed);
    }
    let before: Vec<&str> = given.iter().copied().take_while(|method| *method != "anonymous").collect();
    let ends_anonymous = before.len() < given.len();
    let nobody = || Attempt::With(Credentials::Nobody);
    if before.is_empty() && ends_anonymous {
        return Ok((nobody(), None));
    }
    let kind = if before.is_empty() || before.contains(&"easydb") { Login::Any } else { Login::Email };
    Ok((password(params, kind), ends_anonymous.then(nobody)))
}

fn password(params: &Params, kind: fn(LoginKey) -> Login) -> Attempt {
    let login = params.filled("login").filter(|login| !login.trim().is_empty());
    let (Some(login), Some(password)) = (login, params.filled("password")) else {
        return Attempt::Hopeless(Reason::UsernameOrPasswordEmpty);
    };
    match (LoginKey::parse(login), Password::parse(password)) {
        (Ok(login), Ok(password)) => Attempt::With(Credentials::Password { login: kind(login), password }),
        (Err(_), _) | (_, Err(_)) => Attempt::Hopeless(Reason::LoginFailed),
    }
}
