//! The options of `detect`.
#![expect(clippy::doc_markdown, reason = "these doc comments are the help text, where backticks would be shown")]

use anyhow::anyhow;
use cloudtrail_rules::{AlertStyle, Detector, Explainer, Priority, RuleChoice, RuleMatching, Ruleset};
use program_kit::alerts::HttpArgs;
use program_kit::environment::hostname;
use record_queries::Format;
use std::sync::Arc;

#[derive(Debug, clap::Args)]
pub(crate) struct DetectArgs {
    /// How alerts are written: Falco's JSON, or its line of text
    #[arg(long, default_value = "json", value_parser = ["json", "text"])]
    pub(super) format: String,

    /// Only rules of this priority or a graver one, as Falco's priority: emergency, alert, critical, error, warning,
    /// notice, informational, debug [default: debug]
    #[arg(long, value_parser = priority)]
    priority: Option<Priority>,

    /// Only rules with this tag, also those that the files disable; may be repeated
    #[arg(long, short = 't', value_name = "TAG")]
    tags: Vec<String>,

    /// No rules with this tag; may be repeated
    #[arg(long, short = 'T', value_name = "TAG")]
    disable_tags: Vec<String>,

    /// No rules with this name, in which * stands for any text; may be repeated
    #[arg(long, short = 'D', value_name = "NAME")]
    disable_rule: Vec<String>,

    /// Append this text, with %fields, to the output of each rule, as Falco's append_output; may be repeated
    #[arg(long, value_name = "TEXT")]
    pub(super) append_output: Vec<String>,

    /// Whether the first rule that matches a record alerts, or all of them, as Falco's rule_matching
    #[arg(long, default_value = "first", value_parser = ["first", "all"])]
    rule_matching: String,

    /// Check Insights events, too, as the plugin does with emitInsights
    #[arg(long)]
    insights: bool,

    /// Only check the rules: report all errors and warnings, and exit with 2 if there are errors; needs no SOURCE
    #[arg(long)]
    pub(crate) validate: bool,

    /// Show for each record which parts of this rule's condition hold; nothing is acknowledged
    #[arg(long, value_name = "RULE")]
    explain: Option<String>,

    #[command(flatten)]
    pub(super) http: HttpArgs,
}

fn priority(text: &str) -> Result<Priority, String> {
    Priority::parse(text).ok_or_else(|| format!("there are {}", Priority::ALL.map(Priority::name).join(", ")))
}

impl DetectArgs {
    pub(super) fn resolve(&self, rules: &Ruleset, mistakes: &mut Vec<anyhow::Error>) -> Option<Format> {
        if self.validate {
            return Some(Format::Raw);
        }
        if let Some(name) = &self.explain {
            let explainer = Explainer::new(rules, name);
            if explainer.is_none() {
                mistakes.push(anyhow!("--explain {name}: no rule has this name"));
            }
            return explainer.map(Format::Explain);
        }
        let choice = RuleChoice {
            minimum: self.priority,
            tags: self.tags.clone(),
            disabled_tags: self.disable_tags.clone(),
            disabled_rules: self.disable_rule.clone(),
        };
        mistakes.extend(choice.unknown(rules).map(|unknown| anyhow!("{unknown}")));
        let style = if self.format == "text" { AlertStyle::Text } else { AlertStyle::Json };
        let matching = if self.rule_matching == "all" { RuleMatching::All } else { RuleMatching::First };
        let detector = Detector::new(rules, |rule| choice.wants(rule)).with_style(style).with_matching(matching);
        if detector.rules().next().is_none() {
            mistakes.push(anyhow!("--rules: no rule for the source aws_cloudtrail is enabled and wanted"));
        }
        let detector = detector.with_hostname(hostname()).with_insights(self.insights);
        Some(Format::Alerts(Arc::new(detector)))
    }
}
