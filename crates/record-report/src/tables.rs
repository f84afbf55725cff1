//! Tables and their cells.

use crate::alerts::{RuleAlerts, Shown};
use crate::seen::{Ranked, Seen, ranked};
use crate::svg::share;
use crate::text::{cells, moment, number, shown};
use cloudtrail_rules::Priority;
use maud::{Markup, html};
use record_queries::Groups;
use std::cmp::Reverse;

/// The rows of a table of what is most frequent.
const TOP: usize = 20;
/// The rows of a table of calls, logins or first moments: they are read one by one.
const LIST: usize = 50;

/// The heading of a column, and its class in the style sheet: `n` for numbers, `t` for times, `k` and
/// `w` for columns that must not become narrow, `s` for the share.
type Column = (&'static str, &'static str);
const COUNT: Column = ("Records", "n");
const FAILED: Column = ("Failed", "n");
const FIRST: Column = ("First", "t");
const LAST: Column = ("Last", "t");
const SHARE: Column = ("", "s");

/// Returns a table, unless it has no rows. On a narrow screen the rows of a wide one become blocks, in which each cell
/// has its column's name.
fn table(class: &str, columns: &[Column], rows: impl IntoIterator<Item = Vec<Markup>>) -> Markup {
    let (is_wide, mut rows) = (class.starts_with("wide"), rows.into_iter().peekable());
    if rows.peek().is_none() {
        return html! { p.dim { "None." } };
    }
    html! {
        table class=[some(&class)] {
            thead { tr { @for (name, class) in columns { th class=[some(class)] scope="col" { (name) } } } }
            tbody {
                @for row in rows {
                    tr {
                        @for ((name, class), cell) in columns.iter().zip(row) {
                            td class=[some(class)] data-of=[is_wide.then_some(name)] { (cell) }
                        }
                    }
                }
            }
        }
    }
}

/// Returns the column of values of records. The type of an identity and a service are short.
fn column(name: &&'static str) -> Column {
    (*name, if matches!(*name, "Type" | "Service" | "Event") { "k" } else { "" })
}

fn some<'c>(class: &&'c str) -> Option<&'c str> {
    Some(*class).filter(|class| !class.is_empty())
}

/// Returns a value of a record.
pub(crate) fn value(text: &str) -> Markup {
    html! { @if text.is_empty() { span.dim { "none" } } @else { span.v { (shown(text)) } } }
}

fn values(key: &[u8]) -> impl Iterator<Item = Markup> {
    cells(key).map(|cell| value(&cell))
}

/// Returns the number of failed calls. Zero is not worth a look.
fn failed(count: u64) -> Markup {
    html! { @if count > 0 { (number(count)) } @else { span.dim { "0" } } }
}

fn times(seen: &Seen) -> [Markup; 2] {
    let times = seen.times();
    [times.map(|it| it.0), times.map(|it| it.1)].map(|time| match time {
        Some(time) => html! { (moment(time)) },
        None => html! { span.dim { "none" } },
    })
}

/// Returns the sentence below a table that does not show everything.
pub(crate) fn more(others: u64, what: &str) -> Markup {
    html! { @if others > 0 { p.note { (number(others)) " more " (what) " are not shown." } } }
}

/// Returns the name of a rule. It comes from a rules file, and not from a record.
fn name(rule: &RuleAlerts) -> Markup {
    html! { (shown(&rule.name)) }
}

/// Returns the priority of a rule as a label.
fn priority(priority: Priority) -> Markup {
    let class = match priority {
        Priority::Emergency | Priority::Alert | Priority::Critical | Priority::Error => "p bad",
        Priority::Warning => "p warn",
        Priority::Notice | Priority::Informational | Priority::Debug => "p",
    };
    html! { span class=(class) { (priority.name()) } }
}

/// Returns what is most frequent: the cells of each key, its records, its failed calls unless all are, and its part of all
/// records.
pub(crate) fn top(groups: &Groups<Seen>, names: &[&'static str], what: &str, all: u64) -> Markup {
    let (shown, others) = ranked(groups, TOP, |_, seen| Some(Reverse(seen.count)));
    let has_good = shown.iter().any(|(_, seen)| seen.failed < seen.count);
    let row = |(key, seen): &Ranked<'_>| {
        let failed = has_good.then(|| failed(seen.failed));
        values(key).chain([html! { (number(seen.count)) }]).chain(failed).chain([share(seen.count, all)]).collect()
    };
    let numbers = [COUNT].into_iter().chain(has_good.then_some(FAILED)).chain([SHARE]);
    let columns: Vec<Column> = names.iter().map(column).chain(numbers).collect();
    html! { (table("", &columns, shown.iter().map(row))) (more(others, what)) }
}

/// Returns the principals with the most records, with their first and last times.
pub(crate) fn principals(groups: &Groups<Seen>, all: u64) -> Markup {
    let (shown, others) = ranked(groups, TOP, |_, seen| Some(Reverse(seen.count)));
    let row = |(key, seen): &Ranked<'_>| {
        let numbers = [html! { (number(seen.count)) }, failed(seen.failed)];
        values(key).chain(numbers).chain(times(seen)).chain([share(seen.count, all)]).collect()
    };
    let columns = [("Principal", ""), ("Type", "k"), COUNT, FAILED, FIRST, LAST, SHARE];
    html! {
        (table("wide", &columns, shown.iter().map(row)))
        (more(others, "principals"))
    }
}

