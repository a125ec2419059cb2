//! The corpora of `tests/corpus` as inputs of the laws.

use std::{fs, path::Path};

use percent_encoding::{NON_ALPHANUMERIC, percent_encode};

/// Where requests that log in go, and what their bodies call the one who does.
const DOORS: [(&str, &str, &str, &str); 5] = [
    ("easydb", "POST /api/session/authenticate?token=c473472d-c085-4043-9bf0-ee80bff73d40", "{}", "login"),
    ("dialogram", "POST /api/session", "{}", "email"),
    (
        "platformos",
        "POST /api/sessions\nauthorization: Token token=c473472d-c085-4043-9bf0-ee80bff73d40",
        r#"{"form_name":"reference_rest_api_create_sessions","form":{}}"#,
        "email",
    ),
    ("dood", "POST /session/register/", "{}", "email"),
    ("vprotect", "POST /session/login", "{}", "login"),
];

/// What this law is worth trying on.
pub fn corpora(law: &str) -> Vec<Vec<u8>> {
    let texts = || ["unicode.txt", "header-injection.txt"].into_iter().flat_map(lines);
    let Some((_, head, body, field)) = DOORS.into_iter().find(|(dialect, ..)| *dialect == law) else {
        return match law {
            "names" | "tokens" => {
                texts().chain(judged("look-alikes.txt").flat_map(|pair| both(&pair))).map(text).collect()
            }
            _ => Vec::new(),
        };
    };
    let request = |head: &str, kind: &str, body: &str| format!("{head}\ncontent-type: {kind}\n\n{body}").into_bytes();
    let json = |fields: &str| request(head, "application/json", &body.replace("{}", fields));
    let mut inputs: Vec<Vec<u8>> = judged("json-differential/bodies.txt")
        .map(|fields| json(&fields.replace("LOGIN", field).replace("WHO", "ann@example.com").replace("PW", "secret")))
        .collect();
    for line in texts() {
        inputs.push(json(&format!(r#"{{"{field}":{line},"password":{line}}}"#)));
    }
    for kind in judged("json-differential/content-types.txt") {
        inputs.push(request(head, &kind, &body.replace("{}", &format!(r#"{{"{field}":"ann","password":"secret"}}"#))));
    }
    if law == "easydb" {
        for target in judged("open-redirects.txt") {
            let target = percent_encode(&text(target), NON_ALPHANUMERIC).to_string();
            let form = format!("login=ann&password=secret&success={target}&error={target}");
            inputs.push(request(head, "application/x-www-form-urlencoded", &form));
        }
    }
    inputs
}

/// The lines that are no comments.
fn lines(name: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus").join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

/// The lines, without the word that says what is to become of each.
fn judged(name: &str) -> impl Iterator<Item = String> {
    lines(name).into_iter().filter_map(|line| Some(line.split_once(' ')?.1.to_owned()))
}

/// Both texts of a line.
fn both(line: &str) -> Vec<String> {
    line.split("\" \"").map(|text| format!("\"{}\"", text.trim_matches('"'))).collect()
}

/// What a JSON string says, or, where it is none, its bytes.
fn text(line: String) -> Vec<u8> {
    serde_json::from_str::<String>(&line).unwrap_or(line).into_bytes()
}
