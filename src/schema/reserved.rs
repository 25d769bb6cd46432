//! The names of types that every API has or may have. No table or enum may take them.

use std::collections::HashSet;

use super::type_id::value_family;
use super::{MUTATION, Options, QUERY, SUBSCRIPTION, Scalar};

/// The types that are neither scalars nor of tables.
const TYPES: [&str; 10] = [
    QUERY,
    MUTATION,
    SUBSCRIPTION,
    "Node",
    "PageInfo",
    "OrderByDirection",
    "FilterIs",
    "JSONRemoval",
    "JSONPredicate",
    "JSONPathFilter",
];

/// Those of a subgraph besides.
const SUBGRAPH_TYPES: [&str; 3] = ["_Any", "_Entity", "_Service"];

/// The names of types that no table or enum may take.
pub(super) fn type_names(options: Options) -> HashSet<String> {
    let scalars = Scalar::ALL.iter().flat_map(|scalar| value_family(scalar.name()));
    let of_subgraph = SUBGRAPH_TYPES.into_iter().filter(|_| options.federation).map(str::to_owned);
    TYPES.map(str::to_owned).into_iter().chain(of_subgraph).chain(scalars).collect()
}
