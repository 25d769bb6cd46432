//! Composite types that a comment makes object types: `@graphql({"object": true})`. Without it their columns are `Opaque`, as
//! `pg_graphql` has them.

use std::collections::HashSet;
use std::sync::Arc;

use super::claims::{Claim, settle, take_field};
use super::column_type::ColumnType;
use super::scalar::{Scalar, ValueType};
use super::{Schema, TypeId, naming};
use crate::catalog::{Catalog, Oid, Problem, Type, TypeKind, base_type};

/// What the name of the input type has behind that of the object type.
pub(super) const INPUT: &str = "Input";

/// The same of the filter's type.
pub(super) const FILTER: &str = "Filter";

/// The field of a filter that asks whether the whole value is null.
pub(super) const IS: &str = "is";

/// A composite type that is an object type.
#[derive(Debug, Clone, PartialEq)]
pub struct CompositeType {
    /// Its name in the API.
    pub name: Arc<str>,
    /// Its attributes, in the order of a row of the type.
    pub attributes: Vec<CompositeAttribute>,
}

/// An attribute of a composite type.
#[derive(Debug, Clone, PartialEq)]
pub struct CompositeAttribute {
    /// Its name in the database.
    pub name: String,
    /// Its field; `None` where no name for it is free.
    pub field: Option<Arc<str>>,
    /// The type of its values.
    pub column_type: ColumnType,
    /// The type in the database.
    pub type_oid: Oid,
    /// Whether texts in it are equal only if their bytes are equal.
    pub is_deterministic: bool,
    /// Its description.
    pub description: Option<String>,
}

impl CompositeType {
    /// The attribute with that field.
    pub fn attribute(&self, field: &str) -> Option<usize> {
        self.attributes.iter().position(|attribute| attribute.field.as_deref() == Some(field))
    }

    /// What a field of its filter asks for.
    pub fn filter_field(&self, name: &str) -> Option<CompositeFilterField> {
        let attribute = self.attribute(name).filter(|place| self.attributes[*place].filter().is_some());
        let is_null = (name == IS).then_some(CompositeFilterField::Is);
        attribute.map(CompositeFilterField::Attribute).or(is_null)
    }

    /// The attributes that have a field, with it.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&Arc<str>, &CompositeAttribute)> {
        self.attributes.iter().filter_map(|attribute| Some((attribute.field.as_ref()?, attribute)))
    }
}

/// A field of the filter of a composite type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompositeFilterField {
    /// Conditions on the attribute with that index.
    Attribute(usize),
    /// `is`, unless an attribute has that name.
    Is,
}

impl CompositeAttribute {
    /// The type of its filter; `None` if it cannot be in a filter. Documents, vectors and geometries can only as columns.
    pub(super) fn filter(&self) -> Option<TypeId> {
        let of = &self.column_type;
        match of.value {
            _ if of.is_list && !of.is_orderable => None,
            ValueType::Scalar(Scalar::Json | Scalar::Vector | Scalar::GeoJson) => None,
            _ if of.is_list => Some(TypeId::ListFilter(of.value)),
            value => Some(of.composite.map_or(TypeId::ValueFilter(value), TypeId::CompositeFilter)),
        }
    }
}

