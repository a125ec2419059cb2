//! Writes what each law is worth trying on, beside its seeds, into a folder of its name under the one that is given.
#![expect(clippy::expect_used, reason = "who runs it wants to know why it could not")]

use std::{env, fs, path::PathBuf};

use vestibule_input_laws::{LAWS, corpora};

fn main() {
    let folder = PathBuf::from(env::args_os().nth(1).expect("a folder"));
    for (name, _) in LAWS {
        fs::create_dir_all(folder.join(name)).expect("it can be made");
        for (n, input) in corpora(name).into_iter().enumerate() {
            fs::write(folder.join(name).join(format!("corpus-{n}")), input).expect("it can be written");
        }
    }
}
