//! Definitions become rules that can be run.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::check::BindError;
use crate::check::program::{Builder, Id};
use crate::check::resolve::{Definition, Resolved, Resolver};
use crate::check::warnings;
use crate::condition::ast::Node;
use crate::condition::{Printed, parser};
use crate::fields::Schema;
use crate::output::{self, Output};

use super::budget::Budget;
use super::definitions::{Definitions, Item, ListInfo, MacroInfo, RuleInfo};
use super::diagnostic::Code;
use super::exceptions;
use super::lists::{self, List};
use super::problem::Problem;
use super::rule::Rule;
use super::ruleset::Ruleset;
use super::sources::{ExtraOutput, Sources};
use super::text::{Place, Text};

/// Fields that Falco has deprecated.
const DEPRECATED: [&str; 6] =
    ["evt.dir", "evt.latency", "evt.latency.s", "evt.latency.ns", "evt.latency.human", "evt.wait_latency"];

/// A macro on its way.
#[derive(Clone)]
enum MacroState {
    Parsed(Arc<Node>),
    Resolved(Resolved),
    /// It has an error that was reported.
    Broken,
}

/// Compiles definitions.
pub(super) struct Compiler<'l> {
    files: &'l [(&'l str, &'l str)],
    sources: &'l Sources<'l>,
    extra_outputs: &'l [ExtraOutput],
    definitions: &'l Definitions,
    problems: &'l mut Vec<Problem>,
    /// The places of nodes, which know only the number of theirs: a text and an offset in it.
    places: RefCell<Vec<(usize, usize)>>,
    texts: Vec<Text>,
    lists: Vec<List>,
    used_lists: BTreeSet<String>,
    used_macros: BTreeSet<String>,
    macros: HashMap<String, MacroState>,
    builders: HashMap<String, Builder>,
}

impl<'l> Compiler<'l> {
    pub(super) fn new(
        files: &'l [(&'l str, &'l str)],
        sources: &'l Sources<'l>,
        extra_outputs: &'l [ExtraOutput],
        definitions: &'l Definitions,
        problems: &'l mut Vec<Problem>,
    ) -> Self {
        Self {
            files,
            sources,
            extra_outputs,
            definitions,
            problems,
            places: RefCell::default(),
            texts: Vec::new(),
            lists: Vec::new(),
            used_lists: BTreeSet::new(),
            used_macros: BTreeSet::new(),
            macros: HashMap::new(),
            builders: HashMap::new(),
        }
    }

    /// Compiles everything, but of the rules only those that changed after an item.
    pub(super) fn compile(mut self, since: usize) -> Ruleset {
        self.compile_lists();
        self.compile_macros();
        let rules = self.definitions.rules.all.iter().filter(|rule| rule.item.visibility > since);
        let rules: Vec<_> = rules.filter_map(|info| self.rule(info).map(Arc::new)).collect();
        self.warn_unused();
        let macros = self.macros.into_iter().filter_map(|(name, state)| match state {
            MacroState::Resolved(resolved) => Some((name, resolved)),
            MacroState::Parsed(_) | MacroState::Broken => None,
        });
        let programs = self.builders.into_iter().map(|(source, builder)| (source, Arc::new(builder.finish())));
        Ruleset { rules, programs: programs.collect(), lists: self.lists, macros: macros.collect() }
    }

    /// Replaces items that name a list by the items of that list, if it was defined before.
    fn compile_lists(&mut self) {
        let mut budget = Budget::ITEMS;
        for list in &self.definitions.lists.all {
            match self.list_items(list, &mut budget) {
                Ok(items) => self.lists.push(List { name: list.name.clone(), items }),
                Err(message) => {
                    self.problems.push(Problem::new(Code::Validate, list.item.at, &list.item.label, message));
                }
            }
        }
    }

