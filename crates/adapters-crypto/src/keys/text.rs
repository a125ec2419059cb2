//! How keys are written: a line that says so, the stable part, and a line for each key, newest first.
//!
//! Before keys could be rotated, a file held 64 hexadecimal digits and nothing else; such files are still read.

use std::fmt::Write;

use vestibule_domain::time::Timestamp;
use zeroize::Zeroizing;

use super::{Key, Keys, Secret};

const FIRST: &str = "vestibule-keys 1";
const NOTE: &str =
    "# Secret. Written by `vestibule keys`. key ID CREATED SIGNS-FROM VERIFIES-UNTIL SECRET, in Unix seconds.";

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    Empty,
    NotKeys,
    Line(usize),
    Order,
    Guessable,
}

pub(super) fn write(keys: &Keys) -> Zeroizing<String> {
    // Room for all of it, so that no copy is left behind by growing.
    let mut text = Zeroizing::new(String::with_capacity(256 + 256 * keys.keys.len()));
    let time = |at: Option<Timestamp>| at.map_or_else(|| "-".to_owned(), |at| at.as_secs().to_string());
    text.extend([FIRST, "\n", NOTE, "\nstable "]);
    write_hex(&mut text, &keys.stable);
    for key in &keys.keys {
        let (created, from, until) = (time(key.created), key.signs_from.as_secs(), time(key.until));
        // Writing to memory cannot fail.
        let _ = write!(text, "\nkey {} {created} {from} {until} ", key.id);
        write_hex(&mut text, &key.secret);
    }
    text.push('\n');
    text
}

pub(super) fn read(text: &str) -> Result<Keys, Flaw> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Flaw::Empty);
    }
    let Some(rest) = text.strip_prefix(FIRST) else {
        let single = strong(read_hex(text).ok_or(Flaw::NotKeys)?)?;
        return Keys::single(single).map_err(|_| Flaw::NotKeys);
    };
    let (mut stable, mut keys) = (None, Vec::<Key>::new());
    for (place, line) in rest.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        let flaw = Flaw::Line(place + 1);
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["stable", secret] if stable.is_none() => stable = Some(strong(read_hex(secret).ok_or(flaw)?)?),
            ["key", id, created, from, until, secret] => {
                let secret = strong(read_hex(secret).ok_or(flaw)?)?;
                let from = time(from).ok_or(flaw)?.ok_or(flaw)?;
                let mut key = Key::of(secret, time(created).ok_or(flaw)?, from).map_err(|_| flaw)?;
                key.until = time(until).ok_or(flaw)?;
                // A digit that was changed by accident would make another key.
                if key.id != id || keys.iter().any(|known| known.id == id) {
                    return Err(flaw);
                }
                keys.push(key);
            }
            _ => return Err(flaw),
        }
    }
    match (stable, keys.first()) {
        (Some(stable), Some(newest)) if newest.until.is_none() => Ok(Keys { stable, keys }),
        _ => Err(Flaw::Order),
    }
}

/// Nothing for what is no time; `-` stands for none.
#[expect(clippy::option_option, reason = "the outer one is the failure to read")]
fn time(text: &str) -> Option<Option<Timestamp>> {
    if text == "-" {
        return Some(None);
    }
    let millis = text.parse::<i64>().ok()?.checked_mul(1000)?;
    Some(Some(Timestamp::from_millis(millis)))
}

/// Refuses placeholders and phrases. Of 32 random bytes, about 30 differ; the chance that so few do, or that all are
/// printable, is under 2^-40.
fn strong(secret: Secret) -> Result<Secret, Flaw> {
    let mut bytes = Zeroizing::new(secret.to_vec());
    let step = bytes[1].wrapping_sub(bytes[0]);
    let counted = bytes.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]) == step);
    let typed = bytes.iter().all(|byte| (b' '..=b'~').contains(byte));
    bytes.sort_unstable();
    bytes.dedup();
    if counted || typed || bytes.len() <= 16 { Err(Flaw::Guessable) } else { Ok(secret) }
}

fn write_hex(text: &mut String, secret: &Secret) {
    for nibble in secret.iter().flat_map(|byte| [byte >> 4, byte & 0xf]) {
        text.extend(char::from_digit(u32::from(nibble), 16));
    }
}

fn read_hex(text: &str) -> Option<Secret> {
    let mut secret = Zeroizing::new([0; 32]);
    if text.len() != 64 {
        return None;
    }
    for (place, digit) in text.chars().enumerate() {
        secret[place / 2] = secret[place / 2] << 4 | u8::try_from(digit.to_digit(16)?).ok()?;
    }
    Some(secret)
}
