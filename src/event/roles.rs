//! Which roles have a label of their own in the metrics: a bounded number, for each label is kept for ever.

use std::collections::HashSet;
use std::sync::{LazyLock, RwLock};

/// The roles that are told apart; the others are one.
const ROLES: usize = 32;

/// The label of the connection's own user. No role can have this name in PostgreSQL.
const OWN_USER: &str = "none";

/// The label of all roles that have none of their own. A role of that name shares it.
const OTHER: &str = "other";

static KNOWN: LazyLock<RwLock<HashSet<&'static str>>> = LazyLock::new(RwLock::default);

/// The label of a role. Only one that was taken with success gets a label: nobody fills the table with names that are no
/// roles.
pub(super) fn label(role: Option<&str>, is_success: bool) -> &'static str {
    let Some(role) = role else { return OWN_USER };
    known(role).or_else(|| if is_success { learn(role) } else { None }).unwrap_or(OTHER)
}

fn known(role: &str) -> Option<&'static str> {
    KNOWN.read().ok()?.get(role).copied()
}

/// Gives the role a label, if there is one left. As many labels as there may be are kept for ever.
fn learn(role: &str) -> Option<&'static str> {
    let mut known = KNOWN.write().ok()?;
    if known.len() >= ROLES || known.contains(role) {
        return known.get(role).copied();
    }
    let label: &'static str = Box::leak(Box::from(role));
    known.insert(label);
    Some(label)
}