    fn list_items(&mut self, list: &ListInfo, budget: &mut Budget) -> Result<Vec<String>, String> {
        let mut items = Vec::new();
        for item in &list.items {
            let other = self.definitions.lists.get(&item.text);
            let own = match other.filter(|other| other.item.index < list.item.visibility) {
                Some(other) => {
                    self.used_lists.insert(other.name.clone());
                    other.items.as_slice()
                }
                None => std::slice::from_ref(item),
            };
            for item in own {
                budget.take(&item.text)?;
                items.push(item.text.clone());
            }
        }
        Ok(items)
    }

    fn compile_macros(&mut self) {
        for info in &self.definitions.macros.all {
            let state = match self.parse(info.condition.clone(), &info.item) {
                Some(root) => MacroState::Parsed(root),
                None => MacroState::Broken,
            };
            self.macros.insert(info.name.clone(), state);
        }
        for info in &self.definitions.macros.all {
            let Some(MacroState::Parsed(root)) = self.macros.get(&info.name).cloned() else { continue };
            let state = match self.resolve(&root, info.item.visibility, &info.item) {
                Some(resolved) => MacroState::Resolved(resolved),
                None => MacroState::Broken,
            };
            self.macros.insert(info.name.clone(), state);
        }
    }

    /// Puts lists into a condition and parses it.
    fn parse(&mut self, mut text: Text, item: &Item) -> Option<Arc<Node>> {
        let mut used = Vec::new();
        if let Err(message) = lists::replace_all(&mut text, &self.lists, |list| used.push(list.name.clone())) {
            self.problems.push(Problem::new(Code::CompileCondition, item.at, &item.label, message));
            return None;
        }
        self.used_lists.extend(used);
        let place = |offset: usize| {
            let mut places = self.places.borrow_mut();
            places.push((self.texts.len(), offset));
            places.len() - 1
        };
        match parser::parse(&text.text, &place) {
            Ok(root) => {
                self.texts.push(text);
                Some(Arc::new(root))
            }
            Err(error) => {
                let at = text.place(error.position.offset, self.files);
                self.problems.push(Problem::new(Code::CompileCondition, at, &item.label, error.message));
                None
            }
        }
    }

    /// Puts macros into a condition: those that were defined before an item.
    fn resolve(&mut self, root: &Arc<Node>, visibility: usize, item: &Item) -> Option<Resolved> {
        let (definitions, macros) = (self.definitions, &self.macros);
        let find = |name: &str| {
            let is_visible = |info: &&MacroInfo| info.item.index < visibility;
            definitions.macros.get(name).filter(is_visible)?;
            Some(match macros.get(name)? {
                MacroState::Parsed(root) => Definition::Raw(Arc::clone(root)),
                MacroState::Resolved(resolved) => Definition::Resolved(resolved.clone()),
                MacroState::Broken => Definition::Broken,
            })
        };
        let mut resolver = Resolver::new(&find);
        let resolved = resolver.resolve(root);
        self.used_macros.append(&mut resolver.used);
        resolved.map_err(|errors| errors.iter().for_each(|error| self.report(Code::Validate, error, item))).ok()
    }

    fn place(&self, at: usize) -> Place {
        let (text, offset) = self.places.borrow().get(at).copied().unwrap_or_default();
        self.texts.get(text).map_or_else(Place::default, |text| text.place(offset, self.files))
    }

    fn report(&mut self, code: Code, error: &BindError, item: &Item) {
        let at = self.place(error.at);
        self.problems.push(Problem::new(code, at, &item.label, error.message.clone()));
    }

    fn rule(&mut self, info: &RuleInfo) -> Option<Rule> {
        if info.is_source_unknown {
            return None;
        }
        let schema = self.sources.get(&info.source)?;
        let output = self.output(info, schema);
        let (tree, part) = self.condition(info, schema)?;
        if info.is_broken {
            return None;
        }
        let place = info.item.at;
        Some(Rule {
            name: info.name.clone(),
            description: info.description.clone(),
            source: info.source.clone(),
            priority: info.priority,
            tags: info.tags.clone(),
            is_enabled: info.is_enabled,
            output: output?,
            condition: Printed(&tree).to_string(),
            file: self.files.get(place.file).map_or_else(String::new, |(name, _)| (*name).to_owned()),
            line: place.mark.line,
            tree,
            part,
        })
    }

