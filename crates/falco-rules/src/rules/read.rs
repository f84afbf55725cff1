//! The items of a file, taken into the definitions one after the other.

use std::rc::Rc;

use super::definitions::{Definitions, Item, ListInfo, MacroInfo, Requirement};
use super::diagnostic::Code;
use super::node::Node;
use super::overrides::Overrides;
use super::problem::{Problem, Result};
use super::sources::Sources;
use super::text::{Place, Text};
use super::version::{ENGINE, Version};
use super::yaml::{self, Mark, Yaml};

const WARNING_APPEND: &str =
    "'append' key is deprecated. Add an 'append' entry (e.g. 'condition: append') under 'override' instead.";
pub(super) const ERROR_OVERRIDE_APPEND: &str = "Keys 'override' and 'append: true' cannot be used together. Add an 'append' entry (e.g. 'condition: append') under 'override' instead.";
const ERROR_NO_LIST: &str = "List uses 'append' or 'override.items: append' but no list by that name already exists";
const ERROR_NO_MACRO: &str =
    "Macro uses 'append' or 'override.condition: append' but no macro by that name already exists";

/// Reads files into definitions.
pub(super) struct Reader<'l> {
    pub(super) sources: &'l Sources<'l>,
    pub(super) definitions: &'l mut Definitions,
    pub(super) problems: &'l mut Vec<Problem>,
}

impl Reader<'_> {
    /// Reads a file. A wrong item is reported and left out; the next one is read.
    pub(super) fn read(&mut self, file: usize, text: &str) {
        let (documents, error) = yaml::documents(text);
        for document in documents.iter().filter(|document| !document.is_null()) {
            let at = Place { file, mark: document.mark };
            let Some(items) = document.sequence() else {
                let message = if document.mapping().is_some() {
                    "Rules content is not yaml array of objects"
                } else {
                    "Rules content is not yaml"
                };
                self.problems.push(Problem::new(Code::YamlValidate, at, "", message));
                continue;
            };
            for item in items.iter().filter(|item| !item.is_null()) {
                if let Err(problem) = self.item(item, file) {
                    self.problems.push(problem);
                }
            }
        }
        if let Some(error) = error {
            let at = Place { file, mark: Mark { line: error.mark.line.max(1), ..error.mark } };
            self.problems.push(Problem::new(Code::YamlParse, at, "", error.message));
        }
    }

    fn item(&mut self, yaml: &Rc<Yaml>, file: usize) -> Result<()> {
        let node = Node { yaml, file, label: String::new() };
        if yaml.mapping().is_none() {
            return Err(node.error("Unexpected element type. Each element should be a yaml associative array."));
        }
        let has = |key: &str| node.get(key).is_some();
        if has("required_engine_version") {
            self.engine_version(&node.named("required_engine_version".to_owned()))
        } else if has("required_plugin_versions") {
            self.plugin_versions(&node.named("required_plugin_versions".to_owned()))
        } else if has("list") {
            let name = node.named("list".to_owned()).required("list")?;
            self.list(&node.named(format!("list '{}'", name.text)), &name.text)
        } else if has("macro") {
            let name = node.named("macro".to_owned()).required("macro")?;
            self.macro_(&node.named(format!("macro '{}'", name.text)), &name.text)
        } else if has("rule") {
            let name = node.named("rule".to_owned()).required("rule")?;
            self.rule(&node.named(format!("rule '{}'", name.text)), &name.text)
        } else {
            self.problems.push(node.warning(Code::UnknownItem, "Unknown top level item"));
            Ok(())
        }
    }

    fn engine_version(&mut self, node: &Node<'_>) -> Result<()> {
        let text = node.required("required_engine_version")?;
        let version = match yaml::u32(&text.text) {
            Some(number) => Version::engine(number),
            None => Version::parse(&text.text).ok_or_else(|| {
                node.error(format!(
                    "Unable to parse engine version '{}' as a semver string. Expected \"x.y.z\" semver format.",
                    text.text
                ))
            })?,
        };
        self.problems.extend(node.unknown_keys(&["required_engine_version"]));
        if ENGINE.satisfies(version) {
            return Ok(());
        }
        let message = format!("Rules require engine version {version}, but engine version is {ENGINE}");
        Err(Problem { code: Code::Validate, ..node.error(message) })
    }

    fn plugin_versions(&mut self, node: &Node<'_>) -> Result<()> {
        let Some(value) = node.get("required_plugin_versions") else { return Ok(()) };
        let not_sequence = || node.error_at(value, "Value of required_plugin_versions must be a sequence");
        self.problems.extend(node.unknown_keys(&["required_plugin_versions"]));
        for plugin in value.sequence().ok_or_else(not_sequence)? {
            let child = node.child(plugin);
            match alternatives(node, &child) {
                Ok(alternatives) => {
                    let item = Item { label: child.label.clone(), at: child.at(), ..Item::default() };
                    self.definitions.requirements.push(Requirement { item, alternatives });
                }
                Err(problem) => self.problems.push(problem),
            }
        }
        Ok(())
    }

    /// Reads `append`, with the warning that it is deprecated.
    pub(super) fn append_flag(&mut self, node: &Node<'_>) -> Result<bool> {
        let is_append = node.bool("append")?.unwrap_or(false);
        if is_append {
            self.problems.push(node.warning(Code::DeprecatedItem, WARNING_APPEND));
        }
        Ok(is_append)
    }

    fn list(&mut self, node: &Node<'_>, name: &str) -> Result<()> {
        let is_valid = !name.is_empty()
            && !name.contains(|char: char| {
                matches!(char, '(' | ')' | '"' | '\'' | '=' | ',') || char.is_ascii_whitespace()
            });
        if !is_valid {
            let message =
                "List has an invalid name. List names should match a regular expression: ([^()\"'[:space:]=,]+)";
            self.problems.push(node.warning(Code::InvalidListName, message));
        }
        self.problems.extend(node.unknown_keys(&["list", "items", "append", "override"]));
        let items = node.scalars("items", &mut self.definitions.budget)?;
        let is_append = self.append_flag(node)?;
        let overrides = Overrides::read(node, &["items"], &["items"])?;
        if is_append && !overrides.is_empty() {
            return Err(node.error(ERROR_OVERRIDE_APPEND));
        }
        let index = self.definitions.next();
        if is_append || overrides.appends("items") {
            let missing = || Problem { code: Code::Validate, ..node.error(ERROR_NO_LIST) };
            let previous = self.definitions.lists.get_mut(name).ok_or_else(missing)?;
            previous.items.extend(items);
            previous.item.visibility = index;
        } else {
            let item = defined(node, index, self.definitions.lists.get(name).map(|list| &list.item));
            self.definitions.lists.set(name, ListInfo { item, name: name.to_owned(), items });
        }
        Ok(())
    }

    fn macro_(&mut self, node: &Node<'_>, name: &str) -> Result<()> {
        let is_valid = name.starts_with(|char: char| char.is_ascii_alphabetic())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_valid {
            let message =
                "Macro has an invalid name. Macro names should match a regular expression: ([a-zA-Z]+[a-zA-Z0-9_]*)";
            self.problems.push(node.warning(Code::InvalidMacroName, message));
        }
        self.problems.extend(node.unknown_keys(&["macro", "condition", "append", "override"]));
        let condition = node.required("condition")?;
        let is_append = self.append_flag(node)?;
        let overrides = Overrides::read(node, &["condition"], &["condition"])?;
        if is_append && !overrides.is_empty() {
            return Err(node.error(ERROR_OVERRIDE_APPEND));
        }
        let index = self.definitions.next();
        if is_append || overrides.appends("condition") {
            let missing = || Problem { code: Code::Validate, ..node.error(ERROR_NO_MACRO) };
            let previous = self.definitions.macros.get_mut(name).ok_or_else(missing)?;
            node.check_append("condition", &previous.condition.text, Some(&condition))?;
            append_text(&mut previous.condition, &Text::new(&condition));
            previous.item.visibility = index;
        } else {
            let item = defined(node, index, self.definitions.macros.get(name).map(|one| &one.item));
            let condition = Text::new(&condition);
            self.definitions.macros.set(name, MacroInfo { item, name: name.to_owned(), condition });
        }
        Ok(())
    }
}

