//! The lexer against hand-picked texts, and against random texts whose answer is known by construction.

use super::*;

fn substitute(text: &str, parameters: &[&str]) -> Result<String, Error> {
    let parameters: Vec<_> = parameters.iter().map(|value| Some((*value).to_owned())).collect();
    let mut message = String::new();
    append_statement(&mut message, text, &parameters).map(|()| message)
}

#[track_caller]
fn substituted(text: &str, parameters: &[&str], expected: &str) {
    assert_eq!(substitute(text, parameters).unwrap(), expected);
}

#[test]
fn placeholders_are_replaced() {
    substituted("select $1::int4", &["7"], "select ('7')::int4");
    substituted("$2,$1,$2", &["a", "b"], "('b'),('a'),('b')");
    substituted("$1$2", &["a", "b"], "('a')$2");
    let ten: Vec<_> = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "ten"].into();
    substituted("$10 $1", &ten, "('ten') ('1')");
}

#[test]
fn quoted_text_is_left_alone() {
    for text in [
        "'$1'",
        "'it''s $1'",
        r"'$1\'",
        r"E'\'$1'",
        r"e'''\'$1\\'",
        "E'a'\n  '\\'$1'",
        "E'a' -- why\n '\\'$1'",
        "\"$1\"\"$1\"",
        "$$ $1 $$",
        "$tag$ $$ $1 $other$ $tag$",
        "-- $1",
        "-- $1\nselect 1",
        "/* $1 /* $1 */ $1 */",
        "column$1",
        "käse$1",
        "U&'$1'",
    ] {
        substituted(text, &["x"], text);
    }
}

#[test]
fn quoted_text_ends_where_it_ends() {
    substituted("'a' $1", &["x"], "'a' ('x')");
    substituted(r"'\' $1", &["x"], r"'\' ('x')");
    substituted(r"nameE'\' $1", &["x"], r"nameE'\' ('x')");
    substituted("E'a' '$1' $1", &["x"], "E'a' '$1' ('x')");
    substituted("-- it's\r$1", &["x"], "-- it's\r('x')");
    substituted("/* ' */ $1 - $1", &["x"], "/* ' */ ('x') - ('x')");
    substituted("$a$ ' $a$ $1", &["x"], "$a$ ' $a$ ('x')");
    substituted("a$ $1", &["x"], "a$ ('x')");
}

#[test]
fn a_value_stays_a_value() {
    substituted("select 1 -$1::int4", &["-1"], "select 1 -('-1')::int4");
    substituted("E$1", &["\\"], "E$1");
    substituted("U& $1", &["x"], "U& ('x')");
    substituted("$1 $2", &["$2", "'--"], "('$2') ('''--')");
}

#[test]
fn texts_that_would_change_the_message_are_refused() {
    for text in ["'a", "\"a", "E'a\\'", "/* /* */", "$a$ $b$", "select 1; select 2", "$2", "$0", "a\0"] {
        assert!(substitute(text, &["x"]).is_err(), "{text:?} was let through");
    }
    assert!(substitute("$99999999999999999999999", &["x"]).is_err());
}

/// A generator of known quality and fixed seed (`SplitMix64`), so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).unwrap()
    }

    /// A text of the characters that matter to the lexer.
    fn text(&mut self) -> String {
        const CHARACTERS: [char; 16] =
            ['\'', '"', '\\', '$', '1', '2', '-', '/', '*', 'e', 'E', ';', '\n', ' ', 'ü', 'x'];
        let length = self.below(9);
        (0..length).map(|_| CHARACTERS[self.below(CHARACTERS.len())]).collect()
    }

    /// A piece of SQL that holds any text and no placeholder.
    fn opaque(&mut self) -> String {
        let text = self.text();
        match self.below(6) {
            0 => format!("'{}'", text.replace('\'', "''")),
            1 => format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")),
            2 => format!("\"{}\"", text.replace('"', "\"\"")),
            3 => format!("$q${}$q$", text.replace("$q$", "")),
            4 => format!("/*{}*/", text.replace(['*', '/'], "")),
            _ => format!("--{}\n", text.replace('\n', "")),
        }
    }
}

#[test]
fn random_texts_are_read_as_they_were_made() {
    let mut random = Random(1);
    for round in 0..20_000 {
        let parameters = [random.text(), random.text()];
        let (mut text, mut expected) = (String::new(), String::new());
        for _ in 0..random.below(8) {
            if random.below(2) == 0 {
                let index = random.below(2);
                text.push_str([" $1 ", " $2 "][index]);
                expected.push(' ');
                append_parameter(&mut expected, Some(&parameters[index])).unwrap();
                expected.push(' ');
            } else {
                // The commas keep one quoted piece from being read as the continuation of another.
                let piece = format!(", {} ,", random.opaque());
                text.push_str(&piece);
                expected.push_str(&piece);
            }
        }
        let parameters: Vec<_> = parameters.iter().map(String::as_str).collect();
        assert_eq!(substitute(&text, &parameters).unwrap(), expected, "round {round}: {text}");
    }
}

#[test]
fn random_bytes_never_panic() {
    let mut random = Random(2);
    for _ in 0..20_000 {
        let text: String = (0..4).map(|_| random.text()).collect();
        let _ = substitute(&text, &["x", "y"]);
    }
}
