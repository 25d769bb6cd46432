//! As whom requests run: whether their roles can be taken, and whether policies hold for those without a token.

use crate::config::Config;
use crate::db::{Database, identifier};
use crate::engine::{NotGranted, Unmet, WithoutToken};

use super::code::Code;
use super::report::Check;

const SUBJECT: &str = "Callers";

/// The roles that settings name and no request can have. Nothing if that cannot be found out: other checks say why.
pub(super) async fn unmet(config: &Config, database: &Database) -> Vec<Check> {
    let Unmet { roles, not_granted, .. } = Unmet::of(config, database).await.unwrap_or_default();
    let is_anon = |role: &str| config.auth.anon_role.as_deref() == Some(role);
    let missing = roles.iter().map(|role| {
        let code = if is_anon(role) { Code::AnonRoleMissing } else { Code::RoleUnmet };
        Check::new(SUBJECT, code, format!("there is no role {role:?} in the database, which settings name"))
            .advise(format!("create role {} nologin;", identifier(role)))
    });
    let not_granted = not_granted.iter().map(|NotGranted { role, grant }| {
        let code = if is_anon(role) { Code::AnonRoleNotGranted } else { Code::RoleUnmet };
        Check::new(SUBJECT, code, format!("the connection's user may not run requests as {role}"))
            .advise(grant.clone())
    });
    missing.chain(not_granted).collect()
}

/// The role of requests without a token. Nothing if it cannot be found out: other checks say why.
pub(super) async fn examine(config: &Config, database: &Database) -> Option<Check> {
    let check = match WithoutToken::of(config, database).await.ok()? {
        Some(found) => {
            let role = &found.role;
            let runs = format!("requests without a token run as {role}");
            match found.ignores_policies() {
                Some(reason) => Check::new(
                    SUBJECT,
                    Code::PoliciesIgnored,
                    format!("{runs}, and no policy holds: {reason}"),
                ),
                None => Check::ok(SUBJECT, runs),
            }
        }
        None if config.auth.anon_role.is_some() => return None,
        None => Check::ok(SUBJECT, "requests without a token are refused"),
    };
    Some(check)
}
