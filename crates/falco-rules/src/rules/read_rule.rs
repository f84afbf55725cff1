//! Rules of a file: defined, appended to, replaced and enabled.

use std::rc::Rc;

use crate::fields::Schema;

use super::budget::Budget;
use super::definitions::{Exception, RuleInfo};
use super::diagnostic::Code;
use super::exceptions;
use super::node::Node;
use super::overrides::Overrides;
use super::priority::Priority;
use super::problem::{Problem, Result};
use super::read::{ERROR_OVERRIDE_APPEND, Reader, append_text, defined};
use super::text::{Scalar, Text};

const WARNING_ENABLED: &str = "The standalone 'enabled' key usage is deprecated. The correct approach requires also a 'replace' entry under the 'override' key (i.e. 'enabled: replace').";
const ERROR_NO_RULE_APPEND: &str =
    "Rule uses 'append' or 'override.<key>: append' but no rule by that name already exists";
const ERROR_NO_RULE_REPLACE: &str =
    "An 'override.<key>: replace' to a rule was requested but no rule by that name already exists";
/// The keys of a rule that can be appended to.
const APPENDABLE: &[&str] = &["condition", "output", "desc", "tags", "exceptions"];
/// The keys of a rule that can be replaced.
const REPLACEABLE: &[&str] = &[
    "condition",
    "output",
    "desc",
    "priority",
    "capture",
    "capture_duration",
    "tags",
    "exceptions",
    "enabled",
    "warn_evttypes",
    "skip-if-unknown-filter",
];
const RULE_KEYS: &[&str] = &[
    "rule",
    "condition",
    "output",
    "desc",
    "priority",
    "source",
    "enabled",
    "capture",
    "capture_duration",
    "warn_evttypes",
    "skip-if-unknown-filter",
    "tags",
    "exceptions",
    "override",
    "append",
];

