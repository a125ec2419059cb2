use std::time::Duration;

use serde_json::{Value, json};
use vestibule_application::change::Change;
use vestibule_domain::{
    session::{DeviceName, Origin, Session, SessionId, Subject},
    user::UserId,
};

use crate::cli::output::tests::{Bench, fields};

const HOUR: Duration = Duration::from_hours(1);

/// Begins a session that is over after `ttl` and, when it is somebody's, idle after half of it.
async fn begin(bench: &Bench, subject: Subject, ttl: Duration) -> String {
    let now = bench.ports.clock.now();
    let session = Session {
        id: SessionId::from_uuid(bench.ports.ids.next()),
        origin: Origin::new("easydb"),
        device: DeviceName::default(),
        subject,
        begun: now,
        authenticated: None,
        last_seen: now,
        idle_ttl: (subject != Subject::Anonymous).then(|| ttl / 2),
        expires: now.plus(ttl),
        ended: None,
        epoch: 0,
        guard: None,
        sealed_until: None,
    };
    let (id, digest) = (session.id.to_string(), bench.ports.tokens.digest(&bench.ports.tokens.mint()));
    bench.ports.stores.unit.commit(vec![Change::BeginSession { session, digest }]).await.unwrap();
    id
}

async fn alice(bench: &Bench) -> Subject {
    let user = bench.json("user show alice", "").await;
    Subject::User(UserId::parse(user["id"].as_str().unwrap()).unwrap())
}

