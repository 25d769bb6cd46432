//! The setting `redis-url`: addresses of Redis, whose parameters also describe the queue there.
//!
//! No message contains an address or a part of one: a password that was not encoded may look like a parameter.

use std::path::PathBuf;
use std::time::Duration;

use super::super::units;
use super::super::{Redis, Secret};
use super::{duration, list};

/// The schemes of Redis addresses.
const SCHEMES: [&str; 4] = ["redis://", "rediss://", "redis+unix://", "unix://"];

const KNOWN: &str = "those that are known: queue=NAME, memory=SIZE, keep=DURATION and ca=FILE";

/// What the setting says.
#[derive(Debug, Default)]
pub(super) struct RedisSetting {
    pub(super) redis: Option<Redis>,
    /// The name of the queue.
    pub(super) queue: Option<String>,
    /// The bytes of the messages in one of its shards.
    pub(super) memory: Option<u64>,
    /// How long answers are kept.
    pub(super) keep: Option<Duration>,
}

impl RedisSetting {
    /// Reads addresses, separated by commas.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut setting = Self::default();
        let (mut urls, mut authority) = (Vec::new(), None);
        let mut is_cluster = false;
        for address in list(text) {
            let (address, is_of_cluster) = match address.split_once("+cluster://") {
                Some((scheme, rest)) => (format!("{scheme}://{rest}"), true),
                None => (address, false),
            };
            is_cluster |= is_of_cluster;
            let (place, query) = address.split_once('?').unwrap_or((&address, ""));
            let mut kept = Vec::new();
            for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
                match parameter.split_once('=') {
                    Some(("ca", _)) if !place.starts_with("rediss://") => {
                        return Err("has ca=, which has no effect without TLS; write rediss://".to_owned());
                    }
                    Some(("ca", file)) => once(&mut authority, "ca", PathBuf::from(file))?,
                    Some((name, value)) if setting.takes(name, value)? => {}
                    Some((name, _)) if is_of_client(place, name) => kept.push(parameter),
                    _ => return Err(unknown(query)),
                }
            }
            let separator = if kept.is_empty() { "" } else { "?" };
            urls.push(checked(&format!("{place}{separator}{}", kept.join("&")))?);
        }
        is_cluster |= urls.len() > 1;
        setting.redis = Some(Redis { urls, is_cluster, authority });
        Ok(setting)
    }

    /// Whether it is a parameter of the queue.
    fn takes(&mut self, parameter: &str, value: &str) -> Result<bool, String> {
        match parameter {
            "queue" => once(&mut self.queue, parameter, name(value)?)?,
            "memory" => match units::size(value) {
                Err(_) => return Err("memory has to be a size, such as 64MiB".to_owned()),
                Ok(0) => return Err("memory is 0; no operation could wait".to_owned()),
                Ok(bytes) => once(&mut self.memory, parameter, bytes as u64)?,
            },
            "keep" => match duration(value) {
                Err(_) => return Err("keep has to be a duration from 1ms to 24h, such as 12h".to_owned()),
                Ok(duration) => once(&mut self.keep, parameter, duration)?,
            },
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// Sets a parameter that several addresses may have, if they agree.
fn once<T: PartialEq>(place: &mut Option<T>, parameter: &str, value: T) -> Result<(), String> {
    if place.as_ref().is_some_and(|set| *set != value) {
        return Err(format!("has two values of {parameter}; one holds for all addresses"));
    }
    *place = Some(value);
    Ok(())
}

/// Whether it is a parameter of the Redis client.
fn is_of_client(place: &str, name: &str) -> bool {
    name == "protocol" || (place.contains("unix://") && matches!(name, "db" | "user" | "pass"))
}

/// A password that is not encoded may have a question mark, so what follows one is not shown.
fn unknown(query: &str) -> String {
    let hint = if query.contains('@') { "; in a password, write ? as %3F" } else { "" };
    format!("has a parameter that is none of {KNOWN}{hint}")
}

fn checked(url: &str) -> Result<Secret, String> {
    if SCHEMES.iter().any(|scheme| url.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty())) {
        return Ok(Secret::new(url));
    }
    Err("is no address of Redis; write redis://user:password@host:port, or rediss://… for TLS".to_owned())
}

/// It is part of the names of keys, where braces have a meaning.
fn name(text: &str) -> Result<String, String> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    if text.is_empty() || !text.chars().all(is_plain) {
        return Err("queue has to be a name of letters, digits, `-`, `_` and `.`".to_owned());
    }
    Ok(text.to_owned())
}
