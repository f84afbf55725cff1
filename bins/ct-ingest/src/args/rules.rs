//! Loads the rules files that the arguments name.

use super::command_line::Args;
use super::command_line::Command::{Detect, Report};
use super::detect::DetectArgs;
use anyhow::anyhow;
use cloudtrail_rules::{Loaded, RecordFilter, RulesFiles, Ruleset};

impl Args {
    /// Returns the options of `detect`.
    pub(crate) fn detect(&self) -> Option<&DetectArgs> {
        if let Some(Detect { detect, .. }) = &self.command { Some(detect) } else { None }
    }

    /// Loads the rules files. `None` if they cannot be used.
    pub(super) fn load_rules(&self, mistakes: &mut Vec<anyhow::Error>) -> Option<Loaded> {
        let (read, detect) = (self.read(), self.detect());
        if detect.is_some() && read.rules.is_empty() {
            mistakes.push(anyhow!("--rules: name the files or folders of the rules"));
            return None;
        }
        let takes_rules = read.condition.is_some() || matches!(self.command, Some(Detect { .. } | Report { .. }));
        if !takes_rules && !read.rules.is_empty() {
            mistakes.push(anyhow!("--rules: goes with --where, for its macros and lists, or with detect or report"));
        }
        let files = RulesFiles::read(&read.rules);
        let files = files.map_err(|all| mistakes.extend(all.into_iter().map(|it| anyhow!("--rules {it}")))).ok()?;
        let appended = detect.map_or(&[][..], |detect| &detect.append_output);
        let wrong =
            |text: &String| Some(anyhow!("--append-output {text:?}: {}", RulesFiles::mistake_in_appended(text)?));
        let wrong: Vec<_> = appended.iter().filter_map(wrong).collect();
        // With a wrong text, each rule would get its mistake.
        let loaded = files.load(if wrong.is_empty() { appended } else { &[] });
        mistakes.extend(wrong);
        let has_all = loaded.has_errors() && detect.is_some_and(|detect| detect.validate);
        let told = loaded.diagnostics.iter().filter(|it| it.is_error() || has_all);
        mistakes.extend(told.map(|it| anyhow!("--rules {it}")));
        (!loaded.has_errors()).then_some(loaded)
    }

    /// Returns the condition of `--where`.
    pub(super) fn resolve_condition(&self, rules: &Ruleset, mistakes: &mut Vec<anyhow::Error>) -> Option<RecordFilter> {
        let filter = RecordFilter::new(self.read().condition.as_deref()?, rules);
        let named = |found: Vec<_>| mistakes.extend(found.into_iter().map(|mistake| anyhow!("--where: {mistake}")));
        filter.map_err(named).ok()
    }
}
