//! JSON as SQL: texts that `concat` combines. Each constructor takes expressions that are JSON whatever the
//! database contains, so no text of the database ever becomes structure.

use super::ast::{Aggregate, Expression, Order};
use crate::catalog::SqlType;
use crate::schema::Nullability;
use crate::schema::violation::Violation;

/// PostgreSQL allows 100 arguments of a function.
const ARGUMENTS: usize = 90;

/// A JSON text that is built piece by piece; adjacent fixed texts are merged.
#[derive(Default)]
pub(super) struct JsonText {
    pieces: Vec<Expression>,
    /// Whether it has an aggregate over the rows of the `SELECT`, which makes them one group.
    pub(super) has_aggregate: bool,
}

/// The replacement of a null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IfNull {
    /// JSON's null: the type is nullable.
    Null,
    /// A mark: the type is non-null.
    Violation(Violation),
}

impl IfNull {
    /// What replaces a null in a field of a row, if it is that violation.
    pub(super) fn by(nullability: Nullability, violation: Violation) -> Self {
        if nullability.excludes_null() { Self::Violation(violation) } else { Self::Null }
    }
}

impl JsonText {
    /// `{"key":value,…}`.
    pub(super) fn object(fields: impl IntoIterator<Item = (String, JsonText)>) -> Self {
        let mut object = Self::default();
        let mut separator = "{";
        for (key, value) in fields {
            // Keys are GraphQL names: nothing in them needs an escape.
            object.text(&format!("{separator}\"{key}\":"));
            object.pieces_of(value);
            separator = ",";
        }
        object.text(if separator == "{" { "{}" } else { "}" });
        object
    }

    /// `[item,…]`, with an item for each row of the `SELECT` that passes the filter.
    pub(super) fn list(item: JsonText, order: Vec<Order>, filter: Option<Expression>) -> Self {
        let arguments = vec![item.into_expression(), Expression::text(",")];
        let mut list = Self::known("[");
        // Without rows it is null, which `concat` ignores.
        list.push(Expression::Aggregate(Box::new(Aggregate {
            function: "string_agg",
            is_distinct: false,
            arguments,
            order,
            filter,
        })));
        list.text("]");
        list.aggregating()
    }

    /// A known JSON text.
    pub(super) fn known(text: &str) -> Self {
        let mut known = Self::default();
        known.text(text);
        known
    }

    /// `[item]` of the one row of the `SELECT`.
    pub(super) fn list_of_one(item: Self) -> Self {
        let mut list = Self::known("[");
        list.pieces_of(item);
        list.text("]");
        list
    }

    /// A string of characters without escapes, such as Base64; never null.
    pub(super) fn quoted(text: Expression) -> Self {
        let mut json = Self::known("\"");
        json.push(text);
        json.text("\"");
        json
    }

    /// Like [`JsonText::quoted`], for a nullable text; the replacement is the content of a string, too.
    pub(super) fn quoted_or(text: Expression, if_null: Violation) -> Self {
        Self::quoted(Expression::Coalesce(vec![text, Expression::text(if_null.mark())]))
    }

    /// `true` if the condition is true, else `false`.
    pub(super) fn truth(condition: Expression) -> Self {
        Self::of_piece(Expression::Case {
            branches: vec![(condition, Expression::text("true"))],
            otherwise: Some(Box::new(Expression::text("false"))),
        })
    }

    /// The number of rows, which is an `Int`.
    pub(super) fn count() -> Self {
        let count = Expression::aggregate("count", Vec::new());
        Self::of_piece(count.cast(SqlType::system("int4"))).aggregating()
    }

    /// The result of `to_json` for a value.
    pub(super) fn leaf(value: Expression, if_null: IfNull) -> Self {
        Self::of_piece(if_null.in_place_of(Expression::Call("to_json", vec![value])))
    }

    /// An expression whose text is JSON and never null.
    pub(super) fn of_piece(piece: Expression) -> Self {
        Self { pieces: vec![piece], has_aggregate: false }
    }

    /// Marks it as having an aggregate over the rows of the `SELECT`.
    pub(super) fn aggregating(self) -> Self {
        Self { has_aggregate: true, ..self }
    }

    /// The text, if nothing in it comes from the database.
    pub(super) fn into_known(self) -> Option<String> {
        let mut known = String::new();
        for piece in self.pieces {
            let Expression::Text(text) = piece else { return None };
            known.push_str(&text);
        }
        Some(known)
    }

    /// Appends a text.
    fn text(&mut self, text: &str) {
        if let Some(Expression::Text(last)) = self.pieces.last_mut() {
            last.push_str(text);
        } else {
            self.pieces.push(Expression::text(text));
        }
    }

    /// Appends an expression; if it is null, nothing is appended.
    fn push(&mut self, expression: Expression) {
        self.pieces.push(expression);
    }

    fn pieces_of(&mut self, other: Self) {
        self.has_aggregate |= other.has_aggregate;
        for piece in other.pieces {
            if let Expression::Text(text) = piece {
                self.text(&text);
            } else {
                self.push(piece);
            }
        }
    }

    /// The whole as one expression of type text.
    pub(super) fn into_expression(self) -> Expression {
        let mut pieces = self.pieces;
        while pieces.len() > ARGUMENTS {
            let mut rest = pieces.into_iter().peekable();
            let mut chunks = Vec::new();
            while rest.peek().is_some() {
                chunks.push(Expression::Call("concat", rest.by_ref().take(ARGUMENTS).collect()));
            }
            pieces = chunks;
        }
        Expression::Call("concat", pieces)
    }
}

impl IfNull {
    /// The value, or its replacement if it is null: a JSON text or a `json`, like the value.
    pub(super) fn in_place_of(self, value: Expression) -> Expression {
        Expression::Coalesce(vec![value, self.json()])
    }

    /// As JSON.
    pub(super) fn json(self) -> Expression {
        match self {
            Self::Null => Expression::text("null"),
            Self::Violation(violation) => marked(violation),
        }
    }
}

/// The mark of a violation, which replaces a value.
pub(super) fn marked(violation: Violation) -> Expression {
    Expression::text(format!("\"{}\"", violation.mark()))
}
