//! SQLSTATE -> the meaning of a PostgreSQL error for a client (manual, appendix A). Pure.
//!
//! PostgreSQL's own text is passed on if it is about the client's own values, or if a function raised it on purpose. Other
//! texts might reveal what the client must not know.

use std::borrow::Cow;

use super::Code;
use crate::db;
use crate::db::DatabaseError;

/// The classes of appendix A. PostgreSQL raises no others, so a function has raised an error of another class on purpose.
const CLASSES: [&str; 43] = [
    "00", "01", "02", "03", "08", "09", "0A", "0B", "0F", "0L", "0P", "0Z", "10", "20", "21", "22", "23",
    "24", "25", "26", "27", "28", "2B", "2D", "2F", "34", "38", "39", "3B", "3D", "3F", "40", "42", "44",
    "53", "54", "55", "57", "58", "72", "F0", "HV", "XX",
];

/// Errors of a statement that was compiled before the database changed: a name is missing, renamed, ambiguous, or of another
/// type or kind.
const SCHEMA_CHANGES: [&str; 20] = [
    "0A000", // a cached plan would return other columns
    "21000", // a key is no key any more
    "22P02", // an enum has lost a label, if enum_in says so
    "3F000", // schema
    "42702", // ambiguous column
    "42703", // column
    "42704", // type
    "42725", // ambiguous function
    "42804", // another type
    "42809", // another kind of object
    "42846", // no cast between the types
    "42883", // function
    "428C9", // a generated column
    "42P01", // table
    "42P02", // parameter
    "42P08", // ambiguous parameter
    "42P10", // no such constraint
    "42P18", // indeterminate type
    "42P22", // indeterminate collation
    "XX000", // dropped while it was being looked up
];

/// Whether the database may have changed since its catalog was read.
pub(crate) fn is_schema_change(error: &db::Error) -> bool {
    match error {
        db::Error::Database(raised) if is_raised_on_purpose(raised) => false,
        db::Error::Database(raised) if of_values(raised).is_some() => false,
        db::Error::Database(raised) if raised.sqlstate == "22P02" => is_from(raised, "enum_in"),
        // Everything else that the database does not support is no change.
        db::Error::Database(raised) if raised.sqlstate == "0A000" => is_from(raised, "RevalidateCachedQuery"),
        error => error.sqlstate().is_some_and(|state| SCHEMA_CHANGES.contains(&state)),
    }
}

/// Whether it is an error of one statement, so that others can still be answered, although its code says that the database
/// is unavailable. A foreign server or a file is unavailable.
pub(crate) fn is_of_statement(error: &db::Error) -> bool {
    matches!(error, db::Error::Database(raised) if !matches!(class(&raised.sqlstate), "53" | "57"))
}

/// Whether an operator can solve it, whatever the client reads.
pub(super) fn concerns_operators(state: &str) -> bool {
    class(state) == "54" || matches!(state, "53400" | "55000" | "55P02")
}

/// What values violate (PostgreSQL manual, section 55.8: the fields `n` and `c` of an error).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Violated {
    /// A constraint of a table or of a domain, or a unique index, by its name.
    Constraint(String),
    /// A column that is not null.
    NotNull {
        /// The column's name in the database.
        column: String,
    },
}

/// Whether PostgreSQL's own text names the table or domain whose constraint is violated.
pub(super) fn is_of_constraint(raised: &DatabaseError) -> bool {
    class(&raised.sqlstate) == "23" && !is_raised_on_purpose(raised)
}

/// What values violate, of an error of class 23; PostgreSQL names it in fields of the error, so no text has to be read.
pub(super) fn violated(raised: &DatabaseError) -> Option<Violated> {
    if class(&raised.sqlstate) != "23" {
        return None;
    }
    let constraint = raised.constraint.clone().filter(|name| !name.is_empty());
    constraint
        .map(Violated::Constraint)
        .or_else(|| raised.column.clone().map(|column| Violated::NotNull { column }))
}

