use std::{collections::BTreeSet, fs, os::unix::fs::PermissionsExt, path::Path, thread};

use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);
const DAY: Duration = Duration::from_hours(24);
const ONCE: Duration = Duration::ZERO;

struct Place {
    directory: tempfile::TempDir,
    file: KeyFile,
}

fn place() -> Place {
    let directory = tempfile::tempdir().unwrap();
    let file = KeyFile::at(directory.path().join("master.key"));
    Place { directory, file }
}

impl Place {
    fn made() -> Self {
        let place = place();
        place.file.create(NOW).unwrap_or_else(|error| panic!("{error}"));
        place
    }

    /// Of a file that only its owner can read.
    fn of(content: impl AsRef<[u8]>) -> Self {
        let place = place();
        fs::write(place.file.path(), content).unwrap();
        set_mode(place.file.path(), 0o600);
        place
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file.path()).unwrap()
    }

    fn keys(&self) -> Keys {
        self.file.load().unwrap_or_else(|error| panic!("{error}"))
    }

    fn ids(&self) -> Vec<String> {
        self.keys().reports(NOW).into_iter().map(|report| report.id).collect()
    }

    fn refusal(&self) -> String {
        self.file.load().err().unwrap_or_else(|| panic!("it was taken")).to_string()
    }

    fn files(&self) -> usize {
        fs::read_dir(self.directory.path()).unwrap().count()
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A key that may well have been drawn.
const SINGLE: &str = "f1d2a97c0b6e83455ac91e7740dd28b39e06bf5218c4736da0ef915b3c82e74d";

#[test]
fn a_missing_file_is_created_for_its_owner_only_and_read_again() {
    let place = place();
    let made = place.file.load_or_create(NOW).unwrap();
    assert!(made.stable == place.keys().stable && made.keys[0].secret == place.keys().keys[0].secret);
    assert!(made.stable != made.keys[0].secret);
    assert_eq!(fs::metadata(place.file.path()).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(place.files(), 1, "a draft was left behind");
}

#[test]
fn processes_that_create_the_file_at_once_get_the_same_key() {
    let place = place();
    let keys: BTreeSet<[u8; 32]> = thread::scope(|scope| {
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(|| place.file.load_or_create(NOW))).collect();
        threads.into_iter().map(|thread| *thread.join().unwrap().unwrap().stable).collect()
    });
    assert_eq!((keys.len(), place.files()), (1, 1));
    assert!(matches!(place.file.create(NOW), Err(KeyError::Present(_))));
}

#[test]
fn of_processes_that_rotate_at_once_none_loses_its_key() {
    let place = Place::made();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| place.file.rotate(NOW, ONCE, DAY).unwrap_or_else(|error| panic!("{error}")));
        }
    });
    assert_eq!(place.ids().len(), 9);
}

#[test]
fn what_is_no_key_is_refused_by_an_error_that_names_the_file_and_the_way_out() {
    let counted = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    // "correct horse battery staple now"
    let phrase = "636f727265637420686f7273652062617474657279207374".to_owned() + "61706c65206e6f77";
    let made = Place::made().text();
    for content in [
        "",
        "\n",
        "changeme",
        "abc",
        &SINGLE[..62],
        &format!("{SINGLE}00"),
        &"g".repeat(64),
        &"é".repeat(32),
        &"00".repeat(32),
        &"ab".repeat(32),
        &"0123456789abcdef".repeat(4),
        &"deadbeef".repeat(8),
        counted,
        &phrase,
        "vestibule-keys 1\n",
        "vestibule-keys 2\n",
        &made.replace("stable", "stabile"),
        &made.replace("\nkey", "\nkeys"),
        &made.lines().filter(|line| !line.starts_with("stable")).collect::<Vec<_>>().join("\n"),
        &made.lines().filter(|line| !line.starts_with("key")).collect::<Vec<_>>().join("\n"),
        &made.replace(" - ", " 1795000000 "),
        &made.replace(" - ", " soon "),
        &made[..made.len() - 10],
        &format!("{made}{}", made.lines().last().unwrap()),
        &made.replace("key ", "key 0"),
    ] {
        let place = Place::of(content);
        let told = place.refusal();
        assert!(told.contains("master.key") && told.contains("vestibule keys create"), "{content:?}: {told}");
        let secrets = content.split_whitespace().filter(|word| word.len() >= 62);
        assert!(secrets.clone().all(|secret| !told.contains(secret)), "{told}");
        assert_eq!(place.text(), content, "the file was changed");
        assert!(place.file.rotate(NOW, ONCE, DAY).is_err());
        assert_eq!((place.text().as_str(), place.files()), (content, 1));
    }
}

