//! What device a request comes from, by its `User-Agent`.

use http::{HeaderMap, header::USER_AGENT};
use vestibule_domain::session::DeviceName;
use woothee::parser::Parser;

/// A short name such as `Chrome on Windows 10`; `Unknown` for programs and for whatever the library does not know.
pub fn name_of(headers: &HeaderMap) -> DeviceName {
    let agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // Longer ones are nobody's browser.
    let known = (agent.len() <= 1024).then(|| Parser::new().parse(agent)).flatten();
    let Some(result) =
        known.filter(|result| matches!(result.category, "pc" | "smartphone" | "mobilephone" | "appliance"))
    else {
        return DeviceName::default();
    };
    DeviceName::parse(&format!("{} on {}", result.name, result.os)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(agent: &str) -> String {
        name_of(&HeaderMap::from_iter([(USER_AGENT, agent.parse().unwrap())])).as_str().to_owned()
    }

    #[test]
    fn browsers_are_named_and_programs_are_unknown() {
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
        assert_eq!(name(firefox), "Firefox on Linux");
        let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1";
        assert_eq!(name(iphone), "Safari on iPhone");
        for program in
            ["curl/8.5.0", "", "<script>alert(1)</script>", "Googlebot/2.1 (+http://www.google.com/bot.html)"]
        {
            assert_eq!(name(program), "Unknown", "{program}");
        }
    }
}
