//! Columns, and their short form in the catalog JSON.

use serde::Deserialize;

use super::{Collation, Directive, Oid};

/// A column.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent fact of pg_attribute")]
#[serde(try_from = "ColumnJson")]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub type_oid: Oid,
    /// What is declared of its type besides the type: of a vector its length (`pg_attribute.atttypmod`).
    pub modifier: Option<i32>,
    /// Its collation, where it has one that is not the database's default.
    pub collation: Option<Collation>,
    /// Whether the column is `NOT NULL`. Rows of children and of functions may contain nulls all the same.
    pub not_null: bool,
    /// Whether it is declared `NOT NULL`, but nothing has checked all rows, as in a foreign table.
    pub is_unverified_not_null: bool,
    /// Whether it has a default or is generated.
    pub has_default: bool,
    /// Whether it is `generated always as (…) stored`.
    pub is_generated: bool,
    /// Whether it is an identity column.
    pub is_identity: bool,
    /// Whether its default comes from a sequence that belongs to it.
    pub is_serial: bool,
    /// From its comment.
    pub directive: Directive,
    /// Whether the role may read it.
    pub can_select: bool,
    /// Whether the role may set it in a new row, and PostgreSQL accepts a value for it there.
    pub can_insert: bool,
    /// Whether the role may change it, and PostgreSQL accepts a new value for it.
    pub can_update: bool,
}

/// The array that a column is in the catalog JSON: name, type, modifier, collation, comment, and the words that apply to it.
#[derive(Deserialize)]
struct ColumnJson(String, Oid, Option<i32>, Option<Collation>, Directive, String);

impl TryFrom<ColumnJson> for Column {
    type Error = String;

    fn try_from(json: ColumnJson) -> Result<Self, String> {
        let ColumnJson(name, type_oid, modifier, collation, directive, words) = json;
        let mut column = Self {
            name,
            type_oid,
            modifier,
            collation,
            not_null: false,
            is_unverified_not_null: false,
            has_default: false,
            is_generated: false,
            is_identity: false,
            is_serial: false,
            directive,
            can_select: false,
            can_insert: false,
            can_update: false,
        };
        for word in words.split_ascii_whitespace() {
            let fact = column.fact(word).ok_or_else(|| format!("no column is {word:?}"))?;
            *fact = true;
        }
        Ok(column)
    }
}

impl Column {
    /// What a word of `introspect/columns.sql` says.
    fn fact(&mut self, word: &str) -> Option<&mut bool> {
        Some(match word {
            "not_null" => &mut self.not_null,
            "unverified_not_null" => &mut self.is_unverified_not_null,
            "default" => &mut self.has_default,
            "generated" => &mut self.is_generated,
            "identity" => &mut self.is_identity,
            "serial" => &mut self.is_serial,
            "select" => &mut self.can_select,
            "insert" => &mut self.can_insert,
            "update" => &mut self.can_update,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_has_the_words_of_its_array_and_no_others() {
        let read = |text| serde_json::from_str::<Column>(text);
        let column = read(r#"["id", 20, null, null, null, "not_null identity select"]"#).unwrap();
        assert_eq!((column.name.as_str(), column.type_oid), ("id", 20));
        assert!(column.not_null && column.is_identity && column.can_select);
        assert!(!column.can_insert && !column.can_update && !column.has_default && !column.is_serial);
        let error = read(r#"["id", 20, null, null, null, "not_null indexed"]"#).unwrap_err();
        assert!(error.to_string().contains("\"indexed\""), "{error}");
    }
}
