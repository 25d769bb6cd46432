//! Descriptions of operations, fragments and variables (GraphQL specification, September 2025, 2.3 and 2.10),
//! which apollo-parser does not know yet.

use std::borrow::Cow;
use std::collections::HashMap;

use apollo_compiler::ast::{Definition, Document, OperationType};
use apollo_parser::{Lexer, Token, TokenKind};

/// An operation that describes itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescribedOperation {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Whether it reads, writes, or subscribes.
    pub operation_type: OperationType,
    /// Its description.
    pub description: String,
    /// The descriptions of its variables, by their names.
    pub variables: HashMap<String, String>,
}

/// The operations of a document that have descriptions. The rest of the document need not be valid.
pub fn described_operations(text: &str) -> Vec<DescribedOperation> {
    let tokens = significant_tokens(text);
    let mut found: Vec<DescribedOperation> = Vec::new();
    let mut is_of_last = false;
    for (index, place) in places(&tokens) {
        match place {
            Place::Definition => {
                let described = operation(&tokens, index);
                is_of_last = described.is_some();
                found.extend(described);
            }
            Place::Variable => {
                let name = tokens.get(index + 2).map(|name| name.data().to_owned());
                let operation = found.last_mut().filter(|_| is_of_last);
                if let (Some(name), Some(operation)) = (name, operation) {
                    operation.variables.extend(content(tokens[index].data()).map(|text| (name, text)));
                }
            }
            Place::Undescribed => is_of_last = false,
        }
    }
    found
}

/// The document with blanks for these descriptions. Everything else keeps its line and column.
pub(super) fn without_descriptions(text: &str) -> Cow<'_, str> {
    if !text.contains('"') {
        return Cow::Borrowed(text);
    }
    let tokens = significant_tokens(text);
    let mut blanked = String::with_capacity(text.len());
    let mut copied = 0;
    for (index, place) in places(&tokens) {
        if let Place::Undescribed = place {
            continue;
        }
        let (start, description) = (tokens[index].index(), tokens[index].data());
        blanked.push_str(&text[copied..start]);
        let blank = |letter| if matches!(letter, '\n' | '\r') { letter } else { ' ' };
        blanked.extend(description.chars().map(blank));
        copied = start + description.len();
    }
    blanked.push_str(&text[copied..]);
    Cow::Owned(blanked)
}

/// What a token is the description of.
enum Place {
    /// Of an operation or a fragment.
    Definition,
    /// Of a variable.
    Variable,
    /// It is the keyword of a definition without one.
    Undescribed,
}

/// The descriptions, by the numbers of their tokens, and the definitions without one.
fn places(tokens: &[Token<'_>]) -> Vec<(usize, Place)> {
    let (mut braces, mut parentheses) = (0_usize, 0_usize);
    let mut found = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| tokens[before].kind());
        let after = tokens.get(index + 1);
        let is_string = token.kind() == TokenKind::StringValue;
        // Every definition of an operation or a fragment ends with a brace.
        let is_first = matches!(before, None | Some(TokenKind::RCurly));
        match (braces, parentheses) {
            (0, 0) if is_first && is_string && after.is_some_and(is_keyword) => {
                found.push((index, Place::Definition));
            }
            (0, 0) if is_first && is_keyword(token) => found.push((index, Place::Undescribed)),
            // A string after an equals sign or a colon is a value.
            (0, 1)
                if is_string
                    && after.is_some_and(|after| after.kind() == TokenKind::Dollar)
                    && !matches!(before, Some(TokenKind::Eq | TokenKind::Colon)) =>
            {
                found.push((index, Place::Variable));
            }
            _ => {}
        }
        match token.kind() {
            TokenKind::LCurly => braces += 1,
            TokenKind::RCurly => braces = braces.saturating_sub(1),
            TokenKind::LParen => parentheses += 1,
            TokenKind::RParen => parentheses = parentheses.saturating_sub(1),
            _ => {}
        }
    }
    found
}

