//! Which roles have a label of their own in the metrics: a bounded number, for each label is kept for ever.

use std::collections::HashSet;
use std::sync::{LazyLock, RwLock};

/// The roles that are told apart; the others are one.
const ROLES: usize = 32;

/// The label of the connection's own user. No role can have this name in PostgreSQL.
const OWN_USER: &str = "none";

/// The label of all roles that have none of their own. A role of that name shares it.
const OTHER: &str = "other";

static KNOWN: LazyLock<RwLock<HashSet<String>>> = LazyLock::new(RwLock::default);

/// The label of a role. Only one that was taken with success gets a label: nobody fills the table with names that are no
/// roles.
pub(super) fn label(role: Option<&str>, is_success: bool) -> String {
    let Some(role) = role else { return OWN_USER.to_owned() };
    if is_known(role) || (is_success && learn(role)) { role.to_owned() } else { OTHER.to_owned() }
}

fn is_known(role: &str) -> bool {
    KNOWN.read().is_ok_and(|known| known.contains(role))
}

/// Gives the role a label, if there is one left.
fn learn(role: &str) -> bool {
    KNOWN.write().is_ok_and(|mut known| {
        let has_room = known.len() < ROLES;
        if has_room {
            known.insert(role.to_owned());
        }
        has_room
    })
}
