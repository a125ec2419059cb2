use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use proptest::prelude::*;
use serde_json::{Value, json};
use vestibule_application::ports::Clock;

use super::*;
use crate::keys::{Keys, Purpose};

#[path = "../../../../tests/corpus/forged.rs"]
mod forged;

const ISSUER: &str = "https://vestibule.test/";
const NOW: i64 = 1_795_000_000;

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(NOW * 1000)
    }
}

fn signer_of(key: u8, issuer: &str) -> Ed25519Signer {
    let keyring = Keyring::new(&Keys::of_byte(key), Arc::new(Still)).unwrap_or_else(|error| panic!("{error}"));
    Ed25519Signer::new(Arc::new(keyring), issuer)
}

fn signer() -> Ed25519Signer {
    signer_of(5, ISSUER)
}

fn claims() -> Claims {
    Claims {
        subject: Uuid::from_u128(1),
        session: SessionId::from_uuid(Uuid::from_u128(2)),
        epoch: 3,
        issued: Timestamp::from_millis(NOW * 1000),
        expires: Timestamp::from_millis(1_797_592_000_000),
        scope: vec!["backoffice".to_owned(), "system.users".to_owned()],
    }
}

fn sign(signer: &Ed25519Signer, claims: &Claims) -> SignedToken {
    signer.sign(claims).unwrap_or_else(|error| panic!("{error}"))
}

fn forge() -> forged::Forge {
    let seed = Keys::of_byte(5).rotating()[0].derive(Purpose::Signing);
    forged::Forge::new(sign(&signer(), &claims()).expose(), &seed)
}

fn read(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[test]
fn what_was_signed_is_verified() {
    let token = sign(&signer(), &claims());
    assert_eq!(signer().verify(&token), Ok(claims()));
    assert!(SignedToken::parse(token.expose()).is_ok());
    let bare = Claims { scope: Vec::new(), ..claims() };
    assert_eq!(signer().verify(&sign(&signer(), &bare)), Ok(bare));
}

#[test]
fn the_wire_is_as_documented() {
    let token = sign(&signer(), &claims());
    let parts: Vec<&str> = token.expose().split('.').collect();
    assert_eq!(read(parts[0]), json!({ "typ": "JWT", "alg": "EdDSA", "kid": signer().keyring.signing_id() }));
    assert_eq!(
        read(parts[1]),
        json!({
            "iss": ISSUER,
            "aud": ISSUER,
            "sub": "00000000-0000-0000-0000-000000000001",
            "sid": "00000000-0000-0000-0000-000000000002",
            "iat": NOW,
            "exp": 1_797_592_000,
            "jti": "00000000-0000-0000-0000-000000000002.3",
            "scope": "backoffice system.users",
        })
    );
}

/// Until keys could be rotated, tokens were made by this library, with this id.
#[test]
fn headers_are_written_as_they_always_were() {
    let keyring = signer().keyring;
    let public = keyring.published()["keys"][0]["x"].as_str().map(|x| URL_SAFE_NO_PAD.decode(x).unwrap()).unwrap();
    let kid = blake3::hash(&public).to_hex()[..16].to_owned();
    let header = jsonwebtoken::Header { kid: Some(kid), ..jsonwebtoken::Header::new(jsonwebtoken::Algorithm::EdDSA) };
    let header = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header).unwrap());
    assert!(sign(&signer(), &claims()).expose().starts_with(&(header + ".")));
}

#[test]
fn a_token_with_all_claims_is_the_control_of_the_refusals_below() {
    let forge = forge();
    for (epoch, nbf) in [(3, None), (3, Some(NOW)), (4, Some(NOW + 60))] {
        let token = forge.with_claims(|payload| {
            payload["jti"] = json!(format!("00000000-0000-0000-0000-000000000002.{epoch}"));
            nbf.inspect(|at| payload["nbf"] = json!(at));
        });
        assert_eq!(signer().verify(&SignedToken::new(token)), Ok(Claims { epoch, ..claims() }));
    }
}

#[test]
fn nothing_forged_is_verified() {
    let (signer, forged) = (signer(), forge().forged());
    assert!(forged.len() > 150, "{}", forged.len());
    for (what, token) in forged {
        assert!(signer.verify(&SignedToken::new(token)).is_err(), "accepted: {what}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_signer_panic(text in ".{0,200}", parts in proptest::collection::vec("[A-Za-z0-9_-]{0,90}", 0..6)) {
        prop_assert!(signer().verify(&SignedToken::new(text)).is_err());
        prop_assert!(signer().verify(&SignedToken::new(parts.join("."))).is_err());
    }
}

#[test]
fn a_foreign_key_or_issuer_is_refused() {
    for foreign in [signer_of(6, ISSUER), signer_of(5, "https://elsewhere.test")] {
        let token = sign(&foreign, &claims());
        assert_eq!(foreign.verify(&token), Ok(claims()));
        assert_eq!(signer().verify(&token), Err(InvalidSignature));
    }
}

#[test]
fn every_changed_character_is_noticed() {
    let token = sign(&signer(), &claims());
    for place in 0..token.expose().len() {
        let mut bytes = token.expose().as_bytes().to_vec();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        let tampered = SignedToken::new(String::from_utf8(bytes).unwrap());
        assert!(signer().verify(&tampered).is_err(), "character {place}");
    }
}

#[test]
fn an_expired_token_is_for_the_caller_to_refuse() {
    let past = Claims { expires: Timestamp::from_millis(1000), ..claims() };
    assert_eq!(signer().verify(&sign(&signer(), &past)), Ok(past));
}

#[test]
fn somebody_elses_verifier_takes_what_was_signed_with_the_published_key() {
    let keyring = signer().keyring;
    let jwks: jsonwebtoken::jwk::JwkSet = serde_json::from_value(keyring.published()).unwrap();
    let key = jsonwebtoken::DecodingKey::from_jwk(jwks.find(&keyring.signing_id()).unwrap()).unwrap();
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::EdDSA);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[ISSUER]);
    let token = sign(&signer(), &claims());
    assert!(jsonwebtoken::decode::<Value>(token.expose(), &key, &validation).is_ok());
}
