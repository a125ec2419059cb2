//! Tokens that nobody may be let in by: what RFC 8725 warns of, and what goes wrong in practice.
//!
//! Many are signed with the very key, so that it is not the signature that saves us.

use aws_lc_rs::{
    hmac,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

/// What the forger knows: more than any real one.
pub(crate) struct Forge {
    pair: Ed25519KeyPair,
    payload: Value,
    kid: String,
    /// A token that is accepted.
    pub(crate) good: String,
}

type Forged = Vec<(String, String)>;

fn text(part: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(part)
}

impl Forge {
    /// From a token that is accepted, and the seed of the key that signed it.
    pub(crate) fn new(good: &str, seed: &[u8; 32]) -> Self {
        let parts: Vec<&str> = good.split('.').collect();
        let read = |part: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
        let kid = read(parts[0])["kid"].as_str().unwrap().to_owned();
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).unwrap();
        let forge = Self { pair, payload: read(parts[1]), kid, good: good.to_owned() };
        let again = forge.signed(forge.header(), forge.payload.to_string());
        assert!(again.len() == good.len() && again.starts_with(parts[0]), "the seed is not that of the key");
        forge
    }

    /// All of them, each with what is wrong with it.
    pub(crate) fn forged(&self) -> Forged {
        let mut all = self.algorithms();
        all.extend(self.headers());
        all.extend(self.signatures());
        all.extend(self.shapes());
        all.extend(self.claims());
        all
    }

    /// The payload changed, all else right: with nothing changed, the control of all refusals.
    pub(crate) fn with_claims(&self, change: impl FnOnce(&mut Value)) -> String {
        let mut payload = self.payload.clone();
        change(&mut payload);
        self.signed(self.header(), payload.to_string())
    }

    fn header(&self) -> String {
        format!(r#"{{"typ":"JWT","alg":"EdDSA","kid":"{}"}}"#, self.kid)
    }

    /// Rightly signed, whatever it says.
    fn signed(&self, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
        let message = format!("{}.{}", text(header), text(payload));
        format!("{message}.{}", text(self.pair.sign(message.as_bytes())))
    }

    fn with_header(&self, header: impl AsRef<[u8]>) -> String {
        self.signed(header, self.payload.to_string())
    }

    fn good_parts(&self) -> [&str; 3] {
        self.good.split('.').collect::<Vec<_>>().try_into().unwrap()
    }

    fn algorithms(&self) -> Forged {
        let (kid, body) = (&self.kid, text(self.payload.to_string()));
        let [_, _, signature] = self.good_parts();
        let mut all = Forged::new();
        for alg in ["none", "None", "nOnE", "NONE", ""] {
            let header = text(format!(r#"{{"typ":"JWT","alg":"{alg}","kid":"{kid}"}}"#));
            all.push((format!("alg {alg:?}, no signature"), format!("{header}.{body}.")));
            all.push((format!("alg {alg:?}, two parts"), format!("{header}.{body}")));
            all.push((format!("alg {alg:?}, another's signature"), format!("{header}.{body}.{signature}")));
        }
        let public = self.pair.public_key().as_ref();
        let der = [&[0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0][..], public].concat();
        let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": text(public) }).to_string();
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", STANDARD.encode(&der));
        let secrets: [(&str, Vec<u8>); 7] = [
            ("raw", public.to_vec()),
            ("DER", der),
            ("PEM", pem.clone().into_bytes()),
            ("PEM with a line end", format!("{pem}\n").into_bytes()),
            ("JWK", jwk.into_bytes()),
            ("JWK's x", text(public).into_bytes()),
            ("nothing", Vec::new()),
        ];
        for (form, secret) in &secrets {
            for (alg, hash) in
                [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)]
            {
                let header = text(format!(r#"{{"typ":"JWT","alg":"{alg}","kid":"{kid}"}}"#));
                let message = format!("{header}.{body}");
                let tag = hmac::sign(&hmac::Key::new(hash, secret), message.as_bytes());
                all.push((format!("{alg} keyed with the public key, {form}"), format!("{message}.{}", text(tag))));
            }
        }
        for alg in [r#""eddsa""#, r#""EDDSA""#, r#""Ed25519""#, r#""ES256""#, r#""RS256""#, r#""HS256""#, "1", "null"] {
            let header = format!(r#"{{"typ":"JWT","alg":{alg},"kid":"{kid}"}}"#);
            all.push((format!("alg {alg}, rightly signed"), self.with_header(header)));
        }
        all
    }

    fn headers(&self) -> Forged {
        let kid = &self.kid;
        let own = Ed25519KeyPair::from_seed_unchecked(&[9; 32]).unwrap();
        let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": text(own.public_key()), "kid": "mine" });
        let mut all = Forged::new();
        for extra in [
            r#""crit":["exp"]"#.to_owned(),
            r#""crit":[]"#.to_owned(),
            r#""b64":false"#.to_owned(),
            r#""b64":false,"crit":["b64"]"#.to_owned(),
            r#""jku":"http://127.0.0.1:9/keys""#.to_owned(),
            r#""x5u":"http://127.0.0.1:9/cert""#.to_owned(),
            r#""x5c":["MIIB"]"#.to_owned(),
            r#""x5t":"AAAA""#.to_owned(),
            r#""zip":"DEF""#.to_owned(),
            r#""cty":"JWT""#.to_owned(),
            r#""enc":"A128GCM""#.to_owned(),
            r#""alg":"none""#.to_owned(),
            r#""alg":"EdDSA""#.to_owned(),
            r#""typ":"JWT""#.to_owned(),
            format!(r#""jwk":{jwk}"#),
            format!(r#""kid":"{kid}""#),
        ] {
            let header = self.header().replace('}', &format!(",{extra}}}"));
            all.push((format!("also says {extra}"), self.with_header(header)));
        }
        let header = format!(r#"{{"typ":"JWT","alg":"EdDSA","kid":"mine","jwk":{jwk}}}"#);
        let message = format!("{}.{}", text(header), text(self.payload.to_string()));
        let brought = format!("{message}.{}", text(own.sign(message.as_bytes())));
        all.push(("brings its own key and is signed with it".to_owned(), brought));
        for typ in ["jwt", "JWS", "at+jwt", "login+jwt", "application/jwt", "JWE", ""] {
            let header = format!(r#"{{"typ":"{typ}","alg":"EdDSA","kid":"{kid}"}}"#);
            all.push((format!("typ {typ:?}"), self.with_header(header)));
        }
        let overlong = "a".repeat(2000);
        for named in [
            "../../../../dev/null",
            "master.key",
            "' OR '1'='1",
            "x' UNION SELECT 'AA==",
            "$(id)",
            "\\u0000",
            "",
            "0123456789abcdef",
            &overlong,
            &kid.to_uppercase(),
            &format!("{kid} "),
            &kid[..15],
        ] {
            let header = format!(r#"{{"typ":"JWT","alg":"EdDSA","kid":"{named}"}}"#);
            all.push((format!("kid {named:.30}"), self.with_header(header)));
        }
        for header in [
            format!(r#"{{"alg":"EdDSA","typ":"JWT","kid":"{kid}"}}"#),
            format!(r#"{{"typ": "JWT", "alg": "EdDSA", "kid": "{kid}"}}"#),
            format!(r#"{{"alg":"EdDSA","kid":"{kid}"}}"#),
            format!(r#"{{"typ":"JWT","kid":"{kid}"}}"#),
            r#"{"typ":"JWT","alg":"EdDSA"}"#.to_owned(),
            r#"{"typ":"JWT","alg":"EdDSA","kid":7}"#.to_owned(),
            r#"{"typ":"JWT","alg":"EdDSA","kid":null}"#.to_owned(),
            format!("{} ", self.header()),
            format!("[{}]", self.header()),
            "[".repeat(2000),
            "{}".to_owned(),
            "null".to_owned(),
            "no JSON".to_owned(),
        ] {
            all.push((format!("header {header:.50}"), self.with_header(&header)));
        }
        all.push(("header that is no UTF-8".to_owned(), self.with_header([0xff, 0xfe, 0x7b])));
        all
    }

    fn signatures(&self) -> Forged {
        let [header, body, signature] = self.good_parts();
        let raw = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let with = |signature: &[u8]| format!("{header}.{body}.{}", text(signature));
        let other = Ed25519KeyPair::from_seed_unchecked(&[9; 32]).unwrap();
        let message = format!("{header}.{body}");
        // Every character of a signature counts but the last four bits of its last one, which must be zero.
        let mut loose = self.good.clone();
        let last = loose.pop().unwrap();
        loose.push(char::from(last as u8 + 1));
        let swapped = text(self.header().replace("EdDSA", "HS256"));
        let raised = self.payload.to_string().replace(r#""scope":""#, r#""scope":"backoffice "#);
        [
            ("no signature", format!("{header}.{body}.")),
            ("half a signature", with(&raw[..32])),
            ("a longer signature", with(&[&raw[..], &[0]].concat())),
            ("a signature of zeros", with(&[0; 64])),
            ("the neutral element for a signature", with(&[&[1][..], &[0; 63]].concat())),
            ("the same signature written with a greater S", with(&with_greater_s(&raw))),
            ("another key's signature", with(other.sign(message.as_bytes()).as_ref())),
            ("another token's signature", format!("{header}.{}.{signature}", text(raised))),
            ("a swapped header", format!("{swapped}.{body}.{signature}")),
            ("the signature of the body alone", with(self.pair.sign(body.as_bytes()).as_ref())),
            ("loose bits in the last character", loose),
        ]
        .map(|(what, token)| (what.to_owned(), token))
        .into()
    }

    fn shapes(&self) -> Forged {
        let good = &self.good;
        let [header, body, signature] = self.good_parts();
        let padded = format!("{header}=.{body}=.{signature}==");
        [
            ("a trailing dot", format!("{good}.")),
            ("trailing dots", format!("{good}...")),
            ("a leading dot", format!(".{good}")),
            ("doubled dots", good.replace('.', "..")),
            ("padding at the end", format!("{good}==")),
            ("padding everywhere", padded),
            ("a blank inside", format!("{header}. {body}.{signature}")),
            ("a line break inside", format!("{header}.{body}\n.{signature}")),
            ("a null byte at the end", format!("{good}\0")),
            ("lower case", good.to_lowercase()),
            ("upper case", good.to_uppercase()),
            ("twice", format!("{good}.{good}")),
            ("a comma and another", format!("{good},{good}")),
            ("escaped dots", good.replace('.', "%2E")),
            ("quotes", format!("\"{good}\"")),
            ("the parts in another order", format!("{body}.{header}.{signature}")),
            ("encrypted (JWE)", format!("{}.AAAA.AAAA.{body}.AAAA", text(r#"{"alg":"dir","enc":"A128GCM"}"#))),
            ("nested", self.signed(self.header(), good)),
            ("JSON serialization", json!({ "protected": header, "payload": body, "signature": signature }).to_string()),
            ("two dots", "..".to_owned()),
            ("nothing", String::new()),
            ("very long", format!("{good}{}", "A".repeat(12_000))),
            ("a very long payload", self.signed(self.header(), " ".repeat(9000) + &self.payload.to_string())),
        ]
        .map(|(what, token)| (what.to_owned(), token))
        .into()
    }

    fn claims(&self) -> Forged {
        let claim = |name: &str| self.payload[name].clone();
        let later = claim("iat").as_i64().unwrap() + 86_400;
        let mut all = Forged::new();
        for name in ["iss", "aud", "sub", "sid", "iat", "exp", "jti", "scope"] {
            let without = self.with_claims(|payload| drop(payload.as_object_mut().unwrap().remove(name)));
            all.push((format!("without {name}"), without));
            for wrong in [Value::Null, json!({}), json!([claim(name)]), json!(true)] {
                let what = format!("{name} is {wrong}");
                all.push((what, self.with_claims(|payload| payload[name] = wrong)));
            }
        }
        for (name, wrong) in [
            ("iss", json!("https://elsewhere.test/")),
            ("iss", json!(claim("iss").as_str().unwrap().to_uppercase())),
            ("aud", json!("https://elsewhere.test/")),
            ("aud", json!(["https://elsewhere.test/", claim("aud")])),
            ("sub", json!("admin")),
            ("sub", json!(1)),
            ("iat", json!(claim("iat").to_string())),
            ("iat", json!(later)),
            ("iat", json!(i64::MAX)),
            ("nbf", json!(later)),
            ("nbf", json!("0")),
            ("nbf", Value::Null),
            ("exp", json!("never")),
            ("exp", json!(claim("exp").to_string())),
            ("exp", json!(1e300)),
            ("exp", json!(i64::MAX)),
            ("exp", json!(u64::MAX)),
            ("jti", json!("1")),
            ("jti", json!(claim("jti").as_str().unwrap().replace('.', ".+"))),
        ] {
            let what = format!("{name} is {wrong}");
            all.push((what, self.with_claims(|payload| payload[name] = wrong)));
        }
        let twice = self.payload.to_string().replace('{', &format!(r#"{{"sub":{},"#, claim("sub")));
        for (what, payload) in [
            ("a claim twice", twice),
            ("claims in an array", format!("[{}]", self.payload)),
            ("text after the claims", format!("{}x", self.payload)),
            ("no claims", "{}".to_owned()),
            ("no JSON", "sub=admin".to_owned()),
        ] {
            all.push((what.to_owned(), self.signed(self.header(), payload)));
        }
        all
    }
}

/// Adds the order of the group to S: verifiers that do not insist on the least S take it for another signature
/// (RFC 8032, section 5.1.7).
fn with_greater_s(signature: &[u8]) -> Vec<u8> {
    let mut order = [0_u8; 32];
    let low = 27_742_317_777_372_353_535_851_937_790_883_648_493_u128.to_le_bytes();
    order[..16].copy_from_slice(&low);
    order[31] = 0x10;
    let mut greater = signature.to_vec();
    let mut carry = 0_u16;
    for (place, digit) in order.iter().enumerate() {
        let sum = u16::from(greater[32 + place]) + u16::from(*digit) + carry;
        greater[32 + place] = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    greater
}
