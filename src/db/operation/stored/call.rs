//! The call of a function that is a statement, in a message.

use crate::db::error::Error;
use crate::db::operation::literal::append_literal;

/// The schema of the functions.
pub(super) const SCHEMA: &str = "glowplug_operations";

/// The error of a call whose function has another object identifier.
const ANOTHER: &str = "glowplug: another function";

/// A function whose body was found to be what its name says.
///
/// It is called by its name, and only if the name still stands for the same object. Another user who may create in the
/// schema could have made another function of that name after this one was dropped. PostgreSQL looks both up while it reads
/// the statement.
#[derive(Debug, PartialEq, Eq)]
pub struct Call {
    name: Box<str>,
    oid: u32,
    before: Box<str>,
}

impl Call {
    /// The function of this name and object identifier. The name needs no quotes.
    pub fn new(name: &str, oid: u32) -> Self {
        let before = format!(
            "select case when pg_catalog.oideq('{SCHEMA}.{name}'::pg_catalog.regproc,'{oid}') \
             then {SCHEMA}.{name}("
        );
        Self { name: name.into(), oid, before: before.into() }
    }

    /// The function's name, without its schema.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Appends the statement that calls it with these values.
    ///
    /// PostgreSQL folds the condition when it plans the statement, so that only one branch remains. The other one fails.
    pub(in crate::db) fn append(&self, message: &mut String, values: &[Option<String>]) -> Result<(), Error> {
        self.append_with(message, |message| {
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    message.push(',');
                }
                match value {
                    Some(value) => append_literal(message, value)?,
                    None => message.push_str("null"),
                }
            }
            Ok(())
        })
    }

    /// The same, with arguments that `arguments` appends.
    pub(in crate::db::operation) fn append_with(
        &self,
        message: &mut String,
        arguments: impl FnOnce(&mut String) -> Result<(), Error>,
    ) -> Result<(), Error> {
        message.push_str(&self.before);
        arguments(message)?;
        message.push_str(") else pg_catalog.current_setting('");
        message.push_str(ANOTHER);
        message.push_str("') end");
        Ok(())
    }

    /// Whether an error says that the function is missing, may not be called, or is another one.
    ///
    /// PostgreSQL translates its messages, but not the names in them.
    pub(super) fn is_missed(&self, error: &Error) -> bool {
        let raised = match error {
            Error::Database(raised) => raised,
            // The function that sets the scope is called too.
            Error::ScopeRefused(message) => return message.contains(SCHEMA) || message.contains(ANOTHER),
            _ => return false,
        };
        let says = |text: &str| raised.message.contains(text);
        let names = |name: &str| {
            let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
            raised.message.split(|letter| !is_part(letter)).any(|word| word == name)
        };
        match &*raised.sqlstate {
            // undefined_function, ambiguous_function, invalid_schema_name, insufficient_privilege
            "42883" | "42725" | "3F000" | "42501" => says(SCHEMA) || names(&self.name),
            // undefined_object: `current_setting` reports a setting that cannot exist, because custom ones have a point in their name
            "42704" => says(ANOTHER),
            // internal_error: dropped between the reading of the statement and its execution
            "XX000" => names(&self.oid.to_string()),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::error::DatabaseError;

    fn raised(sqlstate: &str, message: &str) -> Error {
        let (sqlstate, message) = (sqlstate.to_owned(), message.to_owned());
        Error::Database(Box::new(DatabaseError { sqlstate, message, ..DatabaseError::default() }))
    }

    #[test]
    fn values_are_literals_of_the_call() {
        let mut message = String::new();
        Call::new("f_1", 7).append(&mut message, &[Some("it's".into()), None]).unwrap();
        assert!(message.contains("then glowplug_operations.f_1('it''s',null) else "), "{message}");
        assert!(message.contains("'glowplug_operations.f_1'::pg_catalog.regproc"), "{message}");
    }

    #[test]
    fn a_missing_function_is_distinguished_from_what_it_raises() {
        let call = Call::new("f_1", 4711);
        assert!(call.is_missed(&raised("42883", r#"function "glowplug_operations.f_1" does not exist"#)));
        assert!(call.is_missed(&raised("42501", "Keine Berechtigung für Funktion f_1")));
        assert!(call.is_missed(&raised("XX000", "cache lookup failed for function 4711")));
        assert!(!call.is_missed(&raised("42883", "function lower(integer) does not exist")));
        assert!(!call.is_missed(&raised("42501", "permission denied for table task")));
        assert!(!call.is_missed(&raised("42501", "permission denied for table if_1")));
        assert!(!call.is_missed(&raised("23514", "glowplug_operations.f_1")));
    }
}
