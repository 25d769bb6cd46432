//! Groups of rows: a `group by` in the place of the table, with columns for the key and the needed aggregates. Conditions on
//! aggregates are outside of it, so each aggregate is written once; PostgreSQL moves these conditions into it.

use super::ast::{Expression, From, Select, SelectColumn};
use super::condition::{compare_system, parameter};
use super::json::{IfNull, JsonText};
use super::order::{SortKey, SortValue, all_behind, position};
use super::page::{PageSite, Paged, Side, reversed};
use super::related::{of_system, result_type};
use super::rows::OneRow;
use super::{Compiler, RowShape, TableRef};
use crate::catalog::SqlType;
use crate::plan::{
    Bound, Direction, Figure, GroupColumn, GroupCondition, GroupEdgeField, GroupField, GroupKeyField,
    GroupOrderKey, Groups, GroupsField, KnownColumns, OrderTerm, Truncation,
};
use crate::schema::scalar::is_json_scalar;
use crate::schema::{AggregateFunction, TimeType, TruncationUnit};

/// The name of the column that numbers groups.
const NUMBER: &str = "row_number";

/// A page of groups during compilation.
struct GroupSite<'a> {
    groups: &'a Groups,
    /// The order in which groups are counted.
    order: Vec<OrderTerm<GroupOrderKey>>,
    page: PageSite<'a>,
    /// All needed aggregates, each once. Their indexes are in the names of their columns.
    figures: Vec<Figure>,
}

