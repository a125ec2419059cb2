//! Checks a signed token of Vestibule without asking it: see `docs/howto/verify-a-session.md`.
//!
//! `verify_jwt session|assertion ISSUER KEYS_URL < token` prints whose it is, and fails if it is not good.

use std::{env, io, process::ExitCode};

use anyhow::{Context, Result, bail, ensure};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use serde::Deserialize;

/// What this program makes of a token; there is more in it.
#[derive(Clone, Deserialize)]
struct Claims {
    sub: String,
    sid: String,
}

/// What a token must be.
struct Expected {
    kind: &'static str,
    issuer: String,
    audience: String,
}

impl Expected {
    fn named(name: &str, issuer: &str) -> Result<Self> {
        let (kind, audience) = match name {
            "session" => ("JWT", issuer.to_owned()),
            "assertion" => ("vestibule-assertion+jwt", format!("{issuer}verify")),
            other => bail!("there is no such kind of token: {other}"),
        };
        Ok(Self { kind, issuer: issuer.to_owned(), audience })
    }

    fn claims_of(&self, token: &str, keys: &JwkSet) -> Result<Claims> {
        let header = decode_header(token)?;
        ensure!(header.typ.as_deref() == Some(self.kind), "a token of another type");
        let key = header.kid.as_deref().and_then(|kid| keys.find(kid));
        // A service fetches the keys again here, at most once a minute.
        let key = DecodingKey::from_jwk(key.context("signed with a key that is not published")?)?;
        // The algorithm is ours to choose, never the token's.
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.leeway = 0;
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        Ok(decode(token, &key, &validation)?.claims)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(claims) => {
            println!("session {} of {}", claims.sid, claims.sub);
            ExitCode::SUCCESS
        }
        Err(refusal) => {
            eprintln!("refused: {refusal:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<Claims> {
    let [kind, issuer, keys_url] =
        env::args().skip(1).collect::<Vec<_>>().try_into().ok().context("three arguments")?;
    let token = io::read_to_string(io::stdin())?;
    let keys: JwkSet = reqwest::get(keys_url).await?.error_for_status()?.json().await?;
    Expected::named(&kind, &issuer)?.claims_of(token.trim(), &keys)
}
