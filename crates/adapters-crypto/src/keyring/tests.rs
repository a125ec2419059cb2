use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use uuid::Uuid;
use vestibule_application::ports::{Seal, Seals, TokenSigner};
use vestibule_domain::session::{Claims, Origin, SessionId, SignedToken};

use super::*;
use crate::{AesSeals, Ed25519Signer, KeyFile};

const DAY: Duration = Duration::from_hours(24);
const MINUTE: Duration = Duration::from_mins(1);

struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// A node of an installation, which reads the common key file when it is told to.
struct Node {
    keyring: Arc<Keyring>,
    signer: Ed25519Signer,
    seals: AesSeals,
}

struct Installation {
    clock: Arc<Hands>,
    file: KeyFile,
    _directory: tempfile::TempDir,
}

impl Installation {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(Hands(AtomicI64::new(1_795_000_000_000)));
        let file = KeyFile::at(directory.path().join("master.key"));
        file.create(clock.now()).unwrap();
        Self { clock, file, _directory: directory }
    }

    fn node(&self) -> Node {
        let keyring = Arc::new(Keyring::new(&self.file.load().unwrap(), self.clock.clone()).unwrap());
        let seals = AesSeals::new(keyring.clone(), [Origin::new("here"), Origin::new("there")]).unwrap();
        Node { signer: Ed25519Signer::new(keyring.clone(), "us"), keyring, seals }
    }

    fn reload(&self, node: &Node) {
        node.keyring.replace(&self.file.load().unwrap()).unwrap();
    }

    fn wait(&self, span: Duration) {
        self.clock.0.fetch_add(i64::try_from(span.as_millis()).unwrap(), Ordering::Relaxed);
    }

    fn rotate(&self, activate_after: Duration, overlap: Duration) -> String {
        self.file.rotate(self.clock.now(), activate_after, overlap).unwrap()
    }
}

impl Node {
    fn sign(&self) -> SignedToken {
        let now = self.keyring.now();
        let id = Uuid::nil();
        let session = SessionId::from_uuid(id);
        let claims =
            Claims { subject: id, session, epoch: 1, issued: now, expires: now.plus(30 * DAY), scope: Vec::new() };
        self.signer.sign(&claims).unwrap()
    }

    fn seal(&self) -> (vestibule_domain::secret::OpaqueToken, Seal) {
        let expires = Timestamp::from_millis(self.keyring.now().plus(30 * MINUTE).as_secs() * 1000);
        let seal = Seal { origin: Origin::new("here"), expires, setup: false, guard: None };
        (self.seals.seal(&seal), seal)
    }

    fn takes(&self, token: &SignedToken) -> bool {
        self.signer.verify(token).is_ok()
    }

    fn published(&self) -> BTreeSet<String> {
        let keys = self.keyring.published();
        keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn what_an_old_key_signed_and_sealed_is_good_until_the_cut_off_and_not_a_moment_longer() {
    let installation = Installation::new();
    let node = installation.node();
    let (signed, (sealed, seal)) = (node.sign(), node.seal());
    let old = node.keyring.signing_id();
    let new = installation.rotate(MINUTE, 10 * DAY);
    installation.reload(&node);
    assert_eq!(node.keyring.signing_id(), old, "it signs too early");
    installation.wait(MINUTE);
    assert_eq!(node.keyring.signing_id(), new);
    let last = 10 * DAY;
    installation.wait(last.saturating_sub(Duration::from_millis(1)));
    assert!(node.takes(&signed) && node.seals.unseal(&sealed).contains(&seal));
    assert_eq!(node.published(), [old, new.clone()].into());
    installation.wait(Duration::from_millis(1));
    assert!(!node.takes(&signed) && !node.seals.unseal(&sealed).contains(&seal));
    assert_eq!(node.published(), [new].into());
    assert!(node.takes(&node.sign()));
}

#[test]
fn while_a_key_is_rolled_out_every_node_takes_every_other_nodes_tokens() {
    let installation = Installation::new();
    let nodes = [installation.node(), installation.node()];
    let mut made = Vec::new();
    let mut check = |when: &str| {
        for node in &nodes {
            made.push((node.sign(), node.seal()));
        }
        for (signed, (sealed, seal)) in &made {
            for node in &nodes {
                assert!(node.takes(signed) && node.seals.unseal(sealed).contains(seal), "{when}");
                assert_eq!(node.seals.session_id(sealed), nodes[0].seals.session_id(sealed));
            }
        }
    };
    check("before");
    installation.rotate(MINUTE, DAY);
    installation.reload(&nodes[0]);
    check("one node knows");
    installation.wait(MINUTE / 2);
    installation.reload(&nodes[1]);
    check("both nodes know");
    installation.wait(MINUTE / 2);
    check("it signs");
    // The control: without a delay, the node that does not know yet refuses.
    installation.rotate(Duration::ZERO, DAY);
    installation.reload(&nodes[0]);
    assert!(!nodes[1].takes(&nodes[0].sign()));
}

#[test]
fn what_a_revoked_key_signed_and_sealed_is_refused_and_session_identifiers_stay() {
    let installation = Installation::new();
    let node = installation.node();
    let (signed, (sealed, seal)) = (node.sign(), node.seal());
    let (old, id) = (node.keyring.signing_id(), node.seals.session_id(&sealed));
    installation.rotate(DAY, DAY);
    installation.file.revoke(&old, installation.clock.now()).unwrap();
    installation.reload(&node);
    assert!(!node.takes(&signed) && !node.seals.unseal(&sealed).contains(&seal));
    assert!(node.takes(&node.sign()), "the new one signs at once");
    assert_eq!(node.seals.session_id(&sealed), id);
}

#[test]
fn a_true_seal_is_among_the_readings_however_many_keys_there_are() {
    let installation = Installation::new();
    for _ in 0..7 {
        installation.rotate(Duration::ZERO, DAY);
    }
    let newer = installation.node();
    for _ in 0..3 {
        installation.rotate(Duration::ZERO, DAY);
    }
    let node = installation.node();
    let mut false_readings = 0;
    for _ in 0..2_000 {
        let (sealed, seal) = newer.seal();
        let readings = node.seals.unseal(&sealed);
        assert!(readings.contains(&seal));
        false_readings += readings.len() - 1;
    }
    // Ten keys, one in 1024 with two origins: 20 of them.
    assert!((2..60).contains(&false_readings), "{false_readings}");
}

#[test]
fn keys_of_another_installation_are_not_taken_for_rotated_ones() {
    let (ours, theirs) = (Installation::new(), Installation::new());
    let node = ours.node();
    let signed = node.sign();
    assert_eq!(node.keyring.replace(&theirs.file.load().unwrap()), Err(KeysRefused::Exchanged));
    assert!(node.takes(&signed));
}
