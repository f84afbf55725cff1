//! The status page for people: the parts of the program and some of its metrics. It is HTML without scripts, or text if the
//! request asks for that.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::accept::accepts;
use super::readiness::Readiness;

/// How often a browser asks again, in seconds. A person waits for a change, and an answer costs a millisecond.
const REFRESH: u32 = 10;
/// No scripts, no pictures, nothing from elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";
const STYLE: &str = "body{font:16px sans-serif;margin:2em}table{border-collapse:collapse}\
    th,td{border:1px solid #999;padding:.2em .6em;text-align:left}.wrong{color:#a00}";

/// What the page shows.
#[derive(Clone, Copy, Debug)]
pub struct StatusPage {
    /// The name of the program.
    pub program: &'static str,
    /// The tables, in their order.
    pub tables: &'static [StatusTable],
}

/// A table of metrics.
#[derive(Clone, Copy, Debug)]
pub struct StatusTable {
    /// The heading.
    pub heading: &'static str,
    /// The label that has a row for each of its values. Without one, the table has one row.
    pub label: Option<&'static str>,
    /// The columns: the heading, and the name of the metric. Values that differ in other labels are added up.
    pub columns: &'static [(&'static str, &'static str)],
}

/// A table with its values.
struct Filled {
    heading: &'static str,
    head: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    /// Whether the last column is the state of a part, which may be wrong.
    has_states: bool,
}

