//! The texts of manifests: files, folders and standard input.

use std::path::{Path, PathBuf};

use crate::context::Context;
use crate::domain::manifest::{Problem, Source};
use crate::error::{Error, Result};

/// What was read, and the folder that the paths of each are relative to.
pub(crate) struct Sources {
    /// The texts.
    pub(crate) texts: Vec<Source>,
    /// As many folders.
    pub(crate) folders: Vec<PathBuf>,
}

/// Which files of a folder are manifests.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

/// Reads all that `-f` names, or says everything that cannot be read.
pub(crate) async fn read(context: &Context, names: &[String]) -> Result<Sources> {
    let mut sources = Sources { texts: Vec::new(), folders: Vec::new() };
    let mut problems = Vec::new();
    for name in names {
        let path = Path::new(name);
        if name == "-" {
            match context.read_manifest(name).await {
                Ok(text) => sources.add("<stdin>", text, PathBuf::from(".")),
                Err(problem) => problems.push(problem),
            }
        } else if path.is_dir() {
            match manifests_in(path) {
                Ok(found) if found.is_empty() => {
                    problems.push(format!("no manifest (*.yaml, *.yml, *.json) is in {name}"));
                }
                Ok(found) => {
                    for path in found {
                        sources.read(context, &path, &mut problems).await;
                    }
                }
                Err(error) => problems.push(format!("cannot read {name}: {error}")),
            }
        } else {
            sources.read(context, path, &mut problems).await;
        }
    }
    if problems.is_empty() { Ok(sources) } else { Err(Error::problems(&problems)) }
}

/// The manifests right in a folder, by name.
fn manifests_in(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        if ending.is_some_and(|ending| ENDINGS.contains(&ending)) && path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

impl Sources {
    async fn read(&mut self, context: &Context, path: &Path, problems: &mut Vec<String>) {
        let shown = path.display().to_string();
        let folder = path.parent().filter(|folder| *folder != Path::new(""));
        let folder = folder.unwrap_or(Path::new(".")).to_owned();
        match context.read_manifest(&shown).await {
            Ok(text) => self.add(&shown, text, folder),
            Err(problem) => problems.push(problem),
        }
    }

    fn add(&mut self, name: &str, text: String, folder: PathBuf) {
        self.texts.push(Source { name: name.to_owned(), text });
        self.folders.push(folder);
    }
}

/// All that is wrong with manifests, as one error.
pub(super) fn refused(problems: &[Problem]) -> Error {
    Error::problems(&problems.iter().map(ToString::to_string).collect::<Vec<_>>())
}
