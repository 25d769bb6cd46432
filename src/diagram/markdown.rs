//! The diagram as Markdown with Mermaid's entity-relationship diagram, which GitHub, GitLab and many editors draw.

use std::fmt::Write as _;

use super::model::{COMMANDS, Diagram, Table};

/// The whole text.
pub(super) fn print(diagram: &Diagram) -> String {
    let mut text = "# Tables\n\n```mermaid\nerDiagram\n".to_owned();
    for table in &diagram.tables {
        entity(diagram, table, &mut text);
    }
    for table in &diagram.tables {
        relations(diagram, table, &mut text);
    }
    text.push_str("```\n\n# Who may do what\n");
    for (place, role) in diagram.roles.iter().enumerate() {
        let note = if role.bypasses { " (no policy holds for this role)" } else { "" };
        // Writing to a String cannot fail.
        let _ = write!(text, "\n## {}{note}\n\n| table | {} |\n", cell(&role.name), COMMANDS.join(" | "));
        text.push_str("| --- | --- | --- | --- | --- |\n");
        for table in &diagram.tables {
            let words = (0..COMMANDS.len()).map(|command| cell(&table.words(place, command)));
            let name = cell(&diagram.name_of(&table.schema, &table.name));
            let _ = writeln!(text, "| {name} | {} |", words.collect::<Vec<_>>().join(" | "));
        }
    }
    text
}

fn entity(diagram: &Diagram, table: &Table, text: &mut String) {
    let _ = writeln!(text, "    {} {{", quoted(&diagram.name_of(&table.schema, &table.name)));
    for column in &table.columns {
        let keys = [(column.is_key, "PK"), (column.is_reference, "FK")];
        let keys: Vec<_> = keys.iter().filter(|(is_one, _)| *is_one).map(|(_, name)| *name).collect();
        let line = format!("{} {} {}", word(&column.type_name), word(&column.name), keys.join(", "));
        let _ = writeln!(text, "        {}", line.trim_end());
    }
    text.push_str("    }\n");
}

fn relations(diagram: &Diagram, table: &Table, text: &mut String) {
    for reference in &table.references {
        let target = quoted(&diagram.name_of(&reference.schema, &reference.table));
        let one = if reference.is_optional { "|o" } else { "||" };
        let many = if reference.is_unique { "o|" } else { "o{" };
        let source = quoted(&diagram.name_of(&table.schema, &table.name));
        let _ =
            writeln!(text, "    {target} {one}--{many} {source} : {}", quoted(&reference.columns.join(", ")));
    }
}

/// A name in Mermaid's quotes, which have no escapes.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace(['"', '\n', '\\', '%'], "_"))
}

/// A type or a column: Mermaid takes letters, digits and a few signs.
fn word(text: &str) -> String {
    let plain =
        |letter: char| if letter.is_alphanumeric() || "_-[]()".contains(letter) { letter } else { '_' };
    let word: String = text.chars().map(plain).collect();
    if word.starts_with(|first: char| first.is_alphabetic() || first == '_') {
        word
    } else {
        format!("_{word}")
    }
}

/// A text within a cell of a table.
fn cell(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\r' => escaped.push(' '),
            '|' | '\\' | '*' | '`' | '<' | '[' => escaped.extend(['\\', letter]),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_place() {
        assert_eq!(quoted("a\" {\n} %%"), "\"a_ {_} __\"");
        assert_eq!(word("timestamp with time zone"), "timestamp_with_time_zone");
        assert_eq!(word("numeric(10,2)[]"), "numeric(10_2)[]");
        assert_eq!(word("1st"), "_1st");
        assert_eq!(cell("a|b\n`<c>`"), "a\\|b \\`\\<c>\\`");
    }
}
