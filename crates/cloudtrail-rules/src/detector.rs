//! Rules over records, and their alerts.

use crate::load::SOURCE;
use crate::record::{RuleRecord, find_place};
use falco_rules::{AlertFormat, Engine, Event, Rule, RuleMatching, Ruleset, Scratch};
use field_extract::Skip;
use std::collections::HashMap;
use std::fmt;

/// The form of alerts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AlertStyle {
    /// Falco's JSON, one alert a line.
    #[default]
    Json,
    /// Falco's line: time, priority and output.
    Text,
    /// JSON with `message`, the rule's output without time and priority, and without output fields and tags.
    Message,
}

/// Rules that are ready to run. Threads share it.
pub struct Detector {
    engine: Engine,
    /// The place of each rule in [`Detector::rules`].
    numbers: HashMap<String, usize>,
    needs_order: bool,
    style: AlertStyle,
    matching: RuleMatching,
    has_insights: bool,
    hostname: String,
}

/// An alert among the lines that [`Detector::check`] has written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alert {
    /// The rule's place in [`Detector::rules`].
    pub rule: usize,
    /// The end of the alert in the lines, after its line break.
    pub end: usize,
}

/// The place of records in a run, for `evt.num` and `evt.reltime`: as in Falco, only records that are checked count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sequence {
    /// The number of records that have been checked.
    pub checked: u64,
    /// The time of the first one.
    first_time: u64,
}

/// Memory for one thread. Keep it: it serves the next record.
#[derive(Debug, Default)]
pub struct Memory {
    pub(crate) scratch: Scratch,
    alerts: Vec<Alert>,
}

impl Detector {
    /// Takes the rules that a function chooses. The first that matches a record alerts, in JSON, without a host name.
    #[must_use]
    pub fn new(rules: &Ruleset, choose: impl Fn(&Rule) -> bool) -> Self {
        let engine = rules.engine_for(SOURCE, choose);
        let numbers = engine.rules().enumerate().map(|(number, rule)| (rule.name().to_owned(), number)).collect();
        let is_placed = |text: &str| find_place(text).is_some();
        let needs_order = engine.rules().any(|rule| is_placed(rule.condition()) || is_placed(rule.output().text()));
        Self {
            engine,
            numbers,
            needs_order,
            style: AlertStyle::default(),
            matching: RuleMatching::default(),
            has_insights: false,
            hostname: String::new(),
        }
    }

    /// Sets the form of alerts.
    #[must_use]
    pub fn with_style(self, style: AlertStyle) -> Self {
        Self { style, ..self }
    }

    /// Sets whether one rule or all rules that match a record alert.
    #[must_use]
    pub fn with_matching(self, matching: RuleMatching) -> Self {
        Self { matching, ..self }
    }

    /// Sets the name of the host, which each alert has.
    #[must_use]
    pub fn with_hostname(self, hostname: impl Into<String>) -> Self {
        Self { hostname: hostname.into(), ..self }
    }

    /// Checks Insights events, too, as the plugin's `emitInsights` does.
    #[must_use]
    pub fn with_insights(self, has_insights: bool) -> Self {
        Self { has_insights, ..self }
    }

    /// Returns the rules in the order in which they are tried.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.engine.rules()
    }

    /// Returns whether a rule asks for `evt.num` or `evt.reltime`, so that records must be checked in their order, with
    /// one [`Sequence`] for all.
    #[must_use]
    pub fn needs_order(&self) -> bool {
        self.needs_order
    }

    /// Checks a record, and appends each alert to `lines`, with a line break.
    ///
    /// # Errors
    /// Returns a [`Skip`] for a record that Falco's plugin skips. No rule is tried then.
    pub fn check<'m>(
        &self,
        mut record: field_extract::Record<'_, '_>,
        sequence: &mut Sequence,
        memory: &'m mut Memory,
        lines: &mut Vec<u8>,
    ) -> Result<&'m [Alert], Skip> {
        let time = match record.time_if_emitted() {
            Err(Skip::Insight) if self.has_insights => record.event_time().ok_or(Skip::BadTime)?,
            time => time?,
        };
        if sequence.checked == 0 {
            sequence.first_time = time;
        }
        sequence.checked += 1;
        let event = Event { number: sequence.checked, time, first_time: sequence.first_time, ..Event::default() };
        let mut record = RuleRecord::new(record, Event { hostname: &self.hostname, ..event });
        let Memory { scratch, alerts } = memory;
        alerts.clear();
        let format = match self.style {
            AlertStyle::Json | AlertStyle::Text => AlertFormat::default(),
            AlertStyle::Message => AlertFormat {
                has_output: false,
                has_message: true,
                has_output_fields: false,
                has_tags: false,
                ..AlertFormat::default()
            },
        };
        for rule in self.engine.check(&mut record, scratch, self.matching) {
            match self.style {
                AlertStyle::Text => format.write_text(rule, &mut record, lines),
                AlertStyle::Json | AlertStyle::Message => format.write_json(rule, &mut record, lines),
            }
            lines.push(b'\n');
            let rule = self.numbers.get(rule.name()).copied().unwrap_or_default();
            alerts.push(Alert { rule, end: lines.len() });
        }
        Ok(alerts)
    }
}

/// Shows the names of the rules.
impl fmt::Debug for Detector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.rules().map(Rule::name)).finish()
    }
}
