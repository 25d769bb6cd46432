//! Apollo Federation: the types of a subgraph's own root fields, and the SDL that a supergraph is composed from.
//!
//! That SDL contains only what a gateway may select. Every API has `node`, which finds only its own rows, so
//! the SDL leaves it out. For a table whose rows only reference those of another subgraph, it has the rows,
//! by their primary key, and nothing that the other subgraph has under the same name: no collection, no
//! filter, no mutation.

use std::collections::HashSet;
use std::sync::Arc;

use apollo_compiler::ast::{
    Definition, Directive, DirectiveList, ScalarTypeDefinition, UnionTypeDefinition, Value,
};
use apollo_compiler::collections::IndexMap;
use apollo_compiler::schema::{Component, ExtendedType, FieldDefinition, InputValueDefinition};
use apollo_compiler::validation::Valid;
use apollo_compiler::{Name, Node, Schema as CompiledSchema, name};

use super::document::Definitions;
use super::renderer::{Field, Renderer, field};
use crate::schema::{
    MUTATION, MutationFieldKind, QUERY, QueryFieldKind, REPRESENTATIONS, SUBSCRIPTION, Scalar, Schema,
    ServiceFieldKind, TableType, TypeId,
};

/// The specification of the directives.
const SPECIFICATION: &str = "https://specs.apollo.dev/federation/v2.0";

impl Renderer<'_> {
    pub(super) fn entities_field(&mut self, name: &Arc<str>) -> Field {
        let takes = self.reference(TypeId::Any).non_null().list().non_null();
        let text = "What identifies each row: `__typename`, and `nodeId` or the fields of its primary key";
        let argument = self.input(REPRESENTATIONS, Some(text), takes);
        let text =
            Some(self.text(
                "The rows that another subgraph refers to, in the order of the representations; null where there is no such row",
            ));
        field(self.name(name), text, vec![argument], self.reference(TypeId::Entity).list().non_null())
    }

    pub(super) fn service_field(&mut self, name: &Arc<str>) -> Field {
        let text = Some(self.text("The description of this subgraph, to compose a supergraph from"));
        field(self.name(name), text, Vec::new(), self.reference(TypeId::Service).non_null())
    }
}

impl Definitions<'_> {
    /// The types of the root fields that only a subgraph has.
    pub(super) fn subgraph(&mut self) {
        let schema = self.renderer.schema;
        let has = |kind| schema.query.values().any(|found| *found == kind);
        if has(QueryFieldKind::Entities) {
            self.entities();
        }
        if has(QueryFieldKind::Service) {
            let returns = self.renderer.scalar(Scalar::String).non_null();
            let fields = vec![self.renderer.fixed(ServiceFieldKind::Sdl, returns)];
            self.object(TypeId::Service, Some("The description of a subgraph"), fields);
        }
    }

    fn entities(&mut self) {
        let schema = self.renderer.schema;
        let text =
            "An object that identifies a row: its type as `__typename`, and the fields of a key of that type";
        let any = ScalarTypeDefinition {
            description: Some(self.renderer.text(text)),
            name: self.renderer.type_name(TypeId::Any),
            directives: DirectiveList::default(),
        };
        self.made.push(Node::new(any).into());
        let rows = schema.exposed_tables().map(|(table, _)| TypeId::Table(table, TableType::Row));
        let entity = UnionTypeDefinition {
            description: Some(self.renderer.text("A row that other subgraphs can refer to")),
            name: self.renderer.type_name(TypeId::Entity),
            directives: DirectiveList::default(),
            members: rows.map(|row| self.renderer.type_name(row)).collect(),
        };
        self.made.push(Definition::UnionTypeDefinition(Node::new(entity)));
    }
}

/// The types by which other tables' types and the root fields reference a table's rows, besides the type of
/// the row itself.
const REFERRED_TO: [TableType; 7] = [
    TableType::Connection,
    TableType::Filter,
    TableType::OrderBy,
    TableType::RelationFilter,
    TableType::RelationOrderBy,
    TableType::InsertOneInput,
    TableType::InsertManyInput,
];

