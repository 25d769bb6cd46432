//! The tree: the subset of SQL that is used. Plain data; `print` prints it.
//!
//! Each function, operator and type has its schema, so nothing is looked up along `search_path`. The value
//! that another session has left there, and objects that other users create in its schemas, have no effect.
//! SQL's own words that do look up `=` along it (`in`, `like`, `nullif`, `case … when …`, `is distinct from`,
//! `using`) are not in the tree (PostgreSQL manual, 4.2.5).

use crate::catalog::{QualifiedName, SqlType};
use crate::plan::Slot;

/// A `SELECT`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Select {
    /// `WITH`: each entry may read the earlier ones.
    pub with: Vec<With>,
    /// `DISTINCT ON`: keeps the first of the rows that are equal in these; the order has to begin with them.
    pub distinct_on: Vec<Expression>,
    /// The select list.
    pub columns: Vec<SelectColumn>,
    /// `FROM`.
    pub from: Option<From>,
    /// `WHERE`.
    pub condition: Option<Expression>,
    /// `GROUP BY`: so many of the first columns of the select list.
    pub group_by: usize,
    /// `HAVING`: all rows are one group.
    pub having: Option<Expression>,
    /// `ORDER BY`.
    pub order: Vec<Order>,
    /// `LIMIT`.
    pub limit: Option<u64>,
    /// `WITH TIES`: and the rows that are equal to the last one in the order.
    pub with_ties: bool,
    /// `OFFSET`.
    pub offset: Option<Expression>,
}

/// An entry of a `WITH`.
#[derive(Debug, Clone, PartialEq)]
pub struct With {
    /// The name.
    pub name: String,
    /// The query with that name.
    pub query: Query,
}

/// A query that returns rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Query {
    /// A `SELECT`.
    Select(Box<Select>),
    /// A change, which returns the changed rows.
    Modify(Modify),
}

/// A change of a table that returns columns of the changed rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Modify {
    /// The schema of the table.
    pub schema: String,
    /// The table.
    pub name: String,
    /// Its alias.
    pub alias: String,
    /// The change.
    pub change: Change,
    /// `RETURNING`.
    pub returning: Vec<SelectColumn>,
}

/// A change of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// `INSERT`; without columns `DEFAULT VALUES`, one row.
    Insert {
        /// The columns.
        columns: Vec<String>,
        /// The rows.
        rows: Rows,
        /// `ON CONFLICT`.
        on_conflict: Option<Box<OnConflict>>,
    },
    /// `UPDATE … SET`.
    Update {
        /// Columns and their new values.
        set: Vec<(String, Expression)>,
        /// `WHERE`.
        condition: Option<Expression>,
    },
    /// `DELETE`.
    Delete {
        /// `WHERE`.
        condition: Option<Expression>,
    },
}

/// `ON CONFLICT … DO …`.
#[derive(Debug, Clone, PartialEq)]
pub struct OnConflict {
    /// The unique index that rows may conflict with.
    pub target: ConflictTarget,
    /// Columns and their new values; without any `DO NOTHING`.
    pub set: Vec<(String, Expression)>,
    /// `WHERE`.
    pub condition: Option<Expression>,
}

/// The target of `ON CONFLICT`.
#[derive(Debug, Clone, PartialEq)]
pub enum ConflictTarget {
    /// `ON CONSTRAINT …`.
    Constraint(String),
    /// A unique index without a constraint, by its indexed terms: texts that PostgreSQL has printed. If
    /// `search_path` gives them another meaning, they match no index, which is an error.
    Index {
        /// Columns and expressions.
        terms: Vec<String>,
        /// The condition of a partial index.
        predicate: Option<String>,
    },
}

/// The inserted rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Rows {
    /// `VALUES …`.
    Values(Vec<Vec<Expression>>),
    /// `SELECT …`.
    Select(Box<Select>),
}

/// An entry of a select list.
#[derive(Debug, Clone, PartialEq)]
pub struct SelectColumn {
    /// Its value.
    pub expression: Expression,
    /// `AS`.
    pub alias: Option<String>,
}

/// The source of a `SELECT`.
#[derive(Debug, Clone, PartialEq)]
pub enum From {
    /// A table under an alias.
    Table {
        /// `ONLY`: without its children.
        is_only: bool,
        /// Its schema.
        schema: String,
        /// Its name.
        name: String,
        /// Its alias.
        alias: String,
    },
    /// The result of a function, under an alias.
    Function(FunctionCall, String),
    /// The same with a number for each row: `WITH ORDINALITY`.
    NumberedFunction(FunctionCall, String),
    /// A row for each index of some arrays: `ROWS FROM (unnest(…), …)`.
    Arrays {
        /// The arrays, all of one length.
        arrays: Vec<Expression>,
        /// The alias.
        alias: String,
        /// The names of the columns, one for each array.
        columns: Vec<String>,
        /// The name of a column that numbers the rows from 1: `WITH ORDINALITY`.
        place: Option<String>,
    },
    /// A subselect under an alias.
    Subselect(Box<Select>, String),
    /// A name of a `WITH`, under an alias.
    With(String, String),
}

/// A call of a function of the database.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionCall {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Its arguments, by name if they have one.
    pub arguments: Vec<(Option<String>, Expression)>,
}

