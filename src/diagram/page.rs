//! The diagram as one page without scripts, which any browser opens.

use std::fmt::Write as _;

use super::layout::{Place, ROW, places};
use super::model::{Allowed, COMMANDS, Diagram, Table};

const PAGE: &str = include_str!("page.html");

/// The whole page.
pub(super) fn print(diagram: &Diagram) -> String {
    PAGE.replacen("{{picture}}", &picture(diagram), 1).replacen("{{roles}}", &roles(diagram), 1)
}

fn picture(diagram: &Diagram) -> String {
    let (places, (width, height)) = places(diagram);
    let mut svg = format!("<svg viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" role=\"img\">\n");
    for (table, place) in diagram.tables.iter().zip(&places) {
        lines(diagram, table, *place, &places, &mut svg);
    }
    for (table, place) in diagram.tables.iter().zip(&places) {
        draw(diagram, table, *place, &mut svg);
    }
    svg + "</svg>"
}

/// The table: its name, and a row for each column.
fn draw(diagram: &Diagram, table: &Table, place: Place, svg: &mut String) {
    let Place { x, y, width, height } = place;
    let class = if table.is_view { "table view" } else { "table" };
    let name = escaped(&diagram.name_of(&table.schema, &table.name));
    // Writing to a String cannot fail.
    let _ = write!(
        svg,
        "<g class=\"{class}\"><rect x=\"{x:.0}\" y=\"{y:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" rx=\"5\"/>\
         <text class=\"name\" x=\"{:.0}\" y=\"{:.0}\">{name}</text>",
        x + 10.0,
        y + 15.0
    );
    for (column, middle) in table.columns.iter().zip(rows(place)) {
        let class = if column.is_key { "key" } else { "column" };
        let mark = if column.is_reference { " →" } else { "" };
        let (name, type_name) = (escaped(&column.name), escaped(&column.type_name));
        let (left, right, base) = (x + 10.0, x + width - 10.0, middle + 4.0);
        let _ = write!(
            svg,
            "<text class=\"{class}\" x=\"{left:.0}\" y=\"{base:.0}\">{name}{mark}</text>\
             <text class=\"type\" x=\"{right:.0}\" y=\"{base:.0}\">{type_name}</text>"
        );
    }
    svg.push_str("</g>\n");
}

/// The middle of each column's row.
fn rows(place: Place) -> impl Iterator<Item = f64> {
    (1_u16..).map(move |number| place.y + f64::from(number) * ROW + 12.0)
}

/// A line from each foreign key to its table.
fn lines(diagram: &Diagram, table: &Table, place: Place, places: &[Place], svg: &mut String) {
    for reference in &table.references {
        let is_target = |other: &Table| other.schema == reference.schema && other.name == reference.table;
        let Some(target) = diagram.tables.iter().position(is_target).map(|index| places[index]) else {
            continue;
        };
        let is_of_key = |name: &String| reference.columns.contains(name);
        let row = table.columns.iter().zip(rows(place)).find(|(column, _)| is_of_key(&column.name));
        let start = row.map_or(place.y, |(_, middle)| middle);
        let (end, right) = (target.y + 11.0, target.x + target.width);
        // A table that is not to the left is reached from its right side.
        let (from, bend) = if right < place.x { (place.x, -45.0) } else { (place.x + place.width, 45.0) };
        let class = if reference.is_optional { "optional" } else { "required" };
        let _ = writeln!(
            svg,
            "<path class=\"{class}\" d=\"M {from:.0} {start:.0} C {:.0} {start:.0} {:.0} {end:.0} {right:.0} {end:.0}\">\
             <title>{}</title></path>",
            from + bend,
            right + 45.0,
            escaped(&format!("{} ({})", table.name, reference.columns.join(", ")))
        );
    }
}

/// A table for each role.
fn roles(diagram: &Diagram) -> String {
    let mut html = String::new();
    for (place, role) in diagram.roles.iter().enumerate() {
        let note = if role.bypasses { " <small>no policy holds for this role</small>" } else { "" };
        let heads = COMMANDS.map(|command| format!("<th>{command}</th>")).concat();
        let _ = write!(
            html,
            "<h2>{}{note}</h2>\n<table><thead><tr><th>table</th>{heads}</tr></thead><tbody>\n",
            escaped(&role.name)
        );
        for table in &diagram.tables {
            let name = escaped(&diagram.name_of(&table.schema, &table.name));
            let cells: String = (0..COMMANDS.len()).map(|command| cell(table, place, command)).collect();
            let _ = writeln!(html, "<tr><th>{name}</th>{cells}</tr>");
        }
        html.push_str("</tbody></table>\n");
    }
    html
}

/// What a role may do; the policies' conditions are shown when the mouse is there.
fn cell(table: &Table, role: usize, command: usize) -> String {
    let (class, conditions) = match table.allowed(role, command) {
        Allowed::Nothing => ("nothing", String::new()),
        Allowed::NoRows => ("none", String::new()),
        Allowed::Rows { policies: [], .. } => ("all", String::new()),
        Allowed::Rows { policies, .. } => {
            let each = policies.iter().map(|policy| format!("{}: {}", policy.name, policy.conditions()));
            ("some", each.collect::<Vec<_>>().join("\n"))
        }
    };
    let words = escaped(&table.words(role, command));
    format!("<td class=\"{class}\" title=\"{}\">{words}</td>", escaped(&conditions))
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '{' => escaped.push_str("&#123;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn names_are_text_wherever_they_are() {
        assert_eq!(
            escaped("<a href=\"x\">&{{roles}}"),
            "&lt;a href=&quot;x&quot;&gt;&amp;&#123;&#123;roles}}"
        );
    }
}
