//! Settings that are one of a few words.

use serde_json::Value as Json;

use super::Kind;

/// Declares an enum that is written as one of a few words.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$about])* $variant,)*
        }

        impl $name {
            /// The word for it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }

        impl Kind for $name {
            fn allowed() -> String {
                format!("one of {}", [$($word),*].join(", "))
            }

            fn read(value: &Json) -> Option<Self> {
                match value.as_str()? {
                    $($word => Some(Self::$variant),)*
                    _ => None,
                }
            }

            fn show(&self) -> Json {
                self.as_str().into()
            }
        }
    };
}

words! {
    /// How far documented but risky behaviour goes.
    Profile {
        /// Every documented answer can be had, some only from loopback or over TLS.
        Faithful = "faithful",
        /// Risky behaviour is closed.
        Hardened = "hardened",
    }
}

words! {
    /// Who may set the system up while it has no user.
    OpenTo {
        /// Callers on this machine, and whoever presents the one-time secret.
        Loopback = "loopback",
        /// Whoever presents the one-time secret.
        Secret = "secret",
        /// Everybody.
        Anyone = "anyone",
        /// Nobody.
        Nobody = "nobody",
    }
}

words! {
    /// Whether anybody can register.
    Registration {
        /// Anybody.
        Open = "open",
        /// Nobody.
        Off = "off",
    }
}

words! {
    /// Which edition of an API is mounted.
    Edition {
        /// What its document says.
        Documented = "documented",
        /// What programs written for the original system expect.
        Deployed = "deployed",
    }
}

words! {
    /// A session API.
    Dialect {
        /// Seed 000.
        Easydb = "easydb",
        /// Seed 001.
        Dialogram = "dialogram",
        /// Seed 002.
        Platformos = "platformos",
        /// Seed 003.
        Dood = "dood",
        /// Seed 004.
        Vprotect = "vprotect",
    }
}

impl Dialect {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Easydb, Self::Dialogram, Self::Platformos, Self::Dood, Self::Vprotect];
}

words! {
    /// How log lines look.
    LogFormat {
        /// For people.
        Human = "human",
        /// One JSON object a line.
        Json = "json",
    }
}
