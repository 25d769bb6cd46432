//! As whom requests without a token run, and whether policies hold for that role.

use crate::config::Config;
use crate::db::Database;
use crate::engine::WithoutToken;

use super::code::Code;
use super::report::Check;

const SUBJECT: &str = "Callers";

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
