//! How good a new password must be. Never asked of a password that is used to log in.

use thiserror::Error;
use vestibule_domain::secret::Password;

/// The demands on new passwords.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// The fewest characters.
    pub min_length: usize,
    /// The lowest score by zxcvbn, 0 (guessed at once) to 4 (very hard to guess).
    pub min_score: u8,
}

/// The password does not meet the demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TooSimple {
    /// Too few characters; carries the least number.
    #[error("the password must have at least {0} characters")]
    Short(usize),
    /// Too easy to guess: common, or made of what is known of its owner.
    #[error("the password is too easy to guess")]
    Guessable,
}

impl PasswordPolicy {
    /// Guessing is judged by so many characters; nobody guesses more.
    const JUDGED: usize = 100;

    /// Checks a new password. `context` are words that are easily guessed of its owner: address, names, city.
    pub fn check(&self, password: &Password, context: &[&str]) -> Result<(), TooSimple> {
        if password.expose().chars().count() < self.min_length {
            return Err(TooSimple::Short(self.min_length));
        }
        let judged: String = password.expose().chars().take(Self::JUDGED).collect();
        let words: Vec<&str> = context.iter().copied().chain(["vestibule"]).filter(|word| !word.is_empty()).collect();
        let score = u8::from(zxcvbn::zxcvbn(&judged, &words).score());
        if score < self.min_score { Err(TooSimple::Guessable) } else { Ok(()) }
    }
}

impl Default for PasswordPolicy {
    /// Six characters, as seed 003 says, and not guessed at once.
    fn default() -> Self {
        Self { min_length: 6, min_score: 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(policy: PasswordPolicy, password: &str, context: &[&str]) -> Result<(), TooSimple> {
        policy.check(&Password::parse(password).unwrap(), context)
    }

    #[test]
    fn six_uncommon_characters_are_enough_by_default() {
        let policy = PasswordPolicy::default();
        assert_eq!(check(policy, "k7#qz", &[]), Err(TooSimple::Short(6)));
        for good in ["k7#qzw", "password1234", "somepassword", "JeSuisUnTest", "zażółć"] {
            assert_eq!(check(policy, good, &[]), Ok(()), "{good}");
        }
    }

    #[test]
    fn common_words_and_the_owners_own_are_too_simple() {
        let policy = PasswordPolicy::default();
        for bad in ["123456", "qwerty", "password", "aaaaaa"] {
            assert_eq!(check(policy, bad, &[]), Err(TooSimple::Guessable), "{bad}");
        }
        assert_eq!(check(policy, "warszawa", &["WARSZAWA"]), Err(TooSimple::Guessable));
        assert_eq!(check(policy, "ann@x.test", &["ann@x.test"]), Err(TooSimple::Guessable));
    }

    #[test]
    fn length_counts_characters_and_long_passwords_are_judged_quickly() {
        let policy = PasswordPolicy { min_length: 15, min_score: 3 };
        assert_eq!(check(policy, "żżżżżżżżżżżżżż", &[]), Err(TooSimple::Short(15)));
        assert_eq!(check(policy, &"correct horse battery staple ".repeat(35), &[]), Ok(()));
    }
}
