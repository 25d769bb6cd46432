//! A Diesel query -> its text and its parameters in PostgreSQL's binary format.
//!
//! Never asks the database for a type. Its result names the types that have to be looked up.

use std::sync::Arc;

use diesel::QueryResult;
use diesel::pg::{Pg, PgMetadataLookup, PgQueryBuilder, PgTypeMetadata};
use diesel::query_builder::bind_collector::RawBytesBindCollector;
use diesel::query_builder::{QueryBuilder as _, QueryFragment};
use diesel::result::Error::SerializationError;

use crate::db::connection::types::{Oids, TypeName, Types};

/// A Diesel query, ready to be sent once its types are known.
#[derive(Debug)]
pub(in crate::db) struct Query {
    pub(in crate::db) text: String,
    /// The OID of each parameter's type.
    pub(in crate::db) types: Vec<u32>,
    /// The parameters; `None` is NULL.
    pub(in crate::db) values: Vec<Option<Vec<u8>>>,
    /// Types that were not known. A stand-in OID in `types` and in `values` has to be replaced for each.
    pub(in crate::db) unknown: Vec<TypeName>,
    /// Where such OIDs are in `values`: the value, and the byte at which the OID begins.
    places: Vec<(usize, usize)>,
    /// Whether Diesel guarantees that a query with the same text has the same meaning.
    pub(super) is_cacheable: bool,
}

impl Query {
    pub(in crate::db) fn serialize(source: &impl QueryFragment<Pg>, types: &Arc<Types>) -> QueryResult<Self> {
        let mut builder = PgQueryBuilder::default();
        source.to_sql(&mut builder, &Pg)?;
        let (first, unknown) = collect(source, Lookup::new(types, |oid| oid))?;
        let places = if unknown.is_empty() {
            Vec::new()
        } else {
            let (second, _) = collect(source, Lookup::new(types, |oid| !oid))?;
            places(&first.binds, &second.binds, unknown.len()).ok_or_else(|| {
                SerializationError("a value of a type that is not built in is not the same each time".into())
            })?
        };
        let oid =
            |metadata: &PgTypeMetadata| metadata.oid().map_err(|error| SerializationError(Box::new(error)));
        Ok(Self {
            text: builder.finish(),
            types: first.metadata.iter().map(oid).collect::<QueryResult<_>>()?,
            values: first.binds,
            unknown,
            places,
            is_cacheable: source.is_safe_to_cache_prepared(&Pg)?,
        })
    }

    /// Puts in the OIDs of types that have been looked up by now.
    pub(in crate::db) fn resolve(&mut self, types: &Types) -> QueryResult<()> {
        let unknown = std::mem::take(&mut self.unknown);
        let found = unknown.iter().map(|name| {
            let oids = types.get(name).filter(|oids| oids.of_type != 0);
            oids.ok_or_else(|| SerializationError(format!("the type {name} does not exist").into()))
        });
        let found: Vec<Oids> = found.collect::<QueryResult<_>>()?;
        let resolve = |stand_in: &mut u32| {
            if let Some((index, is_array)) = parts(*stand_in, found.len()) {
                *stand_in = if is_array { found[index].of_array } else { found[index].of_type };
            }
        };
        self.types.iter_mut().for_each(resolve);
        for (value, from) in std::mem::take(&mut self.places) {
            let bytes =
                self.values[value].as_mut().and_then(|value| value.get_mut(from..)?.first_chunk_mut());
            if let Some(bytes) = bytes {
                let mut oid = u32::from_be_bytes(*bytes);
                resolve(&mut oid);
                *bytes = oid.to_be_bytes();
            }
        }
        Ok(())
    }
}

fn collect(
    source: &impl QueryFragment<Pg>,
    mut lookup: Lookup,
) -> QueryResult<(RawBytesBindCollector<Pg>, Vec<TypeName>)> {
    let mut collector = RawBytesBindCollector::<Pg>::new();
    source.collect_binds(&mut collector, &mut lookup, &Pg)?;
    Ok((collector, lookup.unknown))
}

/// Answers Diesel's type look-up with a known OID, or with a stand-in.
struct Lookup {
    types: Arc<Types>,
    unknown: Vec<TypeName>,
    /// Makes each byte of the second run's stand-ins differ from the first run's.
    disguise: fn(u32) -> u32,
}

impl Lookup {
    fn new(types: &Arc<Types>, disguise: fn(u32) -> u32) -> Self {
        Self { types: Arc::clone(types), unknown: Vec::new(), disguise }
    }
}

/// The stand-ins begin at this OID. Each unknown type has two: one for the type, one for its array.
const STAND_INS: u32 = 0xE5E5_0000;

impl PgMetadataLookup for Lookup {
    fn lookup_type(&mut self, name: &str, schema: Option<&str>) -> PgTypeMetadata {
        let name = TypeName { schema: schema.map(str::to_owned), name: name.to_owned() };
        if let Some(oids) = self.types.get(&name) {
            return PgTypeMetadata::new(oids.of_type, oids.of_array);
        }
        let known = self.unknown.iter().position(|known| *known == name);
        let index = known.unwrap_or_else(|| {
            self.unknown.push(name);
            self.unknown.len() - 1
        });
        let stand_in = STAND_INS + 2 * u32::try_from(index).unwrap_or(0);
        PgTypeMetadata::new((self.disguise)(stand_in), (self.disguise)(stand_in + 1))
    }
}

/// The unknown type of a stand-in OID, and whether the OID stands for its array.
fn parts(oid: u32, count: usize) -> Option<(usize, bool)> {
    let offset = usize::try_from(oid.checked_sub(STAND_INS)?).ok()?;
    (offset / 2 < count).then_some((offset / 2, offset % 2 == 1))
}

/// The positions of stand-ins in values: an array contains the OID of its elements, a composite value those of its fields.
/// They are where the same values differ when they are serialised with other stand-ins.
fn places(
    first: &[Option<Vec<u8>>],
    second: &[Option<Vec<u8>>],
    count: usize,
) -> Option<Vec<(usize, usize)>> {
    let mut places = Vec::new();
    for (index, pair) in first.iter().zip(second).enumerate() {
        let (Some(one), Some(other)) = pair else { continue };
        if one.len() != other.len() {
            return None;
        }
        let mut rest = 0..one.len();
        while let Some(at) = rest.find(|at| one[*at] != other[*at]) {
            let oid = u32::from_be_bytes(*one.get(at..)?.first_chunk()?);
            let disguised = u32::from_be_bytes(*other.get(at..)?.first_chunk()?);
            parts(oid, count).filter(|_| disguised == !oid)?;
            places.push((index, at));
            rest.start = at + 4;
        }
    }
    Some(places)
}
