//! How good a new password must be. Never asked of a password that is used to log in.

#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, sync::Arc};

use thiserror::Error;
use vestibule_domain::{
    secret::Password,
    user::{City, PersonName, Profile, User},
};

/// The demands on new passwords: how long, and how hard to guess. What they are made of is everybody's own affair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// The fewest characters.
    pub min_length: usize,
    /// The lowest score by zxcvbn, 0 (guessed at once) to 4 (very hard to guess).
    pub min_score: u8,
    /// What anybody would try who knows the service: what it is called, where it is, what it speaks.
    pub words: Arc<[String]>,
}

/// The password does not meet the demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TooSimple {
    /// Too few characters; carries the least number.
    #[error("the password must have at least {0} characters")]
    Short(usize),
    /// Too easy to guess: common, or made of what is known of its owner or of the service.
    #[error(
        "the password is too easy to guess: it is a common one, or made of common words, or of names that have to do \
         with its owner or this service"
    )]
    Guessable,
}

impl PasswordPolicy {
    /// A password that is among the first so many guesses is refused, however low the score that is demanded: the 10,000
    /// that zxcvbn knows to be the most common, in upper and lower case alike, and the words that are known of somebody,
    /// alone or with one more character. It reckons 10,000 guesses for putting two parts together, and 1,100 for these.
    const COMMON: u64 = 11_100;

    /// Checks a new password of this user.
    pub fn check(&self, password: &Password, owner: &User) -> Result<(), TooSimple> {
        if password.expose().chars().count() < self.min_length {
            return Err(TooSimple::Short(self.min_length));
        }
        let words = self.words_about(owner);
        // It looks at the first 100 characters; nobody guesses more.
        let estimate = zxcvbn::zxcvbn(password.expose(), &words.iter().map(String::as_str).collect::<Vec<_>>());
        let is_guessable = estimate.guesses() <= Self::COMMON || u8::from(estimate.score()) < self.min_score;
        if is_guessable { Err(TooSimple::Guessable) } else { Ok(()) }
    }

    /// What is easily guessed of this user, as a whole and in its parts.
    fn words_about(&self, owner: &User) -> BTreeSet<String> {
        const SHORTEST_PART: usize = 3;
        let Profile { name, surname, nickname, default_city, .. } = &owner.profile;
        let email = &owner.email;
        // Many never say where they live.
        let assumed = City::default();
        let own = [owner.login.as_str(), email.as_str(), email.local_part(), default_city.as_str(), assumed.as_str()];
        let names = [name, surname, nickname].into_iter().flatten().map(PersonName::as_str);
        let mut words = BTreeSet::new();
        for word in own.into_iter().chain(names).chain(self.words.iter().map(String::as_str)) {
            let parts = word.split(|c: char| !c.is_alphanumeric());
            words.extend(parts.filter(|part| part.chars().count() >= SHORTEST_PART).map(str::to_lowercase));
            words.insert(word.to_lowercase());
        }
        words
    }
}

impl Default for PasswordPolicy {
    /// Six characters, as seed 003 says, and not guessed at once.
    fn default() -> Self {
        Self { min_length: 6, min_score: 1, words: Arc::new(["vestibule".to_owned()]) }
    }
}