/// The code and the client's message of an error that PostgreSQL raised.
pub(super) fn meaning(raised: &DatabaseError) -> (Code, String) {
    let state = raised.sqlstate.as_str();
    if is_raised_on_purpose(raised) {
        return (code_on_purpose(state), raised.message.clone());
    }
    if let Some(text) = of_values(raised) {
        return (Code::BadUserInput, text.into_owned());
    }
    let own = |code| (code, raised.message.clone());
    let fixed = |code, text: &str| (code, text.to_owned());
    match (class(state), state) {
        (_, "42501") => fixed(Code::Forbidden, "the role may not do that"),
        (_, "25006") => fixed(Code::Forbidden, "a query may not write"),
        (_, "0A000") => fixed(
            Code::Internal,
            "the database does not support this operation; the server's log has its reason",
        ),
        (_, "57014") if raised.is_stray_cancel => {
            fixed(Code::Unavailable, "the statement was cancelled before its time; try again")
        }
        (_, "57014") => fixed(Code::Timeout, "the operation took longer than the statement timeout allows"),
        (_, "25P04") => fixed(Code::Timeout, "the operation took longer than the transaction timeout allows"),
        (_, "53400") => {
            fixed(Code::BadUserInput, "the operation needs more resources than the database allows")
        }
        ("54", _) => fixed(Code::BadUserInput, "the operation is too complex for the database"),
        ("40" | "72", _) | (_, "55P03" | "55006") => {
            fixed(Code::Conflict, "there was a conflict with another operation; try again")
        }
        ("55", _) => fixed(
            Code::Conflict,
            "an object in the database is not ready, such as a materialized view that was never filled",
        ),
        // PostgreSQL's text names the view, which may be one below the view that the role knows.
        ("44", _) => fixed(Code::BadUserInput, "the view does not take such a row (WITH CHECK OPTION)"),
        (_, "23502" | "23514") | ("02" | "10" | "20" | "22", _) => own(Code::BadUserInput),
        ("23", _) => own(Code::Conflict),
        ("08" | "53" | "57" | "HV", _) | (_, "58000" | "58030") => {
            fixed(Code::Unavailable, "the database is not available; try again later")
        }
        _ => (Code::Internal, super::GraphqlError::internal().message),
    }
}

/// The client's message of an error that its values caused, although the code means something else in other places.
fn of_values(raised: &DatabaseError) -> Option<Cow<'_, str>> {
    if raised.sqlstate == "21000" && is_from(raised, "ExecOnConflictUpdate") {
        return Some(Cow::Borrowed(
            "two objects have the same key, and one insert cannot update a row twice; give each key once",
        ));
    }
    if raised.sqlstate == "0A000" && is_from(raised, "array_replace_internal") {
        return Some(Cow::Borrowed(
            "elements cannot be removed from an array of several dimensions; set the whole array",
        ));
    }
    if is_of_json_path(raised) {
        return Some(Cow::Owned(format!("a path of JSON cannot be used: {}", raised.message)));
    }
    if is_of_input(raised) {
        return Some(Cow::Borrowed(&raised.message));
    }
    // PostGIS reports all of its errors as internal ones.
    if raised.file.as_deref() == Some("lwgeom_pg.c") {
        return Some(if raised.message.contains("mixed SRID") {
            Cow::Borrowed(
                "the geometries have different reference systems; name that of the column's values in crs",
            )
        } else {
            Cow::Owned(format!("PostGIS cannot use a geometry: {}", raised.message))
        });
    }
    None
}

/// Whether PostgreSQL does not take a path of its language for JSON, or a variable of the path has no value. The scanner, the
/// parser and the executor of paths are files of their own.
fn is_of_json_path(raised: &DatabaseError) -> bool {
    raised.file.as_deref().is_some_and(|file| file.starts_with("jsonpath"))
}

