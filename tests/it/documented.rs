//! Tables of the documentation that are generated from the program.

use std::path::Path;

/// Compares the table between a page's markers `<!-- name -->` and `<!-- end of name -->`. `UPDATE=1` writes
/// it; `test` is the filter that runs only the caller.
pub(crate) fn hold(page: &str, name: &str, table: &str, test: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
    let contents = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
    let (before, rest) = contents.split_once(&begin).expect("the marker before the table");
    let (written, after) = rest.split_once(&end).expect("the marker after the table");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, format!("{before}{begin}{table}{end}{after}")).unwrap();
        return;
    }
    assert_eq!(
        written, table,
        "the table of {name} in {page} is not up to date; write it with `UPDATE=1 cargo test --test it {test}`"
    );
}
