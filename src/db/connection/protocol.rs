//! How a query travels. This choice alone decides behind which poolers it is safe.

use std::sync::atomic::{AtomicU8, Ordering};

use crate::config::{ContextForm, PoolMode};

/// How a query travels.
///
/// Each takes one round trip for a query, and for several statements with their context. They differ in the state that they
/// keep in the server's session. A pooler may take that state away.
///
/// | protocol | on the wire | kept in the session | safe behind |
/// | --- | --- | --- | --- |
/// | `Simple` | one `Query` message, values as literals | nothing | everything |
/// | `Unnamed` | `Parse`, `Bind`, `Describe`, `Execute`, `Sync` in one pipeline | nothing | everything that keeps one pipeline on one server |
/// | `Prepared` | `Bind`, `Execute`, `Sync` in one pipeline; the first time, `Parse` and `Describe` in the same | named statements | no pooler, session mode, and poolers that track statements by name (PgBouncer 1.21 with `max_prepared_statements`) |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// One `Query` message with everything in it: context, statements, and values as escaped literals. PostgreSQL runs
    /// it as one implicit transaction. Results are text.
    ///
    /// Typed queries need binary values, which this protocol lacks: they travel as with [`Protocol::Unnamed`].
    Simple,
    /// The extended protocol with the unnamed statement, in one pipeline. PostgreSQL parses and plans each time.
    Unnamed,
    /// The extended protocol with named statements. PostgreSQL parses each statement once for a connection, and plans it a
    /// few times at most. Each connection keeps a bounded number of them. When a new one needs a place, the same pipeline
    /// closes the least recently used one.
    ///
    /// Do not use it behind a pooler that lends a server connection for one transaction and does not track statements by
    /// name. There it fails within transactions with `prepared statement "…" does not exist`, and leaves names behind in the
    /// server. It never gets another client's statement: no two connections use the same name.
    Prepared,
}

impl Protocol {
    /// Its name in logs and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Simple => "simple",
            Self::Unnamed => "unnamed",
            Self::Prepared => "prepared",
        }
    }
}

/// How queries travel, by what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protocols {
    /// Typed Diesel queries: one statement each.
    pub typed: Protocol,
    /// GraphQL operations: a scope and one or several statements, in one pipeline. Without names, `Simple` is as fast as
    /// `Unnamed`, and asks less of a pooler.
    pub operations: Protocol,
    /// How a message of operations sets its scope.
    pub context: ContextForm,
    /// The hint that tells a proxy where to send a message.
    pub hint: RoutingHint,
}

/// The start of a message, for a proxy that chooses the server by a message's first statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoutingHint {
    /// None: there is no such proxy.
    None,
    /// `PgDog`'s comment that selects the primary, in front of messages that may write.
    Role,
    /// The same with several shards: each message also has a comment that selects its shard.
    Shards,
}

impl RoutingHint {
    const ALL: [Self; 3] = [Self::None, Self::Role, Self::Shards];
}

/// The purpose of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::db) enum Purpose {
    /// A typed Diesel query.
    Typed,
    /// A GraphQL operation.
    Operation,
}

impl Protocols {
    /// How queries of this purpose travel.
    pub(in crate::db) fn of_purpose(self, purpose: Purpose) -> Protocol {
        match purpose {
            Purpose::Typed => self.typed,
            Purpose::Operation => self.operations,
        }
    }

    /// The fastest protocols that are safe for the pool mode. In pool mode `auto` they are the initial ones.
    ///
    /// Session mode includes pgpool-II, which chooses a server for each statement of a pipeline. So a scope could go to
    /// another server than the statements it belongs to. pgpool-II sends a message of several statements to one server. Pool
    /// mode `auto` checks whether the pooler is pgpool-II (`probe::ProbeReport::protocols`).
    pub fn of(pool_mode: PoolMode) -> Self {
        let (typed, operations) = match pool_mode {
            PoolMode::Direct => (Protocol::Prepared, Protocol::Prepared),
            PoolMode::Session => (Protocol::Prepared, Protocol::Simple),
            PoolMode::Auto | PoolMode::Transaction | PoolMode::Statement => {
                (Protocol::Unnamed, Protocol::Simple)
            }
        };
        // What a pooler makes of `SET` is unknown here.
        let context = if pool_mode == PoolMode::Direct { ContextForm::Mixed } else { ContextForm::SetConfig };
        Self { typed, operations, context, hint: RoutingHint::None }
    }
}

/// [`Protocols`] that can change while others read them.
#[derive(Debug)]
pub(in crate::db) struct AtomicProtocols(AtomicU8);

impl AtomicProtocols {
    pub(in crate::db) fn new(protocols: Protocols) -> Self {
        Self(AtomicU8::new(encode(protocols)))
    }

    pub(in crate::db) fn get(&self) -> Protocols {
        decode(self.0.load(Ordering::Relaxed))
    }

    pub(in crate::db) fn set(&self, protocols: Protocols) {
        self.0.store(encode(protocols), Ordering::Relaxed);
    }
}

const ALL: [Protocol; 3] = [Protocol::Simple, Protocol::Unnamed, Protocol::Prepared];

/// Two bits for each: none of them has more than four values.
fn encode(Protocols { typed, operations, context, hint }: Protocols) -> u8 {
    typed as u8 | (operations as u8) << 2 | (context as u8) << 4 | (hint as u8) << 6
}

fn decode(code: u8) -> Protocols {
    let index = |shift: u8| usize::from(code >> shift & 3);
    Protocols {
        typed: ALL[index(0)],
        operations: ALL[index(2)],
        context: ContextForm::ALL[index(4)],
        hint: RoutingHint::ALL[index(6)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_are_read_as_they_were_stored() {
        for typed in ALL {
            for operations in ALL {
                for (context, hint) in ContextForm::ALL.into_iter().zip(RoutingHint::ALL) {
                    let protocols = Protocols { typed, operations, context, hint };
                    assert_eq!(AtomicProtocols::new(protocols).get(), protocols);
                }
            }
        }
    }
}