/// The SDL that a supergraph is composed from.
pub(super) fn subgraph(schema: &Schema, compiled: &Valid<CompiledSchema>) -> String {
    let mut subgraph = CompiledSchema::clone(compiled);
    leave_out_root_fields(schema, &mut subgraph);
    let stubs = schema.exposed_tables().map(|(table, _)| table).filter(|table| schema.is_stub(*table));
    let stubs: Vec<_> = stubs.collect();
    for table in &stubs {
        reduce_to_primary_key(schema, &mut subgraph, *table);
    }
    let left_out = stubs.iter().flat_map(|table| REFERRED_TO.map(|part| TypeId::Table(*table, part)));
    let left_out: HashSet<_> = left_out.filter_map(|id| Name::new(&id.name(schema)).ok()).collect();
    for found in subgraph.types.values_mut() {
        leave_out_references(found, &left_out);
    }
    retain_reachable(schema, &mut subgraph);
    add_directives(schema, &mut subgraph);
    subgraph.serialize().to_string()
}

/// Leaves out the root fields that two subgraphs cannot both have.
fn leave_out_root_fields(schema: &Schema, subgraph: &mut CompiledSchema) {
    let query = |kind: &QueryFieldKind| match kind {
        QueryFieldKind::Node | QueryFieldKind::Entities | QueryFieldKind::Service => false,
        QueryFieldKind::ByKey(table) | QueryFieldKind::Collection(table) | QueryFieldKind::Groups(table) => {
            !schema.is_stub(*table)
        }
        QueryFieldKind::Call(_) | QueryFieldKind::Application(_) => true,
    };
    let mutation = |kind: &MutationFieldKind| match kind {
        MutationFieldKind::Insert(table)
        | MutationFieldKind::Update(table)
        | MutationFieldKind::Delete(table) => !schema.is_stub(*table),
        MutationFieldKind::Call(_) | MutationFieldKind::Application(_) => true,
    };
    retain_fields(subgraph, QUERY, |name| schema.query.get(name).is_none_or(query));
    retain_fields(subgraph, SUBSCRIPTION, |name| schema.subscription.get(name).is_none_or(query));
    retain_fields(subgraph, MUTATION, |name| schema.mutation.get(name).is_none_or(mutation));
    let roots = subgraph.schema_definition.make_mut();
    for root in [&mut roots.mutation, &mut roots.subscription] {
        root.take_if(|root| subgraph.types.get(&root.name).is_none_or(has_no_fields));
    }
}

fn has_no_fields(found: &ExtendedType) -> bool {
    found.as_object().is_none_or(|object| object.fields.is_empty())
}

fn retain_fields(subgraph: &mut CompiledSchema, type_name: &str, is_kept: impl Fn(&str) -> bool) {
    if let Some(ExtendedType::Object(found)) = subgraph.types.get_mut(type_name) {
        found.make_mut().fields.retain(|name, _| is_kept(name));
    }
}

/// Another subgraph gives the rows of a stub other identifiers, so they have none here if their primary key
/// can be looked up.
fn reduce_to_primary_key(schema: &Schema, subgraph: &mut CompiledSchema, table: usize) {
    if let Some(exposed) = schema.table(table)
        && schema.entity_columns(table).is_some()
        && let Some(ExtendedType::Object(found)) = subgraph.types.get_mut(&*exposed.type_name)
    {
        let found = found.make_mut();
        found.fields.shift_remove(schema.node_id);
        found.implements_interfaces.clear();
    }
}

/// Leaves out the fields and arguments with those types.
fn leave_out_references(of: &mut ExtendedType, left_out: &HashSet<Name>) {
    let is_kept = |argument: &Node<InputValueDefinition>| !left_out.contains(argument.ty.inner_named_type());
    match of {
        ExtendedType::Object(object) => {
            let object = object.make_mut();
            object.fields.retain(|_, field| !left_out.contains(field.ty.inner_named_type()));
            for field in object.fields.values_mut() {
                if !field.arguments.iter().all(is_kept) {
                    field.make_mut().arguments.retain(is_kept);
                }
            }
        }
        ExtendedType::InputObject(input) => {
            input.make_mut().fields.retain(|_, field| !left_out.contains(field.ty.inner_named_type()));
        }
        ExtendedType::Scalar(_)
        | ExtendedType::Interface(_)
        | ExtendedType::Union(_)
        | ExtendedType::Enum(_) => {}
    }
}

