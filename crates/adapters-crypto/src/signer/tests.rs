use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};

use vestibule_application::{ports::Clock, view::Principal};
use vestibule_domain::{
    node::{Node, NodeId, NodeName},
    rights::{Right, RoleName},
    session::{DeviceName, Origin, Session, Subject},
    user::{EmailAddress, LoginName, Profile, TimeZoneName, User, UserId},
};

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

fn view(principal: Principal) -> SessionView {
    let now = Timestamp::from_millis(NOW * 1000);
    let id = SessionId::from_uuid(Uuid::from_u128(2));
    let mut session =
        Session::begin(id, Origin::new("x"), DeviceName::default(), now, now.plus(Duration::from_hours(1)));
    session.subject = match &principal {
        Principal::User(user) => Subject::User(user.id),
        Principal::Node(node) => Subject::Node(node.id),
        Principal::Anonymous | Principal::Setup => Subject::Anonymous,
    };
    let rights = ["edit", "read"].map(|right| Right::parse(right).unwrap());
    SessionView { session, principal, rights: rights.into(), latest_message: 0 }
}

fn of_alice() -> SessionView {
    view(Principal::User(Arc::new(User {
        id: UserId::from_uuid(Uuid::from_u128(1)),
        login: LoginName::parse("älice").unwrap(),
        email: EmailAddress::parse("alice@example.com").unwrap(),
        roles: BTreeSet::from(["admin", "editor"].map(|role| RoleName::parse(role).unwrap())),
        disabled: false,
        profile: Profile::default(),
        time_zone: TimeZoneName::default(),
        created: Timestamp::EPOCH,
        last_successful_login: None,
        last_failed_login: None,
    })))
}

fn of_a_node() -> SessionView {
    view(Principal::Node(Node {
        id: NodeId::from_uuid(Uuid::from_u128(7)),
        name: NodeName::parse("alice").unwrap(),
        created: Timestamp::EPOCH,
        last_successful_login: None,
        last_failed_login: None,
    }))
}

fn asserted(view: &SessionView) -> SignedToken {
    let now = Timestamp::from_millis(NOW * 1000);
    signer().assert(view, now, now.plus(Duration::from_mins(1))).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn an_assertion_says_whose_session_it_is_under_a_type_and_audience_of_its_own() {
    let token = asserted(&of_alice());
    let parts: Vec<&str> = token.expose().split('.').collect();
    let kid = signer().keyring.signing_id();
    assert_eq!(read(parts[0]), json!({ "typ": "vestibule-assertion+jwt", "alg": "EdDSA", "kid": kid }));
    assert_eq!(
        read(parts[1]),
        json!({
            "iss": ISSUER,
            "aud": "https://vestibule.test/verify",
            "sub": "00000000-0000-0000-0000-000000000001",
            "sid": "00000000-0000-0000-0000-000000000002",
            "iat": NOW,
            "exp": NOW + 60,
            "username": "älice",
            "email": "alice@example.com",
            "roles": ["admin", "editor"],
            "scope": "edit read",
        })
    );
}

#[test]
fn a_nodes_assertion_names_no_user_whatever_the_node_is_called() {
    let token = asserted(&of_a_node());
    let said = read(token.expose().split('.').nth(1).unwrap());
    assert_eq!((&said["sub"], &said["node"]), (&json!("00000000-0000-0000-0000-000000000007"), &json!("alice")));
    assert!(said.get("username").is_none() && said.get("email").is_none());
}

#[test]
fn nobodys_session_is_asserted_to_nobody() {
    for principal in [Principal::Anonymous, Principal::Setup] {
        let now = Timestamp::from_millis(NOW * 1000);
        assert!(signer().assert(&view(principal), now, now).is_err());
    }
}

#[test]
fn no_assertion_is_ever_a_sessions_token_and_no_sessions_token_an_assertion() {
    for view in [of_alice(), of_a_node()] {
        assert_eq!(signer().verify(&asserted(&view)), Err(InvalidSignature));
    }
    // Not even if it had every claim that a session's token has.
    let keyring = signer().keyring;
    let payload = read(sign(&signer(), &claims()).expose().split('.').nth(1).unwrap());
    let same = |kind: &str| SignedToken::new(keyring.signing(|key| key.sign_as(kind, &payload)).unwrap());
    assert_eq!(signer().verify(&same("JWT")), Ok(claims()), "the control");
    assert_eq!(signer().verify(&same(assertion::TYPE)), Err(InvalidSignature), "its type says what it is");
    // Nor if its type were forgotten: then its audience does.
    let said = read(asserted(&of_alice()).expose().split('.').nth(1).unwrap());
    let mut complete = payload.clone();
    complete["aud"] = said["aud"].clone();
    let untyped = SignedToken::new(keyring.signing(|key| key.sign(&complete)).unwrap());
    assert_eq!(signer().verify(&untyped), Err(InvalidSignature));

    // Whoever checks tokens elsewhere by issuer and audience takes neither for the other.
    let jwks: jsonwebtoken::jwk::JwkSet = serde_json::from_value(keyring.published()).unwrap();
    let key = jsonwebtoken::DecodingKey::from_jwk(jwks.find(&keyring.signing_id()).unwrap()).unwrap();
    let taken_for = |token: &SignedToken, audience: &str| {
        let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::EdDSA);
        validation.validate_exp = false;
        validation.set_audience(&[audience]);
        jsonwebtoken::decode::<Value>(token.expose(), &key, &validation).is_ok()
    };
    let (session, assertion) = (sign(&signer(), &claims()), asserted(&of_alice()));
    let for_others = format!("{ISSUER}verify");
    assert!(taken_for(&session, ISSUER) && taken_for(&assertion, &for_others));
    assert!(!taken_for(&session, &for_others) && !taken_for(&assertion, ISSUER));
}
