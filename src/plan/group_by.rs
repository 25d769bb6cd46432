//! `by` and `orderBy` of groups.

use super::order::MOST_TERMS;
use super::slot::Taken;
use super::{Figure, OrderTerm, PlanError, Planner, Slot};
use crate::request::{Input, Inputs, Leaf};
use crate::schema::{
    AggregateFieldKind, ExposedColumn, FixedFields, GroupByFieldKind, GroupOrderFieldKind, Scalar, TimeType,
    TruncationUnit, ValueType,
};

/// A column to group by.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupColumn {
    /// The column.
    pub column: usize,
    /// How its values are truncated before.
    pub truncation: Option<Truncation>,
}

/// How dates or points in time are truncated.
#[derive(Debug, Clone, PartialEq)]
pub struct Truncation {
    /// The unit.
    pub unit: TruncationUnit,
    /// The type of the values.
    pub of: TimeType,
    /// The time zone, of points in time; `None` is UTC.
    pub time_zone: Option<Slot>,
}

/// A key to order groups by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupOrderKey {
    /// A column to group by, by its index.
    Key(usize),
    /// An aggregate.
    Figure(Figure),
}

impl<'a> Planner<'a> {
    /// The named columns, in the given order.
    pub(super) fn group_by(
        &self,
        table: usize,
        arguments: &Inputs<'_>,
    ) -> Result<Vec<GroupColumn>, PlanError> {
        let mut by: Vec<GroupColumn> = Vec::new();
        for item in arguments.get("by").map(Input::items).unwrap_or_default() {
            let column = self.group_column(table, &item)?;
            if by.iter().any(|earlier| earlier.column == column.column) {
                let name = self.field_name(table, column.column)?;
                return Err(self.error(format!("by names {name} twice; name each column once")));
            }
            by.push(column);
            if by.len() > MOST_TERMS {
                return Err(self.error(format!("by names more than {MOST_TERMS} columns; name fewer")));
            }
        }
        if by.is_empty() {
            return Err(self.error(
                "by names no column; for figures over all rows ask for the aggregate of the collection",
            ));
        }
        Ok(by)
    }

    fn group_column(&self, table: usize, item: &Input<'_>) -> Result<GroupColumn, PlanError> {
        let exposed = self.table(table)?;
        let fields = item.fields();
        let column = match fields.get(GroupByFieldKind::Column.name()).map(Input::value) {
            Some(Leaf::Text(name)) => exposed.distinct_column(name),
            Some(Leaf::Null | Leaf::Boolean(_) | Leaf::Number(_) | Leaf::Compound) | None => None,
        };
        let column = column.ok_or_else(|| self.error("by takes objects, each with a column of the table"))?;
        let name = self.field_name(table, column)?;
        let unit = match fields.get(GroupByFieldKind::Truncate.name()).map(Input::value) {
            None | Some(Leaf::Null) => None,
            Some(Leaf::Text(unit)) => TruncationUnit::named(unit),
            Some(Leaf::Boolean(_) | Leaf::Number(_) | Leaf::Compound) => {
                return Err(self.error("truncate takes a unit such as MONTH"));
            }
        };
        let time_zone = fields.get(GroupByFieldKind::TimeZone.name()).filter(|given| !given.is_null());
        let Some(unit) = unit else {
            return match time_zone {
                Some(_) => {
                    Err(self.error(format!("timeZone of {name} needs truncate: add a unit such as MONTH")))
                }
                None => Ok(GroupColumn { column, truncation: None }),
            };
        };
        let of = exposed.columns[column].as_ref().and_then(ExposedColumn::time_type);
        let of = self.truncated_type(name, of, unit)?;
        if time_zone.is_some() && of != TimeType::TimestampWithTimeZone {
            return Err(self.error(format!("{name} has no time zone: leave out timeZone")));
        }
        let time_zone = time_zone.map(|given| {
            let taken = Taken::new(GroupByFieldKind::TimeZone.name(), ValueType::Scalar(Scalar::String));
            self.one(taken, given)
        });
        Ok(GroupColumn {
            column,
            truncation: Some(Truncation { unit, of, time_zone: time_zone.transpose()? }),
        })
    }

