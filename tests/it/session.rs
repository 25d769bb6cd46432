//! The same answers whatever a session and the database have set, and whatever others have created in a schema of the path.
//!
//! `hostile` makes such surroundings. The conformance suite and the golden requests run in them again (`suites`), collections are
//! paged through by each type (`paging`), and each kind of fault that was found has a test of its own (`kinds`, `leftovers`).

mod changes;
mod hostile;
mod kinds;
mod leftovers;
mod paging;

pub(crate) use hostile::{hostile_database, leave_behind, surround};
