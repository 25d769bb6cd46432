//! The types of groups of rows: pages, aggregates, conditions and orders.

use apollo_compiler::ast::Type;

use super::document::Definitions;
use super::renderer::{Field, Input, Renderer, description, field};
use crate::schema::groups::{KEY, NODES};
use crate::schema::{
    AggregateFieldKind, AggregateFunction, ExposedColumn, ExposedTable, FixedFields, GroupByFieldKind,
    GroupConnectionFieldKind, GroupEdgeFieldKind, GroupFilterFieldKind, Nullability, OptionalType, Scalar,
    TableType, TimeType, TruncationUnit, TypeId, ValueType,
};

/// One function for each type of conditions on aggregates.
const FILTERED: [AggregateFunction; 5] = [
    AggregateFunction::Sum,
    AggregateFunction::Average,
    AggregateFunction::Minimum,
    AggregateFunction::CountDistinct,
    AggregateFunction::BoolAnd,
];

impl Renderer<'_> {
    /// The arguments and the type of a page of groups.
    pub(super) fn groups(&mut self, table: usize) -> (Vec<Input>, Type) {
        let of = |part| TypeId::Table(table, part);
        let (int, cursor) = (self.scalar(Scalar::Int), self.scalar(Scalar::Cursor));
        let by = self.reference(of(TableType::GroupBy)).non_null().list().non_null();
        let filter = self.reference(of(TableType::Filter));
        let having = self.reference(of(TableType::GroupFilter));
        let order_by = self.reference(of(TableType::GroupOrderBy)).non_null().list();
        let arguments = [
            (
                "by",
                by,
                "The columns to group by: rows with equal values in all of them form one group, and nulls are equal",
            ),
            ("filter", filter, "Only rows that match"),
            ("having", having, "Only groups that match"),
            (
                "orderBy",
                order_by,
                "The order of the groups; the columns of `by` decide between equal ones, ascending with nulls last",
            ),
            ("first", int.clone(), "The first groups, at most this many"),
            ("last", int.clone(), "The last groups, at most this many"),
            ("before", cursor.clone(), "Only groups before this cursor"),
            ("after", cursor, "Only groups after this cursor"),
            ("offset", int, "The number of groups to skip; not allowed with `last` or `before`"),
        ];
        let arguments = arguments.into_iter().map(|(name, takes, text)| self.input(name, Some(text), takes));
        (arguments.collect(), self.reference(of(TableType::GroupConnection)))
    }

    fn group_connection_fields(&mut self, table: usize) -> Vec<Field> {
        let fields = GroupConnectionFieldKind::ALL.iter().map(|kind| match kind {
            GroupConnectionFieldKind::Edges => {
                let edge = self.reference(TypeId::Table(table, TableType::GroupEdge));
                self.fixed(*kind, edge.non_null().list().non_null())
            }
            GroupConnectionFieldKind::PageInfo => {
                let returns = self.reference(TypeId::PageInfo).non_null();
                self.shared(*kind, returns)
            }
            GroupConnectionFieldKind::TotalCount => {
                let returns = self.scalar(Scalar::Int).non_null();
                self.shared(*kind, returns)
            }
        });
        fields.collect()
    }

    fn group_edge_fields(&mut self, table: usize) -> Vec<Field> {
        let fields = GroupEdgeFieldKind::ALL.iter().map(|kind| match kind {
            GroupEdgeFieldKind::Cursor => {
                let returns = self.scalar(Scalar::String).non_null();
                self.shared(*kind, returns)
            }
            GroupEdgeFieldKind::Node => {
                let returns = self.reference(TypeId::Table(table, TableType::Group)).non_null();
                self.fixed(*kind, returns)
            }
        });
        fields.collect()
    }

    fn group_fields(&mut self, table: usize, exposed: &ExposedTable) -> Vec<Field> {
        let key = self.reference(TypeId::Table(table, TableType::GroupKey)).non_null();
        let mut fields = vec![self.field(KEY.0, Some(KEY.1), key)];
        for kind in AggregateFieldKind::ALL {
            let (returns, nullability) = match kind {
                AggregateFieldKind::Count => (self.scalar(Scalar::Int), Nullability::NonNull),
                AggregateFieldKind::Function(function) if has_aggregate(exposed, *function) => {
                    let returns = TypeId::Table(table, TableType::AggregateOf(*function));
                    (self.reference(returns), Nullability::SemanticNonNull)
                }
                AggregateFieldKind::List
                    if exposed.readable_columns().any(|(_, column)| column.listed().is_some()) =>
                {
                    (
                        self.reference(TypeId::Table(table, TableType::AggregateList)),
                        Nullability::SemanticNonNull,
                    )
                }
                AggregateFieldKind::Function(_) | AggregateFieldKind::List => continue,
            };
            let made = self.aggregate_field(*kind, returns);
            fields.push(self.with_nullability(made, nullability));
        }
        fields.push(self.group_nodes_field(table));
        fields
    }

    fn group_nodes_field(&mut self, table: usize) -> Field {
        let returns = self.row(table).non_null().list().non_null();
        let (page, _) = self.connection(table);
        // Nodes have no cursors.
        let arguments =
            page.into_iter().filter(|argument| !matches!(argument.name.as_str(), "before" | "after"));
        let mut made = self.field(NODES.0, Some(NODES.1), returns);
        made.make_mut().arguments = arguments.collect();
        made
    }

    fn group_key_fields(&mut self, table: usize, exposed: &ExposedTable) -> Vec<Field> {
        let columns = exposed.columns_that(ExposedColumn::is_distinct_column).map(|(place, column)| {
            let found = &self.schema.catalog.tables[table].columns[place];
            let text = description(found.directive.description.as_ref());
            let returns = self.value(&column.column_type);
            field(self.name(&column.field), text, Vec::new(), returns)
        });
        columns.collect()
    }

    fn group_by_fields(&mut self, table: usize, exposed: &ExposedTable) -> Vec<Input> {
        let has = |is_fit: fn(TimeType) -> bool| {
            let fits = |column: &ExposedColumn| column.time_type().is_some_and(is_fit);
            exposed.columns_that(|column| column.is_distinct_column() && fits(column)).next().is_some()
        };
        let fields = GroupByFieldKind::ALL.iter().filter_map(|kind| {
            let takes = match kind {
                GroupByFieldKind::Column => {
                    self.reference(TypeId::Table(table, TableType::DistinctColumn)).non_null()
                }
                GroupByFieldKind::Truncate if has(|_| true) => {
                    self.reference(TypeId::Optional(OptionalType::TruncationUnit))
                }
                GroupByFieldKind::TimeZone if has(|found| found == TimeType::TimestampWithTimeZone) => {
                    self.scalar(Scalar::String)
                }
                GroupByFieldKind::Truncate | GroupByFieldKind::TimeZone => return None,
            };
            Some(self.input(kind.name(), Some(kind.description()), takes))
        });
        fields.collect()
    }

    fn group_filter_fields(&mut self, table: usize, exposed: &ExposedTable) -> Vec<Input> {
        let mut fields = Vec::new();
        for kind in AggregateFieldKind::ALL {
            let takes = match kind {
                AggregateFieldKind::Count => TypeId::ValueFilter(ValueType::Scalar(Scalar::Int)),
                AggregateFieldKind::Function(function) if has_aggregate(exposed, *function) => {
                    TypeId::Table(table, TableType::FigureFilter(*function))
                }
                AggregateFieldKind::Function(_) | AggregateFieldKind::List => continue,
            };
            let takes = self.reference(takes);
            fields.push(self.input(kind.name(), Some(kind.description()), takes));
        }
        for (kind, name, text) in GroupFilterFieldKind::COMBINING {
            let own = self.reference(TypeId::Table(table, TableType::GroupFilter));
            let is_one = kind == GroupFilterFieldKind::Not;
            fields.push(self.input(name, Some(text), if is_one { own } else { own.non_null().list() }));
        }
        fields
    }

    fn figure_filter_fields(&mut self, exposed: &ExposedTable, function: AggregateFunction) -> Vec<Input> {
        let columns = exposed.readable_columns();
        let fields = columns.filter_map(|(_, column)| {
            let filter = TypeId::ValueFilter(ValueType::Scalar(column.aggregate(function)?));
            Some(self.nullable_input(&column.field, filter))
        });
        fields.collect()
    }

    fn group_order_fields(&mut self, table: usize, exposed: &ExposedTable) -> Vec<Input> {
        let of = |part| TypeId::Table(table, part);
        let key = self.reference(of(TableType::ColumnOrderBy));
        let mut fields = vec![self.input(KEY.0, Some("A column of the key"), key)];
        for kind in AggregateFieldKind::ALL {
            let takes = match kind {
                AggregateFieldKind::Count => TypeId::OrderByDirection,
                AggregateFieldKind::List => continue,
                AggregateFieldKind::Function(function) if !orders(exposed, *function) => continue,
                AggregateFieldKind::Function(
                    AggregateFunction::CountDistinct | AggregateFunction::CountNonNull,
                ) => of(TableType::ColumnOrderBy),
                AggregateFieldKind::Function(AggregateFunction::Minimum | AggregateFunction::Maximum) => {
                    of(TableType::ExtremeOrderBy)
                }
                AggregateFieldKind::Function(_) => of(TableType::NumberOrderBy),
            };
            let takes = self.reference(takes);
            fields.push(self.input(kind.name(), Some(kind.description()), takes));
        }
        fields
    }

    fn column_order_fields(&mut self, exposed: &ExposedTable) -> Vec<Input> {
        let columns = exposed.columns_that(ExposedColumn::is_distinct_column);
        let fields = columns.map(|(_, column)| self.nullable_input(&column.field, TypeId::OrderByDirection));
        fields.collect()
    }
}

