//! The names of the keys in Redis. Pure.
//!
//! The keys of one script have the same hash tag (the part in braces), so that Redis Cluster keeps them on one node. A queue
//! has one or more shards, each with its own tag. An operation's id decides its shard.

use uuid::Uuid;

/// The consumer group of all workers.
pub(super) const GROUP: &str = "workers";

/// The names of one queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Keys {
    name: String,
    shards: u32,
}

/// The names of one shard of a queue.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Shard {
    /// The waiting and the running operations: a stream.
    pub(super) operations: String,
    /// The dead letters: a stream.
    pub(super) dead: String,
    /// The number of entries of each role: a hash.
    pub(super) roles: String,
    /// The number of bytes of the messages: a hash.
    pub(super) bytes: String,
    /// Exists as long as workers take entries: a hash.
    pub(super) workers: String,
    /// The prefix of the keys of operations' states.
    states: String,
}

impl Keys {
    pub(super) fn new(name: &str, shards: u32) -> Self {
        Self { name: name.to_owned(), shards: shards.max(1) }
    }

    /// All shards.
    pub(super) fn shards(&self) -> impl Iterator<Item = Shard> + '_ {
        (0..self.shards).map(|number| self.shard(number))
    }

    /// The shard of an operation. A version 4 UUID is random throughout; UUIDs of other versions are random at their end.
    pub(super) fn shard_of(&self, id: Uuid) -> Shard {
        let (_, low) = id.as_u64_pair();
        // The remainder is below a u32.
        self.shard(u32::try_from(mixed(low) % u64::from(self.shards)).unwrap_or(0))
    }

    /// The answers for one process: a stream.
    pub(super) fn replies(&self, process: Uuid) -> String {
        format!("glowplug:{{{}:{}}}:replies", self.name, process.simple())
    }

    fn shard(&self, number: u32) -> Shard {
        let tag = format!("glowplug:{{{}:{number}}}", self.name);
        Shard {
            operations: format!("{tag}:operations"),
            dead: format!("{tag}:dead"),
            roles: format!("{tag}:roles"),
            bytes: format!("{tag}:bytes"),
            workers: format!("{tag}:workers"),
            states: format!("{tag}:state:"),
        }
    }
}

impl Shard {
    /// The state of one operation: a hash.
    pub(super) fn state(&self, id: Uuid) -> String {
        format!("{}{}", self.states, id.simple())
    }
}

/// The last step of `SplitMix64`: every bit of the id has an influence on the shard.
fn mixed(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hash tag, by the rule of Redis Cluster.
    fn tag(key: &str) -> &str {
        let (_, rest) = key.split_once('{').unwrap_or_default();
        rest.split_once('}').unwrap_or_default().0
    }

    #[test]
    fn the_keys_of_one_script_have_one_hash_tag() {
        let keys = Keys::new("main", 4);
        for shard in keys.shards() {
            let state = shard.state(Uuid::new_v4());
            let names = [&shard.operations, &shard.dead, &shard.roles, &shard.bytes, &shard.workers, &state];
            assert!(names.iter().all(|name| tag(name) == tag(&shard.operations)), "{names:?}");
        }
    }

    #[test]
    fn operations_are_spread_over_the_shards_and_stay_where_they_are() {
        let keys = Keys::new("main", 4);
        let mut counts = std::collections::HashMap::new();
        for _ in 0..4000 {
            let id = Uuid::new_v4();
            assert_eq!(keys.shard_of(id), keys.shard_of(id));
            *counts.entry(keys.shard_of(id).operations).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 4);
        assert!(counts.values().all(|count| (800..1200).contains(count)), "{counts:?}");
    }
}