/// Gives composite types their names, and their attributes their fields. Names that others have are not taken from them.
pub(super) fn add(schema: &mut Schema, claimed: &mut HashSet<String>) {
    let catalog = Arc::clone(&schema.catalog);
    let candidates = candidates(&catalog, &mut schema.problems);
    let claim = |found: &&Type| {
        let usual = naming::type_name(&found.name, schema.inflects(&found.schema));
        Claim::new(&found.name, usual, found.directive.name.as_ref())
    };
    let claims: Vec<_> = candidates.iter().map(claim).collect();
    let settled = settle(&claims, |_, name| {
        let names = [name.to_owned(), format!("{name}{INPUT}"), format!("{name}{FILTER}")];
        if let Some(taken) = names.iter().find(|name| claimed.contains(*name)) {
            return Err(format!("the type name {taken} is taken"));
        }
        claimed.extend(names);
        Ok(())
    });
    for (found, settled) in candidates.iter().zip(settled) {
        let problem = settled.problem("type").map(|reason| Problem { object: object(found), reason });
        schema.problems.extend(problem);
        if let Some(name) = settled.name {
            let composite = CompositeType { name: name.into(), attributes: Vec::new() };
            schema.composites.insert(found.oid, composite);
        }
    }
    // An attribute may be of one of these types, too.
    for found in candidates {
        let attributes = attributes(schema, found);
        if let Some(composite) = schema.composites.get_mut(&found.oid) {
            composite.attributes = attributes;
        }
    }
}

fn candidates<'c>(catalog: &'c Catalog, problems: &mut Vec<Problem>) -> Vec<&'c Type> {
    let asked = catalog.types.values().filter(|found| found.directive.object == Some(true));
    let mut found: Vec<&Type> = asked.collect();
    // The map is unordered, but which of two equal names wins must not change from run to run.
    found.sort_by_key(|found| (&found.schema, &found.name));
    found.retain(|found| {
        let reason = if found.kind != TypeKind::Composite || found.attributes.is_none() {
            "its comment asks for an object type, but it is no composite type with attributes"
        } else if !found.is_exposed {
            "no privilege: the role may not use it, so that its columns are Opaque"
        } else {
            return true;
        };
        problems.push(Problem { object: object(found), reason: reason.to_owned() });
        false
    });
    found
}

fn attributes(schema: &mut Schema, found: &Type) -> Vec<CompositeAttribute> {
    let inflect = schema.inflects(&found.schema);
    let own: Vec<_> = found.attributes.iter().flatten().collect();
    let claims: Vec<_> = own
        .iter()
        .map(|attribute| {
            let usual = naming::field_name(&attribute.name, inflect);
            Claim::new(&attribute.name, usual, attribute.directive.name.as_ref())
        })
        .collect();
    let mut taken = HashSet::new();
    let settled = settle(&claims, |_, name| take_field(&mut taken, name));
    let mut attributes = Vec::new();
    for (attribute, settled) in own.into_iter().zip(settled) {
        let object = || format!("{}.{}", object(found), attribute.name);
        schema.problems.extend(settled.problem("field").map(|reason| Problem { object: object(), reason }));
        let Some(of) = schema.catalog.types.get(&attribute.type_oid) else { continue };
        attributes.push(CompositeAttribute {
            name: attribute.name.clone(),
            field: settled.name.map(Arc::from),
            column_type: schema.column_type(of),
            type_oid: attribute.type_oid,
            is_deterministic: attribute.is_deterministic,
            description: attribute.directive.description.clone(),
        });
    }
    attributes
}

fn object(found: &Type) -> String {
    format!("type {}.{}", found.schema, found.name)
}

impl Schema {
    /// The column type for a type.
    pub(super) fn column_type(&self, found: &Type) -> ColumnType {
        let column_type = ColumnType::of(&self.catalog, found, |oid| self.enums.contains_key(&oid));
        ColumnType { composite: self.composite_oid(found), ..column_type }
    }

    /// The name of the object type of a composite type; only those that have one are referred to.
    pub(super) fn composite_name(&self, oid: Oid) -> &str {
        self.composites.get(&oid).map_or("", |found| &found.name)
    }

    /// The composite type that a type is, or is a domain over, or has arrays of, if that is an object type.
    fn composite_oid(&self, found: &Type) -> Option<Oid> {
        let types = &self.catalog.types;
        let value = found.element.and_then(|element| types.get(&element)).unwrap_or(found);
        let oid = base_type(types, value).oid;
        self.composites.contains_key(&oid).then_some(oid)
    }
}
