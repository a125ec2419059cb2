//! Cookies that carry a session (RFC 6265bis).

use std::time::Duration;

use http::{HeaderMap, HeaderValue, header::COOKIE};

/// How a dialect's cookie is named and scoped. Always `HttpOnly` and `SameSite=Lax`, never with a `Domain`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieSpec {
    /// Its name.
    pub name: String,
    /// The path it covers.
    pub path: String,
    /// Whether it travels over TLS only.
    pub secure: bool,
}

impl CookieSpec {
    /// `Set-Cookie` that hands out `value`, which must have no character that needs quoting.
    pub fn set(&self, value: &str, max_age: Duration) -> Option<HeaderValue> {
        self.line(value, max_age.as_secs())
    }

    /// `Set-Cookie` that takes the cookie back.
    pub fn clear(&self) -> Option<HeaderValue> {
        self.line("", 0)
    }

    fn line(&self, value: &str, max_age: u64) -> Option<HeaderValue> {
        let Self { name, path, secure } = self;
        let (age, secure) = (max_age.to_string(), if *secure { "; Secure" } else { "" });
        // Put together as it is: every anonymous session has one, and `format!` takes four times as long.
        let line = [name, "=", value, "; Path=", path, "; Max-Age=", &age, "; HttpOnly; SameSite=Lax", secure].concat();
        let mut value = HeaderValue::try_from(line).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

/// The value of the first cookie of that name in a request, without surrounding quotes.
pub fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(given, _)| *given == name).map(|(_, value)| value.trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_set_and_cleared_with_the_same_scope() {
        let spec = CookieSpec { name: "S".to_owned(), path: "/a".to_owned(), secure: true };
        assert_eq!(
            spec.set("v", Duration::from_mins(1)).unwrap(),
            "S=v; Path=/a; Max-Age=60; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(spec.clear().unwrap(), "S=; Path=/a; Max-Age=0; HttpOnly; SameSite=Lax; Secure");
    }

    #[test]
    fn cookies_are_found_by_their_exact_name() {
        let headers = HeaderMap::from_iter([
            (COOKIE, "XS=no; S=\"one\"; S=two".parse().unwrap()),
            (COOKIE, "T=three".parse().unwrap()),
        ]);
        assert_eq!(find(&headers, "S"), Some("one"));
        assert_eq!(find(&headers, "T"), Some("three"));
        assert_eq!(find(&headers, "s"), None);
    }
}
