//! An environment in which a statement can rely only on its own text.

use crate::harness;

/// Settings for `alter database … set`: each changes the text of some values, or the meaning of a statement.
const OF_DATABASE: [(&str, &str); 14] = [
    ("search_path", "traps, public, pg_catalog"),
    ("extra_float_digits", "0"),
    ("array_nulls", "off"),
    ("DateStyle", "'German'"),
    ("bytea_output", "escape"),
    ("row_security", "off"),
    ("transform_null_equals", "on"),
    ("standard_conforming_strings", "off"),
    ("escape_string_warning", "off"),
    ("backslash_quote", "off"),
    ("quote_all_identifiers", "on"),
    ("xmlbinary", "hex"),
    ("xmloption", "document"),
    ("default_text_search_config", "'pg_catalog.simple'"),
];

/// Settings that another client of the pooler leaves: those of `pg_dump`, and more.
const LEFT_BEHIND: &str = "
    set search_path = traps, pg_catalog;
    set extra_float_digits = -10;
    set array_nulls = off;
    set IntervalStyle = 'sql_standard';
    set bytea_output = 'escape';
    set row_security = off;
    set statement_timeout = 0;
    set quote_all_identifiers = on;
    set xmloption = document;
    set transform_null_equals = on;
    set default_transaction_isolation = 'serializable';
    set enable_indexscan = off;
    set role trapper";

/// A new database with traps and `setup`; returns its name. The traps have no effect before [`surround`].
pub(crate) async fn hostile_database(setup: &str) -> String {
    static TEMPLATE: tokio::sync::OnceCell<String> = tokio::sync::OnceCell::const_new();
    let template = TEMPLATE.get_or_init(|| harness::database(include_str!("traps.sql"))).await;
    let database = harness::copy_of(template).await;
    if !setup.is_empty() {
        let owner = harness::connect(&harness::cluster().url(&database)).await;
        owner.batch_execute(setup).await.expect("the database's setup runs");
    }
    database
}

/// Changes the database's settings for connections to come.
///
/// The application's own functions set their path, which is necessary in a hostile one.
pub(crate) async fn surround(database: &str) {
    let owner = harness::connect(&harness::cluster().url(database)).await;
    let functions = "
        do $$ declare found regprocedure; begin
            for found in
                select p.oid from pg_proc as p
                where p.pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'traps'::regnamespace)
                    and p.prokind in ('f', 'p')
                    and not exists (select from pg_depend where classid = 'pg_proc'::regclass and objid = p.oid and deptype = 'e')
            loop
                execute format('alter routine %s set search_path from current', found);
            end loop;
        end $$";
    owner.batch_execute(functions).await.expect("functions have a path of their own");
    for (name, value) in OF_DATABASE {
        let statement = format!("alter database {database} set {name} = {value}");
        owner.batch_execute(&statement).await.expect("a setting of the database");
    }
}

/// Makes a client of a pooler with one server connection leave its settings and its role. The role must
/// exist.
pub(crate) async fn leave_behind(pooled: &str) {
    let client = harness::connect(pooled).await;
    client.batch_execute(LEFT_BEHIND).await.expect("another client may set what it likes");
}
