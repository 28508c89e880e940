//! The documents of a YAML text, each as a text in which every line keeps its number.
//!
//! It must not know what a document says.

/// The documents of a text, in order; what holds nothing but comments is none. Blank lines stand for what is before.
pub(crate) fn split(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut document = String::new();
    let mut has_content = false;
    for (index, line) in text.lines().enumerate() {
        let starts = line == "---" || line.starts_with("--- ");
        if starts || line == "..." {
            if has_content {
                found.push(std::mem::take(&mut document));
            }
            document = "\n".repeat(index + 1);
            has_content = false;
            continue;
        }
        let trimmed = line.trim();
        has_content |= !trimmed.is_empty() && !trimmed.starts_with('#');
        document.push_str(line);
        document.push('\n');
    }
    if has_content {
        found.push(document);
    }
    found
}

/// The line of a document's first content, from 1.
pub(crate) fn first_line(document: &str) -> usize {
    let has_content = |line: &str| !line.trim().is_empty() && !line.trim().starts_with('#');
    document.lines().position(has_content).map_or(1, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_keep_their_lines() {
        assert_eq!(split("# a\n---\na: 1\n"), ["\n\na: 1\n"]);
        assert_eq!(split("a: 1\n---\n# none\n---\nb: 2\n"), ["a: 1\n", "\n\n\n\nb: 2\n"]);
        assert_eq!(split("# nothing\n"), [""; 0]);
        assert_eq!(first_line("\n\n# x\nb: 2\n"), 4);
    }
}