    /// The type of a column that can be truncated to the unit.
    fn truncated_type(
        &self,
        name: &str,
        of: Option<TimeType>,
        unit: TruncationUnit,
    ) -> Result<TimeType, PlanError> {
        match of {
            None => {
                Err(self.error(format!("{name} cannot be truncated: it is no date and no point in time")))
            }
            Some(TimeType::Date) if unit.is_of_day() => {
                let unit = unit.name();
                Err(self.error(format!("{name} is a date, which has no {unit}: take DAY or a longer unit")))
            }
            Some(of) => Ok(of),
        }
    }

    /// The name of a column's field. Only exposed columns are planned.
    fn field_name(&self, table: usize, column: usize) -> Result<&'a str, PlanError> {
        let exposed = self.table(table)?.columns[column].as_ref();
        exposed.map(|found| &*found.field).ok_or_else(|| self.defect("a column is not exposed"))
    }

    /// The terms of `orderBy`, in the given order, and then the columns to group by, in which no two groups are equal.
    pub(super) fn group_order(
        &self,
        table: usize,
        by: &[GroupColumn],
        argument: Option<&Input<'_>>,
    ) -> Result<Vec<OrderTerm<GroupOrderKey>>, PlanError> {
        let mut terms: Vec<OrderTerm<GroupOrderKey>> = Vec::new();
        for item in argument.map(Input::items).unwrap_or_default() {
            for (key, direction) in self.group_order_keys(table, by, &item)? {
                let term = self.term(key, &direction.value())?;
                terms.extend(term.filter(|term| terms.iter().all(|earlier| earlier.key != term.key)));
                if terms.len() > MOST_TERMS {
                    return Err(self.error(format!(
                        "orderBy names more than {MOST_TERMS} columns and aggregates; name fewer"
                    )));
                }
            }
        }
        let keys = (0..by.len()).map(GroupOrderKey::Key);
        let rest: Vec<_> = keys.filter(|key| terms.iter().all(|term| term.key != *key)).collect();
        terms.extend(rest.into_iter().map(OrderTerm::ascending));
        Ok(terms)
    }

    /// The keys of an object of `orderBy`, with their directions.
    fn group_order_keys<'i>(
        &self,
        table: usize,
        by: &[GroupColumn],
        object: &Input<'i>,
    ) -> Result<Vec<(GroupOrderKey, Input<'i>)>, PlanError> {
        let exposed = self.table(table)?;
        let mut keys = Vec::new();
        for (name, value) in object.fields() {
            let refused = |field: &str| self.error(format!("groups cannot be ordered by {field} of {name}"));
            match GroupOrderFieldKind::named(name).ok_or_else(|| refused("a field"))? {
                GroupOrderFieldKind::Key => {
                    for (field, direction) in value.fields() {
                        let column = exposed.distinct_column(field).ok_or_else(|| refused(field))?;
                        let place = by.iter().position(|found| found.column == column);
                        let place = place.ok_or_else(|| {
                            self.error(format!(
                                "orderBy names {field} of the key, but rows are not grouped by it: name it in by, too"
                            ))
                        })?;
                        keys.push((GroupOrderKey::Key(place), direction));
                    }
                }
                GroupOrderFieldKind::Figure(AggregateFieldKind::Count) => {
                    keys.push((GroupOrderKey::Figure(Figure::Count), value));
                }
                GroupOrderFieldKind::Figure(AggregateFieldKind::List) => return Err(refused("a list")),
                GroupOrderFieldKind::Figure(AggregateFieldKind::Function(function)) => {
                    for (field, direction) in value.fields() {
                        let column = exposed.group_order_column(field, function);
                        let column = column.ok_or_else(|| refused(field))?;
                        keys.push((GroupOrderKey::Figure(Figure::Of(function, column)), direction));
                    }
                }
            }
        }
        Ok(keys)
    }
}