impl Reader<'_> {
    pub(super) fn rule(&mut self, node: &Node<'_>, name: &str) -> Result<()> {
        self.problems.extend(node.unknown_keys(RULE_KEYS));
        let source = node.optional_or_empty("source")?;
        let is_append = self.append_flag(node)?;
        let overrides = Overrides::read(node, APPENDABLE, REPLACEABLE)?;
        if is_append && !overrides.is_empty() {
            return Err(node.error(ERROR_OVERRIDE_APPEND));
        }
        if !overrides.is_empty() {
            self.override_rule(node, name, &source, &overrides)?;
        } else if is_append {
            self.append_rule(node, name, &source, |key| Ok(key != "output" && key != "desc" && key != "tags"))?;
        } else if ["condition", "output", "desc", "priority"].iter().all(|key| node.get(key).is_none()) {
            self.enable_rule(node, name)?;
        } else {
            self.define_rule(node, name)?;
        }
        Ok(())
    }

    fn enable_rule(&mut self, node: &Node<'_>, name: &str) -> Result<()> {
        let is_enabled = node.bool("enabled")?;
        let is_enabled = is_enabled.ok_or_else(|| node.error("Item has no mapping for key 'enabled'"))?;
        self.problems.push(node.warning(Code::DeprecatedItem, WARNING_ENABLED));
        let missing = || Problem {
            code: Code::Validate,
            ..node.error("Rule has 'enabled' key but no rule by that name already exists")
        };
        self.definitions.rules.get_mut(name).ok_or_else(missing)?.is_enabled = is_enabled;
        Ok(())
    }

    fn define_rule(&mut self, node: &Node<'_>, name: &str) -> Result<()> {
        let source = node.optional("source")?.map_or_else(|| "syscall".to_owned(), |source| source.text.clone());
        let mut wrong = Vec::new();
        let condition = noted(&mut wrong, node.required("condition"));
        let output = noted(&mut wrong, node.required("output"));
        let description = noted(&mut wrong, node.required("desc")).map_or_else(String::new, |desc| desc.text.clone());
        let priority = noted(&mut wrong, priority(node)).unwrap_or(Priority::Debug);
        let is_enabled = noted(&mut wrong, node.bool("enabled")).flatten().unwrap_or(true);
        noted(&mut wrong, capture(node));
        let skips_if_unknown = noted(&mut wrong, node.bool("skip-if-unknown-filter")).flatten().unwrap_or(false);
        let tags = noted(&mut wrong, node.tags(&mut self.definitions.budget)).unwrap_or_default();
        let mut budget = Budget::EXCEPTIONS;
        let read = exceptions::read(node, false, &mut budget, self.problems);
        let mut exceptions = noted(&mut wrong, read).unwrap_or_default();
        let previous = match self.previous(node, name, &source) {
            Ok(rule) => rule.map(|rule| rule.item.clone()),
            Err(problem) => {
                self.problems.append(&mut wrong);
                return Err(problem);
            }
        };
        let schema = self.sources.get(&source);
        if schema.is_none() {
            self.problems.push(node.warning(Code::UnknownSource, format!("Unknown source {source}, skipping")));
        }
        exceptions.retain_mut(|one| noted(&mut wrong, exceptions::validate(one, &node.label, schema)).is_some());
        let is_broken = !wrong.is_empty();
        self.problems.append(&mut wrong);
        let index = self.definitions.next();
        let rule = RuleInfo {
            item: defined(node, index, previous.as_ref()),
            name: name.to_owned(),
            source,
            is_source_unknown: schema.is_none(),
            is_broken,
            condition: condition.as_ref().map(Text::new),
            output: output.as_ref().map(Text::new),
            description,
            priority,
            tags,
            is_enabled,
            skips_if_unknown,
            exceptions,
            budget,
        };
        self.definitions.rules.set(name, rule);
        Ok(())
    }

    /// Finds the rule of a name; an error if it is for another source.
    fn previous(&mut self, node: &Node<'_>, name: &str, source: &str) -> Result<Option<&mut RuleInfo>> {
        let previous = self.definitions.rules.get_mut(name);
        match previous {
            Some(rule) if !rule.source.is_empty() && !source.is_empty() && rule.source != source => {
                let message = "Rule has been re-defined with a different source";
                Err(Problem { code: Code::Validate, ..node.error(message) })
            }
            other => Ok(other),
        }
    }

    fn override_rule(&mut self, node: &Node<'_>, name: &str, source: &str, overrides: &Overrides) -> Result<()> {
        if overrides.has_append() {
            let source = if overrides.appends("condition") { source } else { "" };
            self.append_rule(node, name, source, |key| overrides.takes_append(node, key))?;
        }
        if overrides.has_replace() {
            self.replace_rule(node, name, source, overrides)?;
        }
        let all: Vec<_> = REPLACEABLE.iter().chain(APPENDABLE).copied().collect();
        overrides.check_unexpected(node, &all)
    }

    fn append_rule(
        &mut self,
        node: &Node<'_>,
        name: &str,
        source: &str,
        takes: impl Fn(&str) -> Result<bool>,
    ) -> Result<()> {
        let scalar = |key: &str| if takes(key)? { node.optional(key) } else { Ok(None) };
        let (condition, output, desc) = (scalar("condition")?, scalar("output")?, scalar("desc")?);
        let tags = if takes("tags")? { Some(node.tags(&mut self.definitions.budget)?) } else { None };
        let mut budget = self.definitions.rules.get(name).map_or(Budget::EXCEPTIONS, |rule| rule.budget);
        let exceptions = match takes("exceptions")? && node.get("exceptions").is_some() {
            true => Some(exceptions::read(node, true, &mut budget, self.problems)?),
            false => None,
        };
        let sources = self.sources;
        let index = self.definitions.next();
        let is_empty =
            condition.is_none() && output.is_none() && desc.is_none() && tags.is_none() && exceptions.is_none();
        let error = |message: &str| Problem { code: Code::Validate, ..node.error(message) };
        let rule = self.previous(node, name, source)?.ok_or_else(|| error(ERROR_NO_RULE_APPEND))?;
        if is_empty {
            return Err(error("Appended rule must have exceptions or condition property"));
        }
        let text = |text: &Option<Text>| text.as_ref().map_or_else(String::new, |text| text.text.clone());
        node.check_append("condition", &text(&rule.condition), condition.as_ref())?;
        node.check_append("output", &text(&rule.output), output.as_ref())?;
        node.check_append("desc", &rule.description, desc.as_ref())?;
        let mut all = rule.exceptions.clone();
        for exception in exceptions.into_iter().flatten() {
            append_exception(&mut all, exception, node, sources.get(&rule.source))?;
        }
        rule.exceptions = all;
        rule.budget = budget;
        if let (Some(text), Some(more)) = (&mut rule.condition, condition) {
            append_text(text, &Text::new(&more));
        }
        if let (Some(text), Some(more)) = (&mut rule.output, output) {
            append_text(text, &Text::new(&more));
        }
        if let Some(more) = desc {
            rule.description = format!("{} {}", rule.description, more.text);
        }
        rule.tags.extend(tags.into_iter().flatten());
        rule.item.visibility = index;
        Ok(())
    }

    fn replace_rule(&mut self, node: &Node<'_>, name: &str, source: &str, overrides: &Overrides) -> Result<()> {
        let takes = |key: &str| overrides.takes_replace(node, key);
        let scalar = |key: &str| if takes(key)? { node.required(key).map(Some) } else { Ok(None) };
        let (condition, output, desc) = (scalar("condition")?, scalar("output")?, scalar("desc")?);
        let mut budget = Budget::EXCEPTIONS;
        let exceptions = match takes("exceptions")? {
            true => Some(exceptions::read(node, false, &mut budget, self.problems)?),
            false => None,
        };
        let tags = if takes("tags")? { Some(node.tags(&mut self.definitions.budget)?) } else { None };
        let priority = if takes("priority")? { Some(priority(node)?) } else { None };
        for key in ["capture", "capture_duration", "warn_evttypes"] {
            takes(key)?;
        }
        capture(node)?;
        let is_enabled = if takes("enabled")? { node.bool("enabled")? } else { None };
        let skips = if takes("skip-if-unknown-filter")? { node.bool("skip-if-unknown-filter")? } else { None };
        let source = if condition.is_some() { source } else { "" };
        let sources = self.sources;
        let index = self.definitions.next();
        let missing = || Problem { code: Code::Validate, ..node.error(ERROR_NO_RULE_REPLACE) };
        let rule = self.previous(node, name, source)?.ok_or_else(missing)?;
        if let Some(mut all) = exceptions {
            for exception in &mut all {
                exceptions::validate(exception, &node.label, sources.get(&rule.source))?;
            }
            rule.exceptions = all;
            rule.budget = budget;
        }
        if let Some(new) = condition {
            rule.condition = Some(Text::new(&new));
        }
        if let Some(new) = output {
            rule.output = Some(Text::new(&new));
        }
        if let Some(new) = desc {
            rule.description.clone_from(&new.text);
        }
        rule.tags = tags.unwrap_or_else(|| std::mem::take(&mut rule.tags));
        rule.priority = priority.unwrap_or(rule.priority);
        rule.is_enabled = is_enabled.unwrap_or(rule.is_enabled);
        rule.skips_if_unknown = skips.unwrap_or(rule.skips_if_unknown);
        rule.item.visibility = index;
        Ok(())
    }
}

