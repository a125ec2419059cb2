//! What sessions, users and their rights *are*: values that can only be built right, and the rules on them.
//!
//! Nothing here waits, reads a clock, draws randomness, serialises or logs; time and random bits arrive as arguments.
//! Start with [`session::Session`], then [`user::User`].

pub mod client;
pub mod form;
pub mod login_token;
pub mod message;
pub mod network;
pub mod node;
pub mod rights;
pub mod secret;
pub mod session;
pub mod text;
pub mod time;
pub mod user;

/// Gives a newtype over a UUID its way in, its way out and its written form.
#[doc(hidden)]
#[macro_export]
macro_rules! uuid_newtype {
    ($name:ident) => {
        impl $name {
            /// Wraps a UUID.
            pub const fn from_uuid(uuid: ::uuid::Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID.
            pub const fn as_uuid(self) -> ::uuid::Uuid {
                self.0
            }

            /// Reads the hyphenated form.
            pub fn parse(text: &str) -> Option<Self> {
                ::uuid::Uuid::try_parse(text).ok().map(Self)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }
    };
}
