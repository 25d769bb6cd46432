//! Types that PostgreSQL does not have built in: names -> OIDs, looked up once for a pool.
//!
//! Never uses a named statement, and looks up only types that are needed.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::db::wire::{Format, Pipeline, PipelineError, UNSPECIFIED};
use crate::statement::array_literal;

/// An enum, a domain, a composite type, or one of an extension, as Diesel's `#[diesel(postgres_type(…))]` names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::db) struct TypeName {
    /// If not given, `search_path` decides.
    pub(in crate::db) schema: Option<String>,
    pub(in crate::db) name: String,
}

impl std::fmt::Display for TypeName {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.schema {
            Some(schema) => write!(formatter, "\"{schema}\".\"{}\"", self.name),
            None => write!(formatter, "\"{}\"", self.name),
        }
    }
}

/// The OIDs of a type and of its array; 0 where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::db) struct Oids {
    pub(in crate::db) of_type: u32,
    pub(in crate::db) of_array: u32,
}

/// The types that were looked up. A type that is dropped and created again has another OID: see [`Types::forget`].
#[derive(Debug, Default)]
pub(in crate::db) struct Types(Mutex<HashMap<TypeName, Oids>>);

impl Types {
    pub(in crate::db) fn get(&self, name: &TypeName) -> Option<Oids> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).copied()
    }

    pub(in crate::db) fn learn(&self, found: impl Iterator<Item = (TypeName, Oids)>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(found);
    }

    /// Forgets all types, after a sign that one of them has changed.
    pub(in crate::db) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// One row for each name, in order: the OIDs as text. A type that does not exist has 0, and the transaction does not fail.
const QUESTION: &str = "select coalesce(t.oid, 0), coalesce(t.typarray, 0) \
    from rows from (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[])) with ordinality w (s, n, i) \
    left join pg_catalog.pg_type t on t.oid operator(pg_catalog.=) pg_catalog.to_regtype( \
        pg_catalog.concat(pg_catalog.quote_ident(w.s) operator(pg_catalog.||) '.', pg_catalog.quote_ident(w.n))) \
    order by w.i";

/// The pipeline that looks up the OIDs of types.
pub(in crate::db) fn question(names: &[TypeName]) -> Result<Pipeline, PipelineError> {
    let schemas = array_literal(names.iter().map(|name| name.schema.as_deref()));
    let names = array_literal(names.iter().map(|name| Some(&*name.name)));
    let values = [Some(schemas.as_bytes()), Some(names.as_bytes())];
    let mut pipeline = Pipeline::default();
    pipeline.parse("", QUESTION, [UNSPECIFIED; 2].into_iter())?;
    pipeline.bind("", values.into_iter(), Format::Text)?;
    pipeline.execute()?;
    pipeline.sync();
    Ok(pipeline)
}
