//! Rights, and the roles that carry them.

use std::collections::BTreeSet;

use smol_str::SmolStr;

use crate::text::word_type;

word_type!(
    /// A right as clients see it, for example `system.users`.
    Right,
    100
);

word_type!(
    /// The name of a role, for example `admin`.
    RoleName,
    100
);

/// A set of rights, always in order.
pub type Rights = BTreeSet<Right>;

/// A named set of rights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its name.
    pub name: RoleName,
    /// What it permits.
    pub rights: Rights,
}

impl RoleName {
    /// The role whose sessions are back-office sessions (seed 001).
    pub const fn admin() -> Self {
        Self(SmolStr::new_static("admin"))
    }

    /// The role whose rights every node has.
    pub const fn node() -> Self {
        Self(SmolStr::new_static("node"))
    }
}

/// The rights that the service itself knows, in order. Roles may carry any others.
pub const SYSTEM_RIGHTS: [&str; 8] = [
    "system.clients",
    "system.forms",
    "system.log",
    "system.nodes",
    "system.roles",
    "system.root",
    "system.sessions",
    "system.users",
];

/// [`SYSTEM_RIGHTS`] as a set: what the role `admin` is shipped with, and what an unconfigured system grants at least.
pub fn system_rights() -> Rights {
    SYSTEM_RIGHTS.iter().map(|right| Right(SmolStr::new_static(right))).collect()
}

/// The roles every store has from its first migration on.
pub fn shipped_roles() -> [Role; 2] {
    [Role { name: RoleName::admin(), rights: system_rights() }, Role { name: RoleName::node(), rights: Rights::new() }]
}

/// All rights of all these roles.
pub fn union<'a>(roles: impl IntoIterator<Item = &'a Role>) -> Rights {
    let mut roles = roles.into_iter();
    // Most have one role: to copy a set whole takes a fraction of putting it together.
    let mut all = roles.next().map_or_else(Rights::new, |role| role.rights.clone());
    all.extend(roles.flat_map(|role| role.rights.iter().cloned()));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_rights_that_are_shipped_are_rights_and_in_order() {
        for right in SYSTEM_RIGHTS {
            assert_eq!(Right::parse(right).unwrap().as_str(), right);
        }
        assert!(SYSTEM_RIGHTS.is_sorted());
    }

    proptest! {
        #[test]
        fn a_union_has_each_roles_rights_and_no_others(sets in proptest::collection::vec(proptest::collection::btree_set("[a-z]{1,3}", 0..5), 0..5)) {
            let roles: Vec<Role> = sets.iter().map(|set| Role {
                name: RoleName::admin(),
                rights: set.iter().map(|right| Right::parse(right).unwrap()).collect(),
            }).collect();
            let all = union(&roles);
            prop_assert!(roles.iter().all(|role| role.rights.is_subset(&all)));
            prop_assert!(all.iter().all(|right| roles.iter().any(|role| role.rights.contains(right))));
        }
    }
}
