//! The head of the page: what was asked for, what may be missing, and the largest numbers.

use crate::about::Totals;
use crate::alerts::Alerts;
use crate::collect::Report;
use crate::row::is_denial;
use crate::tables;
use crate::text::{counted, moment, number};
use cloudtrail_rules::Priority;
use maud::{Markup, html};
use record_queries::Summary;

/// The values of one name that the heading shows, such as SOURCEs: a shell may have expanded thousands.
const MOST_ASKED: usize = 10;

impl Report {
    pub(crate) fn heading(&self, totals: &Totals) -> Markup {
        let about = &self.about;
        let mut names: Vec<(&str, Vec<&str>)> = Vec::new();
        for (name, value) in &about.asked {
            match names.last_mut() {
                Some((last, values)) if last == name => values.push(value),
                _ => names.push((name, vec![value])),
            }
        }
        html! {
            dl.asked {
                @for (name, values) in &names {
                    dt { (name) }
                    dd {
                        @for value in values.iter().take(MOST_ASKED) { div { (tables::value(value)) } }
                        @if let Some(more @ 1..) = values.len().checked_sub(MOST_ASKED) {
                            div.dim { "and " (number(more as u64)) " more" }
                        }
                    }
                }
                dt { "Records" }
                dd {
                    (number(self.records.count)) " in " (counted(totals.files, "file", "files"))
                    @if let Some((first, last)) = self.records.times() {
                        ", from " (moment(first)) " to " (moment(last)) " UTC"
                    }
                }
            }
        }
    }

    /// Returns what a reader must know before the numbers: that something may be missing.
    pub(crate) fn state(&self, summary: &Summary, totals: &Totals) -> Markup {
        let mut notes = Vec::new();
        if totals.is_stopped {
            notes.push("The run was stopped before its end. The page has what was read until then.".to_owned());
        }
        if totals.damaged > 0 {
            let places = counted(totals.damaged, "place of the input is", "places of the input are");
            notes.push(format!("Records may be missing: {places} damaged or could not be read."));
        }
        for (what, uncounted) in self.sets.uncounted() {
            notes
                .push(format!("There are too many {what} for memory: {} in no table of them.", records_are(uncounted)));
        }
        if self.untimed > 0 {
            let them = records_are(self.untimed);
            notes.push(format!("{them} without a readable time, and neither on the timeline nor in First seen."));
        }
        let chosen = summary.left_out.outside + summary.left_out.unmatched + summary.duplicates;
        let class = match (totals.is_stopped || totals.damaged > 0, notes.is_empty()) {
            (true, _) => "state bad",
            (false, false) => "state warn",
            (false, true) => "state",
        };
        html! {
            div class=(class) {
                @if notes.is_empty() { "Everything was read: no damage was found." }
                @for note in &notes { div { (note) } }
                @if chosen > 0 { div { (counted(chosen, "other record is", "other records are")) " left out, as asked." } }
                @if !notes.is_empty() || chosen > 0 { a href="#left-out" { "Left out and damaged" } }
            }
        }
    }

    pub(crate) fn figures(&self) -> Markup {
        let denied = self.sets.errors.iter().filter(|(error, _)| is_denial(&String::from_utf8_lossy(error)));
        let denied: u64 = denied.map(|(_, seen)| seen.count).sum();
        let part = |count: u64, what: &str| (count > 0).then(|| format!("{} {what}", number(count)));
        let figures = [
            (self.records.count, ["record", "records"], None),
            (self.records.failed, ["failed call", "failed calls"], part(denied, "of them denied")),
            (self.logins.count, ["console login", "console logins"], part(self.logins.failed, "of them failed")),
            (self.sets.principals.len() as u64, ["principal", "principals"], None),
            (self.sets.addresses.len() as u64, ["source address", "source addresses"], None),
            (self.sets.events.len() as u64, ["event name", "event names"], None),
        ];
        let grave = |alerts: &Alerts| {
            let grave = alerts.rules.iter().filter(|rule| rule.priority <= Priority::Critical);
            part(grave.map(|rule| rule.seen.count).sum(), "of them critical")
        };
        let alerts = self.alerts.as_ref().map(|alerts| (alerts.total, ["alert", "alerts"], grave(alerts)));
        html! {
            ul.figures {
                @for (count, [one, many], part) in alerts.into_iter().chain(figures) {
                    li { b { (number(count)) } (if count == 1 { one } else { many }) @if let Some(part) = part { div.bad { (part) } } }
                }
            }
        }
    }

    pub(crate) fn contents(&self) -> Markup {
        let alerts = self.alerts.as_ref().map(|_| ("#alerts", "Alerts"));
        let sections = [
            ("#denied", "Denied calls"),
            ("#failed", "Other failed calls"),
            ("#logins", "Console logins"),
            ("#first", "First seen"),
            ("#principals", "Principals"),
            ("#most", "Most frequent"),
            ("#left-out", "Left out and damaged"),
        ];
        html! {
            nav {
                @for (place, name) in [("#time", "Timeline")].into_iter().chain(alerts).chain(sections) {
                    a href=(place) { (name) }
                }
            }
        }
    }
}

fn records_are(count: u64) -> String {
    counted(count, "record is", "records are")
}