fn ids(sessions: &Value) -> Vec<&str> {
    sessions.as_array().unwrap().iter().map(|session| session["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_session_is_shown_with_its_user_and_standing() {
    let bench = Bench::with_alice().await;
    let id = begin(&bench, alice(&bench).await, HOUR).await;
    let shown = bench.json(&format!("session show {id}"), "").await;
    assert_eq!(fields(&shown), ["id", "user", "dialect", "begun", "last_seen", "expires", "standing"]);
    assert_eq!(
        (&shown["id"], &shown["user"], &shown["dialect"], &shown["standing"]),
        (&json!(id), &json!("alice"), &json!("easydb"), &json!("authenticated"))
    );
    // The idle expiry comes first.
    let time = |field: &str| humantime::parse_rfc3339(shown[field].as_str().unwrap()).unwrap();
    assert_eq!(time("expires").duration_since(time("last_seen")).unwrap(), HOUR / 2);

    let anonymous = begin(&bench, Subject::Anonymous, HOUR).await;
    let shown = bench.json(&format!("session show {anonymous}"), "").await;
    assert_eq!((&shown["user"], &shown["standing"]), (&json!(null), &json!("anonymous")));
    let over = begin(&bench, Subject::Anonymous, Duration::ZERO).await;
    assert_eq!(bench.json(&format!("session show {over}"), "").await["standing"], json!("expired"));
}

#[tokio::test]
async fn sessions_are_listed_for_all_or_for_one_user() {
    let bench = Bench::with_alice().await;
    let hers = begin(&bench, alice(&bench).await, HOUR).await;
    begin(&bench, Subject::Anonymous, HOUR).await;
    assert_eq!(ids(&bench.json("session list", "").await).len(), 2);
    assert_eq!(ids(&bench.json("session list --user alice", "").await), [hers.as_str()]);
    assert!(bench.refusal("session list --user bob", "").await.contains("bob"));
}

#[tokio::test]
async fn a_revoked_session_is_over_and_stays_so() {
    let bench = Bench::with_alice().await;
    let id = begin(&bench, alice(&bench).await, HOUR).await;
    let revoked = bench.json(&format!("session revoke {id}"), "").await;
    assert_eq!(revoked["standing"], json!("ended:revoked"));
    assert_eq!(bench.json(&format!("session show {id}"), "").await, revoked);
    assert_eq!(bench.json(&format!("session revoke {id}"), "").await, revoked);
}

#[tokio::test]
async fn all_of_a_users_sessions_are_revoked_and_no_others() {
    let bench = Bench::with_alice().await;
    let other = begin(&bench, Subject::Anonymous, HOUR).await;
    let mut hers = [begin(&bench, alice(&bench).await, HOUR).await, begin(&bench, alice(&bench).await, HOUR).await];
    hers.sort();
    let revoked = bench.json("session revoke --user alice", "").await;
    // In the order in which they began, which may be the same millisecond.
    let mut found = ids(&revoked);
    found.sort_unstable();
    assert_eq!(found, hers);
    assert!(revoked.as_array().unwrap().iter().all(|session| session["standing"] == "ended:revoked"));
    assert_eq!(bench.json(&format!("session show {other}"), "").await["standing"], json!("anonymous"));
    assert_eq!(bench.json("session list --user alice", "").await, revoked);
}

#[tokio::test]
async fn disabling_removing_or_a_new_password_ends_a_users_sessions() {
    for (line, input) in
        [("user disable alice", ""), ("user remove alice", ""), ("user password alice --password-stdin", "n3w-k7#qzw")]
    {
        let bench = Bench::with_alice().await;
        let id = begin(&bench, alice(&bench).await, HOUR).await;
        bench.json(line, input).await;
        let shown = bench.json(&format!("session show {id}"), "").await;
        assert_eq!(shown["standing"], json!("ended:subject_changed"), "{line}");
    }
}

/// TX-9.
#[tokio::test]
async fn all_sessions_there_are_are_revoked_and_counted() {
    let bench = Bench::with_alice().await;
    let hers = begin(&bench, alice(&bench).await, HOUR).await;
    let nobodys = begin(&bench, Subject::Anonymous, HOUR).await;
    assert_eq!(bench.json("session revoke --all", "").await, json!({ "revoked": 2 }));
    for id in [hers, nobodys] {
        assert_eq!(bench.json(&format!("session show {id}"), "").await["standing"], json!("ended:revoked"));
    }
    assert_eq!(bench.json("session revoke --all", "").await, json!({ "revoked": 0 }));
    assert!(bench.refusal("session revoke --all --user alice", "").await.contains("cannot be used with"));
}

#[tokio::test]
async fn what_to_revoke_must_be_said_once_and_rightly() {
    let bench = Bench::with_alice().await;
    let id = "00000000-0000-0000-0000-000000000001";
    assert!(bench.refusal("session revoke", "").await.contains("--user"));
    assert!(bench.refusal(&format!("session revoke {id} --user alice"), "").await.contains("cannot be used with"));
    assert!(bench.refusal("session revoke alice", "").await.contains("hexadecimal"));
    assert!(bench.refusal(&format!("session revoke {id}"), "").await.contains(id));
}

#[tokio::test]
async fn a_session_that_ended_is_explained() {
    let bench = Bench::with_alice().await;
    let id = begin(&bench, alice(&bench).await, HOUR).await;
    let live = bench.json(&format!("session explain {id}"), "").await;
    assert_eq!(
        (&live["why"], &live["ended"], &live["user"]),
        (&json!("It has not ended."), &json!(null), &json!("alice"))
    );
    bench.json("user disable alice", "").await;
    let over = bench.json(&format!("session explain {id}"), "").await;
    assert_eq!((&over["why"], &over["id"]), (&json!("Its user was disabled."), &json!(id)));
    assert_eq!(over["events"][0]["event"], "user_disabled");
    let unknown = "session explain 00000000-0000-0000-0000-000000000000";
    assert!(bench.refusal(unknown, "").await.contains("no session"));
}

#[tokio::test]
async fn sessions_begun_before_a_moment_are_ended_and_later_ones_stay() {
    let bench = Bench::with_alice().await;
    let id = begin(&bench, alice(&bench).await, HOUR).await;
    let revoked = |at: &'static str| format!("session revoke --begun-before {at}");
    assert_eq!(bench.json(&revoked("2001-01-01T00:00:00Z"), "").await, json!({ "revoked": 0 }));
    assert_eq!(bench.json(&revoked("2901-01-01T00:00:00Z"), "").await, json!({ "revoked": 1 }));
    assert_eq!(bench.json(&format!("session show {id}"), "").await["standing"], "ended:revoked");
    assert!(bench.refusal("session revoke --begun-before yesterday", "").await.contains("2026-11-22T10:00:00Z"));
}