/// Leaves out the types that are not reachable from the roots or from the rows that other subgraphs may
/// reference.
fn retain_reachable(schema: &Schema, subgraph: &mut CompiledSchema) {
    let roots = &subgraph.schema_definition;
    let roots = [&roots.query, &roots.mutation, &roots.subscription].into_iter().flatten();
    let rows = schema.exposed_tables().filter_map(|(_, exposed)| Name::new(&exposed.type_name).ok());
    let mut next: Vec<Name> = roots.map(|root| root.name.clone()).chain(rows).collect();
    let mut reached = HashSet::new();
    while let Some(name) = next.pop() {
        if let Some(found) = subgraph.types.get(&name)
            && reached.insert(name)
        {
            next.extend(references(found));
        }
    }
    subgraph.types.retain(|name, found| found.is_built_in() || reached.contains(name));
}

/// The types that a type references.
fn references(found: &ExtendedType) -> Vec<Name> {
    let of_fields = |fields: &IndexMap<Name, Component<FieldDefinition>>| {
        let of_field = |field: &Component<FieldDefinition>| {
            let arguments = field.arguments.iter().map(|argument| argument.ty.inner_named_type().clone());
            arguments.chain([field.ty.inner_named_type().clone()]).collect::<Vec<_>>()
        };
        fields.values().flat_map(of_field).collect::<Vec<_>>()
    };
    match found {
        ExtendedType::Object(object) => {
            let interfaces = object.implements_interfaces.iter().map(|interface| interface.name.clone());
            interfaces.chain(of_fields(&object.fields)).collect()
        }
        ExtendedType::Interface(interface) => of_fields(&interface.fields),
        ExtendedType::Union(union) => union.members.iter().map(|member| member.name.clone()).collect(),
        ExtendedType::InputObject(input) => {
            input.fields.values().map(|field| field.ty.inner_named_type().clone()).collect()
        }
        ExtendedType::Scalar(_) | ExtendedType::Enum(_) => Vec::new(),
    }
}

/// Marks the types that are entities, with their keys, and the types that all Glowplug subgraphs share.
fn add_directives(schema: &Schema, subgraph: &mut CompiledSchema) {
    let names = ["@key", "@shareable"].map(|name| Node::new(Value::from(name)));
    let link = directive(
        name!("link"),
        vec![
            (name!("url"), Node::new(Value::from(SPECIFICATION))),
            (name!("import"), Node::new(Value::List(names.into()))),
        ],
    );
    subgraph.schema_definition.make_mut().directives.push(link);
    if let Some(ExtendedType::Object(found)) = subgraph.types.get_mut(&*TypeId::PageInfo.name(schema)) {
        found.make_mut().directives.push(directive(name!("shareable"), Vec::new()));
    }
    for (table, exposed) in schema.exposed_tables() {
        let Some(ExtendedType::Object(found)) = subgraph.types.get_mut(&*exposed.type_name) else { continue };
        let columns = schema.entity_columns(table).map(|key| {
            let fields = key.iter().filter_map(|column| schema.column(table, *column));
            fields.map(|column| &*column.field).collect::<Vec<_>>().join(" ")
        });
        let node_id = (columns.is_none() || !schema.is_stub(table)).then(|| schema.node_id.to_owned());
        for fields in node_id.into_iter().chain(columns) {
            let fields = vec![(name!("fields"), Node::new(Value::from(fields.as_str())))];
            found.make_mut().directives.push(directive(name!("key"), fields));
        }
    }
}

fn directive(name: Name, arguments: Vec<(Name, Node<Value>)>) -> Component<Directive> {
    let arguments =
        arguments.into_iter().map(|(name, value)| Node::new(apollo_compiler::ast::Argument { name, value }));
    Component::new(Directive { name, arguments: arguments.collect() })
}
