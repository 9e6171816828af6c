//! One file of the source: the paths that its code names, and the lengths of its functions.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A file of the source, and what it names.
pub(crate) struct Module {
    pub(crate) file: PathBuf,
    /// `api::create` for `api/create.rs`; `api` for `api/mod.rs`; nothing for `lib.rs`.
    pub(crate) path: String,
    pub(crate) text: String,
    /// Every path in the code that leads to the crate's own modules, from the root: `api::Client`.
    pub(crate) own: BTreeSet<String>,
    /// The others, as they stand: `std::fs::File`.
    pub(crate) outside: BTreeSet<String>,
    /// What it hands on, `pub use child::Name`: it depends on nothing by that.
    pub(crate) exported: BTreeSet<String>,
    pub(crate) functions: Vec<(String, usize)>,
}

impl Module {
    pub(crate) fn new(file: &Path, text: &str) -> Self {
        let path: Vec<String> = file.with_extension("").iter().map(text_of).collect();
        let mut path = path.join("::");
        if path == "lib" {
            path.clear();
        }
        let mut module = Self::empty(file, path.trim_end_matches("::mod"));
        text.clone_into(&mut module.text);
        let tokens = TokenStream::from_str(text)
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        module.read(tokens, "");
        module
    }

    fn empty(file: &Path, path: &str) -> Self {
        Self {
            file: file.to_owned(),
            path: path.to_owned(),
            text: String::new(),
            own: BTreeSet::new(),
            outside: BTreeSet::new(),
            exported: BTreeSet::new(),
            functions: Vec::new(),
        }
    }

    /// The first part: the layer.
    pub(crate) fn layer(&self) -> &str {
        match self.path.split("::").next() {
            Some("") | None => "lib",
            Some(layer) => layer,
        }
    }

    /// Reads paths, those of macros and of braces too: `prefix` is what stands before the braces.
    fn read(&mut self, tokens: TokenStream, prefix: &str) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Group(group) => self.read(group.stream(), ""),
                TokenTree::Ident(name) if name == "fn" => self.measure(&tokens[at..]),
                TokenTree::Ident(name) if name == "pub" => at += self.read_export(&tokens[at..]),
                TokenTree::Ident(name) if name == "mod" => at += self.read_inline(&tokens[at..]),
                // The new name of an import.
                TokenTree::Ident(name) if name == "as" && !prefix.is_empty() => at += 1,
                TokenTree::Ident(_) => {
                    let mut path = prefix.to_owned();
                    at = self.read_path(&tokens, at, &mut path);
                    continue;
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// Reads a module that stands in the file itself; how many tokens were read on.
    fn read_inline(&mut self, tokens: &[TokenTree]) -> usize {
        let [_, TokenTree::Ident(name), TokenTree::Group(body), ..] = tokens else { return 0 };
        let inner = joined(&self.path, &name.to_string());
        let outer = std::mem::replace(&mut self.path, inner);
        self.read(body.stream(), "");
        self.path = outer;
        2
    }

    /// Reads what stands behind `pub` where that is `use`; how many tokens were read on.
    fn read_export(&mut self, tokens: &[TokenTree]) -> usize {
        let scope = usize::from(matches!(tokens.get(1), Some(TokenTree::Group(_))));
        match tokens.get(scope + 1) {
            Some(TokenTree::Ident(name)) if name == "use" => {}
            _ => return scope,
        }
        let end = |one: &&TokenTree| !matches!(one, TokenTree::Punct(end) if end.as_char() == ';');
        let path: Vec<TokenTree> = tokens[scope + 2..].iter().take_while(end).cloned().collect();
        let read = scope + 1 + path.len();
        let mut export = Self::empty(&self.file, &self.path);
        export.read(path.into_iter().collect(), "");
        let children = export.outside.iter().map(|path| joined(&self.path, path));
        self.exported.extend(children.chain(export.own.iter().cloned()));
        self.own.append(&mut export.own);
        self.outside.append(&mut export.outside);
        read
    }

    /// Reads one path on from a name; where the reading goes on.
    fn read_path(&mut self, tokens: &[TokenTree], mut at: usize, path: &mut String) -> usize {
        let colon = |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(one)) if one.as_char() == ':');
        loop {
            match tokens.get(at) {
                Some(TokenTree::Ident(name)) => write!(path, "{name}").unwrap(),
                Some(TokenTree::Group(braces)) if braces.delimiter() == Delimiter::Brace => {
                    self.read(braces.stream(), path);
                    return at + 1;
                }
                Some(TokenTree::Punct(all)) if all.as_char() == '*' => path.push('*'),
                _ => break,
            }
            at += 1;
            if !(colon(at) && colon(at + 1)) {
                break;
            }
            path.push_str("::");
            at += 2;
        }
        self.note(path);
        at
    }

    fn note(&mut self, path: &str) {
        let Some((first, mut rest)) = path.split_once("::") else { return };
        let above = |path: &str| path.rsplit_once("::").map_or("", |(above, _)| above).to_owned();
        let mut base = match first {
            "crate" => String::new(),
            "self" => self.path.clone(),
            "super" => above(&self.path),
            // A child of this module, where there is one: `targets` knows.
            _ => {
                self.outside.insert(path.to_owned());
                return;
            }
        };
        while let Some(further) = rest.strip_prefix("super::") {
            (base, rest) = (above(&base), further);
        }
        self.own.insert(joined(&base, rest));
    }

    /// Notes the lines between a function's braces, as clippy counts them; its tokens begin here.
    fn measure(&mut self, tokens: &[TokenTree]) {
        let semicolon =
            |one: &TokenTree| matches!(one, TokenTree::Punct(end) if end.as_char() == ';');
        let body = tokens.iter().take_while(|one| !semicolon(one)).find_map(|one| match one {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group),
            _ => None,
        });
        let (Some(body), Some(TokenTree::Ident(name))) = (body, tokens.get(1)) else { return };
        let lines = body.span_close().end().line.saturating_sub(body.span_open().start().line + 1);
        self.functions.push((name.to_string(), lines));
    }

    /// The modules that its code names: of each path the longest start that is a file, or what that
    /// file hands on by this name.
    pub(crate) fn targets(&self, files: &BTreeMap<&str, &Self>) -> BTreeSet<String> {
        let children = self.outside.iter().map(|path| joined(&self.path, path));
        let named = self.own.iter().cloned().chain(children);
        let named = named.filter(|path| !self.exported.contains(path));
        let targets = named.filter_map(|path| file_of(&path, files));
        targets.filter(|path| *path != self.path).collect()
    }
}

fn file_of(path: &str, files: &BTreeMap<&str, &Module>) -> Option<String> {
    let mut file = path;
    while !files.contains_key(file) {
        file = &file[..file.rfind("::")?];
    }
    let name = path[file.len()..].trim_start_matches("::").split("::").next()?;
    let hands_on = |one: &&String| !name.is_empty() && one.ends_with(&format!("::{name}"));
    match files[file].exported.iter().find(hands_on) {
        Some(further) if further != path => file_of(further, files),
        _ => Some(file.to_owned()),
    }
}

fn joined(base: &str, rest: &str) -> String {
    if base.is_empty() { rest.to_owned() } else { format!("{base}::{rest}") }
}

fn text_of(part: &std::ffi::OsStr) -> String {
    part.to_str().unwrap().to_owned()
}
