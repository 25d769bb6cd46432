//! The root fields: their arguments, results and descriptions.

use std::sync::Arc;

use apollo_compiler::Node;
use apollo_compiler::ast::{Definition, Document, Type, Value};
use indexmap::IndexMap;

use super::renderer::{Field, Input, Renderer, description, field, input, non_null_if, with_default};
use crate::schema::lookup::key_columns;
use crate::schema::{
    DISTINCT_ON, ExposedArgument, ExposedTable, MutationFieldKind, Nullability, QueryFieldKind, Returns,
    Scalar, TableType, TypeId,
};

impl Renderer<'_> {
    pub(super) fn query_fields(&mut self) -> Vec<Field> {
        let schema = self.schema;
        schema.query.iter().filter_map(|(name, kind)| self.query_field(name, kind)).collect()
    }

    /// The fields of `Subscription`; definitions that `query` has as well are shared.
    pub(super) fn subscription_fields(&mut self, query: &[Field]) -> Vec<Field> {
        let schema = self.schema;
        let of_database = |field: &&Field| {
            schema.subscription.get(field.name.as_str()).is_some_and(QueryFieldKind::is_of_database)
        };
        let mut fields: Vec<Field> = query.iter().filter(of_database).cloned().collect();
        fields.extend(schema.subscription.values().filter_map(|kind| match kind {
            QueryFieldKind::Application(number) => self.application_field(*number),
            QueryFieldKind::Node
            | QueryFieldKind::Collection(_)
            | QueryFieldKind::ByKey(_)
            | QueryFieldKind::Groups(_)
            | QueryFieldKind::Call(_)
            | QueryFieldKind::Entities
            | QueryFieldKind::Service => None,
        }));
        fields
    }

    fn query_field(&mut self, name: &Arc<str>, kind: &QueryFieldKind) -> Option<Field> {
        let schema = self.schema;
        Some(match kind {
            QueryFieldKind::Node => {
                let id = self.scalar(Scalar::Id).non_null();
                let arguments = vec![self.input(schema.node_id, None, id)];
                let text = Some(self.text("The row with this `nodeId`, or null"));
                field(self.name(name), text, arguments, self.reference(TypeId::Node))
            }
            QueryFieldKind::Collection(table) => {
                let (arguments, returns) = self.connection(*table);
                let text = format!("A page of the collection of `{}`", schema.table(*table)?.type_name);
                field(self.name(name), description(Some(&text)), arguments, returns.non_null())
            }
            QueryFieldKind::ByKey(table) => {
                let exposed = schema.table(*table)?;
                let arguments = key_columns(&schema.catalog, *table, exposed)?.into_iter().map(|column| {
                    let takes = self.value(&column.column_type).non_null();
                    input(self.name(&column.field), None, takes.into())
                });
                let arguments = arguments.collect();
                let text = format!("The `{}` with this key, or null", exposed.type_name);
                field(self.name(name), description(Some(&text)), arguments, self.row(*table))
            }
            QueryFieldKind::Groups(table) => {
                let (arguments, returns) = self.groups(*table);
                let text = format!("A page of groups of the rows of `{}`", schema.table(*table)?.type_name);
                field(self.name(name), description(Some(&text)), arguments, returns.non_null())
            }
            QueryFieldKind::Call(functions) => self.call_field(name, functions),
            QueryFieldKind::Entities => self.entities_field(name),
            QueryFieldKind::Service => self.service_field(name),
            QueryFieldKind::Application(number) => self.application_field(*number)?,
        })
    }

    pub(super) fn mutation_fields(&mut self) -> Vec<Field> {
        let schema = self.schema;
        schema.mutation.iter().filter_map(|(name, kind)| self.mutation_field(name, kind)).collect()
    }

    fn mutation_field(&mut self, name: &Arc<str>, kind: &MutationFieldKind) -> Option<Field> {
        let schema = self.schema;
        let (table, arguments, (returns, nullability), text) = match kind {
            MutationFieldKind::Insert(table) => {
                let rows = self.reference(TypeId::Table(*table, TableType::InsertInput));
                let rows = rows.non_null().list().non_null();
                let mut arguments =
                    vec![self.input("objects", Some("The rows to insert, at least one"), rows)];
                arguments.extend(self.conflict_argument(*table));
                let returns = self.reference(TypeId::Table(*table, TableType::InsertResponse));
                let returns = (returns, Nullability::SemanticNonNull);
                (table, arguments, returns, ["Inserts rows into", "; all of them or none"])
            }
            MutationFieldKind::Update(table) => {
                let mut arguments = vec![self.set_argument(*table)];
                arguments.extend(self.target_arguments(*table));
                arguments.extend(self.operation_arguments(*table));
                let returns = self.reference(TypeId::Table(*table, TableType::UpdateResponse));
                let returns = (returns, Nullability::NonNull);
                (table, arguments, returns, ["Updates the rows of", " that match"])
            }
            MutationFieldKind::Delete(table) => {
                let arguments = self.target_arguments(*table);
                let returns = self.reference(TypeId::Table(*table, TableType::DeleteResponse));
                let returns = (returns, Nullability::NonNull);
                (table, arguments, returns, ["Deletes the rows of", " that match"])
            }
            MutationFieldKind::Call(functions) => return Some(self.call_field(name, functions)),
            MutationFieldKind::Application(number) => return self.application_field(*number),
        };
        let [what, how] = text;
        let text = format!("{what} the collection of `{}`{how}", schema.table(*table)?.type_name);
        let made = field(self.name(name), description(Some(&text)), arguments, returns);
        Some(self.with_nullability(made, nullability))
    }

    /// The arguments that say which rows are changed, and how many at most.
    fn target_arguments(&mut self, table: usize) -> Vec<Input> {
        let filter = self.reference(TypeId::Table(table, TableType::Filter));
        let filter = self.input("filter", Some("Only rows that match; without a filter, all rows"), filter);
        let at_most = self.scalar(Scalar::Int).non_null();
        let at_most = self.input(
            "atMost",
            Some("The maximum number of rows that may match; if more do, the operation fails"),
            at_most,
        );
        vec![filter, with_default(&at_most, Node::new(Value::Int(1.into())))]
    }

    /// The arguments and the type of a page of a table.
    pub(super) fn connection(&mut self, table: usize) -> (Vec<Input>, Type) {
        let arguments = match self.pages.get(&table) {
            Some(made) => made.clone(),
            None => self.page_arguments(table),
        };
        self.pages.entry(table).or_insert_with(|| arguments.clone());
        (arguments, self.reference(TypeId::Table(table, TableType::Connection)))
    }

    fn page_arguments(&mut self, table: usize) -> Vec<Input> {
        let (int, cursor) = (self.scalar(Scalar::Int), self.scalar(Scalar::Cursor));
        let filter = self.reference(TypeId::Table(table, TableType::Filter));
        let order_by = self.reference(TypeId::Table(table, TableType::OrderBy)).non_null().list();
        let arguments = [
            ("first", int.clone(), "The first rows, at most this many"),
            ("last", int.clone(), "The last rows, at most this many"),
            ("before", cursor.clone(), "Only rows before this cursor"),
            ("after", cursor, "Only rows after this cursor"),
            ("offset", int, "The number of rows to skip; not allowed with `last` or `before`"),
            ("filter", filter, "Only rows that match"),
            ("orderBy", order_by, "The order of the rows; the key decides between equal ones"),
        ];
        let can_order = self.schema.table(table).is_some_and(ExposedTable::has_order);
        let arguments = arguments.into_iter().filter(|(name, ..)| can_order || *name != "orderBy");
        let arguments = arguments.map(|(name, takes, text)| self.input(name, Some(text), takes));
        let mut arguments: Vec<_> = arguments.collect();
        if self.schema.table(table).is_some_and(ExposedTable::has_distinct) {
            let takes = self.reference(TypeId::Table(table, TableType::DistinctColumn)).non_null().list();
            let text = "Only the first of the rows that are equal in these columns; rows are ordered by these columns first";
            arguments.push(self.input(DISTINCT_ON, Some(text), takes));
        }
        arguments
    }

    fn call_field(&mut self, name: &Arc<str>, functions: &[usize]) -> Field {
        let (arguments, returns) = self.call(functions);
        // The first overload determines what all of them have in common.
        let function = functions.first().map(|first| &self.schema.catalog.functions[*first]);
        let text = function.and_then(|function| description(function.directive.description.as_ref()));
        let made = field(self.name(name), text, arguments, returns);
        self.with_nullability(made, self.call_nullability(functions))
    }

    /// What a null means in the field of a call of one of these functions.
    pub(super) fn call_nullability(&self, functions: &[usize]) -> Nullability {
        let exposed = functions.first().and_then(|first| self.schema.function(*first));
        exposed.map_or(Nullability::Nullable, |exposed| exposed.returns.nullability())
    }

    /// The arguments and the result of a call of one of these functions. An argument is required if all of them require it.
    pub(super) fn call(&mut self, functions: &[usize]) -> (Vec<Input>, Type) {
        let schema = self.schema;
        let overloads: Vec<_> = functions.iter().filter_map(|index| schema.function(*index)).collect();
        let mut merged: IndexMap<&Arc<str>, Input> = IndexMap::new();
        for found in overloads.iter().flat_map(|overload| overload.arguments()) {
            let is_same = |other: &ExposedArgument| other.name == found.name && other.is_required;
            let is_required = overloads.iter().all(|overload| overload.arguments().iter().any(is_same));
            if !merged.contains_key(&found.name) {
                let takes = non_null_if(self.input_value(&found.column_type), is_required);
                let argument = input(self.name(&found.name), None, takes.into());
                // The default depends on the overload.
                let default = found.default.as_deref().filter(|_| overloads.len() == 1).and_then(literal);
                merged.insert(
                    &found.name,
                    match default {
                        Some(value) => with_default(&argument, value),
                        None => argument,
                    },
                );
            }
        }
        let mut arguments: Vec<_> = merged.into_values().collect();
        let returns = match overloads.first().map(|overload| &overload.returns) {
            // GraphQL has no type without values; the only value of this field is null.
            Some(Returns::Nothing) | None => self.scalar(Scalar::Opaque),
            Some(Returns::Value(column_type)) => self.value(column_type),
            Some(Returns::Row(table)) => self.row(*table),
            Some(Returns::Rows(table)) => {
                let (page, returns) = self.connection(*table);
                // An argument of the function takes precedence.
                let is_taken = arguments.iter().any(|argument: &Input| argument.name == DISTINCT_ON);
                arguments.extend(page.into_iter().filter(|page| !is_taken || page.name != DISTINCT_ON));
                returns
            }
        };
        (arguments, returns)
    }

    fn application_field(&mut self, number: usize) -> Option<Field> {
        let schema = self.schema;
        let found = schema.application.field(number)?;
        self.used_names.extend(crate::schema::application::field_references(found));
        Some(found.clone())
    }
}

/// A value as a GraphQL literal.
fn literal(text: &str) -> Option<Node<Value>> {
    let document = Document::parse(format!("input I {{ a: I = {text} }}"), "default.graphql").ok()?;
    match document.definitions.as_slice() {
        [Definition::InputObjectTypeDefinition(found)] => found.fields.first()?.default_value.clone(),
        _ => None,
    }
}
