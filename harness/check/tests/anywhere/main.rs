//! Files from anywhere: each layout is found, each mistake is told, and what is right is left alone.

#![expect(clippy::unwrap_used, reason = "tests may panic; these helpers are of tests alone")]

mod cases;
mod good;
mod layouts;

use std::fs;

use check::Findings;
use monitoring::{Layout, Reading, layout::Named};
use prom::problem::Severity;

/// What is found in a folder of these files.
struct Folder {
    layout: Layout,
    reading: Reading,
    findings: Findings,
}

impl Folder {
    fn of(files: &[(&str, &str)]) -> Folder {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let file = directory.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let layout = Layout::find(directory.path(), &Named::default());
        let reading = Reading::of(&layout);
        let findings = check::anywhere(&reading);
        Folder { layout, reading, findings }
    }

    /// Everything that is wrong, without directories: `E rules.yml:3: …`.
    fn problems(&self) -> Vec<String> {
        let all = self.reading.problems.iter().chain(&self.findings.problems);
        let root = format!("{}/", self.layout.root.display());
        let shown = all.map(|problem| {
            let mark = if problem.severity == Severity::Error { "E" } else { "W" };
            format!("{mark} {problem}").replace(&root, "")
        });
        shown.collect()
    }
}
