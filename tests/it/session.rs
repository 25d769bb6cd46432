//! Answers do not depend on the settings of a session or the database, nor on objects of other users in a
//! schema of the path.
//!
//! `hostile` creates such an environment. The conformance suite and the golden requests run in it again
//! (`suites`), collections are paged by each type (`paging`), and each kind of fault that was found has its
//! own test (`kinds`, `leftovers`).

mod changes;
mod hostile;
mod kinds;
mod leftovers;
mod page_cost;
mod paging;

pub(crate) use hostile::{hostile_database, leave_behind, surround};