impl StatusPage {
    /// Answers a request. `metrics` is the text of `/metrics`.
    pub(super) fn answer(&self, readiness: &Readiness, metrics: &str, headers: &HeaderMap) -> Response {
        let tables = self.fill(readiness, metrics);
        let word = if readiness.is_ready() { "ready" } else { "not ready" };
        let title = format!("{} {}: {word}", self.program, crate::VERSION);
        let (kind, body) = if accepts(headers, "text/plain") {
            ("text/plain; charset=utf-8", text(&title, &tables))
        } else {
            ("text/html; charset=utf-8", html(&title, &tables))
        };
        let headers = [(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-store"), (CONTENT_SECURITY_POLICY, POLICY)];
        (headers, body).into_response()
    }

    fn fill(&self, readiness: &Readiness, metrics: &str) -> Vec<Filled> {
        let parts = readiness.parts().into_iter().map(|(part, why)| vec![part, why.unwrap_or_else(|| "ok".to_owned())]);
        let (head, rows) = (vec!["part", "state"], parts.collect());
        let mut filled = vec![Filled { heading: "Parts", head, rows, has_states: true }];
        let samples: Vec<Sample<'_>> = metrics.lines().filter_map(Sample::parse).collect();
        filled.extend(self.tables.iter().map(|table| table.fill(&samples)));
        filled
    }
}

impl StatusTable {
    fn fill(&self, samples: &[Sample<'_>]) -> Filled {
        let mut rows: BTreeMap<&str, Vec<Option<f64>>> = BTreeMap::new();
        for sample in samples {
            let Some(column) = self.columns.iter().position(|(_, name)| *name == sample.name) else { continue };
            let key = match self.label {
                None => "",
                Some(label) => match sample.labels.iter().find(|(name, _)| *name == label) {
                    Some((_, value)) => value,
                    None => continue,
                },
            };
            let row = rows.entry(key).or_insert_with(|| vec![None; self.columns.len()]);
            if let Some(cell) = row.get_mut(column) {
                *cell = Some(cell.unwrap_or_default() + sample.value);
            }
        }
        let head = self.label.into_iter().chain(self.columns.iter().map(|(heading, _)| *heading)).collect();
        let has_key = self.label.is_some();
        let row = |(key, cells): (&str, Vec<Option<f64>>)| {
            let key = has_key.then(|| key.to_owned());
            key.into_iter().chain(cells.into_iter().map(number)).collect()
        };
        Filled { heading: self.heading, head, rows: rows.into_iter().map(row).collect(), has_states: false }
    }
}

/// A line of `/metrics`.
struct Sample<'a> {
    name: &'a str,
    labels: Vec<(&'a str, String)>,
    value: f64,
}

impl<'a> Sample<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (series, value) = line.rsplit_once(' ')?;
        let value = value.parse().ok()?;
        let Some((name, mut rest)) = series.split_once('{') else {
            return Some(Self { name: series, labels: Vec::new(), value });
        };
        let mut labels = Vec::new();
        while let Some((label, quoted)) = rest.split_once("=\"") {
            let (mut text, mut end, mut is_escaped) = (String::new(), None, false);
            for (at, char) in quoted.char_indices() {
                match char {
                    '\\' if !is_escaped => is_escaped = true,
                    '"' if !is_escaped => {
                        end = Some(at);
                        break;
                    }
                    char => {
                        text.push(if is_escaped && char == 'n' { '\n' } else { char });
                        is_escaped = false;
                    }
                }
            }
            labels.push((label.trim_start_matches(','), text));
            rest = quoted.get(end? + 1..)?;
        }
        Some(Self { name, labels, value })
    }
}

fn number(value: Option<f64>) -> String {
    match value {
        Some(value) if value.is_finite() && value.fract() == 0.0 => format!("{value}"),
        Some(value) if value.is_finite() => format!("{value:.1}"),
        _ => "-".to_owned(),
    }
}

fn text(title: &str, tables: &[Filled]) -> String {
    let mut text = format!("{title}\n");
    for Filled { heading, head, rows, .. } in tables {
        let all: Vec<Vec<&str>> = std::iter::once(head.clone())
            .chain(rows.iter().map(|row| row.iter().map(String::as_str).collect()))
            .collect();
        let width = |column: usize| all.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
        let widths: Vec<usize> = (0..head.len()).map(|column| width(column).unwrap_or_default()).collect();
        // Writing into a String cannot fail.
        let _ = write!(text, "\n{heading}\n");
        for row in &all {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
            let _ = writeln!(text, "  {}", cells.collect::<Vec<_>>().join("  ").trim_end());
        }
    }
    text
}

fn html(title: &str, tables: &[Filled]) -> String {
    let title = escaped(title);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"{REFRESH}\">\
         <title>{title}</title><style>{STYLE}</style></head>\n<body><h1>{title}</h1>\n"
    );
    for Filled { heading, head, rows, has_states } in tables {
        // Writing into a String cannot fail.
        let _ = write!(page, "<h2>{}</h2>\n<table><tr>", escaped(heading));
        head.iter().for_each(|cell| _ = write!(page, "<th>{}</th>", escaped(cell)));
        page.push_str("</tr>\n");
        for row in rows {
            let is_wrong = *has_states && row.last().is_some_and(|state| state != "ok");
            page.push_str(if is_wrong { "<tr class=\"wrong\">" } else { "<tr>" });
            row.iter().for_each(|cell| _ = write!(page, "<td>{}</td>", escaped(cell)));
            page.push_str("</tr>\n");
        }
        page.push_str("</table>\n");
    }
    page.push_str("<p>For programs: /metrics, /livez, /readyz</p></body></html>\n");
    page
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: StatusPage = StatusPage {
        program: "app",
        tables: &[
            StatusTable { heading: "Events", label: None, columns: &[("read", "read_total"), ("lost", "lost_total")] },
            StatusTable {
                heading: "Feeds",
                label: Some("feed"),
                columns: &[("offset", "offset"), ("lag in s", "lag_seconds"), ("errors", "errors_total")],
            },
        ],
    };
    const METRICS: &str = "# HELP offset Offset\nread_total 41\noffset{feed=\"0\"} 1900000001\nlag_seconds{feed=\"0\"} 1.25\n\
        offset{feed=\"1\"} NaN\nerrors_total{feed=\"1\",kind=\"a\\\"},b\"} 2\nerrors_total{kind=\"b\",feed=\"1\"} 3\nother 1\n";

    #[test]
    fn parts_and_metrics_become_tables() {
        let readiness = Readiness::default();
        let (token, _feed) = (readiness.part("token", "an answer"), readiness.part("feed", "<script>alert(\"&\")"));
        token.mark_ready();
        let tables = PAGE.fill(&readiness, METRICS);
        let expected = [
            "app: not ready\n",
            "Parts",
            "  part   state",
            "  feed   <script>alert(\"&\")",
            "  token  ok\n",
            "Events",
            "  read  lost",
            "  41    -\n",
            "Feeds",
            "  feed  offset      lag in s  errors",
            "  0     1900000001  1.2       -",
            "  1     -           -         5\n",
        ];
        assert_eq!(text("app: not ready", &tables), expected.join("\n"));
        let html = html("app: not ready", &tables);
        assert!(
            html.contains("<tr class=\"wrong\"><td>feed</td><td>&lt;script&gt;alert(&quot;&amp;&quot;)</td></tr>"),
            "{html}"
        );
        assert!(html.contains("<tr><td>0</td><td>1900000001</td><td>1.2</td><td>-</td></tr>"), "{html}");
        assert!(!html.contains("<script"));
    }
}