/// Whether a type's input function does not read a text, but says so as if a statement or the server were wrong: `tsquery`, `ltree`,
/// `hstore`, `geometry` and others. Scanners and parsers are files of their own.
fn is_of_input(raised: &DatabaseError) -> bool {
    const FILES: [&str; 11] = [
        "tsquery.c",
        "tsvector_parser.c",
        "ltree_io.c",
        "ltxtquery_io.c",
        "hstore_io.c",
        "lwgeom_box",
        "lwgeom_inout.c",
        "geography_inout.c",
        "_int_bool.c",
        "cube",
        "seg",
    ];
    raised.file.as_deref().is_some_and(|file| FILES.iter().any(|known| file.starts_with(known)))
}

/// Whether a function raised it by `RAISE`, or with an SQLSTATE that PostgreSQL does not use.
fn is_raised_on_purpose(raised: &DatabaseError) -> bool {
    let class = class(&raised.sqlstate);
    is_from(raised, "exec_stmt_raise") || class == "P0" || (class.len() == 2 && !CLASSES.contains(&class))
}

/// Whether the error comes from this function of PostgreSQL's source.
fn is_from(raised: &DatabaseError, routine: &str) -> bool {
    raised.routine.as_deref() == Some(routine)
}

/// The code of an error that was raised on purpose. `PT` with an HTTP status is `PostgREST`'s convention.
fn code_on_purpose(state: &str) -> Code {
    match (class(state), state) {
        (_, "42501" | "PT401" | "PT403") => Code::Forbidden,
        (_, "23502" | "23514") => Code::BadUserInput,
        ("23" | "40" | "55", _) | (_, "PT409" | "PT412" | "PT423") => Code::Conflict,
        _ => Code::BadUserInput,
    }
}

