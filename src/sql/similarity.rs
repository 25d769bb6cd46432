//! Similarity of texts, by the extension `pg_trgm` (PostgreSQL manual, F.35).
//!
//! Indexes serve only operators, and these take their threshold from a setting. The setting is a little below the threshold that is asked
//! for, and the function compares exactly: several conditions of one message can have thresholds of their own.

use super::ast::{Expression, FunctionCall};
use super::condition::parameter;
use super::{Compiler, SessionSettings, TableRef};
use crate::catalog::{QualifiedName, SqlType};
use crate::plan::Similarity;
use crate::schema::SimilarityKind;

impl Compiler<'_> {
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
        };
        let is_near = value.operator(QualifiedName::new(&schema, symbol), to);
        let arguments = arguments.map(|argument| (None, argument)).into();
        let found = Expression::FunctionCall(FunctionCall { schema, name: function.to_owned(), arguments });
        let threshold = parameter(similarity.threshold.clone(), Some(SqlType::system("float4")));
        Expression::And(vec![is_near, found.binary(">=", threshold)])
    }
}