#[test]
fn a_file_that_others_can_reach_is_refused() {
    for mode in [0o604, 0o644, 0o602, 0o620, 0o666, 0o777] {
        let place = Place::made();
        set_mode(place.file.path(), mode);
        let told = place.refusal();
        assert!(told.contains("chmod 600") && told.contains(&format!("{mode:o}")), "{told}");
    }
    let place = Place::made();
    set_mode(place.file.path(), 0o440);
    assert!(place.file.load().is_ok(), "secrets are mounted for a group");
    let told = place.file.rotate(NOW, ONCE, DAY).err().unwrap().to_string();
    assert!(told.contains("chmod 600"), "{told}");
}

#[test]
fn a_file_of_another_user_is_not_replaced() {
    let place = Place::made();
    // Only root can give files away.
    if std::os::unix::fs::chown(place.file.path(), Some(65534), None).is_ok() {
        let before = place.text();
        assert!(matches!(place.file.rotate(NOW, ONCE, DAY), Err(KeyError::Foreign(_))));
        assert_eq!((place.text(), place.files()), (before, 1));
    }
}

#[test]
fn a_directory_that_is_not_there_is_named() {
    let place = place();
    let file = KeyFile::at(place.directory.path().join("nowhere/master.key"));
    let error = file.load_or_create(NOW).err().unwrap();
    assert!(matches!(error, KeyError::Unwritable { .. }) && error.to_string().contains("nowhere"), "{error}");
}

#[test]
fn a_file_from_before_rotation_is_read_as_it_is_and_upgraded_by_a_rotation() {
    for content in [SINGLE.to_owned(), format!("{}\r\n", SINGLE.to_uppercase())] {
        let place = Place::of(&content);
        let old = place.keys();
        assert!(old.stable == old.keys[0].secret && old.keys[0].secret[..2] == [0xf1, 0xd2]);
        assert_eq!(place.file.prune(NOW).unwrap(), [""; 0]);
        assert_eq!(place.text(), content, "changed by something else than a rotation");
        let id = place.file.rotate(NOW, DAY, DAY).unwrap();
        let new = place.keys();
        assert!(new.stable == old.stable && new.keys[1].secret == old.keys[0].secret);
        assert_eq!(place.ids(), [id, old.keys[0].id.clone()]);
        assert_eq!(new.keys[1].until, Some(NOW.plus(DAY).plus(DAY)));
    }
}

#[test]
fn what_is_left_of_a_rotation_that_was_killed_is_in_nobodys_way() {
    let place = Place::made();
    let (before, draft) = (place.text(), place.directory.path().join("master.key.draft"));
    fs::write(&draft, "vestibule-keys 1\nstab").unwrap();
    assert_eq!(place.ids().len(), 1);
    place.file.rotate(NOW, ONCE, DAY).unwrap();
    assert_eq!((place.ids().len(), place.files()), (2, 1));
    // Until the new file has its name, the old one is whole: a draft that cannot be written changes nothing.
    let place = Place::of(before);
    fs::create_dir(place.directory.path().join("master.key.draft")).unwrap();
    assert!(place.file.rotate(NOW, ONCE, DAY).is_err());
    assert_eq!(place.ids().len(), 1);
}

#[test]
fn a_file_behind_a_link_is_replaced_where_it_is() {
    let place = Place::made();
    let link = place.directory.path().join("link");
    std::os::unix::fs::symlink("master.key", &link).unwrap();
    KeyFile::at(&link).rotate(NOW, ONCE, DAY).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(place.ids().len(), 2);
}

