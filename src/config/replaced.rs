//! Settings of earlier versions: an old name is an error that names its replacement.

use super::names::variable_name;
use super::problem::{Problem, Problems};

/// The old names, and their replacements. In braces is an example in the place of the old value.
const REPLACED: [(&str, &str); 43] = [
    ("aggregate", "set expose to aggregate"),
    ("automatic-persisted-queries", "set documents to automatic or any"),
    ("background-timeout", "an operation whose client does not wait has ten minutes"),
    ("claim-after", "operations of a silent worker are taken over after ten seconds"),
    ("concurrency", "a worker runs as many operations at once as pool-size says"),
    (
        "connect-timeout",
        "write connect_timeout=SECONDS into the connection string; without it, five seconds hold",
    ),
    ("context", "add it to pool-mode as a second word, as in auto,{set_local}"),
    ("federation", "add federation to expose"),
    (
        "get-requests",
        "set explore to on or directive for every query by GET, to off for persisted operations alone",
    ),
    ("graphiql", "set explore to on, directive or off"),
    ("introspection", "set explore to on, directive or off"),
    ("jwt-clock-skew", "clocks may be 30 seconds apart"),
    ("jwt-jwks", "set jwt-keys to the same address or file"),
    ("jwt-key", "set jwt-keys to the same file"),
    ("keep-results", "append ?keep={12h} to the address in redis-url, with & behind other parameters"),
    ("live-connections", "live queries use a quarter of pool-size, at least one connection"),
    ("live-interval", "set live to {500ms}"),
    ("log-format", "append json to log, as in info,json"),
    ("max-aliases", "set max-tokens: one alias for each hundred tokens"),
    (
        "max-attempts",
        "an operation becomes a dead letter when five workers have disappeared while they ran it",
    ),
    (
        "max-connections",
        "as many clients may connect as the limit on open files allows: set LimitNOFILE or ulimit -n to {1000}",
    ),
    ("max-directives", "set max-tokens: one directive for each two hundred tokens"),
    ("max-errors", "set explore: an invalid document gets 20 errors with on, else 5"),
    ("max-fields", "set max-tokens: one field for each ten tokens"),
    ("max-message", "set max-body to a quarter of {4MiB}: values may have four times as many bytes in SQL"),
    ("max-root-fields", "set max-tokens: three root fields for each thousand tokens"),
    ("mutations", "set queue to off or mutations"),
    ("only-persisted", "set documents to listed"),
    ("operation-timeout", "set statement-timeout: a queued operation has three times as long"),
    ("operations", "set queue to off or all"),
    ("otlp-endpoint", "set the variable OTEL_EXPORTER_OTLP_ENDPOINT"),
    ("partitions", "set expose to partitions"),
    ("queue-age", "set statement-timeout: the first operation may have been waiting for as long"),
    ("queue-bytes", "append ?memory={128MiB} to the address in redis-url, with & behind other parameters"),
    (
        "queue-length",
        "append ?memory=SIZE to the address in redis-url: an operation counts for 4 KiB at the least",
    ),
    ("queue-name", "append ?queue={orders} to the address in redis-url, with & behind other parameters"),
    ("queue-shards", "a queue in a Redis Cluster has eight parts, every other has one"),
    ("queue-share", "one role may take nine tenths of the queue"),
    ("redis-ca", "append ?ca=FILE to the address in redis-url"),
    ("redis-cluster", "write several addresses in redis-url, or redis+cluster://…"),
    ("replica-lag", "append ?max_lag={30s} to each address in replica-url, with & behind other parameters"),
    ("sdl", "set explore to on, directive or off"),
    ("total-count", "set expose to total-count"),
];

/// What some of them were if they were not set.
const DEFAULTS: [(&str, &str); 9] = [
    ("context", "auto"),
    ("max-message", "4MiB"),
    ("live-interval", "1s"),
    ("federation", "off"),
    ("max-connections", "auto"),
    ("replica-lag", "10s"),
    ("queue-name", "main"),
    ("queue-bytes", "64MiB"),
    ("keep-results", "24h"),
];

/// The replacement of an earlier version's setting, for an error message; `None` if there never was such a setting. The
/// message has the value in its new form, if it is known.
pub fn by(name: &str, value: Option<&str>) -> Option<String> {
    let name = name.replace('_', "-");
    let (_, replacement) = REPLACED.iter().find(|(old, _)| *old == name)?;
    let value = value.map(str::trim).filter(|value| !value.is_empty());
    let is_default = value.is_some_and(|value| DEFAULTS.contains(&(name.as_str(), value)));
    let advice =
        if is_default { "remove it: this was its default".to_owned() } else { filled(replacement, value) };
    Some(format!("is no setting any more; {advice}"))
}

/// The text with the value in the place of the example.
fn filled(replacement: &str, value: Option<&str>) -> String {
    let parts = replacement.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)));
    match (parts, value) {
        (Some((before, (_, after))), Some(value)) => format!("{before}{value}{after}"),
        (Some((before, (example, after))), None) => format!("{before}{example}{after}"),
        (None, _) => replacement.to_owned(),
    }
}

/// Refuses an environment that sets one of them.
pub(super) fn refuse(variable: impl Fn(&str) -> Option<String>) -> Result<(), Problems> {
    let problem = |(name, _): &(&str, &str)| {
        let variable_name = variable_name(name);
        let value = variable(&variable_name)?;
        Some(Problem::new(&variable_name, by(name, Some(&value))?))
    };
    let problems: Vec<Problem> = REPLACED.iter().filter_map(problem).collect();
    if problems.is_empty() { Ok(()) } else { Err(Problems(problems)) }
}
