//! How the values of each PostgreSQL type become JSON.

use super::scalar::Scalar;
use crate::catalog::{JsonForm, SqlType, Type, TypeKind};

/// How a value becomes JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoding {
    /// What is made of it.
    pub form: Form,
    /// The type that it is cast to before, one of PostgreSQL's own. That is the type that it has, where the
    /// cast does nothing. A value whose type has changed since the catalog was read is converted, or fails.
    pub sql_type: SqlType,
}

/// The form of a value in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Its text, which is already JSON: integers.
    Integer,
    /// Its text, if it is a finite number.
    Float,
    /// `true` or `false`.
    Boolean,
    /// Its text in quotation marks, which never needs escapes: big numbers, UUIDs.
    Quoted,
    /// The result of `to_json`: a string, or a number of any size.
    Json,
    /// Its text, which is JSON that PostgreSQL has written: documents that go out as values.
    Document,
    /// Its text as a string, for types whose text is expensive to make: JSON and rows.
    Text,
    /// The text of the type's output function, as a string.
    Output,
    /// The text of `GeoJSON` that `PostGIS` makes of it, as a string.
    GeoJson,
    /// The same as a JSON value.
    GeoJsonDocument,
    /// The result of `to_json` for an array.
    List,
    /// Like [`Form::List`], if all numbers in it are finite.
    FloatList,
}

impl Encoding {
    /// The encoding of a scalar of the API; `base` is its type, without domains.
    pub(super) fn of_value(scalar: Scalar, base: &Type, json: JsonForm) -> Self {
        let (form, sql_type) = match scalar {
            Scalar::Int => (Form::Integer, own_type(base)),
            Scalar::Float => (Form::Float, own_type(base)),
            Scalar::Boolean => (Form::Boolean, own_type(base)),
            Scalar::BigInt | Scalar::BigFloat | Scalar::Uuid => (Form::Quoted, own_type(base)),
            Scalar::Json => match json {
                JsonForm::String => (Form::Text, SqlType::TEXT),
                // The text of `json` is what a client has written; that of `jsonb` is PostgreSQL's, and never a mark.
                JsonForm::Raw => (Form::Document, SqlType::system("jsonb")),
            },
            Scalar::Opaque => Self::of_opaque(base),
            // Its text is a list, too, but only what PostgreSQL makes JSON of is JSON whatever the type is by now.
            Scalar::Vector => (Form::Json, SqlType::system("float4").array()),
            Scalar::GeoJson => {
                let form = match json {
                    JsonForm::String => Form::GeoJson,
                    JsonForm::Raw => Form::GeoJsonDocument,
                };
                (form, super::scalar::sql_name(base))
            }
            _ => (Form::Json, own_type(base)),
        };
        Self { form, sql_type }
    }

    /// The encoding of an array of a scalar; `base` is the type of its elements, without domains.
    pub(super) fn of_list(scalar: Scalar, base: &Type, json: JsonForm) -> Self {
        let of_base = Scalar::of_base_type(base);
        let (form, sql_type) = match scalar {
            Scalar::Float => (Form::FloatList, own_type(base)),
            Scalar::Json if json == JsonForm::Raw => (Form::List, SqlType::system("jsonb")),
            Scalar::BigInt | Scalar::BigFloat | Scalar::Json => (Form::List, SqlType::TEXT),
            Scalar::Opaque if of_base == Scalar::Json || base.element.is_some() => {
                (Form::List, SqlType::TEXT)
            }
            _ => (Form::List, own_type(base)),
        };
        Self { form, sql_type: sql_type.array() }
    }

    /// The encoding of an array of such values.
    pub(super) fn listed(&self, form: Form) -> Self {
        Self { form, sql_type: self.sql_type.clone().array() }
    }

    /// The encoding of enum labels.
    pub(super) fn of_enum(is_list: bool) -> Self {
        if is_list {
            Self { form: Form::List, sql_type: SqlType::TEXT_ARRAY }
        } else {
            Self { form: Form::Json, sql_type: SqlType::TEXT }
        }
    }

    /// Domains over numbers and booleans are numbers and booleans, as in `pg_graphql`; everything else is
    /// text.
    fn of_opaque(base: &Type) -> (Form, SqlType) {
        match Scalar::of_base_type(base) {
            Scalar::Json => (Form::Text, SqlType::TEXT),
            // A row of nulls is not null, although `is null` is true for it.
            Scalar::Opaque if base.kind == TypeKind::Composite => (Form::Text, SqlType::TEXT),
            Scalar::Opaque | Scalar::Vector | Scalar::GeoJson => (Form::Output, SqlType::TEXT),
            _ => (Form::Json, own_type(base)),
        }
    }
}

/// The type itself if it is one of PostgreSQL's own, which every role may name; else text.
fn own_type(base: &Type) -> SqlType {
    if base.schema == "pg_catalog" && base.element.is_none() {
        super::scalar::sql_name(base)
    } else {
        SqlType::TEXT
    }
}