    fn condition(&mut self, info: &RuleInfo, schema: &dyn Schema) -> Option<(Arc<Node>, Id)> {
        let mut text = info.condition.clone()?;
        if !info.exceptions.is_empty()
            && let Err(problem) = exceptions::append(&mut text, &info.exceptions, &info.item.label)
        {
            self.problems.push(problem);
            return None;
        }
        let root = self.parse(text, &info.item)?;
        let Some(resolved) = self.resolve(&root, usize::MAX, &info.item) else {
            let errors = Builder::errors_beside_macros(schema, &root);
            let is_wrong = |error: &&BindError| !(error.is_unknown_field && info.skips_if_unknown);
            errors.iter().filter(is_wrong).for_each(|error| self.report(Code::CompileCondition, error, &info.item));
            return None;
        };
        let mut found = Vec::new();
        warnings::collect(&resolved.root, schema, &mut found);
        let builder = self.builders.entry(info.source.clone()).or_default();
        let part = match builder.add(schema, &resolved.root) {
            Ok(part) => part,
            Err(errors) => {
                let (code, errors) = judged(&errors, info, Code::CompileCondition);
                errors.iter().for_each(|error| self.report(code, error, &info.item));
                return None;
            }
        };
        for warning in found {
            let code = if warning.is_unsafe_na { Code::UnsafeNaCheck } else { Code::ConditionWarning };
            let at = self.place(warning.at);
            self.problems.push(Problem::new(code, at, &info.item.label, warning.message));
        }
        Some((resolved.root, part))
    }

    fn output(&mut self, info: &RuleInfo, schema: &dyn Schema) -> Option<Output> {
        let own = info.output.as_ref()?;
        let mut text = own.text.trim().to_owned();
        let skipped = own.text.len() - own.text.trim_start().len();
        for extra in self.extra_outputs.iter().filter(|extra| applies(extra, info)) {
            text.push(' ');
            text.push_str(&extra.text);
        }
        let at = |offset: usize| own.place(skipped + offset, self.files);
        match output::parse(&text, schema) {
            Ok(output) => {
                for field in DEPRECATED.iter().filter(|field| text.contains(**field)) {
                    let message = format!("usage of deprecated field '{field}' has been detected in the rule output");
                    self.problems.push(Problem::new(Code::DeprecatedItem, at(0), &info.item.label, message));
                }
                Some(output)
            }
            Err(errors) => {
                let (code, errors) = judged(&errors, info, Code::CompileOutput);
                let problem =
                    |error: &BindError| Problem::new(code, at(error.at), &info.item.label, error.message.clone());
                self.problems.extend(errors.iter().map(problem));
                None
            }
        }
    }

    fn warn_unused(&mut self) {
        for info in self.definitions.macros.all.iter().filter(|info| !self.used_macros.contains(&info.name)) {
            let message = "Macro not referred to by any other rule/macro";
            self.problems.push(Problem::new(Code::UnusedMacro, info.item.at, &info.item.label, message));
        }
        for info in self.definitions.lists.all.iter().filter(|info| !self.used_lists.contains(&info.name)) {
            let message = "List not referred to by any other rule/macro";
            self.problems.push(Problem::new(Code::UnusedList, info.item.at, &info.item.label, message));
        }
    }
}

/// Returns the code for errors of a rule, and those that count: as in Falco, the first one decides whether a rule is skipped
/// because of an unknown field.
fn judged<'e>(errors: &'e [BindError], rule: &RuleInfo, code: Code) -> (Code, &'e [BindError]) {
    match errors {
        [first, ..] if first.is_unknown_field && rule.skips_if_unknown => {
            (Code::UnknownFilter, std::slice::from_ref(first))
        }
        all => (code, all),
    }
}

fn applies(extra: &ExtraOutput, rule: &RuleInfo) -> bool {
    extra.source.as_ref().is_none_or(|source| *source == rule.source)
        && extra.rule.as_ref().is_none_or(|name| *name == rule.name)
        && extra.tags.iter().all(|tag| rule.tags.contains(tag))
}
