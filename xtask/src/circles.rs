//! Counts the circles of files inside a crate: files that import each other, directly or through other files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use regex_lite::Regex;

use crate::files::{self, has_extension, read};

/// A module path, from the crate's root.
type Module = Vec<String>;

/// The files of one crate by their module.
#[derive(Default)]
struct Crate(BTreeMap<Module, String>);

/// Counts the circles of every crate.
pub(crate) fn check() -> Result<()> {
    let mut crates = BTreeMap::<PathBuf, Crate>::new();
    for path in files::below(&["crates", "bins", "xtask", "fixtures/stand-ins"])? {
        if let Some((folder, module)) = module(&path) {
            let text = read(&path)?;
            // Imports of a file's own tests do not count.
            let code = text.split("mod tests {").next().unwrap_or_default();
            crates.entry(folder).or_default().0.insert(module, code.to_owned());
        }
    }
    let mut count = 0;
    for (folder, files) in &crates {
        let arrows = files.arrows()?;
        for circle in circles(&arrows) {
            count += 1;
            println!("{}: circle {count}", folder.display());
            let inner = |from| arrows.get(from).into_iter().flatten().filter(|to| circle.contains(to));
            let pairs = circle.iter().flat_map(|from| inner(*from).map(move |to| (from.join("::"), to.join("::"))));
            pairs.for_each(|(from, to)| println!("  {from} -> {to}"));
        }
    }
    ensure!(count == 0, "{count} circles of files: move what they share into a file of its own");
    println!("no circles of files");
    Ok(())
}

/// Returns the crate and the module of a source file that is not a test or a further program.
fn module(path: &Path) -> Option<(PathBuf, Module)> {
    let parts: Vec<&str> = path.iter().filter_map(|part| part.to_str()).collect();
    let src = parts.iter().position(|part| *part == "src")?;
    let is_left_out = ["tests.rs", "tests", "bin", "fuzz"].iter().any(|name| parts.contains(name));
    let mut module: Module = parts.get(src + 1..)?.iter().map(|part| part.trim_end_matches(".rs").to_owned()).collect();
    module.pop_if(|last| ["lib", "main", "mod"].contains(&last.as_str()));
    (!is_left_out && has_extension(path, "rs")).then(|| (parts.iter().take(src).collect(), module))
}

impl Crate {
    /// Returns the files that each file imports from.
    fn arrows(&self) -> Result<BTreeMap<&Module, BTreeSet<&Module>>> {
        let uses = Regex::new(r"(?m)^\s*(?:pub(?:\([^)]*\))? )?use ([^;]+);")?;
        let paths = Regex::new(r"\b(?:crate|super)(?:::\w+)+")?;
        // `pub(in crate::a)` names who may use an item, and imports nothing.
        let visibilities = Regex::new(r"\bpub\(in [\w:]+\)")?;
        let mut arrows = BTreeMap::<_, BTreeSet<_>>::new();
        for (module, text) in &self.0 {
            let lines: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            let lines = visibilities.replace_all(&lines, "pub");
            let mut wanted: Vec<String> = paths.find_iter(&lines).map(|found| found.as_str().to_owned()).collect();
            uses.captures_iter(text).for_each(|found| expand("", &found[1], &mut wanted));
            let targets = wanted.iter().filter_map(|path| self.target(module, without_alias(path), &uses));
            arrows.insert(module, targets.filter(|target| *target != module).collect());
        }
        Ok(arrows)
    }

    /// Returns the file that defines the last name of a path, behind re-exports.
    fn target(&self, from: &Module, path: &str, uses: &Regex) -> Option<&Module> {
        let (mut at, mut rest) = (from.clone(), path);
        while let (part, more) = rest.split_once("::").unwrap_or((rest, ""))
            && !part.is_empty()
        {
            let child: Module = at.iter().cloned().chain([part.to_owned()]).collect();
            match part {
                "crate" => at.clear(),
                "self" => {}
                "super" => drop(at.pop()),
                _ if self.0.contains_key(&child) => at = child,
                // The first name of a path to another crate.
                _ if rest == path => return None,
                _ => break,
            }
            rest = more;
        }
        let (module, text) = self.0.get_key_value(&at)?;
        let name = rest.split("::").next().filter(|_| at != *from)?;
        let mut exported = Vec::new();
        uses.captures_iter(text).for_each(|found| expand("", &found[1], &mut exported));
        // An alias exports its own name, not the one behind it.
        let again = exported.iter().find(|path| path.rsplit([':', ' ']).next() == Some(name) && **path != *name);
        again.and_then(|path| self.target(&at, without_alias(path), uses)).or(Some(module))
    }
}