/// Returns the value, or notes what is wrong: reading goes on, so that all mistakes in a rule are found.
fn noted<T>(wrong: &mut Vec<Problem>, result: Result<T>) -> Option<T> {
    result.map_err(|problem| wrong.push(problem)).ok()
}

fn priority(node: &Node<'_>) -> Result<Priority> {
    let name: Rc<Scalar> = node.required("priority")?;
    let invalid = || Problem::new(Code::YamlValidate, name.at, &node.label, "Invalid priority");
    Priority::parse(&name.text).ok_or_else(invalid)
}

/// Checks the keys that only Falco's captures and system calls need.
fn capture(node: &Node<'_>) -> Result<()> {
    node.bool("capture")?;
    node.u32("capture_duration")?;
    node.bool("warn_evttypes")?;
    Ok(())
}

fn append_exception(
    all: &mut Vec<Exception>,
    mut new: Exception,
    node: &Node<'_>,
    schema: Option<&dyn Schema>,
) -> Result<()> {
    let error = |message: &str| Err(Problem::new(Code::Validate, new.at, &node.label, message));
    let Some(previous) = all.iter_mut().find(|one| one.name == new.name) else {
        if new.fields.is_none() {
            return error("Rule exception must have fields property with a list of fields");
        }
        if new.values.is_empty() {
            return error("Rule exception must have values property with a list of values");
        }
        exceptions::validate(&mut new, &node.label, schema)?;
        all.push(new);
        return Ok(());
    };
    if new.fields.is_some() {
        return error("Can not append exception fields to existing exception, only values");
    }
    if new.comps.is_some() {
        return error("Can not append exception comps to existing exception, only values");
    }
    previous.values.append(&mut new.values);
    Ok(())
}
