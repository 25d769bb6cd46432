//! Similarity of texts, by the extension `pg_trgm` (PostgreSQL manual, F.35).
//!
//! Indexes serve only operators, and these take their threshold from a setting. The setting is a little below the threshold that is asked
//! for, and the function compares exactly: several conditions of one message can have thresholds of their own.

use super::ast::{Expression, FunctionCall};
use super::condition::parameter;
use super::{Compiler, SessionSettings, TableRef};
use crate::catalog::{QualifiedName, SqlType};
use crate::plan::{Similarity, Slot};
use crate::schema::SimilarityKind;

impl Compiler<'_> {
    /// How similar a column is to a text. A position in an order holds all digits of it.
    pub(super) fn text_similarity(&self, at: TableRef<'_>, column: usize, to: &Slot) -> Expression {
        let value = self.column(at, column).cast(SqlType::TEXT);
        let to = parameter(to.clone(), Some(SqlType::TEXT));
        self.trigram_function("similarity", [value, to]).cast(SqlType::system("float8"))
    }

    /// A call of a function of the extension. Without it, no field asks for one.
    fn trigram_function(&self, name: &str, arguments: [Expression; 2]) -> Expression {
        let schema = self.schema.catalog.text_search.trigrams.clone().unwrap_or_default();
        let arguments = arguments.map(|argument| (None, argument)).into();
        Expression::FunctionCall(FunctionCall { schema, name: name.to_owned(), arguments })
    }

    /// Whether a column is similar to a text.
    pub(super) fn similar(&self, at: TableRef<'_>, column: usize, similarity: &Similarity) -> Expression {
        self.depend_on(SessionSettings::of_similarity(similarity.kind, similarity.floor));
        // Without the extension no filter has the operator.
        let schema = self.schema.catalog.text_search.trigrams.clone().unwrap_or_default();
        let value = self.column(at, column).cast(SqlType::TEXT);
        let to = parameter(similarity.to.clone(), Some(SqlType::TEXT));
        let (symbol, function, arguments) = match similarity.kind {
            SimilarityKind::Whole => ("%", "similarity", [value.clone(), to.clone()]),
            SimilarityKind::Words => ("%>", "word_similarity", [to.clone(), value.clone()]),
            SimilarityKind::WholeWords => ("%>>", "strict_word_similarity", [to.clone(), value.clone()]),
        };
        let is_near = value.operator(QualifiedName::new(&schema, symbol), to);
        let found = self.trigram_function(function, arguments);
        let threshold = parameter(similarity.threshold.clone(), Some(SqlType::system("float4")));
        Expression::And(vec![is_near, found.binary(">=", threshold)])
    }
}
