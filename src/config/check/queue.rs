//! The settings of the queue, and what of them contradicts each other.

use std::path::PathBuf;

use super::super::{Origin, Queue, Queued, Redis, Secret, units};
use super::{Reader, list};

/// Where Redis may be, by the scheme of its address.
const SCHEMES: [&str; 4] = ["redis://", "rediss://", "redis+unix://", "unix://"];

/// A script that touches more would keep Redis busy for too long.
const MOST_IN_A_SHARD: usize = 1_000_000;

pub(super) fn queue(reader: &mut Reader<'_>) -> Queue {
    let queue = Queue {
        redis: redis(reader),
        queued: queued(reader),
        name: reader.read("queue-name", name),
        shards: whole(reader, "queue-shards", 1024),
        length: whole(reader, "queue-length", MOST_IN_A_SHARD),
        bytes: reader.read("queue-bytes", |text| match units::size(text)? {
            0 => Err("is 0; no operation could wait".to_owned()),
            bytes => Ok(bytes as u64),
        }),
        age: reader.duration("queue-age"),
        share_percent: reader.read("queue-share", percent),
        operation_timeout: reader.duration("operation-timeout"),
        background_timeout: reader.duration("background-timeout"),
        concurrency: whole(reader, "concurrency", 10_000),
        claim_after: reader.duration("claim-after"),
        attempts: whole(reader, "max-attempts", 1000),
        keep_results: reader.duration("keep-results"),
    };
    if queue.redis.is_none() && queue.queued != Queued::Nothing {
        let setting = if queue.queued == Queued::Everything { "operations" } else { "mutations" };
        reader.refuse(setting, "there is no queue; say where it is with --redis-url redis://host:port");
    }
    if queue.keep_results < queue.operation_timeout.max(queue.background_timeout) {
        let message = "is shorter than operation-timeout or background-timeout: an operation that is delivered again within \
            those could then take effect twice";
        reader.refuse("keep-results", message);
    }
    queue
}

fn queued(reader: &mut Reader<'_>) -> Queued {
    let mutations = reader.choice("mutations", &[("direct", Queued::Nothing), ("queued", Queued::Mutations)]);
    let all = reader.choice("operations", &[("direct", Queued::Nothing), ("queued", Queued::Everything)]);
    let is_given = reader.settled.origin("mutations") != Some(&Origin::Default);
    if all == Queued::Everything && mutations == Queued::Nothing && is_given {
        reader.refuse(
            "mutations",
            "says direct, and operations says that all are queued; leave one of them out",
        );
    }
    if all == Queued::Nothing { mutations } else { all }
}

fn redis(reader: &mut Reader<'_>) -> Option<Redis> {
    let is_cluster = reader.switch("redis-cluster");
    let authority = reader.optional("redis-ca", |text| Ok(PathBuf::from(text)));
    let urls: Vec<Secret> = reader.optional("redis-url", |text| match list(text) {
        urls if urls.len() > 1 && !is_cluster => {
            Err("names several addresses, which only a cluster has; set redis-cluster to on".to_owned())
        }
        urls => urls.iter().map(|url| address(url)).collect(),
    })?;
    let is_encrypted = |url: &Secret| url.expose().starts_with("rediss://");
    if authority.is_some() && !urls.iter().all(is_encrypted) {
        reader.refuse("redis-ca", "has no effect without TLS; write rediss:// in redis-url");
    }
    Some(Redis { urls, is_cluster, authority })
}

/// The value itself is never in the message: it may hold a password.
fn address(url: &str) -> Result<Secret, String> {
    if SCHEMES.iter().any(|scheme| url.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty())) {
        return Ok(Secret::new(url));
    }
    Err("is no address of Redis; write redis://user:password@host:port, or rediss://… for TLS".to_owned())
}

/// It stands in the names of keys, where braces would mean something.
fn name(text: &str) -> Result<String, String> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    if text.is_empty() || !text.chars().all(is_plain) {
        return Err(format!("`{text}` is no name; use letters, digits, `-`, `_` and `.`"));
    }
    Ok(text.to_owned())
}

fn percent(text: &str) -> Result<u8, String> {
    let number = text.trim_end_matches('%').trim().parse().ok().filter(|number| (1..=100).contains(number));
    number.ok_or_else(|| format!("`{text}` is no part of a whole; write for example 50%"))
}

fn whole(reader: &mut Reader<'_>, name: &str, most: usize) -> u32 {
    u32::try_from(reader.count(name, 1..=most)).unwrap_or(u32::MAX)
}
