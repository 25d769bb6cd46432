//! The settings in groups: the headings of the help texts, and which command reads which.

/// What a setting is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    Connection,
    Api,
    Limits,
    Callers,
    Http,
    Live,
    Queue,
    Process,
}

/// Each setting, by its group.
const GROUPS: [(Group, &[&str]); 8] = [
    (
        Group::Connection,
        &[
            "database-url",
            "direct-url",
            "replica-url",
            "pool-size",
            "pool-mode",
            "stored-operations",
            "acquire-timeout",
            "statement-timeout",
            "watch",
        ],
    ),
    (Group::Api, &["schemas", "explore", "expose", "tenant", "persisted-operations", "documents", "mcp"]),
    (
        Group::Limits,
        &[
            "max-depth",
            "max-complexity",
            "max-values",
            "max-answer",
            "max-tokens",
            "max-batch",
            "max-body",
            "max-page-size",
            "max-concurrency",
        ],
    ),
    (
        Group::Callers,
        &[
            "jwt-secret",
            "jwt-keys",
            "jwt-audience",
            "jwt-issuer",
            "jwt-role-claim",
            "anon-role",
            "api-keys",
            "request-settings",
        ],
    ),
    (Group::Http, &["listen", "cors-origins", "shutdown-delay"]),
    (Group::Live, &["live", "max-subscriptions"]),
    (Group::Queue, &["redis-url", "queue"]),
    (Group::Process, &["production", "drain-timeout", "metrics-listen", "log"]),
];

/// What a connection to the database needs.
const CONNECTION: [&str; 5] = ["database-url", "direct-url", "pool-mode", "statement-timeout", "log"];

/// The heading in the help texts under which a setting stands.
pub(super) fn heading(name: &str) -> &'static str {
    match group(name) {
        Some(Group::Connection) => "Database",
        Some(Group::Api) => "API",
        Some(Group::Limits) => "Limits of requests",
        Some(Group::Callers) => "Tokens and roles",
        Some(Group::Http) => "HTTP",
        Some(Group::Live) => "Live queries",
        Some(Group::Queue) => "Queue",
        Some(Group::Process) | None => "Process",
    }
}

/// Whether a command reads a setting. All commands accept all settings, because they share a `glowplug.toml`.
pub(super) fn is_read(command: &str, name: &str) -> bool {
    let Some(group) = group(name) else { return true };
    match command {
        // These start with a database and sample people of their own.
        "dev" => !matches!(name, "production" | "database-url" | "direct-url" | "replica-url"),
        "worker" => {
            matches!(group, Group::Connection | Group::Api | Group::Limits | Group::Queue | Group::Process)
                && !matches!(name, "replica-url" | "queue" | "explore" | "persisted-operations" | "mcp")
        }
        "queue" => matches!(name, "redis-url" | "log"),
        "schema" => {
            CONNECTION.contains(&name) || matches!(name, "schemas" | "expose" | "tenant" | "max-page-size")
        }
        "diagram" => CONNECTION.contains(&name) || name == "schemas",
        "migrate" => matches!(name, "database-url" | "direct-url" | "log"),
        "setup" => {
            CONNECTION.contains(&name) || matches!(name, "schemas" | "anon-role" | "stored-operations")
        }
        "token" => matches!(name, "jwt-secret" | "jwt-role-claim" | "jwt-audience" | "jwt-issuer" | "log"),
        _ => true,
    }
}

fn group(name: &str) -> Option<Group> {
    GROUPS.iter().find(|(_, names)| names.contains(&name)).map(|(group, _)| *group)
}

#[cfg(test)]
mod tests {
    use super::super::names::names;
    use super::GROUPS;

    #[test]
    fn each_setting_is_in_one_group() {
        let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        let mut all = names();
        grouped.sort_unstable();
        all.sort_unstable();
        assert_eq!(grouped, all);
    }
}
