//! A Diesel query -> its text and its parameters in PostgreSQL's binary format.
//!
//! Never asks the database for a type: see [`NoLookup`].

use std::error::Error;

use bytes::{BufMut as _, BytesMut};
use diesel::QueryResult;
use diesel::pg::{Pg, PgMetadataLookup, PgQueryBuilder, PgTypeMetadata};
use diesel::query_builder::bind_collector::RawBytesBindCollector;
use diesel::query_builder::{QueryBuilder as _, QueryFragment};
use diesel::result::Error::SerializationError;
use tokio_postgres::types::{IsNull, Kind, ToSql, Type, to_sql_checked};

/// A Diesel query, ready to be sent.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) text: String,
    binds: Vec<(Bind, Type)>,
}

impl Query {
    pub(super) fn serialize(source: &impl QueryFragment<Pg>) -> QueryResult<Self> {
        let mut builder = PgQueryBuilder::default();
        source.to_sql(&mut builder, &Pg)?;
        let mut collector = RawBytesBindCollector::<Pg>::new();
        source.collect_binds(&mut collector, &mut NoLookup, &Pg)?;
        let binds = collector
            .metadata
            .iter()
            .zip(collector.binds)
            .map(|(metadata, value)| Ok((Bind(value), parameter_type(metadata)?)))
            .collect::<QueryResult<_>>()?;
        Ok(Self { text: builder.finish(), binds })
    }

    /// The parameters as the driver takes them.
    pub(super) fn parameters(&self) -> impl Iterator<Item = (&Bind, Type)> {
        self.binds.iter().map(|(bind, type_)| (bind, type_.clone()))
    }
}

/// A parameter that Diesel has put into PostgreSQL's binary format already.
#[derive(Debug)]
pub(super) struct Bind(Option<Vec<u8>>);

impl ToSql for Bind {
    fn to_sql(&self, _type: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        let Some(bytes) = &self.0 else { return Ok(IsNull::Yes) };
        out.put_slice(bytes);
        Ok(IsNull::No)
    }

    fn accepts(_type: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// Answers Diesel's question for a type that is not built in with "unspecified".
///
/// PostgreSQL then infers the parameter's type from where it stands, as it does for an untyped literal, so that an
/// enum compared with its column needs no look-up. An array of such a type carries its element's OID inside, which
/// cannot be left open: PostgreSQL refuses it with "wrong element type". Cast a text array in the query instead.
struct NoLookup;

const UNSPECIFIED: u32 = 0;

impl PgMetadataLookup for NoLookup {
    fn lookup_type(&mut self, _name: &str, _schema: Option<&str>) -> PgTypeMetadata {
        PgTypeMetadata::new(UNSPECIFIED, UNSPECIFIED)
    }
}

fn parameter_type(metadata: &PgTypeMetadata) -> QueryResult<Type> {
    let oid = metadata.oid().map_err(|error| SerializationError(Box::new(error)))?;
    Ok(Type::from_oid(oid)
        .unwrap_or_else(|| Type::new("unspecified".to_owned(), oid, Kind::Simple, "pg_catalog".to_owned())))
}
