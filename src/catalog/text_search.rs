//! Full text search: the configurations of the database, and where `pg_trgm` is.

use std::collections::HashSet;

use serde::Deserialize;

use super::QualifiedName;

/// The text search configurations that a role may name (PostgreSQL manual, 12.1.3).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct TextSearch {
    /// All of them, PostgreSQL's own first.
    pub configurations: Vec<QualifiedName>,
    /// The one that `default_text_search_config` names for new sessions, if it is among them.
    pub default: Option<QualifiedName>,
    /// The schema in which the extension `pg_trgm` is installed, if the role may use it.
    pub trigrams: Option<String>,
}

impl TextSearch {
    /// The configuration of that name, or of that name with its schema and a dot in front. Of several with one name, the name alone means
    /// the first.
    pub fn configuration(&self, name: &str) -> Option<&QualifiedName> {
        let alone = self.configurations.iter().find(|found| found.name == name);
        alone.or_else(|| self.configurations.iter().find(|found| qualified(found) == name))
    }

    /// Removes the configurations of other schemas than these and PostgreSQL's own.
    pub fn keep(&mut self, is_kept: impl Fn(&str) -> bool) {
        self.configurations.retain(|found| found.is_system() || is_kept(&found.schema));
        self.default = self.default.take().filter(|default| self.configurations.contains(default));
    }

    /// A name of each of them, as short as it can be.
    pub fn names(&self) -> Vec<String> {
        let mut taken = HashSet::new();
        let shortest = |found: &QualifiedName| {
            if taken.insert(found.name.to_string()) { found.name.to_string() } else { qualified(found) }
        };
        self.configurations.iter().map(shortest).collect()
    }
}

fn qualified(name: &QualifiedName) -> String {
    format!("{}.{}", name.schema, name.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_configuration_has_a_name_that_finds_it() {
        let named = [("pg_catalog", "english"), ("app", "english"), ("app", "my.own"), ("a", "b")];
        let configurations: Vec<_> =
            named.iter().map(|(schema, name)| QualifiedName::new(schema, name)).collect();
        let known = TextSearch { configurations: configurations.clone(), ..TextSearch::default() };
        assert_eq!(known.names(), ["english", "app.english", "my.own", "b"]);
        for (name, configuration) in known.names().iter().zip(&configurations) {
            assert_eq!(known.configuration(name), Some(configuration), "{name}");
        }
        assert_eq!(known.configuration("pg_catalog.english"), Some(&configurations[0]));
        for unknown in ["English", "app", "pg_catalog.b", ""] {
            assert_eq!(known.configuration(unknown), None, "{unknown}");
        }
    }
}
