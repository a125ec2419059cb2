//! Secrets, every spelling in which they might be found, and the search for any piece of one.

use std::collections::HashMap;

use base64::{Engine, engine::GeneralPurpose, prelude::BASE64_STANDARD_NO_PAD, prelude::BASE64_URL_SAFE_NO_PAD};

/// The length of the pieces that are looked for: of a secret that was cut, one of them is left.
const PIECE: usize = 8;
/// The same of secrets in hexadecimal digits, of which pieces of eight turn up by chance.
const HEX_PIECE: usize = 12;

/// A secret with a name for the report.
#[derive(Clone)]
pub(super) struct Secret {
    pub(super) name: String,
    pub(super) text: String,
}

/// What is looked for: pieces by their first bytes.
#[derive(Default)]
pub(super) struct Needles {
    by_start: HashMap<[u8; PIECE], Vec<(Vec<u8>, String)>>,
    starts: Vec<bool>,
}

impl Needles {
    pub(super) fn of<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let mut needles = Self { by_start: HashMap::new(), starts: vec![false; 1 << 16] };
        for secret in secrets {
            for (spelling, bytes) in spellings(&secret.text) {
                let digits = bytes.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-');
                let length = if digits { HEX_PIECE } else { PIECE };
                for piece in bytes.windows(length) {
                    needles.add(piece, format!("{} ({spelling})", secret.name));
                }
            }
        }
        needles
    }

    pub(super) fn count(&self) -> usize {
        self.by_start.values().map(Vec::len).sum()
    }

    fn add(&mut self, piece: &[u8], name: String) {
        let pieces = self.by_start.entry(piece[..PIECE].try_into().unwrap()).or_default();
        if !pieces.iter().any(|(known, _)| known == piece) {
            pieces.push((piece.to_vec(), name));
        }
        self.starts[usize::from(u16::from_be_bytes([piece[0], piece[1]]))] = true;
    }

    /// Each secret of which there is a piece in these bytes, with how often and what is around the first.
    pub(super) fn found_in(&self, bytes: &[u8]) -> Vec<(String, usize, String)> {
        let mut found: HashMap<&str, (usize, usize, usize)> = HashMap::new();
        for (at, window) in bytes.windows(PIECE).enumerate() {
            if !self.starts[usize::from(window[0]) << 8 | usize::from(window[1])] {
                continue;
            }
            for (piece, name) in self.by_start.get(window).into_iter().flatten() {
                if bytes[at..].starts_with(piece) {
                    let (times, first, last) = found.entry(name).or_insert((0, at, 0));
                    // Pieces that overlap are one place.
                    *times += usize::from(*times == 0 || at > *last + piece.len());
                    *last = at;
                    *first = (*first).min(at);
                }
            }
        }
        let around = |at: usize| {
            let (from, to) = (at.saturating_sub(60), (at + 80).min(bytes.len()));
            bytes[from..to].escape_ascii().to_string()
        };
        let mut found: Vec<_> =
            found.into_iter().map(|(name, (times, first, _))| (name.to_owned(), times, around(first))).collect();
        found.sort();
        found
    }
}

/// Every spelling of a secret: as it is, in a URL, in JSON, in hexadecimal digits, in base64 wherever in a longer text
/// it stands; and the same of the bytes that it spells itself, if it is hexadecimal or base64.
fn spellings(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let mut found = vec![("as it is", text.as_bytes().to_vec())];
    let json = serde_json::to_string(text).unwrap();
    found.push(("JSON", json.trim_matches('"').as_bytes().to_vec()));
    for plus in ["+", "%20"] {
        found.push(("URL", percent(text, plus).into_bytes()));
    }
    found.push(("Rust", text.escape_debug().to_string().into_bytes()));
    encoded(text.as_bytes(), &mut found);
    let digits = text.replace('-', "");
    let bits: Option<Vec<u8>> =
        (0..digits.len() / 2).map(|at| u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok()).collect();
    if let Some(bits) = bits.filter(|bits| bits.len() >= 16) {
        found.push(("bits", bits.clone()));
        encoded(&bits, &mut found);
    } else if let Ok(bits) = BASE64_STANDARD_NO_PAD.decode(text.trim_end_matches('='))
        && bits.len() >= 32
    {
        found.push(("bits", bits.clone()));
        encoded(&bits, &mut found);
    }
    found
}

fn encoded(bytes: &[u8], found: &mut Vec<(&'static str, Vec<u8>)>) {
    let hex = hexadecimal(bytes);
    found.push(("hexadecimal", hex.to_uppercase().into_bytes()));
    found.push(("hexadecimal", hex.into_bytes()));
    for (name, engine) in [("base64", BASE64_STANDARD_NO_PAD), ("base64url", BASE64_URL_SAFE_NO_PAD)] {
        found.extend((0..3).map(|offset| (name, base64_at(&engine, bytes, offset))));
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// The part of the base64 of a text that these bytes decide, when so many others come before them.
fn base64_at(engine: &GeneralPurpose, bytes: &[u8], offset: usize) -> Vec<u8> {
    let mut padded = vec![0; offset];
    padded.extend(bytes);
    let text = engine.encode(&padded).into_bytes();
    let first = [0, 2, 3][offset];
    let last = text.len() - usize::from(!padded.len().is_multiple_of(3));
    text[first..last].to_vec()
}

fn percent(text: &str, space: &str) -> String {
    text.bytes().fold(String::new(), |text, byte| match byte {
        b' ' => text + space,
        _ if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') => {
            text + &char::from(byte).to_string()
        }
        _ => text + &format!("%{byte:02X}"),
    })
}

#[test]
fn c1_a_piece_of_a_secret_is_found_however_it_is_spelled() {
    let secret = Secret { name: "it".to_owned(), text: "k\"é% 7QzA\\&+r4doE125ULM6".to_owned() };
    let token = Secret { name: "token".to_owned(), text: "c473472d-c085-4043-9bf0-ee80bff73d40".to_owned() };
    let needles = Needles::of([&secret, &token]);
    let texts = |text: &[u8]| {
        let hex = hexadecimal(text);
        let mut texts = vec![hex.to_uppercase(), hex];
        for before in 0..3 {
            let around = [&vec![b'x'; before], text, b"yy"].concat();
            texts.extend([BASE64_STANDARD_NO_PAD.encode(&around), BASE64_URL_SAFE_NO_PAD.encode(&around)]);
        }
        texts
    };
    let bits: Vec<u8> =
        vec![0xc4, 0x73, 0x47, 0x2d, 0xc0, 0x85, 0x40, 0x43, 0x9b, 0xf0, 0xee, 0x80, 0xbf, 0xf7, 0x3d, 0x40];
    let others = [
        "k%22%C3%A9%25+7QzA%5C%26%2Br4doE125ULM6".to_owned(),
        r#"{"password":"k\"é% 7QzA\\&+r4doE125ULM6"}"#.to_owned(),
        "cut off: ...5ULM6".replace("...", "4doE12"),
        "token=43-9bf0-ee80".to_owned(),
    ];
    for text in texts(secret.text.as_bytes()).into_iter().chain(texts(&bits)).chain(others) {
        assert!(!needles.found_in(text.as_bytes()).is_empty(), "{text}");
    }
    assert!(!needles.found_in(&bits).is_empty());
    assert_eq!(needles.found_in(b"doE125U, r4doE12 and 4043-9bf0"), []);
}