/// The operation whose description has that number.
fn operation(tokens: &[Token<'_>], index: usize) -> Option<DescribedOperation> {
    let operation_type = match tokens.get(index + 1)?.data() {
        "query" => OperationType::Query,
        "mutation" => OperationType::Mutation,
        "subscription" => OperationType::Subscription,
        _ => return None,
    };
    let name = tokens.get(index + 2).filter(|name| name.kind() == TokenKind::Name);
    Some(DescribedOperation {
        name: name.map(|name| name.data().to_owned()),
        operation_type,
        description: content(tokens[index].data())?,
        variables: HashMap::new(),
    })
}

fn is_keyword(token: &Token<'_>) -> bool {
    token.kind() == TokenKind::Name
        && matches!(token.data(), "query" | "mutation" | "subscription" | "fragment")
}

fn significant_tokens(text: &str) -> Vec<Token<'_>> {
    let is_ignored =
        |kind| matches!(kind, TokenKind::Whitespace | TokenKind::Comment | TokenKind::Comma | TokenKind::Eof);
    Lexer::new(text).flatten().filter(|token| !is_ignored(token.kind())).collect()
}

/// The content of a string or block string; `None` if it is empty. A definition of a type has it parsed.
fn content(literal: &str) -> Option<String> {
    let document = Document::parse(format!("{literal} scalar S"), "description.graphql").ok()?;
    let Definition::ScalarTypeDefinition(scalar) = document.definitions.first()? else { return None };
    let text = scalar.description.as_ref()?.trim().to_owned();
    Some(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    const DESCRIBED: &str = r#"
        """
        The tasks of a person.

        Sorted by "urgency".
        """
        query Tasks("Who \"owns\" them" $person: Int!, $state: String = "open" """Only é""" $first: Int
            @note(text: "t")) { tasks(filter: {title: {eq: "query"}}) { ...T } }
        "A part" fragment T on Task { title(as: "text" ) }
        mutation Plain($a: [String] = ["x"] "y" $b: Int) { a }
        "Writes" mutation { b }
        subscription S { c }"#;

    #[test]
    fn operations_are_found_with_the_descriptions_of_their_variables() {
        let found = described_operations(DESCRIBED);
        let [tasks, writes] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(tasks.name.as_deref(), Some("Tasks"));
        assert_eq!(tasks.description, "The tasks of a person.\n\nSorted by \"urgency\".");
        let mut variables: Vec<_> = tasks.variables.iter().map(|(name, text)| (&**name, &**text)).collect();
        variables.sort_unstable();
        assert_eq!(variables, [("first", "Only é"), ("person", "Who \"owns\" them")]);
        assert_eq!((&writes.name, writes.operation_type), (&None, OperationType::Mutation));
        assert!(writes.variables.is_empty());
    }

    #[test]
    fn only_descriptions_become_blanks_and_everything_keeps_its_place() {
        let plain = without_descriptions(DESCRIBED);
        let place = |text: &str, word: &str| {
            let before = &text[..text.find(word).unwrap()];
            let line_start = before.rfind('\n').map_or(0, |end| end + 1);
            (before.matches('\n').count(), before[line_start..].chars().count())
        };
        for word in ["query Tasks", "$person", "$first", "fragment T", "mutation Plain", "$b", "b }", "c }"] {
            assert_eq!(place(&plain, word), place(DESCRIBED, word), "{word}");
        }
        let strings: Vec<_> = plain.match_indices('"').collect();
        assert_eq!(strings.len(), 10, "{plain}");
        assert!(Document::parse(&*plain, "plain.graphql").is_ok(), "{plain}");
        for text in
            [r#""short" { a }"#, r#"{ a(b: "x") }"#, r#""a" "b" { c }"#, "{ a }", r#"query "x" query { a }"#]
        {
            assert_eq!(without_descriptions(text), text);
        }
    }
}