/// Returns the failed calls whose error code a function wants, the most frequent first.
pub(crate) fn failures(groups: &Groups<Seen>, wants: impl Fn(&str) -> bool) -> Markup {
    let rank = |key: &[u8], seen: &Seen| {
        let error = cells(key).next().unwrap_or_default();
        wants(&error).then_some(Reverse(seen.count))
    };
    let (shown, others) = ranked(groups, LIST, rank);
    let row = |(key, seen): &Ranked<'_>| {
        let count = html! { (number(seen.count)) };
        [count].into_iter().chain(values(key)).chain(times(seen)).collect()
    };
    let columns = [("Calls", "n"), ("Error", "k"), ("Principal", ""), ("Event", "k"), ("Service", "k"), FIRST, LAST];
    html! {
        (table("wide", &columns, shown.iter().map(row)))
        (more(others, "combinations of error, principal and event"))
    }
}

/// Returns the console logins, the latest first.
pub(crate) fn logins(groups: &Groups<Seen>) -> Markup {
    let (shown, others) = ranked(groups, LIST, |_, seen| Some(Reverse(seen.times().map(|(_, last)| last))));
    let row = |(key, seen): &Ranked<'_>| {
        let mut cells = cells(key);
        let result = cells.next().unwrap_or_default();
        let result = html! { @if seen.failed > 0 { span.bad { (value(&result)) } } @else { (value(&result)) } };
        let count = html! { (number(seen.count)) };
        [result].into_iter().chain(cells.map(|cell| value(&cell))).chain([count]).chain(times(seen)).collect()
    };
    let columns = [("Result", ""), ("Who", ""), ("From", ""), ("MFA", ""), ("Logins", "n"), FIRST, LAST];
    html! {
        (table("wide", &columns, shown.iter().map(row)))
        (more(others, "combinations of result, caller, address and MFA"))
    }
}

/// Returns when values were seen for the first time, the latest first.
pub(crate) fn first_seen(groups: &Groups<Seen>, names: &[&'static str], what: &str) -> Markup {
    // A value that the record lacks is not new.
    let rank = |key: &[u8], seen: &Seen| {
        let has_value = !key.starts_with(b"\t") && !key.is_empty();
        seen.times().filter(|_| has_value).map(|(first, _)| Reverse(first))
    };
    let (shown, others) = ranked(groups, LIST, rank);
    let row = |(key, seen): &Ranked<'_>| {
        let [first, _] = times(seen);
        [first].into_iter().chain(values(key)).chain([html! { (number(seen.count)) }]).collect()
    };
    let columns: Vec<Column> =
        [("First seen", "t")].into_iter().chain(names.iter().map(column)).chain([COUNT]).collect();
    html! { (table("wide", &columns, shown.iter().map(row))) (more(others, what)) }
}

/// Returns the rules with the number and the times of their alerts.
pub(crate) fn by_rule(rules: &[&RuleAlerts]) -> Markup {
    let row = |rule: &&RuleAlerts| {
        let cells = [priority(rule.priority), name(rule), html! { (number(rule.seen.count)) }];
        cells.into_iter().chain(times(&rule.seen)).collect()
    };
    let columns = [("Priority", ""), ("Rule", "w"), ("Alerts", "n"), FIRST, LAST];
    table("wide short", &columns, rules.iter().map(row))
}

/// Returns alerts, each with its rule and what the rule says.
pub(crate) fn alerts(alerts: &[Shown<'_>]) -> Markup {
    let row = |(time, rule, output): &Shown<'_>| {
        vec![html! { (moment(*time)) }, priority(rule.priority), name(rule), html! { span.v { (output) } }]
    };
    let columns = [("Time", "t"), ("Priority", ""), ("Rule", "w"), ("Alert", "")];
    table("wide", &columns, alerts.iter().map(row))
}

/// Returns numbers with what they mean, without those that are zero.
pub(crate) fn numbers(rows: &[(u64, String)]) -> Markup {
    let rows: Vec<_> = rows.iter().filter(|(count, _)| *count > 0).collect();
    let row = |(count, meaning): &&(u64, String)| vec![html! { (number(*count)) }, html! { (meaning) }];
    html! {
        @if rows.is_empty() {
            p.dim { "Nothing was left out, and nothing is damaged." }
        } @else {
            (table("facts", &[("Number", "n"), ("What", "")], rows.iter().map(row)))
        }
    }
}

/// Returns the spans of the timeline as numbers.
pub(crate) fn spans(spans: impl Iterator<Item = (String, [u64; 3])>, has_alerts: bool) -> Markup {
    let row = |(start, [all, failed, alerts]): (String, [u64; 3])| {
        let mut cells = vec![html! { (start) }, html! { (number(all)) }, self::failed(failed)];
        cells.extend(has_alerts.then(|| html! { (number(alerts)) }));
        cells
    };
    let columns = [("From (UTC)", "t"), COUNT, FAILED, ("Alerts", "n")];
    let columns = columns.get(..3 + usize::from(has_alerts)).unwrap_or_default();
    table("", columns, spans.map(row))
}