fn without_alias(path: &str) -> &str {
    path.split(" as ").next().unwrap_or(path)
}

/// Splits `a::{b, c::{d, e as f}}` into its paths, with their aliases.
fn expand(before: &str, tree: &str, paths: &mut Vec<String>) {
    let (mut depth, mut start) = (0, 0);
    for (at, char) in tree.char_indices().chain([(tree.len(), ',')]) {
        match char {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let item = tree.get(start..at).unwrap_or_default().trim();
                start = at + 1;
                match item.split_once('{') {
                    Some((head, rest)) => {
                        expand(
                            &format!("{before}{}", head.trim()),
                            rest.trim_end().trim_end_matches(',').strip_suffix('}').unwrap_or(rest),
                            paths,
                        );
                    }
                    None if item.is_empty() => {}
                    None => paths.push(format!("{before}{item}")),
                }
            }
            _ => {}
        }
    }
}

/// Returns the groups of files from which each file of the group can be reached.
fn circles<'m>(arrows: &BTreeMap<&'m Module, BTreeSet<&'m Module>>) -> Vec<Vec<&'m Module>> {
    let reached = |from: &'m Module| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
        while let Some(module) = open.pop() {
            open.extend(arrows.get(module).into_iter().flatten().filter(|next| seen.insert(**next)));
        }
        seen
    };
    let reached: BTreeMap<_, _> = arrows.keys().map(|module| (*module, reached(module))).collect();
    let mut circles: Vec<Vec<&Module>> = Vec::new();
    for (module, seen) in &reached {
        if seen.contains(module) && !circles.iter().any(|circle| circle.contains(module)) {
            circles.push(
                seen.iter()
                    .filter(|other| reached.get(*other).is_some_and(|back| back.contains(module)))
                    .copied()
                    .collect(),
            );
        }
    }
    circles
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let modules = files.iter().map(|(name, text)| {
            (name.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect(), (*text).to_owned())
        });
        let files = Crate(modules.collect());
        let names = |circle: Vec<&Module>| circle.iter().map(|it| it.join("::")).collect::<Vec<_>>().join(" ");
        circles(&files.arrows().unwrap()).into_iter().map(names).collect()
    }

    #[test]
    fn files_that_import_each_other_are_a_circle() {
        let a = ("a", "use crate::b::{B, c::{self, C}};\nstruct A;\n");
        assert_eq!(found(&[a, ("b", "struct B;"), ("b::c", "pub struct C;")]), [""; 0]);
        assert_eq!(found(&[a, ("b", "use super::a::A;\n"), ("b::c", "pub struct C;")]), ["a b"]);
        assert_eq!(found(&[a, ("b", ""), ("b::c", "fn c() { crate::a::a() }")]), ["a b::c"]);
        assert_eq!(found(&[a, ("b", ""), ("b::c", "// crate::a::A\n")]), [""; 0]);
        assert_eq!(found(&[a, ("b", ""), ("b::c", "pub(in crate::a) struct C;\n")]), [""; 0]);
    }

    #[test]
    fn an_alias_is_another_name() {
        let a = ("a", "use crate::b::Config as B;\nstruct Config;\n");
        assert_eq!(found(&[a, ("b", "use crate::a::Config as A;\nstruct Config;\n")]), ["a b"]);
        assert_eq!(found(&[a, ("b", "struct Config;"), ("c", "use crate::a::Config;\n")]), [""; 0]);
    }

    #[test]
    fn a_name_belongs_to_the_file_that_defines_it() {
        let root = ("", "mod a;\npub use a::A;\npub use b::B;\n");
        assert_eq!(found(&[root, ("a", "use crate::B;\n"), ("b", "struct B;")]), [""; 0]);
        assert_eq!(found(&[root, ("a", "use crate::B;\n"), ("b", "use super::A;")]), ["a b"]);
    }
}
