//! Decides who gets a name that several objects claim: first the object with that name in the database, then
//! one whose comment asks for it, then the first one.
//!
//! The others get their next choice. Each refused choice has its reason, so nothing is lost silently.

use std::collections::HashSet;

use super::naming;

/// An object's choices for its name: the preferred one first, its name in the database last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claim {
    choices: Vec<String>,
    is_from_comment: bool,
}

/// The outcome of a claim.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Settled {
    /// The name; `None` if no choice was free.
    pub(super) name: Option<String>,
    /// Why each preferred choice was refused: sentences without a full stop.
    pub(super) refused: Vec<String>,
}

impl Claim {
    /// A claim of an object with the name `own` in the database, and possibly a name by a comment. `usual` is
    /// the name that the convention derives from `own`.
    pub(super) fn new(own: &str, usual: String, from_comment: Option<&String>) -> Self {
        let mut choices: Vec<String> = from_comment.cloned().into_iter().collect();
        for choice in [usual, own.to_owned()] {
            if !choices.contains(&choice) {
                choices.push(choice);
            }
        }
        Self { is_from_comment: from_comment.is_some(), choices }
    }

    /// 0 for a claim to its own name, 1 for a name by a comment, 2 for others.
    fn rank(&self) -> u8 {
        match self.choices.len() {
            1 => 0,
            _ if self.is_from_comment => 1,
            _ => 2,
        }
    }
}

impl Settled {
    /// The reason why the name is not the first choice, or is missing; `what` is the kind of object: `field`,
    /// `type`.
    pub(super) fn problem(&self, what: &str) -> Option<String> {
        let reasons = self.refused.join(", and ");
        match &self.name {
            Some(_) if self.refused.is_empty() => None,
            Some(name) => Some(format!("{reasons}: its {what} is {name}")),
            None => Some(reasons),
        }
    }
}

/// Decides which claim gets which name. `take` takes a name for the claim with that index, or says why it
/// cannot.
pub(super) fn settle(
    claims: &[Claim],
    mut take: impl FnMut(usize, &str) -> Result<(), String>,
) -> Vec<Settled> {
    let mut settled = vec![Settled::default(); claims.len()];
    let mut order: Vec<_> = (0..claims.len()).collect();
    order.sort_by_key(|index| claims[*index].rank());
    // All first choices are decided before any second one.
    let rounds = claims.iter().map(|claim| claim.choices.len()).max().unwrap_or_default();
    for round in 0..rounds {
        for index in &order {
            let (claim, found) = (&claims[*index], &mut settled[*index]);
            let Some(choice) = claim.choices.get(round).filter(|_| found.name.is_none()) else { continue };
            match valid(choice).and_then(|()| take(*index, choice)) {
                Ok(()) => found.name = Some(choice.clone()),
                Err(reason) => found.refused.push(reason),
            }
        }
    }
    settled
}

/// Takes a field name within one type.
pub(super) fn take_field(taken: &mut HashSet<String>, name: &str) -> Result<(), String> {
    if taken.insert(name.to_owned()) { Ok(()) } else { Err(format!("the field name {name} is taken")) }
}

fn valid(name: &str) -> Result<(), String> {
    if naming::is_valid(name) { Ok(()) } else { Err(format!("the name {name:?} is no GraphQL name")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Own name, usual name and name by a comment -> the names that they get.
    fn names(wanted: &[(&str, &str, Option<&str>)]) -> Vec<Option<String>> {
        let claims: Vec<_> = wanted
            .iter()
            .map(|(own, usual, comment)| {
                Claim::new(own, (*usual).to_owned(), comment.map(str::to_owned).as_ref())
            })
            .collect();
        let mut taken = HashSet::new();
        let settled = settle(&claims, |_, name| {
            if taken.insert(name.to_owned()) { Ok(()) } else { Err(format!("{name} is taken")) }
        });
        settled.into_iter().map(|found| found.name).collect()
    }

    fn some(names: &[&str]) -> Vec<Option<String>> {
        names.iter().map(|name| Some((*name).to_owned())).collect()
    }

    #[test]
    fn the_one_whose_own_name_it_is_wins_wherever_it_stands() {
        assert_eq!(names(&[("_id", "id", None), ("id", "id", None)]), some(&["_id", "id"]));
        assert_eq!(names(&[("id", "id", None), ("_id", "id", None)]), some(&["id", "_id"]));
        assert_eq!(names(&[("a", "a", Some("b")), ("b", "b", None)]), some(&["a", "b"]));
    }

    #[test]
    fn names_may_be_exchanged_by_comments() {
        assert_eq!(names(&[("a", "a", Some("b")), ("b", "b", Some("a"))]), some(&["b", "a"]));
    }

    #[test]
    fn a_comment_goes_before_inflection_and_the_first_before_the_second() {
        assert_eq!(names(&[("a_b", "aB", None), ("c", "c", Some("aB"))]), some(&["a_b", "aB"]));
        assert_eq!(names(&[("a", "a", Some("x")), ("b", "b", Some("x"))]), some(&["x", "b"]));
    }

    #[test]
    fn an_object_without_a_valid_choice_has_no_name() {
        assert_eq!(names(&[("2nd", "2nd", None), ("__x", "x", None)])[0], None);
        assert_eq!(names(&[("2nd", "2nd", Some("second"))]), some(&["second"]));
        assert_eq!(names(&[("fine", "fine", Some("not fine"))]), some(&["fine"]));
    }
}
