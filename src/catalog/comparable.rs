//! Which types PostgreSQL compares with `=`, for relations that comments declare. Knows nothing about tables.

use std::collections::HashMap;

use super::{Oid, Type, base_type};

/// Types that PostgreSQL compares with each other, by its own operators or after an implicit cast.
const FAMILIES: [&[&str]; 5] = [
    &["int2", "int4", "int8", "float4", "float8", "numeric", "oid"],
    &["text", "varchar", "bpchar", "name", "char", "citext"],
    &["date", "timestamp", "timestamptz"],
    &["inet", "cidr"],
    &["bit", "varbit"],
];

/// Whether values of the two types can be compared. Any other type can be compared only with itself, if it
/// has an order.
pub(super) fn are_comparable(types: &HashMap<Oid, Type>, left: Oid, right: Oid) -> bool {
    let base = |oid: Oid| types.get(&oid).map(|found| base_type(types, found));
    let (Some(left), Some(right)) = (base(left), base(right)) else { return false };
    match (left.element, right.element) {
        (Some(left), Some(right)) => left == right && are_comparable(types, left, right),
        (None, None) if left.oid == right.oid => left.order.is_some(),
        (None, None) => FAMILIES
            .iter()
            .any(|family| family.contains(&left.name.as_str()) && family.contains(&right.name.as_str())),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Comparison, Directive, TypeKind};

    fn catalogue() -> HashMap<Oid, Type> {
        let plain = |oid, name: &str| Type {
            oid,
            schema: "pg_catalog".to_owned(),
            name: name.to_owned(),
            kind: TypeKind::Base,
            element: None,
            base: None,
            delimiter: None,
            relation: None,
            subtype: None,
            directive: Directive::default(),
            attributes: None,
            labels: None,
            extension: None,
            is_exposed: false,
            may_be_named: true,
            may_be_compared: true,
            order: (name != "json").then_some(Comparison::SYSTEM),
        };
        let mut types = vec![plain(1, "int4"), plain(2, "int8"), plain(3, "text"), plain(4, "json")];
        types.push(Type { base: Some(1), ..plain(5, "share") });
        types.push(Type { element: Some(1), ..plain(6, "_int4") });
        types.push(Type { element: Some(2), ..plain(7, "_int8") });
        types.into_iter().map(|found| (found.oid, found)).collect()
    }

    #[test]
    fn types_are_compared_within_their_family() {
        let types = catalogue();
        for (left, right) in [(1, 1), (1, 2), (5, 2), (6, 6)] {
            assert!(are_comparable(&types, left, right), "{left} and {right}");
        }
        for (left, right) in [(1, 3), (4, 4), (6, 7), (6, 1), (1, 99)] {
            assert!(!are_comparable(&types, left, right), "{left} and {right}");
        }
    }
}