/// The item of a definition: a name keeps its first number.
pub(super) fn defined(node: &Node<'_>, index: usize, previous: Option<&Item>) -> Item {
    let first = previous.map_or(index, |previous| previous.index);
    Item { label: node.label.clone(), at: node.at(), index: first, visibility: index }
}

pub(super) fn append_text(text: &mut Text, more: &Text) {
    text.push_str(" ");
    text.push(more);
}

/// Reads a plugin and its alternatives.
fn alternatives(node: &Node<'_>, plugin: &Node<'_>) -> Result<Vec<(String, Version)>> {
    if plugin.yaml.mapping().is_none() {
        return Err(plugin.error("Plugin version must be a mapping"));
    }
    let mut alternatives = vec![requirement(plugin)?];
    let Some(others) = plugin.get("alternatives") else { return Ok(alternatives) };
    let message = "Value of plugin version alternatives must be a sequence";
    for other in others.sequence().ok_or_else(|| plugin.error_at(others, message))? {
        let other = node.child(other);
        if other.yaml.mapping().is_none() {
            return Err(other.error("Plugin version alternative must be a mapping"));
        }
        let one = requirement(&other)?;
        if alternatives.iter().any(|(name, _)| *name == one.0) {
            let message = format!("Defined multiple alternative version requirements for plugin '{}'", one.0);
            return Err(Problem { code: Code::Validate, ..plugin.error(message) });
        }
        alternatives.push(one);
    }
    Ok(alternatives)
}

fn requirement(node: &Node<'_>) -> Result<(String, Version)> {
    let name = node.required("name")?.text.clone();
    let version = node.required("version")?;
    let invalid = || {
        let message = format!("Invalid required version '{}' for plugin '{name}'", version.text);
        Problem { code: Code::Validate, ..node.error(message) }
    };
    let parsed = Version::parse(&version.text).ok_or_else(invalid)?;
    Ok((name, parsed))
}
