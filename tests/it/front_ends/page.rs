//! The code blocks of docs/front-ends.md. In front of each is a paragraph that begins with its place in code style: `relay/src/TaskList.tsx`
//! is a file; `relay/` is a folder, in which the block's commands run.

/// A code block.
pub(super) struct Block {
    project: String,
    /// The file in the project; empty for commands.
    pub(super) path: String,
    pub(super) text: String,
}

impl Block {
    pub(super) fn project(&self) -> &str {
        &self.project
    }

    pub(super) fn is_commands(&self) -> bool {
        self.path.is_empty()
    }
}

/// All of them, in the page's order.
pub(super) fn blocks() -> Vec<Block> {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/front-ends.md")).unwrap();
    let mut parts = page.split("\n```");
    let mut before = parts.next().unwrap_or_default();
    let mut blocks = Vec::new();
    while let (Some(block), after) = (parts.next(), parts.next().unwrap_or_default()) {
        let (language, text) = block.split_once('\n').expect("the line with the language");
        let place = place(before).unwrap_or_else(|| panic!("nothing says where this belongs:\n{text}"));
        let (project, path) = place.split_once('/').expect("a project and a file");
        assert_eq!(language == "sh", path.is_empty(), "commands have a folder, files a name: {place}");
        let (project, path) = (project.to_owned(), path.to_owned());
        blocks.push(Block { project, path, text: format!("{text}\n") });
        before = after;
    }
    blocks
}

/// The first words in code style of the last paragraph.
fn place(before: &str) -> Option<&str> {
    let paragraph = before.trim_end().rsplit("\n\n").next()?;
    let place = paragraph.split('`').nth(1)?;
    place.contains('/').then_some(place)
}
