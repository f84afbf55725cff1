//! The page, from its parts.

use crate::about::Totals;
use crate::alerts::Alerts;
use crate::collect::Report;
use crate::row::is_denial;
use crate::svg::{Chart, minute, span};
use crate::tables;
use crate::text::{counted, instant, number, shown};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use record_queries::Summary;

/// Even if text were not escaped, the browser would neither run a script nor ask the network.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
const STYLE: &str = include_str!("style.css");

impl Report {
    /// Returns the page, and logs how many records are in no group because of the memory.
    #[must_use]
    pub fn page(&self, summary: &Summary, totals: &Totals) -> String {
        for (what, uncounted) in self.sets.uncounted() {
            tracing::warn!(
                uncounted,
                "too many {what} for memory: some records are not in the report's table; use --where"
            );
        }
        let chart = Chart::new(&self.timeline, &self.failed_timeline, self.alerts.as_ref().map(|it| &it.timeline));
        let (about, sets, all) = (&self.about, &self.sets, self.records.count);
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(POLICY);
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="referrer" content="no-referrer";
                    title { (shown(&about.title)) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    header {
                        h1 { (shown(&about.title)) }
                        (self.heading(totals))
                        (self.state(summary, totals))
                        (self.figures())
                        (self.contents())
                    }
                    main {
                        (self.time(chart.as_ref()))
                        @if let Some(alerts) = &self.alerts { (alerts_section(alerts)) }
                        section #denied {
                            h2 { "Denied calls" }
                            p.note { "Error codes that mean missing permission, such as AccessDenied. The most frequent first." }
                            (tables::failures(&sets.failures, is_denial))
                        }
                        section #failed {
                            h2 { "Other failed calls" }
                            (tables::failures(&sets.failures, |error| !is_denial(error)))
                        }
                        section #logins {
                            h2 { "Console logins" }
                            p.note { "The latest first. MFA is what the record says: for federated users it is always No." }
                            (tables::logins(&sets.logins))
                        }
                        (self.first_seen())
                        section #principals {
                            h2 { "Principals" }
                            p.note {
                                "A principal is the role or user that gave a session its credentials, else the caller: its \
                                 ARN, its name, or the id that the record has."
                            }
                            (tables::principals(&sets.principals, all))
                        }
                        section #most {
                            h2 { "Most frequent" }
                            div.two {
                                div { h3 { "Source addresses" } (tables::top(&sets.addresses, &["Address"], "addresses", all)) }
                                div { h3 { "Services" } (tables::top(&sets.services, &["Service"], "services", all)) }
                                div {
                                    h3 { "Event names" }
                                    (tables::top(&sets.events, &["Event", "Service"], "event names", all))
                                }
                                div { h3 { "Errors" } (tables::top(&sets.errors, &["Error"], "errors", self.records.failed)) }
                                div { h3 { "Regions" } (tables::top(&sets.regions, &["Region"], "regions", all)) }
                                div { h3 { "Accounts" } (tables::top(&sets.accounts, &["Account"], "accounts", all)) }
                            }
                        }
                        (self.left_out(summary, totals))
                    }
                    footer.note {
                        "Made by " (about.program)
                        @if let Some(made) = about.made { " at " (instant(made)) " UTC" }
                        ". All times are in UTC."
                    }
                }
            }
        }
        .into_string()
    }

    fn time(&self, chart: Option<&Chart>) -> Markup {
        let has_alerts = self.alerts.is_some();
        let Some(chart) = chart else {
            return html! { section #time { h2 { "Timeline" } p.dim { "No record has a time." } } };
        };
        let is_wider = self.timeline.width() != chart.width;
        html! {
            section #time {
                h2 { "Timeline" }
                figure {
                    (chart.draw(has_alerts))
                    figcaption {
                        (key("all")) "records" (key("failed")) "of these failed"
                        @if has_alerts { (key("alert")) "alerts" }
                        " · One bar is " (span(chart.width)) ". Times are in UTC."
                        @if self.timeline.is_coarse() { " There are too many minutes for memory, so bars are days." }
                        @else if is_wider { " The width that was asked for would give too many bars." }
                    }
                }
                details {
                    summary { "The bars as numbers" }
                    (tables::spans(chart.spans.iter().map(|(start, numbers)| (minute(*start), *numbers)), has_alerts))
                }
            }
        }
    }

    fn first_seen(&self) -> Markup {
        let sets = &self.sets;
        html! {
            section #first {
                h2 { "First seen" }
                p.note {
                    "The moment at which each value first occurs in these records, the latest first. First means: in these \
                     records, not ever. Near the start of the range nearly everything is new; what is at the top of a list \
                     appeared late."
                }
                div.two {
                    div { h3 { "Principals" } (tables::first_seen(&sets.principals, &["Principal", "Type"], "principals")) }
                    div { h3 { "Source addresses" } (tables::first_seen(&sets.addresses, &["Address"], "addresses")) }
                    div { h3 { "Event names" } (tables::first_seen(&sets.events, &["Event", "Service"], "event names")) }
                    div { h3 { "Services" } (tables::first_seen(&sets.services, &["Service"], "services")) }
                }
            }
        }
    }
}

fn key(class: &str) -> Markup {
    html! { svg.key width="10" height="10" viewBox="0 0 10 10" aria-hidden="true" { rect class=(class) width="10" height="10" {} } }
}

fn alerts_section(alerts: &Alerts) -> Markup {
    let (by_rule, (latest, others)) = (alerts.by_rule(), alerts.latest());
    html! {
        section #alerts {
            h2 { "Alerts" }
            p.note {
                (counted(alerts.rules.len() as u64, "rule was", "rules were")) " checked, of which "
                (number(by_rule.len() as u64)) " alerted."
            }
            @if !by_rule.is_empty() {
                h3 { "By rule" }
                (tables::by_rule(&by_rule))
                h3 { "The latest of each rule" }
                (tables::alerts(&latest))
                (tables::more(others, "alerts"))
            }
        }
    }
}
