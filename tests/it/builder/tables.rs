//! `examples/board/schema.rs`, which Diesel writes, matches the starter's tables.

use crate::harness;

/// The tables of the database in the form of the `table!` macro: name and key, then a line for each column.
const TABLES: &str = "
    select string_agg(
        format('%s (%s) {', relname, keys) || columns || E'\\n}', E'\\n' order by relname)
    from pg_class
    cross join lateral (
        select string_agg(format(E'\\n%s -> %s,', attname, case
            when attnotnull then name else 'Nullable<' || name || '>' end), '' order by attnum) as columns
        from pg_attribute
        join pg_type on pg_type.oid = atttypid
        join pg_type as base on base.oid = coalesce(nullif(pg_type.typbasetype, 0), pg_type.oid)
        left join pg_type as element on element.oid = base.typelem and base.typcategory = 'A'
        cross join lateral (select case
            when base.typtype = 'e' then replace(initcap(replace(base.typname, '_', ' ')), ' ', '')
            when element.oid is not null then 'Array<Nullable<' || initcap(element.typname) || '>>'
            else initcap(base.typname) end as name) as named
        where attrelid = pg_class.oid and attnum > 0 and not attisdropped
    ) as described
    cross join lateral (
        select string_agg(attname, ', ' order by array_position(conkey, attnum)) as keys
        from pg_constraint join pg_attribute on attrelid = conrelid and attnum = any (conkey)
        where conrelid = pg_class.oid and contype = 'p'
    ) as key
    where relkind = 'r' and relnamespace = 'public'::regnamespace and relname not like '\\_\\_diesel%'";

#[tokio::test(flavor = "multi_thread")]
async fn diesel_knows_the_starters_tables_as_they_are() {
    let client = harness::connect(&harness::cluster().url(&harness::starter_database().await)).await;
    let expected = harness::ask(&client, TABLES).await.expect("tables");
    let written = include_str!("../../../examples/board/schema.rs");
    let blocks = written.split("diesel::table! {\n").skip(1).map(|block| {
        let end = block.find("\n}").expect("the macro's end");
        let lines = block[..end].lines().map(str::trim);
        lines.filter(|line| !line.is_empty() && !line.starts_with("use ")).collect::<Vec<_>>().join("\n")
    });
    let found = blocks.collect::<Vec<_>>().join("\n");
    assert_eq!(found, expected, "write it anew: diesel print-schema > examples/board/schema.rs");
}
