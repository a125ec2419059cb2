use vestibule_application::ports::{Against, Verdict};
use vestibule_domain::{
    node::{NodeName, NodeRef, NodeSecrets},
    secret::Password,
    time::Timestamp,
};

use crate::cli::output::tests::{Bench, fields};

async fn secrets(bench: &Bench) -> NodeSecrets {
    let backup = NodeRef::Name(NodeName::parse("backup").unwrap());
    bench.ports.stores.nodes.find(&backup).await.unwrap().unwrap().secrets
}

async fn accepts(bench: &Bench, secret: &serde_json::Value, at: Timestamp) -> bool {
    let secret = Password::parse(secret.as_str().unwrap()).unwrap();
    for hash in secrets(bench).await.accepted(at) {
        let verdict = bench.ports.hasher.verify(&secret, Against::Stored(hash.clone())).await;
        if verdict.is_ok_and(|verdict| verdict != Verdict::Wrong) {
            return true;
        }
    }
    false
}

#[tokio::test]
async fn a_rotated_node_has_two_secrets_until_the_grace_ends() {
    let bench = Bench::new();
    let added = bench.json("node add backup", "").await;
    assert_eq!(fields(&added)[..3], ["guid", "name", "secret"]);
    let rotated = bench.json("node rotate backup --grace 1h", "").await;
    assert_eq!(rotated["guid"], added["guid"]);

    let (_, until) = secrets(&bench).await.previous.unwrap();
    let before = until.minus(std::time::Duration::from_millis(1));
    assert!(accepts(&bench, &added["secret"], before).await);
    assert!(!accepts(&bench, &added["secret"], until).await);
    assert!(accepts(&bench, &rotated["secret"], until).await);
    let grace = until.since(bench.ports.clock.now()).as_secs();
    assert!((3500..=3600).contains(&grace), "{grace}");
}

#[tokio::test]
async fn the_grace_is_a_day_unless_told_otherwise() {
    let bench = Bench::new();
    bench.json("node add backup", "").await;
    bench.json("node rotate backup", "").await;
    let (_, until) = secrets(&bench).await.previous.unwrap();
    let grace = until.since(bench.ports.clock.now()).as_secs();
    assert!((86_300..=86_400).contains(&grace), "{grace}");
}

#[tokio::test]
async fn nodes_are_listed_without_secrets_and_removed() {
    let bench = Bench::new();
    bench.json("node add backup", "").await;
    assert!(bench.refusal("node add backup", "").await.contains("node backup already"));
    assert!(!fields(&bench.json("node list", "").await[0]).contains(&"secret"));
    assert!(!fields(&bench.json("node remove backup", "").await).contains(&"secret"));
    assert_eq!(bench.said("node list", "").await.output, "none\n");
    assert!(bench.refusal("node rotate backup", "").await.contains("no node backup"));
}
