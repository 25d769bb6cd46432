//! The password file, `~/.pgpass` (manual, section 34.16).
//!
//! Reads it again for each connection, as libpq does, so that you can change a password without a restart.

use std::path::Path;

use crate::event::Event;

/// Which password to look for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Login<'a> {
    pub(super) host: &'a str,
    pub(super) port: u16,
    pub(super) database: &'a str,
    pub(super) user: &'a str,
}

/// The password of the first line that matches. A file that others may read is ignored, with a warning in the log.
pub(super) fn find(path: &Path, wanted: Login<'_>) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    if let Err(problem) = is_private(path) {
        Event::PasswordFileIgnored { path, problem: &problem }.emit();
        return None;
    }
    text.lines().find_map(|line| password(line, wanted))
}

/// Whether only its owner may read the file.
#[cfg(unix)]
pub(super) fn is_private(path: &Path) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path).map_err(|error| error.to_string())?.permissions().mode();
    if mode & 0o077 != 0 {
        let path = path.display();
        return Err(format!(
            "users other than its owner may read it (mode {:03o}): chmod 600 {path}",
            mode & 0o777
        ));
    }
    Ok(())
}

/// Other systems protect such files by their folder.
#[cfg(not(unix))]
pub(super) fn is_private(_path: &Path) -> Result<(), String> {
    Ok(())
}

/// The last of a line's five fields, if the first four match.
fn password(line: &str, wanted: Login<'_>) -> Option<String> {
    if line.starts_with('#') {
        return None;
    }
    let mut fields = fields(line).into_iter();
    let port = wanted.port.to_string();
    for wanted in [wanted.host, &port, wanted.database, wanted.user] {
        let field = fields.next()?;
        if field != "*" && field != wanted {
            return None;
        }
    }
    fields.next()
}

/// The fields between colons. `\:` and `\\` do not separate fields. The password is the rest of the line.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        if letter == ':' && fields.len() < 5 {
            fields.push(String::new());
            continue;
        }
        let letter = if letter == '\\' { letters.next() } else { Some(letter) };
        if let Some(field) = fields.last_mut() {
            field.extend(letter);
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_fits_has_the_password() {
        let wanted = Login { host: "db", port: 5432, database: "app", user: "a:n" };
        for (line, expected) in [
            (r"db:5432:app:a\:n:hush", Some("hush")),
            (r"*:*:*:*:a\\b\:c:d", Some(r"a\b:c:d")),
            ("#db:5432:app:*:hush", None),
            ("db:5433:*:*:hush", None),
            ("db:5432:app", None),
            ("", None),
        ] {
            assert_eq!(password(line, wanted).as_deref(), expected, "{line}");
        }
    }
}