impl Compiler<'_> {
    /// The select of a page of groups as JSON.
    pub(super) fn groups_select(&mut self, groups: &Groups) -> OneRow {
        let (base, page) = (self.alias(), self.alias());
        let site = GroupSite::new(groups, &page);
        let json = self.groups_json(&site);
        let is_of_page = |(_, field): &(String, GroupsField)| {
            matches!(field, GroupsField::Edges(_) | GroupsField::PageInfo(_))
        };
        let has_page = groups.fields.iter().any(is_of_page);
        let from = has_page.then(|| From::Subselect(Box::new(self.group_page(&site, &base)), page.clone()));
        OneRow::of_all(json, from, None)
    }

    /// The groups of the page, and one more if they are numbered.
    fn group_page(&self, site: &GroupSite<'_>, alias: &str) -> Select {
        let of_group = |name: String| Expression::column(alias, &name).unnamed();
        let keys = (0..site.groups.by.len()).map(key_name);
        let figures = (0..site.figures.len()).map(figure_name);
        let mut columns: Vec<_> = keys.chain(figures).map(of_group).collect();
        let order: Vec<_> =
            self.group_keys(site, alias, &site.order).into_iter().map(SortKey::into_order).collect();
        if let Some(number) = &site.page.number {
            let expression = Expression::RowNumber(order.clone());
            columns.push(SelectColumn { expression, alias: Some(number.clone()) });
        }
        let (near, far) = site.page.bounds();
        let near = near.map(|bound| all_behind(&self.group_keys(site, alias, &site.order), bound));
        let ahead = reversed(&site.order);
        let far = far.map(|bound| all_behind(&self.group_keys(site, alias, &ahead), bound));
        let having = site.groups.having.as_ref().map(|having| self.group_condition(site, alias, having));
        Select {
            columns,
            from: Some(self.groups_of(site, alias, &site.figures)),
            condition: Expression::all(having.into_iter().chain(near).chain(far).collect()),
            order,
            limit: Some(site.page.limit()),
            offset: site.page.offset(),
            ..Select::default()
        }
    }

    /// All groups with these aggregates, under an alias.
    fn groups_of(&self, site: &GroupSite<'_>, alias: &str, figures: &[Figure]) -> From {
        let groups = site.groups;
        let inner = self.alias();
        let known =
            KnownColumns::of_condition(groups.condition.as_ref()).and(self.known_tenant(groups.table));
        let at = TableRef::of(groups.table, &inner).knowing(&known);
        let keys = groups.by.iter().enumerate().map(|(place, by)| SelectColumn {
            expression: self.group_key(at, by),
            alias: Some(key_name(place)),
        });
        let figures = site.figures.iter().enumerate().filter(|(_, figure)| figures.contains(figure));
        let figures = figures.map(|(place, figure)| SelectColumn {
            expression: self.figure(at, *figure),
            alias: Some(figure_name(place)),
        });
        let select = Select {
            columns: keys.chain(figures).collect(),
            from: Some(self.table(at, false)),
            condition: self
                .within_tenant(at, groups.condition.as_ref().map(|condition| self.condition(at, condition))),
            // The list has a client's value only once, and no other text means the same parameter.
            group_by: groups.by.len(),
            ..Select::default()
        };
        From::Subselect(Box::new(select), alias.to_owned())
    }

    /// The value to group by.
    fn group_key(&self, at: TableRef<'_>, by: &GroupColumn) -> Expression {
        let value = self.column(at, by.column);
        let Some(Truncation { unit, of, time_zone }) = &by.truncation else { return value };
        let unit = Expression::text(unit.sql());
        let time_zone = || match time_zone {
            Some(slot) => parameter(slot.clone(), Some(SqlType::TEXT)),
            None => Expression::text("UTC"),
        };
        match of {
            TimeType::Date => {
                let start = value.cast(SqlType::system("timestamp"));
                Expression::Call("date_trunc", vec![unit, start]).cast(SqlType::system("date"))
            }
            TimeType::Timestamp => {
                Expression::Call("date_trunc", vec![unit, value.cast(SqlType::system("timestamp"))])
            }
            TimeType::TimestampWithTimeZone => {
                let value = value.cast(SqlType::system("timestamptz"));
                Expression::Call("date_trunc", vec![unit, value, time_zone()])
            }
        }
    }

    fn groups_json(&mut self, site: &GroupSite<'_>) -> JsonText {
        let mut json = Vec::with_capacity(site.groups.fields.len());
        for (key, field) in &site.groups.fields {
            let value = match field {
                GroupsField::Typename(name) => JsonText::known(&format!("\"{name}\"")),
                GroupsField::Edges(edges) => site.page.list(self.group_edge_json(site, edges)),
                GroupsField::PageInfo(fields) => self.page_info_json(site, fields),
                GroupsField::TotalCount => self.number_of_groups(site),
            };
            json.push((key.clone(), value));
        }
        JsonText::object(json)
    }

    fn number_of_groups(&self, site: &GroupSite<'_>) -> JsonText {
        let alias = self.alias();
        let having = site.groups.having.as_ref().map(|having| self.group_condition(site, &alias, having));
        let groups = self.groups_of(site, &alias, &site.groups.figures_of_having());
        OneRow::of_all(JsonText::count(), Some(groups), having).into_json(self.shapes())
    }

    fn group_edge_json(&mut self, site: &GroupSite<'_>, edges: &[(String, GroupEdgeField)]) -> JsonText {
        let mut json = Vec::with_capacity(edges.len());
        for (key, field) in edges {
            let value = match field {
                GroupEdgeField::Typename(name) => JsonText::known(&format!("\"{name}\"")),
                GroupEdgeField::Cursor => JsonText::quoted(site.cursor(self)),
                GroupEdgeField::Node(fields) => self.group_json(site, fields),
            };
            json.push((key.clone(), value));
        }
        JsonText::object(json)
    }

    fn group_json(&mut self, site: &GroupSite<'_>, fields: &[(String, GroupField)]) -> JsonText {
        let (table, alias) = (site.groups.table, site.page.alias);
        let known = &KnownColumns::default();
        let group = TableRef { shape: RowShape::Picked, ..TableRef::of(table, alias).knowing(known) };
        let mut json = Vec::with_capacity(fields.len());
        for (key, field) in fields {
            let value = match field {
                GroupField::Typename(name) => JsonText::known(&format!("\"{name}\"")),
                GroupField::Key(fields) => self.group_key_json(site, fields),
                GroupField::Figure(field) => {
                    let value = |figure| site.figure(alias, figure);
                    self.aggregate_field_json(table, field, value)
                }
                GroupField::Nodes(nodes) => self.nodes_select(nodes, group).into_json(self.shapes()),
            };
            json.push((key.clone(), value));
        }
        JsonText::object(json)
    }

    /// The conditions that a row is one of a group.
    pub(super) fn is_of_group(
        &self,
        by: &[GroupColumn],
        group: TableRef<'_>,
        at: TableRef<'_>,
    ) -> Vec<Expression> {
        let found = &self.schema.catalog.tables[at.table];
        let is_equal = by.iter().enumerate().map(|(place, by)| {
            let (key, own) = (Expression::column(group.alias, &key_name(place)), self.group_key(at, by));
            let equal = self.comparison_of(at.table, by.column).equal.clone();
            let are_equal = own.clone().operator(equal, key.clone());
            if found.columns[by.column].not_null && !found.has_children {
                return are_equal;
            }
            let are_null = [own, key].map(|value| Expression::Is(Box::new(value), "null"));
            Expression::Or(vec![are_equal, Expression::And(are_null.into())])
        });
        is_equal.collect()
    }

    fn group_key_json(&self, site: &GroupSite<'_>, fields: &[(String, GroupKeyField)]) -> JsonText {
        JsonText::object(fields.iter().map(|(key, field)| {
            let json = match field {
                GroupKeyField::Typename(name) => JsonText::known(&format!("\"{name}\"")),
                GroupKeyField::Absent => JsonText::known("null"),
                GroupKeyField::Column(place) => {
                    let column = site.groups.by[*place].column;
                    let value = Expression::column(site.page.alias, &key_name(*place));
                    match self.schema.column(site.groups.table, column) {
                        Some(exposed) => self.value_json(value, &exposed.column_type, IfNull::Null),
                        // Only exposed columns are planned.
                        None => JsonText::known("null"),
                    }
                }
            };
            (key.clone(), json)
        }))
    }

    /// The terms of an order of groups.
    fn group_keys<'s>(
        &'s self,
        site: &GroupSite<'_>,
        alias: &str,
        order: &[OrderTerm<GroupOrderKey>],
    ) -> Vec<SortKey<'s>> {
        let key = |term: &OrderTerm<GroupOrderKey>| SortKey {
            of: match term.key {
                GroupOrderKey::Key(place) => self.key_value(site, alias, place),
                GroupOrderKey::Figure(figure) => {
                    let sql_type = self.figure_type(site.groups.table, figure);
                    of_system(site.figure(alias, figure), sql_type, figure.may_be_null())
                }
            },
            is_descending: term.is_descending,
            is_nulls_first: term.is_nulls_first,
        };
        order.iter().map(key).collect()
    }

    /// A column of the key, as a value to order by.
    fn key_value(&self, site: &GroupSite<'_>, alias: &str, place: usize) -> SortValue<'_> {
        let (catalog, table) = (&self.schema.catalog, site.groups.table);
        let (found, column) = (&catalog.tables[table], site.groups.by[place].column);
        SortValue {
            expression: Expression::column(alias, &key_name(place)),
            is_json_scalar: is_json_scalar(catalog, found.columns[column].type_oid),
            sql_type: self.comparison_type(table, column),
            comparison: self.comparison_of(table, column),
            may_be_null: found.has_children || !found.columns[column].not_null,
        }
    }

    fn group_condition(&self, site: &GroupSite<'_>, alias: &str, condition: &GroupCondition) -> Expression {
        let each = |conditions: &[GroupCondition]| {
            conditions.iter().map(|inner| self.group_condition(site, alias, inner)).collect()
        };
        match condition {
            GroupCondition::All(conditions) => Expression::And(each(conditions)),
            GroupCondition::Any(conditions) => Expression::Or(each(conditions)),
            GroupCondition::Not(inner) => Expression::Not(Box::new(self.group_condition(site, alias, inner))),
            GroupCondition::Compare { figure, operator, operand } => {
                let sql_type = self.figure_type(site.groups.table, *figure);
                compare_system(site.figure(alias, *figure), &sql_type, operator, operand)
            }
            GroupCondition::IsNull { figure, is_null } => {
                let figure = Box::new(site.figure(alias, *figure));
                Expression::Is(figure, if *is_null { "null" } else { "not null" })
            }
        }
    }

    /// The type for comparisons of an aggregate.
    fn figure_type(&self, table: usize, figure: Figure) -> SqlType {
        let column_type = |column| self.schema.column(table, column).map(|exposed| &exposed.column_type);
        let found = match figure {
            Figure::Count
            | Figure::Of(AggregateFunction::CountDistinct | AggregateFunction::CountNonNull, _) => {
                Some(SqlType::system("int8"))
            }
            // Nothing is compared with lists.
            Figure::List(..) => None,
            Figure::Of(AggregateFunction::BoolAnd | AggregateFunction::BoolOr, _) => {
                Some(SqlType::system("bool"))
            }
            Figure::Of(AggregateFunction::Minimum | AggregateFunction::Maximum, column) => {
                column_type(column).map(|found| found.encoding.sql_type.clone())
            }
            Figure::Of(
                function @ (AggregateFunction::Sum
                | AggregateFunction::Average
                | AggregateFunction::StandardDeviation
                | AggregateFunction::Variance),
                column,
            ) => column_type(column).map(|found| SqlType::system(result_type(function, found))),
        };
        // Only exposed columns are planned.
        found.unwrap_or(SqlType::TEXT)
    }
}

