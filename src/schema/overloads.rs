//! Overloads: functions with one name, which the names of a call's arguments distinguish.

use std::collections::BTreeSet;

use super::callable::argument_names;
use crate::catalog::Function;
use crate::catalog::function::ArgumentMode;

/// The API's names of a function's arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Names {
    /// All of them.
    all: BTreeSet<String>,
    /// Those that have no default.
    required: BTreeSet<String>,
}

impl Names {
    /// The names of a function's arguments. An unnamed one has an empty name, which no call can use.
    pub(super) fn of(function: &Function, inflect: bool) -> Self {
        let settled = argument_names(function, inflect);
        let (mut all, mut required) = (BTreeSet::new(), BTreeSet::new());
        for (argument, settled) in function.arguments.iter().zip(settled) {
            if matches!(argument.mode, ArgumentMode::Out | ArgumentMode::Table) {
                continue;
            }
            let name = settled.name.unwrap_or_default();
            if argument.default.is_none() {
                required.insert(name.clone());
            }
            all.insert(name);
        }
        Self { all, required }
    }

    /// Whether one set of arguments is valid for both.
    pub(super) fn may_be_confused_with(&self, other: &Self) -> bool {
        let mut needed = self.required.union(&other.required);
        needed.all(|name| self.all.contains(name) && other.all.contains(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `"a b=default"`.
    fn names(text: &str) -> Names {
        let all = text.split_whitespace().map(|name| name.trim_end_matches('=').to_owned()).collect();
        let required =
            text.split_whitespace().filter(|name| !name.ends_with('=')).map(str::to_owned).collect();
        Names { all, required }
    }

    #[test]
    fn names_tell_overloads_apart() {
        for (left, right) in [("a", "b"), ("a", "a b"), ("", "a"), ("a b=", "a c"), ("a b", "a c=")] {
            assert!(!names(left).may_be_confused_with(&names(right)), "{left} / {right}");
        }
    }

    #[test]
    fn equal_names_and_defaults_do_not() {
        for (left, right) in
            [("a b", "a b"), ("", ""), ("", "a="), ("a", "a b="), ("a b=", "a c="), ("a=", "b=")]
        {
            assert!(names(left).may_be_confused_with(&names(right)), "{left} / {right}");
            assert!(names(right).may_be_confused_with(&names(left)), "{right} / {left}");
        }
    }
}
