//! What a migration has made and no client can see, with what to do about it.
//!
//! A project leaves out some tables on purpose. So a start tells only of those that no role can read, and that after it has
//! applied migrations; a later change tells only of new things.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::Problem;
use crate::engine::Planning;

/// How the reason of a missing privilege begins (`schema --explain` has the same).
const UNREADABLE: &str = "no privilege: the role may not select from it";

/// What is left out of the API, by object and reason, with the roles for which it is.
type LeftOut = BTreeMap<(String, String), BTreeSet<String>>;

/// Compares what is left out after each migration with what was before.
pub(super) struct Watched {
    planning: Planning,
    /// The roles of clients; empty if all are the connection's own user.
    roles: Vec<String>,
    known: LeftOut,
}

impl Watched {
    /// What is left out now is known.
    pub(super) async fn new(planning: Planning, roles: Vec<String>) -> Self {
        let mut watched = Self { planning, roles, known: LeftOut::new() };
        watched.known = watched.left_out().await;
        watched
    }

    /// One line for each table or view that is left out for all roles.
    pub(super) fn of_all_roles(&self) -> Vec<String> {
        let of_all = self.known.iter().filter(|(_, roles)| roles.len() == self.roles.len());
        of_all.map(|((object, reason), roles)| line(object, reason, roles)).collect()
    }

    /// One line for each table or view that is left out and was not before.
    pub(super) async fn news(&mut self) -> Vec<String> {
        let now = self.left_out().await;
        let is_new = |(object, roles): &(&(String, String), &BTreeSet<String>)| {
            self.known.get(*object).is_none_or(|known| !roles.is_subset(known))
        };
        let lines = now.iter().filter(is_new).map(|((object, reason), roles)| line(object, reason, roles));
        let lines = lines.collect();
        self.known = now;
        lines
    }

    /// Nothing if the database cannot be read; that has been logged.
    async fn left_out(&self) -> LeftOut {
        let mut left_out = LeftOut::new();
        let own_user = self.roles.is_empty().then_some(None);
        for role in self.roles.iter().map(|role| Some(role.as_str())).chain(own_user) {
            let Ok(described) = self.planning.describe(role).await else { continue };
            let is_of_table = |problem: &&Problem| !problem.object.contains('(') && !problem.is_usual();
            let of_tables = described.problems.iter().filter(is_of_table);
            for Problem { object, reason } in of_tables {
                let roles = left_out.entry((object.clone(), reason.clone())).or_default();
                roles.extend(role.map(str::to_owned));
            }
        }
        left_out
    }
}

fn line(object: &str, reason: &str, roles: &BTreeSet<String>) -> String {
    if reason != UNREADABLE {
        return format!("{object}: {reason}");
    }
    let names: Vec<&str> = roles.iter().map(String::as_str).collect();
    let is_plain = |name: &&str| {
        name.chars()
            .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "_.".contains(letter))
    };
    let who = match names.as_slice() {
        [] => "the connection's own user".to_owned(),
        names => names.join(" and "),
    };
    // Names that need quotes are left to the person who chose them.
    if names.is_empty() || !is_plain(&object) || !names.iter().all(is_plain) {
        return format!("{object}: {who} may not read it");
    }
    format!(
        "{object}: {who} may not read it; to allow that: grant select on {object} to {};",
        names.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_grant_comes_with_its_statement() {
        let roles = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(
            line("public.note", UNREADABLE, &roles(&["anon", "authenticated"])),
            "public.note: anon and authenticated may not read it; to allow that: grant select on public.note to anon, authenticated;"
        );
        assert_eq!(line("public.Note", UNREADABLE, &roles(&["anon"])), "public.Note: anon may not read it");
        assert_eq!(line("public.note", "no primary key", &roles(&[])), "public.note: no primary key");
    }
}