impl<'a> GroupSite<'a> {
    fn new(groups: &'a Groups, page: &'a str) -> Self {
        let is_asked = |(_, field): &(String, GroupsField)| matches!(field, GroupsField::PageInfo(_));
        let is_numbered = groups.page.direction == Direction::Backward || groups.fields.iter().any(is_asked);
        let number = is_numbered.then(|| NUMBER.to_owned());
        Self {
            groups,
            order: groups.page.counted(&groups.order),
            page: PageSite { page: &groups.page, alias: page, number },
            figures: groups.figures(),
        }
    }

    /// An aggregate of a group.
    fn figure(&self, alias: &str, figure: Figure) -> Expression {
        let place = self.figures.iter().position(|found| *found == figure).unwrap_or_default();
        Expression::column(alias, &figure_name(place))
    }
}

impl Paged for GroupSite<'_> {
    fn page(&self) -> &PageSite<'_> {
        &self.page
    }

    fn cursor(&self, compiler: &Compiler<'_>) -> Expression {
        position(compiler.group_keys(self, self.page.alias, &self.groups.order))
    }

    fn others(&self, compiler: &Compiler<'_>, side: Side, bound: &Bound) -> Select {
        let alias = compiler.alias();
        let order = match side {
            Side::Ahead => reversed(&self.order),
            Side::Behind => self.order.clone(),
        };
        let behind = all_behind(&compiler.group_keys(self, &alias, &order), bound);
        let having = self.groups.having.as_ref();
        let having = having.map(|having| compiler.group_condition(self, &alias, having));
        let is_other = Expression::Is(Box::new(behind), "not true");
        let mut figures = self.groups.figures_of_having();
        figures.extend(self.groups.figures_of_order());
        Select {
            columns: vec![Expression::Number(1).unnamed()],
            from: Some(compiler.groups_of(self, &alias, &figures)),
            condition: Expression::all(having.into_iter().chain([is_other]).collect()),
            ..Select::default()
        }
    }
}

