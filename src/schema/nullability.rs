//! What a null means in a field of a row, and how the type of the field says it.

use super::Options;

/// What a null means in a field of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nullability {
    /// The database guarantees a value, so the type is non-null.
    NonNull,
    /// The database declares a value, but does not guarantee it. The type is nullable, and a null comes with
    /// an error (`@semanticNonNull`).
    SemanticNonNull,
    /// It is an answer like any other.
    Nullable,
}

/// What the database says of the values of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Declaration {
    /// There is always a value.
    Guaranteed,
    /// There should be a value, but nothing has checked all rows.
    Unverified,
    /// A value may be missing.
    Optional,
}

impl Nullability {
    /// By the declaration and by the setting that gives unverified ones a meaning.
    pub(super) fn of(declaration: Declaration, options: Options) -> Self {
        match declaration {
            Declaration::Guaranteed => Self::NonNull,
            Declaration::Unverified if options.semantic_non_null => Self::SemanticNonNull,
            Declaration::Unverified | Declaration::Optional => Self::Nullable,
        }
    }

    /// Whether a null is an error.
    pub fn excludes_null(self) -> bool {
        match self {
            Self::NonNull | Self::SemanticNonNull => true,
            Self::Nullable => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unverified_declarations_mean_something_only_if_asked_for() {
        let with = Options { semantic_non_null: true, ..Options::default() };
        for (declaration, without_setting, with_setting) in [
            (Declaration::Guaranteed, Nullability::NonNull, Nullability::NonNull),
            (Declaration::Unverified, Nullability::Nullable, Nullability::SemanticNonNull),
            (Declaration::Optional, Nullability::Nullable, Nullability::Nullable),
        ] {
            assert_eq!(Nullability::of(declaration, Options::default()), without_setting);
            assert_eq!(Nullability::of(declaration, with), with_setting);
        }
    }
}
