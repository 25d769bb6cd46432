//! The whole schema as a document: its types, in their order.

use std::sync::Arc;

use apollo_compiler::Node;
use apollo_compiler::ast::{
    Definition, DirectiveList, Document, EnumTypeDefinition, EnumValueDefinition, InputObjectTypeDefinition,
    InterfaceTypeDefinition, ObjectTypeDefinition, ScalarTypeDefinition,
};
use apollo_compiler::{Name, name};

use super::renderer::{Field, Input, Renderer, description};
use super::semantic_non_null;
use crate::catalog::JsonForm;
use crate::schema::{
    AggregateFunction, ExposedColumn, ExposedTable, FixedFields, MutationFieldKind, Nullability,
    PageInfoFieldKind, Scalar, Schema, TableType, TypeId, ValueType,
};

/// The directions of an order, and the values of `is`.
const DIRECTIONS: [(&str, &str); 4] = [
    ("AscNullsFirst", "Ascending, nulls first"),
    ("AscNullsLast", "Ascending, nulls last"),
    ("DescNullsFirst", "Descending, nulls first"),
    ("DescNullsLast", "Descending, nulls last"),
];
const IS: [(&str, &str); 2] = [("NULL", "The value is null"), ("NOT_NULL", "The value is not null")];

/// The order-by types for aggregates over related rows, each with one of the functions that has the same
/// columns.
const FIGURES: [(TableType, &str, AggregateFunction); 2] = [
    (
        TableType::NumberOrderBy,
        "A column whose sum or average to order by, with the direction",
        AggregateFunction::Sum,
    ),
    (
        TableType::ExtremeOrderBy,
        "A column whose smallest or largest value to order by, with the direction",
        AggregateFunction::Minimum,
    ),
];

/// The schema as a document; the error is a name that is not valid in GraphQL.
pub(super) fn document(schema: &Schema) -> Result<Document, String> {
    let mut definitions =
        Definitions { renderer: Renderer::new(schema), made: Vec::new(), has_mutation: false };
    if schema.marks_semantic_non_null {
        definitions.made.push(semantic_non_null::definition());
    }
    definitions.shared_types();
    for (index, table) in schema.tables.iter().enumerate() {
        if table.is_some() {
            definitions.table(index);
        }
    }
    if schema.mutation.values().any(|field| matches!(field, MutationFieldKind::Call(_))) {
        definitions.mutation();
    }
    definitions.made.extend(schema.application.definitions().cloned());
    if !schema.mutation.is_empty() {
        definitions.mutation();
    }
    definitions.subgraph();
    definitions.nested_inputs();
    definitions.json_removal();
    definitions.json_filters();
    definitions.measures();
    definitions.truncation_unit();
    definitions.composites();
    definitions.values();
    definitions.text_search();
    match definitions.renderer.invalid {
        Some(name) => Err(format!("{name:?} is no name")),
        None => Ok(Document { definitions: definitions.made, ..Document::new() }),
    }
}

/// The definitions so far.
pub(super) struct Definitions<'s> {
    pub(super) renderer: Renderer<'s>,
    pub(super) made: Vec<Definition>,
    has_mutation: bool,
}

