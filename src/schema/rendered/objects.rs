//! The fields of the objects of a table: rows, edges, connections, aggregates and responses.

use apollo_compiler::ast::Type;

use super::renderer::{Field, Input, Renderer, description, field};
use crate::schema::{
    AggregateFieldKind, AggregateFunction, Cardinality, ConnectionFieldKind, EdgeFieldKind, ExposedTable,
    FixedFields, ListArgument, Nullability, PageInfoFieldKind, ResponseFieldKind, Scalar, TableType, Totals,
    TypeId,
};

/// The type of a function's results, with its fields.
type Results = Option<(TableType, Vec<Field>)>;

impl Renderer<'_> {
    pub(super) fn page_info_field(&mut self, kind: PageInfoFieldKind) -> Field {
        let returns = match kind {
            PageInfoFieldKind::StartCursor | PageInfoFieldKind::EndCursor => self.scalar(Scalar::String),
            PageInfoFieldKind::HasNextPage | PageInfoFieldKind::HasPreviousPage => {
                self.scalar(Scalar::Boolean).non_null()
            }
        };
        self.fixed(kind, returns)
    }

    pub(super) fn edge_fields(&mut self, table: usize) -> Vec<Field> {
        let fields = EdgeFieldKind::ALL.iter().map(|kind| match kind {
            EdgeFieldKind::Cursor => {
                let returns = self.scalar(Scalar::String).non_null();
                self.shared(*kind, returns)
            }
            EdgeFieldKind::Node => {
                let returns = self.reference(TypeId::Table(table, TableType::Row)).non_null();
                self.fixed(*kind, returns)
            }
        });
        fields.collect()
    }

    pub(super) fn connection_fields(&mut self, table: usize, totals: Totals) -> Vec<Field> {
        let is_there = |kind: &&ConnectionFieldKind| match kind {
            ConnectionFieldKind::Edges | ConnectionFieldKind::PageInfo => true,
            ConnectionFieldKind::TotalCount => totals.total_count,
            ConnectionFieldKind::Aggregate => totals.aggregate,
        };
        let fields = ConnectionFieldKind::ALL.iter().filter(is_there).map(|kind| match kind {
            ConnectionFieldKind::Edges => {
                let edge = self.reference(TypeId::Table(table, TableType::Edge));
                self.fixed(*kind, edge.non_null().list().non_null())
            }
            ConnectionFieldKind::PageInfo => {
                let returns = self.reference(TypeId::PageInfo).non_null();
                self.shared(*kind, returns)
            }
            ConnectionFieldKind::TotalCount => {
                let returns = self.scalar(Scalar::Int).non_null();
                self.shared(*kind, returns)
            }
            ConnectionFieldKind::Aggregate => {
                let returns = self.reference(TypeId::Table(table, TableType::Aggregate));
                let made = self.fixed(*kind, returns);
                self.with_nullability(made, Nullability::SemanticNonNull)
            }
        });
        fields.collect()
    }

    pub(super) fn response_fields(&mut self, table: usize) -> Vec<Field> {
        let fields = ResponseFieldKind::ALL.iter().map(|kind| match kind {
            ResponseFieldKind::AffectedCount => {
                let returns = self.scalar(Scalar::Int).non_null();
                self.shared(*kind, returns)
            }
            ResponseFieldKind::Records => {
                let row = self.reference(TypeId::Table(table, TableType::Row));
                self.fixed(*kind, row.non_null().list().non_null())
            }
        });
        fields.collect()
    }

    /// The fields of an aggregate, each with the type of its results; functions that no column supports are
    /// left out.
    pub(super) fn aggregates(&mut self, table: usize) -> Vec<(AggregateFieldKind, Results)> {
        let Some(exposed) = self.schema.table(table) else { return Vec::new() };
        let mut found = Vec::new();
        for kind in AggregateFieldKind::ALL {
            let (part, columns) = match *kind {
                AggregateFieldKind::Count => {
                    found.push((*kind, None));
                    continue;
                }
                AggregateFieldKind::Function(function) => {
                    (TableType::AggregateOf(function), self.figure_columns(exposed, function))
                }
                AggregateFieldKind::List => (TableType::AggregateList, self.listed_columns(exposed)),
            };
            if !columns.is_empty() {
                found.push((*kind, Some((part, columns))));
            }
        }
        found
    }

    fn figure_columns(&mut self, exposed: &ExposedTable, function: AggregateFunction) -> Vec<Field> {
        let columns = exposed.readable_columns();
        let columns = columns.filter_map(|(_, column)| Some((column, column.aggregate(function)?)));
        let columns = columns.map(|(column, scalar)| {
            let returns = self.scalar(scalar);
            field(self.name(&column.field), None, Vec::new(), returns)
        });
        columns.collect()
    }

    fn listed_columns(&mut self, exposed: &ExposedTable) -> Vec<Field> {
        let columns = exposed.readable_columns();
        let columns = columns.filter_map(|(_, column)| Some((column, column.listed()?)));
        let columns = columns.map(|(column, listed)| {
            let returns = self.value(&listed);
            field(self.name(&column.field), None, Vec::new(), returns)
        });
        columns.collect()
    }

    /// A field of an aggregate or of a group.
    pub(super) fn aggregate_field(&mut self, kind: AggregateFieldKind, returns: Type) -> Field {
        let mut made = self.fixed(kind, returns);
        if kind == AggregateFieldKind::List {
            made.make_mut().arguments = self.list_arguments();
        }
        made
    }

    fn list_arguments(&mut self) -> Vec<Input> {
        let arguments = ListArgument::ALL.iter().map(|argument| {
            let takes = match argument {
                ListArgument::First => self.scalar(Scalar::Int),
                ListArgument::Distinct => self.scalar(Scalar::Boolean),
                ListArgument::Direction => self.reference(TypeId::OrderByDirection),
            };
            self.input(argument.name(), Some(argument.description()), takes)
        });
        arguments.collect()
    }

    pub(super) fn row_fields(&mut self, index: usize) -> Vec<Field> {
        let schema = self.schema;
        let Some(exposed) = schema.table(index) else { return Vec::new() };
        let table = &schema.catalog.tables[index];
        let id = self.scalar(Scalar::Id).non_null();
        let mut fields =
            vec![self.field(schema.node_id, Some("Identifies the row among all rows of all types"), id)];
        for (position, column) in exposed.readable_columns() {
            let found = &table.columns[position];
            let returns = self.value(&column.column_type);
            let text = description(found.directive.description.as_ref());
            let arguments = self.json_path_argument(column);
            let made = field(self.name(&column.field), text, arguments, returns);
            fields.push(self.with_nullability(made, column.nullability));
        }
        for (name, relation) in &exposed.relations {
            let other = relation.join.table;
            let ((arguments, returns), nullability) = match relation.cardinality {
                Cardinality::Many => (self.connection(other), Nullability::SemanticNonNull),
                Cardinality::One { nullability } => ((Vec::new(), self.row(other)), nullability),
            };
            let made = field(self.name(name), None, arguments, returns);
            fields.push(self.with_nullability(made, nullability));
        }
        for (name, function) in &exposed.computed {
            let (arguments, returns) = self.call(&[*function]);
            let text = description(schema.catalog.functions[*function].directive.description.as_ref());
            let made = field(self.name(name), text, arguments, returns);
            fields.push(self.with_nullability(made, self.call_nullability(&[*function])));
        }
        fields.extend(self.measure_fields(exposed));
        fields
    }

    /// The type of a table's rows, nullable.
    pub(super) fn row(&mut self, table: usize) -> Type {
        self.reference(TypeId::Table(table, TableType::Row))
    }
}
