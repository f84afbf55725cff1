//! Loads files.

use crate::fields::Schema;

use super::compile::Compiler;
use super::definitions::{Definitions, Requirement};
use super::diagnostic::{Code, Diagnostic};
use super::problem::Problem;
use super::read::Reader;
use super::ruleset::Ruleset;
use super::sources::{ExtraOutput, Sources};
use super::version::Version;

/// Loads rules files.
///
/// ```
/// use falco_rules::{FieldInfo, Loader, Schema};
///
/// struct Fields;
///
/// impl Schema for Fields {
///     fn field(&self, name: &str) -> Option<FieldInfo> {
///         (name == "a.name").then(|| FieldInfo::text(0))
///     }
/// }
///
/// let rules = "- rule: R\n  desc: d\n  condition: a.nam = x\n  output: o\n  priority: INFO\n  source: a\n";
/// let loaded = Loader::new().source("a", &Fields).load(&[("rules.yaml", rules)]);
/// assert!(loaded.has_errors());
/// assert_eq!(
///     loaded.diagnostics[0].to_string(),
///     "rules.yaml:3:14: error: rule 'R': filter_check called with nonexistent field a.nam (LOAD_ERR_COMPILE_CONDITION)"
/// );
/// ```
#[derive(Default)]
pub struct Loader<'s> {
    sources: Sources<'s>,
    plugins: Option<Vec<(String, Option<Version>)>>,
    extra_outputs: Vec<ExtraOutput>,
}

/// What loading gave.
#[derive(Debug)]
pub struct Loaded {
    /// The rules. Those with errors are missing.
    pub ruleset: Ruleset,
    /// All errors and warnings, in the order of files and lines.
    pub diagnostics: Vec<Diagnostic>,
}

impl Loaded {
    /// Returns whether something is wrong that keeps Falco from starting.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

impl<'s> Loader<'s> {
    /// Creates a loader that knows no source.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a source and the fields of its records. Rules for other sources are skipped with a warning.
    #[must_use]
    pub fn source(mut self, name: impl Into<String>, schema: &'s dyn Schema) -> Self {
        self.sources.all.push((name.into(), schema));
        self
    }

    /// Adds a plugin that is there, for `required_plugin_versions`. Without any, requirements are not checked.
    #[must_use]
    pub fn plugin(mut self, name: impl Into<String>, version: &str) -> Self {
        self.plugins.get_or_insert_default().push((name.into(), Version::parse(version)));
        self
    }

    /// Appends a text to the outputs of rules, as Falco's `append_output` does: of those with this source, all these tags
    /// and this name, as far as they are given.
    #[must_use]
    pub fn append_output(
        mut self,
        text: impl Into<String>,
        source: Option<&str>,
        tags: &[&str],
        rule: Option<&str>,
    ) -> Self {
        self.extra_outputs.push(ExtraOutput {
            text: text.into(),
            source: source.map(str::to_owned),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            rule: rule.map(str::to_owned),
        });
        self
    }

    /// Loads files, each given by its name and text, in this order: later ones see and change what earlier ones define.
    ///
    /// As in Falco, a file must be right with those before it alone. Unlike Falco, loading goes on after an error, so that
    /// all of them are found at once.
    #[must_use]
    pub fn load(&self, files: &[(&str, &str)]) -> Loaded {
        let mut definitions = Definitions::default();
        let mut problems = Vec::new();
        let mut ruleset = Ruleset::default();
        for (file, (_, text)) in files.iter().enumerate() {
            let since = definitions.count;
            Reader { sources: &self.sources, definitions: &mut definitions, problems: &mut problems }.read(file, text);
            let is_last = file + 1 == files.len();
            let mut found = Vec::new();
            let compiler = Compiler::new(files, &self.sources, &self.extra_outputs, &definitions, &mut found);
            ruleset = compiler.compile(if is_last { 0 } else { since });
            // Only the last round knows what stays unused.
            found.retain(|problem| is_last || Self::is_error(problem));
            for problem in found {
                if !problems.contains(&problem) {
                    problems.push(problem);
                }
            }
        }
        self.check_requirements(&definitions.requirements, &mut problems);
        problems.sort_by_key(|problem| (problem.at.file, problem.at.mark.line, problem.at.mark.column));
        let diagnostics = problems.into_iter().map(|problem| problem.into_diagnostic(files)).collect();
        Loaded { ruleset, diagnostics }
    }

    const fn is_error(problem: &Problem) -> bool {
        matches!(problem.code.severity(), super::Severity::Error)
    }

    fn check_requirements(&self, requirements: &[Requirement], problems: &mut Vec<Problem>) {
        let Some(plugins) = &self.plugins else { return };
        for requirement in requirements {
            let find = |name: &str| plugins.iter().find(|(own, _)| own == name);
            let known = requirement.alternatives.iter().find_map(|(name, version)| Some((find(name)?, version)));
            let message = match known {
                Some(((_, Some(own)), required)) if own.satisfies(*required) => continue,
                Some(((name, own), required)) => {
                    let own = own.map_or_else(|| "without a version".to_owned(), |own| format!("version {own}"));
                    format!("Plugin '{name}' {own} is not compatible with required plugin version {required}")
                }
                None => {
                    let all = requirement.alternatives.iter().map(|(name, version)| format!("{name} (>= {version})"));
                    format!(
                        "Plugin requirement not satisfied, must load one of: {}",
                        all.collect::<Vec<_>>().join(", ")
                    )
                }
            };
            problems.push(Problem::new(Code::Validate, requirement.item.at, &requirement.item.label, message));
        }
    }
}
