//! Which roles have a label of their own in the metrics. Their number is bounded, because each label is kept forever.

use std::collections::HashSet;
use std::sync::{LazyLock, RwLock};

/// The roles with labels of their own. All others share one.
const ROLES: usize = 32;

/// The label of the connection's own user. No role can have this name in PostgreSQL.
const OWN_USER: &str = "none";

/// The label of all roles that have none of their own. A role of that name shares it.
const OTHER: &str = "other";

static KNOWN: LazyLock<RwLock<HashSet<&'static str>>> = LazyLock::new(RwLock::default);

/// The label of a role. Only a role that was set successfully gets a label, so that clients cannot fill the table with
/// invented names.
pub(super) fn label(role: Option<&str>, is_success: bool) -> &'static str {
    let Some(role) = role else { return OWN_USER };
    known(role).or_else(|| if is_success { learn(role) } else { None }).unwrap_or(OTHER)
}

fn known(role: &str) -> Option<&'static str> {
    KNOWN.read().ok()?.get(role).copied()
}

/// Gives the role a label, if one is left. Labels are kept forever.
fn learn(role: &str) -> Option<&'static str> {
    let mut known = KNOWN.write().ok()?;
    if known.len() >= ROLES || known.contains(role) {
        return known.get(role).copied();
    }
    let label: &'static str = Box::leak(Box::from(role));
    known.insert(label);
    Some(label)
}