/// A term of an `ORDER BY`.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// The value to order by.
    pub expression: Expression,
    /// `DESC`.
    pub is_descending: bool,
    /// `NULLS FIRST`; not printed if that is PostgreSQL's default.
    pub is_nulls_first: bool,
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// A column of an aliased table or subselect.
    Column {
        /// The alias.
        table: String,
        /// The column.
        column: String,
    },
    /// A fixed text: keys, punctuation, names. Never a value from a client.
    Text(String),
    /// A fixed keyword or number.
    Word(&'static str),
    /// A whole number.
    Number(u64),
    /// A value, cast to its type.
    Parameter {
        /// Where the value comes from.
        slot: Slot,
        /// The type; `None` if the role may not name it, and the other operand has it.
        sql_type: Option<SqlType>,
    },
    /// `"table".*` in a select list: all columns.
    AllColumns(String),
    /// `(…).*` in a select list: all columns of a row value.
    AllFields(Box<Expression>),
    /// A row as one value: `"table".*::row_type`. Without the cast, a select list would expand it to all
    /// columns.
    WholeRow {
        /// The alias.
        table: String,
        /// The row type, by schema and name.
        row_type: (String, String),
    },
    /// A row as one value, made from its columns: `row(a, b, …)::row_type`.
    RowOfColumns {
        /// The columns.
        columns: Vec<Expression>,
        /// The row type, by schema and name.
        row_type: (String, String),
    },
    /// A call of a function of the database.
    FunctionCall(FunctionCall),
    /// A call of one of PostgreSQL's own functions, in `pg_catalog`.
    Call(&'static str, Vec<Expression>),
    /// The name of an object as a constant, for a cast to a type such as `regclass`. PostgreSQL looks it up before it looks for an index.
    NameInLiteral(QualifiedName),
    /// `coalesce(…)`, which is not a function.
    Coalesce(Vec<Expression>),
    /// An aggregate over the rows of the `SELECT`.
    Aggregate(Box<Aggregate>),
    /// The first elements of an array, at most so many.
    Slice(Box<Expression>, u64),
    /// `row_number() over (order by …)`.
    RowNumber(Vec<Order>),
    /// `… :: type`.
    Cast(Box<Expression>, SqlType),
    /// `… collate …`, in parentheses.
    Collate(Box<Expression>, QualifiedName),
    /// `left operator right`, in parentheses.
    Binary(Box<Expression>, QualifiedName, Box<Expression>),
    /// `left operator any (right)`, in parentheses.
    Any(Box<Expression>, QualifiedName, Box<Expression>),
    /// `left operator any (select …)`, in parentheses.
    AnyRow(Box<Expression>, QualifiedName, Box<Select>),
    /// `… and …`, in parentheses.
    And(Vec<Expression>),
    /// `… or …`, in parentheses.
    Or(Vec<Expression>),
    /// `not (…)`.
    Not(Box<Expression>),
    /// `… is null`, `… is not null`, `… is not true`, in parentheses.
    Is(Box<Expression>, &'static str),
    /// `(a, b, …)`.
    Row(Vec<Expression>),
    /// `array[a, b, …]`.
    Array(Vec<Expression>),
    /// `case when … then … else … end`.
    Case {
        /// Pairs of condition and result.
        branches: Vec<(Expression, Expression)>,
        /// The result if no condition is true; `None` is null.
        otherwise: Option<Box<Expression>>,
    },
    /// `(…).name`: an attribute of a composite value.
    Attribute(Box<Expression>, String),
    /// `(…)[1]`: the first element of an array.
    First(Box<Expression>),
    /// `(…)[…]`: the element of an array at an index, from 1.
    Element(Box<Expression>, Box<Expression>),
    /// `(select …)`.
    Subselect(Box<Select>),
    /// `exists (select …)`.
    Exists(Box<Select>),
}

/// An aggregate.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// The function, one of PostgreSQL's own.
    pub function: &'static str,
    /// Whether equal arguments count once.
    pub is_distinct: bool,
    /// Its arguments; none means `*`.
    pub arguments: Vec<Expression>,
    /// `ORDER BY` inside.
    pub order: Vec<Order>,
    /// `FILTER (WHERE …)`.
    pub filter: Option<Expression>,
}

impl Expression {
    /// A column of an aliased table.
    pub fn column(table: &str, column: &str) -> Self {
        Self::Column { table: table.to_owned(), column: column.to_owned() }
    }

    /// A fixed text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Cast to a type.
    #[must_use]
    pub fn cast(self, sql_type: SqlType) -> Self {
        Self::Cast(Box::new(self), sql_type)
    }

    /// `coalesce(…, 'null')`: JSON's null in place of SQL's.
    #[must_use]
    pub fn or_json_null(self) -> Self {
        Self::Coalesce(vec![self, Self::text("null")])
    }

    /// Combined with another by one of PostgreSQL's own operators.
    #[must_use]
    pub fn binary(self, symbol: &'static str, right: Self) -> Self {
        self.operator(QualifiedName::system(symbol), right)
    }

    /// Combined with another by an operator.
    #[must_use]
    pub fn operator(self, operator: QualifiedName, right: Self) -> Self {
        Self::Binary(Box::new(self), operator, Box::new(right))
    }

    /// Combined by `and`; `None` for an empty list.
    pub fn all(mut conditions: Vec<Self>) -> Option<Self> {
        if conditions.len() > 1 { Some(Self::And(conditions)) } else { conditions.pop() }
    }

    /// Combined by `or`; `None` for an empty list.
    pub fn any_of(mut conditions: Vec<Self>) -> Option<Self> {
        if conditions.len() > 1 { Some(Self::Or(conditions)) } else { conditions.pop() }
    }
}