fn class(state: &str) -> &str {
    state.get(..2).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(sqlstate: &str, routine: Option<&str>) -> DatabaseError {
        DatabaseError {
            sqlstate: sqlstate.to_owned(),
            message: "secret".to_owned(),
            routine: routine.map(str::to_owned),
            ..DatabaseError::default()
        }
    }

    fn code(sqlstate: &str, routine: Option<&str>) -> Code {
        meaning(&error(sqlstate, routine)).0
    }

    /// One or more of each class of appendix A, and whether PostgreSQL's text is passed on.
    #[test]
    fn every_class_has_its_code() {
        use Code::{BadUserInput, Conflict, Forbidden, Internal, Timeout, Unavailable};
        let table: &[(Code, bool, &[&str])] = &[
            (BadUserInput, true, &["02000", "10608", "20000", "22000", "22001", "22003", "22012", "22023"]),
            (BadUserInput, true, &["22P02", "2200G", "23502", "23514"]),
            (BadUserInput, false, &["44000"]),
            (BadUserInput, true, &["P0000", "P0001", "P0002", "P0003", "P0004"]),
            (BadUserInput, true, &["SHOP1", "PT400", "PT404", "PT500", "99001", "ZZZZZ", "U0001", "1A000"]),
            (BadUserInput, false, &["54000", "54001", "54011", "54023", "53400"]),
            (Conflict, true, &["23000", "23001", "23503", "23505", "23P01", "PT409", "PT412"]),
            (
                Conflict,
                false,
                &["40000", "40001", "40002", "40003", "40P01", "55P03", "55006", "55000", "55P04", "72000"],
            ),
            (Forbidden, false, &["42501", "25006"]),
            (Forbidden, true, &["PT401", "PT403"]),
            (Timeout, false, &["57014", "25P04"]),
            (
                Unavailable,
                false,
                &["08000", "08001", "08006", "53000", "53100", "53200", "53300", "57P01", "57P03", "57P05"],
            ),
            (Unavailable, false, &["58000", "58030", "HV000", "HV00N"]),
            (
                Internal,
                false,
                &["00000", "01000", "03000", "09000", "0A000", "0B000", "0F000", "0L000", "0P000", "0Z002"],
            ),
            (
                Internal,
                false,
                &["21000", "24000", "25000", "25001", "25P02", "26000", "27000", "28000", "28P01", "2BP01"],
            ),
            (
                Internal,
                false,
                &["2D000", "2F005", "34000", "38000", "39000", "3B001", "3D000", "3F000", "42000", "42601"],
            ),
            (
                Internal,
                false,
                &["42703", "42883", "42P01", "42804", "58P01", "F0000", "XX000", "XX001", "XX002", "", "P"],
            ),
        ];
        for (expected, passes, states) in table {
            for state in *states {
                let (code, message) = meaning(&error(state, None));
                assert_eq!((code, message == "secret"), (*expected, *passes), "{state}");
            }
        }
        for class in CLASSES {
            let is_in_table =
                table.iter().any(|(_, _, states)| states.iter().any(|state| state.starts_with(class)));
            assert!(is_in_table, "class {class}");
        }
    }

    #[test]
    fn messages_that_functions_raise_on_purpose_pass_with_any_code() {
        for state in ["42P01", "XX000", "0A000", "57014", "28000", "54000", "08006"] {
            let (code, message) = meaning(&error(state, Some("exec_stmt_raise")));
            assert_eq!((code, message.as_str()), (Code::BadUserInput, "secret"), "{state}");
        }
        assert_eq!(code("42501", Some("exec_stmt_raise")), Code::Forbidden);
        assert_eq!(code("23505", Some("exec_stmt_raise")), Code::Conflict);
        assert_eq!(code("40001", Some("exec_stmt_raise")), Code::Conflict);
        assert_eq!(code("23514", Some("exec_stmt_raise")), Code::BadUserInput);
    }

    #[test]
    fn a_changed_schema_is_distinguished_from_raised_errors_and_wrong_values() {
        let is_change =
            |state, routine| is_schema_change(&db::Error::Database(Box::new(error(state, routine))));
        for state in SCHEMA_CHANGES.iter().filter(|state| !["22P02", "0A000"].contains(state)) {
            assert!(is_change(state, None), "{state}");
            assert!(!is_change(state, Some("exec_stmt_raise")), "{state}");
        }
        assert!(is_change("22P02", Some("enum_in")) && is_change("0A000", Some("RevalidateCachedQuery")));
        assert!(
            !is_change("0A000", Some("DeferErrorIfUnsupportedSubqueryPushdown")) && !is_change("0A000", None)
        );
        assert!(!is_change("22P02", Some("pg_strtoint32")));
        assert!(!is_change("23505", None) && !is_change("P0001", None));
        assert!(!is_change("21000", Some("ExecOnConflictUpdate")));
        assert!(!is_change("0A000", Some("array_replace_internal")));
    }

    #[test]
    fn texts_that_input_functions_refuse_are_no_defects() {
        for (state, file, routine) in [
            ("42601", "tsquery.c", "gettoken_query"),
            ("XX000", "hstore_io.c", "parse_hstore"),
            ("42601", "ltree_io.c", "parse_ltree"),
            ("XX000", "lwgeom_pg.c", "pg_error"),
            ("XX000", "lwgeom_pg.c", "pg_parser_errhint"),
            ("XX000", "lwgeom_box.c", "BOX2D_in"),
            ("XX000", "lwgeom_inout.c", "LWGEOM_in"),
        ] {
            let raised = DatabaseError { file: Some(file.to_owned()), ..error(state, Some(routine)) };
            let (code, message) = meaning(&raised);
            assert_eq!((code, message.contains("secret")), (Code::BadUserInput, true), "{state} {file}");
            assert!(!is_schema_change(&db::Error::Database(Box::new(raised))), "{state} {file}");
        }
    }

    #[test]
    fn a_wrong_path_of_json_is_told_with_the_reason() {
        for (state, file) in
            [("42601", "jsonpath_scan.l"), ("42601", "jsonpath.c"), ("42704", "jsonpath_exec.c")]
        {
            let raised = DatabaseError { file: Some(file.to_owned()), ..error(state, None) };
            let (code, message) = meaning(&raised);
            assert_eq!((code, message.contains("secret")), (Code::BadUserInput, true), "{state} {file}");
            assert!(!is_schema_change(&db::Error::Database(Box::new(raised))), "{state} {file}");
        }
    }
}
