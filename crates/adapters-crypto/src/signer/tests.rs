use serde_json::{Value, json};

use super::*;

const ISSUER: &str = "https://vestibule.test";

fn signer_of(key: u8, issuer: &str) -> Ed25519Signer {
    Ed25519Signer::new(&MasterKey::from_bytes([key; 32]), issuer).unwrap_or_else(|error| panic!("{error}"))
}

fn signer() -> Ed25519Signer {
    signer_of(5, ISSUER)
}

fn claims() -> Claims {
    Claims {
        subject: Uuid::from_u128(1),
        session: SessionId::from_uuid(Uuid::from_u128(2)),
        epoch: 3,
        issued: Timestamp::from_millis(1_795_000_000_000),
        expires: Timestamp::from_millis(1_797_592_000_000),
        scope: vec!["backoffice".to_owned(), "system.users".to_owned()],
    }
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn parts(token: &SignedToken) -> [String; 3] {
    token.expose().split('.').map(str::to_owned).collect::<Vec<_>>().try_into().unwrap()
}

fn read(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// A token with any header and payload, rightly signed.
fn signed(header: &Value, payload: &Value) -> SignedToken {
    let message = format!("{}.{}", part(header), part(payload));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &signer().encoding, Algorithm::EdDSA).unwrap();
    SignedToken::new(format!("{message}.{signature}"))
}

fn header() -> Value {
    json!({ "typ": "JWT", "alg": "EdDSA", "kid": signer().kid })
}

fn payload() -> Value {
    read(&parts(&signer().sign(&claims()).unwrap_or_else(|e| panic!("{e}")))[1])
}

#[test]
fn what_was_signed_is_verified() {
    let token = signer().sign(&claims()).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(signer().verify(&token), Ok(claims()));
    assert!(SignedToken::parse(token.expose()).is_ok());
    let bare = Claims { scope: Vec::new(), ..claims() };
    assert_eq!(signer().verify(&signer().sign(&bare).unwrap_or_else(|e| panic!("{e}"))), Ok(bare));
}

#[test]
fn the_wire_is_as_documented() {
    let [head, body, _] = parts(&signer().sign(&claims()).unwrap_or_else(|e| panic!("{e}")));
    assert_eq!(read(&head), header());
    assert_eq!(
        read(&body),
        json!({
            "iss": ISSUER,
            "aud": ISSUER,
            "sub": "00000000-0000-0000-0000-000000000001",
            "sid": "00000000-0000-0000-0000-000000000002",
            "iat": 1_795_000_000,
            "exp": 1_797_592_000,
            "jti": "00000000-0000-0000-0000-000000000002.3",
            "scope": "backoffice system.users",
        })
    );
}

#[test]
fn a_rightly_signed_token_with_all_claims_is_the_control_of_the_refusals_below() {
    assert_eq!(signer().verify(&signed(&header(), &payload())), Ok(claims()));
}

#[test]
fn another_algorithm_is_refused_even_when_keyed_with_the_public_key() {
    let body = part(&payload());
    let none = part(&json!({ "typ": "JWT", "alg": "none", "kid": signer().kid }));
    assert!(signer().verify(&SignedToken::new(format!("{none}.{body}."))).is_err());

    let header = Header { kid: Some(signer().kid), ..Header::new(Algorithm::HS256) };
    let confused = encode(&header, &payload(), &EncodingKey::from_secret(&signer().public)).unwrap();
    assert!(signer().verify(&SignedToken::new(confused)).is_err());

    // The right signature does not help a header that names another algorithm.
    for alg in ["none", "HS256", "ES256", "eddsa"] {
        let header = json!({ "typ": "JWT", "alg": alg, "kid": signer().kid });
        assert!(signer().verify(&signed(&header, &payload())).is_err(), "{alg}");
    }
}

#[test]
fn a_foreign_key_issuer_or_key_id_is_refused() {
    for foreign in [signer_of(6, ISSUER), signer_of(5, "https://elsewhere.test")] {
        let token = foreign.sign(&claims()).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(foreign.verify(&token), Ok(claims()));
        assert_eq!(signer().verify(&token), Err(InvalidSignature));
    }
    for header in [json!({ "typ": "JWT", "alg": "EdDSA" }), json!({ "alg": "EdDSA", "kid": "0123456789abcdef" })] {
        assert!(signer().verify(&signed(&header, &payload())).is_err());
    }
}

#[test]
fn every_changed_character_is_noticed() {
    let token = signer().sign(&claims()).unwrap_or_else(|e| panic!("{e}"));
    for place in 0..token.expose().len() {
        let mut bytes = token.expose().as_bytes().to_vec();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        let tampered = SignedToken::new(String::from_utf8(bytes).unwrap());
        assert!(signer().verify(&tampered).is_err(), "character {place}");
    }
}

#[test]
fn a_claim_that_is_missing_or_malformed_is_refused() {
    for claim in ["iss", "aud", "sub", "sid", "iat", "exp", "jti", "scope"] {
        let mut missing = payload();
        missing.as_object_mut().unwrap().remove(claim);
        assert!(signer().verify(&signed(&header(), &missing)).is_err(), "without {claim}");
        let mut malformed = payload();
        malformed[claim] = json!({ "not": "this" });
        assert!(signer().verify(&signed(&header(), &malformed)).is_err(), "malformed {claim}");
    }
    for (claim, value) in [
        ("exp", json!("1797592000")),
        ("exp", Value::Null),
        ("exp", json!(i64::MAX)),
        ("iss", json!("https://elsewhere.test")),
        ("aud", json!("https://elsewhere.test")),
        ("jti", json!("00000000-0000-0000-0000-000000000001.3")),
        ("jti", json!("00000000-0000-0000-0000-000000000002.+3")),
        ("jti", json!("00000000-0000-0000-0000-000000000002")),
    ] {
        let mut changed = payload();
        changed[claim] = value;
        assert!(signer().verify(&signed(&header(), &changed)).is_err(), "{changed}");
    }
}

#[test]
fn an_expired_token_is_for_the_caller_to_refuse() {
    let past = Claims { expires: Timestamp::from_millis(1000), ..claims() };
    assert_eq!(signer().verify(&signer().sign(&past).unwrap_or_else(|e| panic!("{e}"))), Ok(past));
}

#[test]
fn the_published_key_verifies_what_was_signed() {
    let jwks: jsonwebtoken::jwk::JwkSet = serde_json::from_value(signer().jwks()).unwrap();
    let key = DecodingKey::from_jwk(jwks.find(&signer().kid).unwrap()).unwrap();
    let token = signer().sign(&claims()).unwrap_or_else(|e| panic!("{e}"));
    assert!(decode::<WireClaims>(token.expose(), &key, &signer().validation).is_ok());
}
