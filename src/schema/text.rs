//! Full text search and similarity: the fields of their inputs.

use super::field::FixedFields;

/// A field of what a full text search looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextSearchField {
    /// `query`.
    Query,
    /// `config`.
    Config,
}

impl FixedFields for TextSearchField {
    const ALL: &'static [Self] = &[Self::Query, Self::Config];

    fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Config => "config",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Query => {
                "Words that must all occur: `or` between alternatives, `-` before a word that must not occur, quotation marks around words that must \
                 follow each other"
            }
            Self::Config => {
                "The text search configuration, such as `english`, which defines what a word is; by default, the database's"
            }
        }
    }
}

/// How texts are compared by their trigrams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SimilarityKind {
    /// All of the text with all of the other.
    Whole,
    /// The words in a row of the text that are most similar, with all of the other; they may begin and end inside of words.
    Words,
    /// The same, but only whole words.
    WholeWords,
}

/// A field of what texts are to be similar to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SimilarityField {
    /// `to`.
    To,
    /// `threshold`.
    Threshold,
}

impl FixedFields for SimilarityField {
    const ALL: &'static [Self] = &[Self::To, Self::Threshold];

    fn name(self) -> &'static str {
        match self {
            Self::To => "to",
            Self::Threshold => "threshold",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::To => "The text",
            Self::Threshold => {
                "The least similarity, from 0 to 1, where 1 is of equal groups of three letters; without it, 0.3 for `similar` and 0.6 for \
                 `wordSimilar`"
            }
        }
    }
}
