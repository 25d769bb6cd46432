//! Pages of rows or groups: limits, bounds and `pageInfo`. The items of a page are rows or groups; this file does not tell them apart.

use super::Compiler;
use super::ast::{Aggregate, Expression, Order, Select};
use super::condition::parameter;
use super::json::{IfNull, JsonText};
use crate::catalog::SqlType;
use crate::plan::{Bound, Direction, OrderTerm, Page, PageInfoField, Slot};

/// A page during compilation.
pub(super) struct PageSite<'a> {
    pub(super) page: &'a Page,
    /// The alias of the page.
    pub(super) alias: &'a str,
    /// The name of the column that numbers the items from 1, if they need numbers.
    pub(super) number: Option<String>,
}

/// Something with pages.
pub(super) trait Paged {
    /// The page.
    fn page(&self) -> &PageSite<'_>;

    /// The cursor of an item of the page.
    fn cursor(&self, compiler: &Compiler<'_>) -> Expression;

    /// The items that are not after a bound.
    fn others(&self, compiler: &Compiler<'_>, side: Side, bound: &Bound) -> Select;
}

/// A side of a page, in the direction of counting.
#[derive(Clone, Copy)]
pub(super) enum Side {
    /// After the page.
    Ahead,
    /// Before the page.
    Behind,
}

impl Compiler<'_> {
    /// `pageInfo`.
    pub(super) fn page_info_json(&self, paged: &impl Paged, fields: &[(String, PageInfoField)]) -> JsonText {
        let is_forward = paged.page().page.direction == Direction::Forward;
        let mut json = Vec::with_capacity(fields.len());
        for (key, field) in fields {
            let value = match field {
                PageInfoField::Typename(name) => JsonText::known(&format!("\"{name}\"")),
                PageInfoField::HasNextPage if is_forward => self.has_more_ahead(paged),
                PageInfoField::HasPreviousPage if !is_forward => self.has_more_ahead(paged),
                PageInfoField::HasNextPage | PageInfoField::HasPreviousPage => self.has_more_behind(paged),
                PageInfoField::StartCursor => self.end_of_page(paged, is_forward),
                PageInfoField::EndCursor => self.end_of_page(paged, !is_forward),
            };
            json.push((key.clone(), value));
        }
        JsonText::object(json)
    }

    /// Whether items follow in the direction of counting: the extra item after the page, or items beyond the
    /// bound.
    fn has_more_ahead(&self, paged: &impl Paged) -> JsonText {
        let count = Expression::aggregate("count", Vec::new());
        let beyond_page = count.binary(">", Expression::Number(paged.page().page.limit));
        let (_, far) = paged.page().bounds();
        let ahead = match far {
            None => beyond_page,
            Some(bound) => Expression::Or(vec![beyond_page, self.has_others(paged, Side::Ahead, bound)]),
        };
        JsonText::truth(ahead)
    }

    /// Whether there are items before the page in the direction of counting. An empty page has none before it.
    fn has_more_behind(&self, paged: &impl Paged) -> JsonText {
        let page = paged.page().page;
        let (near, _) = paged.page().bounds();
        let behind = match near {
            _ if page.limit == 0 => return JsonText::known("false"),
            _ if page.offset.is_some() => {
                Expression::aggregate("count", Vec::new()).binary(">", Expression::Number(0))
            }
            Some(bound) => self.has_others(paged, Side::Behind, bound),
            None => return JsonText::known("false"),
        };
        JsonText::truth(behind)
    }

    /// The page has items, and there are items that are not after the bound.
    fn has_others(&self, paged: &impl Paged, side: Side, bound: &Bound) -> Expression {
        let others = paged.others(self, side, bound);
        let is_not_empty = Expression::aggregate("count", Vec::new()).binary(">", Expression::Number(0));
        Expression::And(vec![is_not_empty, Expression::Exists(Box::new(others))])
    }

    /// The cursor of the item at one end of the page: the first or last in the direction of counting.
    fn end_of_page(&self, paged: &impl Paged, is_first: bool) -> JsonText {
        let site = paged.page();
        let Some(number) = site.number() else { return JsonText::known("null") };
        let cursor = paged.cursor(self);
        let order = if is_first { Vec::new() } else { vec![descending(number.clone())] };
        let filter = if is_first && site.page.limit > 0 {
            Some(number.binary("=", site.number_of(1)))
        } else {
            site.on_page()
        };
        let cursors =
            Aggregate { function: "array_agg", is_distinct: false, arguments: vec![cursor], order, filter };
        let cursor = Expression::First(Box::new(Expression::Aggregate(Box::new(cursors))));
        JsonText::leaf(cursor, IfNull::Null).aggregating()
    }
}

impl PageSite<'_> {
    /// The list of the page's items.
    pub(super) fn list(&self, item: JsonText) -> JsonText {
        let is_backward = self.page.direction == Direction::Backward;
        let order = self.number().filter(|_| is_backward).map(descending);
        JsonText::list(item, order.into_iter().collect(), self.on_page())
    }

    /// How many items are read: one more than the page has if they are numbered.
    pub(super) fn limit(&self) -> u64 {
        self.page.limit.saturating_add(u64::from(self.number.is_some()))
    }

    /// How many items are skipped.
    pub(super) fn offset(&self) -> Option<Expression> {
        self.page.offset.clone().map(count)
    }

    /// The bounds of the page in the direction of counting: its beginning, and its end.
    pub(super) fn bounds(&self) -> (Option<&Bound>, Option<&Bound>) {
        match self.page.direction {
            Direction::Forward => (self.page.after.as_ref(), self.page.before.as_ref()),
            Direction::Backward => (self.page.before.as_ref(), self.page.after.as_ref()),
        }
    }

    /// The number of an item of the page.
    fn number(&self) -> Option<Expression> {
        self.number.as_ref().map(|name| Expression::column(self.alias, name))
    }

    /// The number of the page's item with this index from 1. Items that OFFSET skips have numbers, too.
    fn number_of(&self, place: u64) -> Expression {
        match self.offset() {
            Some(offset) => offset.binary("+", Expression::Number(place)),
            None => Expression::Number(place),
        }
    }

    /// The condition that an item is not the extra one after the page.
    fn on_page(&self) -> Option<Expression> {
        self.number().map(|number| number.binary("<=", self.number_of(self.page.limit)))
    }
}

impl Page {
    /// The order of counting; it is reversed if items are counted from the end.
    pub(super) fn counted<K: Clone>(&self, order: &[OrderTerm<K>]) -> Vec<OrderTerm<K>> {
        match self.direction {
            Direction::Forward => order.to_vec(),
            Direction::Backward => reversed(order),
        }
    }
}

impl PageInfoField {
    /// Whether it needs cursors.
    pub(super) fn is_cursor(&self) -> bool {
        matches!(self, Self::StartCursor | Self::EndCursor)
    }
}

/// The opposite order.
pub(super) fn reversed<K: Clone>(order: &[OrderTerm<K>]) -> Vec<OrderTerm<K>> {
    order.iter().map(OrderTerm::reversed).collect()
}

fn count(slot: Slot) -> Expression {
    parameter(slot, Some(SqlType::system("int8")))
}

fn descending(expression: Expression) -> Order {
    Order { expression, is_descending: true, is_nulls_first: true }
}