fn key_name(place: usize) -> String {
    format!("key{}", place + 1)
}

fn figure_name(place: usize) -> String {
    format!("figure{}", place + 1)
}

impl Groups {
    /// All needed aggregates, each once.
    fn figures(&self) -> Vec<Figure> {
        let edges = self.fields.iter().filter_map(|(_, field)| match field {
            GroupsField::Edges(edges) => Some(edges),
            GroupsField::Typename(_) | GroupsField::PageInfo(_) | GroupsField::TotalCount => None,
        });
        let nodes = edges.flatten().filter_map(|(_, field)| match field {
            GroupEdgeField::Node(fields) => Some(fields),
            GroupEdgeField::Typename(_) | GroupEdgeField::Cursor => None,
        });
        let figures = nodes.flatten().flat_map(|(_, field)| match field {
            GroupField::Figure(field) => field.figures(),
            GroupField::Typename(_) | GroupField::Key(_) | GroupField::Nodes(_) => Vec::new(),
        });
        let mut all = Vec::new();
        for figure in figures.chain(self.figures_of_having()).chain(self.figures_of_order()) {
            if !all.contains(&figure) {
                all.push(figure);
            }
        }
        all
    }

    fn figures_of_having(&self) -> Vec<Figure> {
        let mut figures = Vec::new();
        if let Some(having) = &self.having {
            having.figures(&mut figures);
        }
        figures
    }

    fn figures_of_order(&self) -> Vec<Figure> {
        let figures = self.order.iter().filter_map(|term| match term.key {
            GroupOrderKey::Figure(figure) => Some(figure),
            GroupOrderKey::Key(_) => None,
        });
        figures.collect()
    }
}

impl GroupCondition {
    fn figures(&self, figures: &mut Vec<Figure>) {
        match self {
            Self::All(conditions) | Self::Any(conditions) => {
                for inner in conditions {
                    inner.figures(figures);
                }
            }
            Self::Not(inner) => inner.figures(figures),
            Self::Compare { figure, .. } | Self::IsNull { figure, .. } => figures.push(*figure),
        }
    }
}

impl Figure {
    /// Whether it can be null. A group is never empty, but all of its values may be null.
    fn may_be_null(self) -> bool {
        !matches!(
            self,
            Self::Count | Self::Of(AggregateFunction::CountDistinct | AggregateFunction::CountNonNull, _)
        )
    }
}

impl TruncationUnit {
    fn sql(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }
}