impl Definitions<'_> {
    /// The root types, and the types that all tables share.
    fn shared_types(&mut self) {
        let query = self.renderer.query_fields();
        let subscription = self.renderer.subscription_fields(&query);
        self.object(TypeId::Query, Some("The fields that read"), query);
        if !subscription.is_empty() {
            let text = "The fields that read, answered at once and again whenever the answer has changed";
            self.object(TypeId::Subscription, Some(text), subscription);
        }
        let id = self.renderer.scalar(Scalar::Id).non_null();
        let node_id = self.renderer.field(self.renderer.schema.node_id, None, id);
        let description = Some(self.renderer.text("A row of any type"));
        self.made.push(
            Node::new(InterfaceTypeDefinition {
                description,
                name: self.renderer.type_name(TypeId::Node),
                implements_interfaces: Vec::new(),
                directives: DirectiveList::default(),
                fields: vec![node_id],
            })
            .into(),
        );
        let fields = PageInfoFieldKind::ALL.iter().map(|field| self.renderer.page_info_field(*field));
        let fields = fields.collect();
        self.object(TypeId::PageInfo, Some("The position of a page in its collection"), fields);
        self.fixed_enum(
            TypeId::OrderByDirection,
            "The direction of an order, and the place of nulls in it",
            &DIRECTIONS,
        );
        self.fixed_enum(TypeId::FilterIs, "Whether a value is null", &IS);
    }

    /// The root type of mutations, once: it follows the first type that only it needs.
    fn mutation(&mut self) {
        if !self.has_mutation {
            self.has_mutation = true;
            let fields = self.renderer.mutation_fields();
            let description = "The fields that change rows; those of an operation run in order, and take effect together or not at all";
            self.object(TypeId::Mutation, Some(description), fields);
        }
    }

    fn table(&mut self, index: usize) {
        let Some(exposed) = self.renderer.schema.table(index) else { return };
        let of = |part| TypeId::Table(index, part);
        self.row(index);
        let fields = self.renderer.edge_fields(index);
        self.object(of(TableType::Edge), Some("A row of a page, with its cursor"), fields);
        let fields = self.renderer.connection_fields(index, exposed.totals);
        let text = "A page of rows, with facts about the whole collection";
        self.object(of(TableType::Connection), Some(text), fields);
        if exposed.totals.aggregate {
            self.aggregates(index);
        }
        if exposed.has_groups {
            self.groups(index, exposed);
        }
        let fields = self.renderer.filter_fields(index, exposed);
        self.input(of(TableType::Filter), "Conditions on a row; all of them must hold", fields);
        if exposed.has_order() {
            let fields = self.renderer.order_fields(exposed);
            self.input(of(TableType::OrderBy), "A value to order by, with its direction", fields);
        }
        if exposed.has_distinct() {
            let columns = exposed.columns_that(ExposedColumn::is_distinct_column);
            let names = columns.map(|(_, column)| &column.field);
            self.own_enum(
                of(TableType::DistinctColumn),
                "The columns by which rows can count as equal",
                names,
            );
        }
        if exposed.reached.by_many || exposed.has_groups {
            self.figure_orders(index, exposed);
        }
        if exposed.reached.by_many {
            self.related(index);
        }
        self.changes(index);
    }

    /// The inputs that filter and order rows by related rows of the table.
    fn related(&mut self, index: usize) {
        let Some(exposed) = self.renderer.schema.table(index) else { return };
        let of = |part| TypeId::Table(index, part);
        let fields = self.renderer.relation_filter_fields(index);
        let text = "Conditions on the related rows; all of them must hold";
        self.input(of(TableType::RelationFilter), text, fields);
        let fields = self.renderer.relation_order_fields(index, exposed);
        let text = "An aggregate of the related rows to order by, with its direction";
        self.input(of(TableType::RelationOrderBy), text, fields);
    }

    /// The columns whose figures rows or groups can be ordered by.
    fn figure_orders(&mut self, index: usize, exposed: &ExposedTable) {
        for (part, text, function) in FIGURES {
            let fields = self.renderer.figure_fields(exposed, function);
            if !fields.is_empty() {
                self.input(TypeId::Table(index, part), text, fields);
            }
        }
    }

    fn row(&mut self, index: usize) {
        let schema = self.renderer.schema;
        let text = description(schema.catalog.tables[index].directive.description.as_ref());
        let name = self.renderer.type_name(TypeId::Table(index, TableType::Row));
        let fields = self.renderer.row_fields(index);
        let implements_interfaces = vec![self.renderer.type_name(TypeId::Node)];
        let directives = DirectiveList::default();
        let row = ObjectTypeDefinition { description: text, name, implements_interfaces, directives, fields };
        self.made.push(Node::new(row).into());
    }

    fn aggregates(&mut self, index: usize) {
        let mut fields = Vec::new();
        for (kind, result) in self.renderer.aggregates(index) {
            let (returns, nullability) = match result {
                None => (self.renderer.scalar(Scalar::Int), Nullability::NonNull),
                Some((part, columns)) => {
                    let id = TypeId::Table(index, part);
                    self.object(id, Some(kind.description()), columns);
                    (self.renderer.reference(id), Nullability::SemanticNonNull)
                }
            };
            let made = self.renderer.aggregate_field(kind, returns);
            fields.push(self.renderer.with_nullability(made, nullability));
        }
        let text = "Aggregates of the rows of a collection";
        self.object(TypeId::Table(index, TableType::Aggregate), Some(text), fields);
    }

    /// The inputs and responses of a table's mutations.
    fn changes(&mut self, index: usize) {
        let Some(exposed) = self.renderer.schema.table(index) else { return };
        let of = |part| TypeId::Table(index, part);
        if exposed.changes.insert {
            let mut fields = self.renderer.written_fields(exposed, |column| column.is_insertable);
            fields.extend(self.renderer.nested_fields(index));
            let text = "A row to insert; columns that you leave out get their defaults";
            self.input(of(TableType::InsertInput), text, fields);
            self.conflicts(index, exposed);
            self.response(index, TableType::InsertResponse, "The result of an insert");
        }
        if exposed.changes.update {
            let fields = self.renderer.written_fields(exposed, |column| column.is_updatable);
            let text = "New values of columns; columns that you leave out keep their values";
            self.input(of(TableType::UpdateInput), text, fields);
            self.operations(index, exposed);
            self.response(index, TableType::UpdateResponse, "The result of an update");
        }
        if exposed.changes.delete {
            self.response(index, TableType::DeleteResponse, "The result of a delete");
        }
    }

    fn response(&mut self, index: usize, part: TableType, text: &'static str) {
        let fields = self.renderer.response_fields(index);
        self.object(TypeId::Table(index, part), Some(text), fields);
        self.mutation();
    }

    /// The scalars and enums that are referenced, and their filters, in the order of their names.
    fn values(&mut self) {
        let schema = self.renderer.schema;
        self.renderer.used_names.extend(schema.application.referred_names());
        let scalars = Scalar::ALL.into_iter().chain(Scalar::OPTIONAL).map(ValueType::Scalar);
        let mut values: Vec<_> =
            scalars.chain(schema.enums.keys().map(|oid| ValueType::Enum(*oid))).collect();
        values.sort_by_key(|value| schema.value_name(*value));
        for value in values {
            let mut is_used = self.renderer.used.contains(&TypeId::Value(value))
                || self.renderer.used_names.contains(schema.value_name(value));
            for id in [TypeId::ValueFilter(value), TypeId::ListFilter(value)] {
                if self.renderer.used.contains(&id) {
                    is_used = true;
                    let (text, fields) = self.renderer.operators(id, value);
                    self.own_input(id, Some(Node::new_str(&text)), fields);
                }
            }
            if is_used {
                self.value(value);
            }
        }
    }

    fn value(&mut self, value: ValueType) {
        let name = self.renderer.type_name(TypeId::Value(value));
        let directives = DirectiveList::default();
        match value {
            ValueType::Scalar(scalar) => {
                // A scalar without a description is one of GraphQL's own.
                let description = match (scalar, self.renderer.schema.catalog.json_form()) {
                    (Scalar::Json, JsonForm::Raw) => Some("JSON: any value"),
                    (Scalar::GeoJson, JsonForm::Raw) => Some(
                        "A geometry as GeoJSON (RFC 7946): an object, or in arguments a string with its text. Coordinates are those of \
                         the column's reference system, which `crs` names if it is not EPSG:4326",
                    ),
                    _ => scalar.description(),
                };
                if let Some(text) = description {
                    let description = Some(Node::new_str(text));
                    self.made.push(Node::new(ScalarTypeDefinition { description, name, directives }).into());
                }
            }
            ValueType::Enum(oid) => {
                let schema = self.renderer.schema;
                let found = schema.catalog.types.get(&oid);
                let description = found.and_then(|found| description(found.directive.description.as_ref()));
                let values = schema.enums.get(&oid).into_iter().flat_map(|found| &found.values);
                let values = values.map(|(_, value)| self.renderer.name(&value.as_str().into()));
                let values = values.map(|value| enum_value(value, None)).collect();
                self.made
                    .push(Node::new(EnumTypeDefinition { description, name, directives, values }).into());
            }
        }
    }

    /// An enum whose values are names of a table's columns or indexes.
    pub(super) fn own_enum<'n>(
        &mut self,
        id: TypeId,
        text: &'static str,
        names: impl Iterator<Item = &'n Arc<str>>,
    ) {
        let values = names.map(|name| enum_value(self.renderer.name(name), None)).collect();
        let description = Some(self.renderer.text(text));
        let name = self.renderer.type_name(id);
        let directives = DirectiveList::default();
        self.made.push(Node::new(EnumTypeDefinition { description, name, directives, values }).into());
    }

    pub(super) fn fixed_enum(
        &mut self,
        id: TypeId,
        text: &'static str,
        values: &[(&'static str, &'static str)],
    ) {
        let values = values.iter().map(|(name, text)| {
            // These are valid names.
            enum_value(Name::new_static(name).unwrap_or(name!("invalid")), Some(Node::new_str(text)))
        });
        let definition = EnumTypeDefinition {
            description: Some(Node::new_str(text)),
            name: self.renderer.type_name(id),
            directives: DirectiveList::default(),
            values: values.collect(),
        };
        self.made.push(Node::new(definition).into());
    }

    pub(super) fn object(&mut self, id: TypeId, text: Option<&'static str>, fields: Vec<Field>) {
        let description = text.map(|text| self.renderer.text(text));
        self.described_object(id, description, fields);
    }

    pub(super) fn described_object(
        &mut self,
        id: TypeId,
        description: Option<Node<str>>,
        fields: Vec<Field>,
    ) {
        let definition = ObjectTypeDefinition {
            description,
            name: self.renderer.type_name(id),
            implements_interfaces: Vec::new(),
            directives: DirectiveList::default(),
            fields,
        };
        self.made.push(Node::new(definition).into());
    }

    pub(super) fn input(&mut self, id: TypeId, text: &'static str, fields: Vec<Input>) {
        let description = Some(self.renderer.text(text));
        self.own_input(id, description, fields);
    }

    fn own_input(&mut self, id: TypeId, description: Option<Node<str>>, fields: Vec<Input>) {
        let directives = DirectiveList::default();
        let name = self.renderer.type_name(id);
        self.made.push(Node::new(InputObjectTypeDefinition { description, name, directives, fields }).into());
    }
}

fn enum_value(value: Name, description: Option<Node<str>>) -> Node<EnumValueDefinition> {
    Node::new(EnumValueDefinition { description, value, directives: DirectiveList::default() })
}