#[test]
fn a_stamp_changes_with_the_content() {
    let place = place();
    assert_eq!(place.file.stamp(), None);
    place.file.create(NOW).unwrap();
    let before = place.file.stamp();
    assert!(before.is_some() && before == place.file.stamp());
    place.file.rotate(NOW, ONCE, DAY).unwrap();
    assert_ne!(place.file.stamp(), before);
}

#[test]
fn the_only_good_key_cannot_be_revoked_nor_one_that_is_not_there() {
    let place = Place::made();
    let first = place.ids().remove(0);
    assert!(matches!(place.file.revoke(&first, NOW), Err(KeyError::Last)));
    assert!(matches!(place.file.revoke("0", NOW), Err(KeyError::Unknown(_))));
    let second = place.file.rotate(NOW, ONCE, DAY).unwrap();
    assert!(matches!(place.file.revoke(&second, NOW.plus(DAY)), Err(KeyError::Last)), "the first is over by then");
    place.file.revoke(&second, NOW).unwrap();
    assert_eq!((place.ids(), place.keys().keys[0].until), (vec![first], None));
}

#[test]
fn keys_that_are_over_are_pruned_and_no_others() {
    let place = Place::made();
    let first = place.ids().remove(0);
    let second = place.file.rotate(NOW, ONCE, DAY).unwrap();
    let third = place.file.rotate(NOW, ONCE, 2 * DAY).unwrap();
    let standings = |now| place.keys().reports(now).iter().map(|report| report.standing).collect::<Vec<_>>();
    assert_eq!(standings(NOW), [KeyStanding::Signing, KeyStanding::Verifying, KeyStanding::Verifying]);
    assert_eq!(place.file.prune(NOW).unwrap(), [""; 0]);
    let later = NOW.plus(DAY);
    assert_eq!(standings(later), [KeyStanding::Signing, KeyStanding::Verifying, KeyStanding::Over]);
    assert_eq!(place.file.prune(later).unwrap(), [first]);
    assert_eq!(place.ids(), [third, second]);
}

#[test]
fn a_key_that_waits_does_not_sign_yet() {
    let place = Place::made();
    place.file.rotate(NOW, DAY, DAY).unwrap();
    let standings = |now| place.keys().reports(now).iter().map(|report| report.standing).collect::<Vec<_>>();
    assert_eq!(standings(NOW), [KeyStanding::Waiting, KeyStanding::Signing]);
    assert_eq!(standings(NOW.plus(DAY)), [KeyStanding::Signing, KeyStanding::Verifying]);
    // Nor ever, once a newer one signs.
    place.file.rotate(NOW, ONCE, DAY).unwrap();
    assert_eq!(standings(NOW), [KeyStanding::Signing, KeyStanding::Verifying, KeyStanding::Verifying]);
}

#[test]
fn every_purpose_of_every_key_has_a_key_of_its_own() {
    let place = Place::made();
    place.file.rotate(NOW, ONCE, DAY).unwrap();
    let keys = place.keys();
    let mut derived: BTreeSet<[u8; 32]> = BTreeSet::new();
    for purpose in [Purpose::Sealing, Purpose::SessionIds, Purpose::Signing, Purpose::GuardTags] {
        derived.insert(*keys.derive_stable(purpose));
        derived.extend(keys.keys.iter().map(|key| *key.derive(purpose)));
    }
    assert_eq!(derived.len(), 12);
    assert!(keys.derive_stable(Purpose::Sealing) == place.keys().derive_stable(Purpose::Sealing));
}

proptest! {
    #[test]
    fn reading_any_text_comes_to_an_end(words in proptest::collection::vec("key|stable|-|[0-9]{1,25}|[0-9a-f]{64}|\n|.{0,9}", 0..40)) {
        let text = format!("vestibule-keys 1\n{}", words.join(" "));
        let _ = text::read(&text);
    }
}