fn has_aggregate(exposed: &ExposedTable, function: AggregateFunction) -> bool {
    exposed.columns_that(|column| column.aggregate(function).is_some()).next().is_some()
}

fn orders(exposed: &ExposedTable, function: AggregateFunction) -> bool {
    exposed.columns_that(|column| column.orders_groups_by(function)).next().is_some()
}

impl Definitions<'_> {
    /// The types of a table's groups.
    pub(super) fn groups(&mut self, index: usize, exposed: &ExposedTable) {
        let of = |part| TypeId::Table(index, part);
        let fields = self.renderer.group_fields(index, exposed);
        let text = "A group of rows with equal values in some columns, with its aggregates";
        self.object(of(TableType::Group), Some(text), fields);
        let fields = self.renderer.group_key_fields(index, exposed);
        let text = "The values that the rows of a group share; null for columns that they are not grouped by";
        self.object(of(TableType::GroupKey), Some(text), fields);
        let fields = self.renderer.group_edge_fields(index);
        self.object(of(TableType::GroupEdge), Some("A group of a page, with its cursor"), fields);
        let fields = self.renderer.group_connection_fields(index);
        self.object(of(TableType::GroupConnection), Some("A page of groups"), fields);
        let fields = self.renderer.group_by_fields(index, exposed);
        self.input(of(TableType::GroupBy), "A column to group by", fields);
        for function in FILTERED {
            let fields = self.renderer.figure_filter_fields(exposed, function);
            if !fields.is_empty() {
                let text = "Conditions on an aggregate of each column; all of them must hold";
                self.input(of(TableType::FigureFilter(function)), text, fields);
            }
        }
        let fields = self.renderer.group_filter_fields(index, exposed);
        self.input(of(TableType::GroupFilter), "Conditions on a group; all of them must hold", fields);
        let fields = self.renderer.group_order_fields(index, exposed);
        self.input(of(TableType::GroupOrderBy), "A value to order groups by, with its direction", fields);
        let fields = self.renderer.column_order_fields(exposed);
        self.input(of(TableType::ColumnOrderBy), "A column to order by, with its direction", fields);
    }

    /// The units, if a table has columns that can be truncated.
    pub(super) fn truncation_unit(&mut self) {
        if self.renderer.used.contains(&TypeId::Optional(OptionalType::TruncationUnit)) {
            let units = TruncationUnit::ALL.iter().map(|unit| (unit.name(), unit.description()));
            let units: Vec<_> = units.collect();
            let text = "A unit of dates and times";
            self.fixed_enum(TypeId::Optional(OptionalType::TruncationUnit), text, &units);
        }
    }
}
