//! Checks the Helm chart with each file of values in its folder `ci`, whose comments have the expected results.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::files::Files;
use super::programs::Programs;
use crate::files::read;
use crate::run::{here, output, run, target};

/// A comment with a text that the rendered chart must have. `\n` is a line break, here and below.
const GIVES: &str = "# gives: ";
/// A comment with a text that it must not have.
const GIVES_NO: &str = "# gives no: ";
/// A comment with a setting that the chart must refuse, and a part of the message.
const REFUSES: &str = "# refuses: ";

/// The chart's copy of the alerts, since a package has no other files.
const ALERTS: [&str; 2] =
    ["examples/deploy/helm/fig-bridge/files/alerts.yaml", "examples/observability/fig-bridge.rules.yaml"];

pub(super) fn check(files: &Files, programs: &Programs) -> Result<()> {
    let [copy, alerts] = ALERTS;
    ensure!(read(Path::new(copy))? == read(Path::new(alerts))?, "{copy} differs: copy {alerts} there");
    let helm = match programs.helm() {
        Ok(helm) => helm,
        Err(error) => return programs.missing("Helm's charts", error),
    };
    let (mut expected, mut refused) = (0, 0);
    for values in values(files)? {
        let chart = chart_of(&values)?;
        run(here(&helm).args(["lint", "--strict", "--quiet", "-f"]).arg(&values).arg(chart))?;
        let rendered = rendered(&helm, &values)?;
        run(programs.kubernetes_validate().arg(&rendered))?;
        let (comments, text) = (read(&values)?, read(&rendered)?);
        let missing = marked(&comments, GIVES).filter(|wanted| !text.contains(wanted)).map(|it| format!("no {it:?}"));
        let unwanted = marked(&comments, GIVES_NO).filter(|word| text.contains(word)).map(|it| format!("a {it:?}"));
        let wrong: Vec<String> = missing.chain(unwanted).collect();
        ensure!(wrong.is_empty(), "the chart with {} gives {}", values.display(), wrong.join(", "));
        expected += marked(&comments, GIVES).count();
        refused += refusals(&helm, &values, &comments)?;
    }
    ensure!(expected > 0 && refused > 0, "no file of values has {GIVES:?} or {REFUSES:?}");
    println!("{expected} expected texts are in the charts, {refused} kinds of wrong values are refused");
    Ok(())
}

/// Returns the texts of the comments with this mark.
fn marked(comments: &str, mark: &str) -> impl Iterator<Item = String> {
    comments.lines().filter_map(move |line| line.strip_prefix(mark)).map(|text| text.replace("\\n", "\n"))
}

/// Returns the files of values.
fn values(files: &Files) -> Result<Vec<PathBuf>> {
    files.all(|path| path.to_string_lossy().ends_with("-values.yaml"))
}

/// Returns the rendered chart for every file of values, for other checks. Returns nothing without helm.
pub(super) fn all_rendered(files: &Files, programs: &Programs) -> Result<Vec<PathBuf>> {
    let Ok(helm) = programs.helm() else { return Ok(Vec::new()) };
    values(files)?.iter().map(|values| rendered(&helm, values)).collect()
}

fn chart_of(values: &Path) -> Result<&Path> {
    values.ancestors().nth(2).with_context(|| format!("{} is not part of a chart", values.display()))
}

/// Renders the chart into a file under target.
fn rendered(helm: &Path, values: &Path) -> Result<PathBuf> {
    let text = output(here(helm).args(["template", "fig"]).arg(chart_of(values)?).arg("-f").arg(values))?;
    let file = target().join("tools/helm").join(values.file_name().unwrap_or_default());
    fs::write(&file, text).with_context(|| file.display().to_string())?;
    Ok(file)
}

/// Checks that the chart refuses each setting of the comments, and returns their number.
fn refusals(helm: &Path, values: &Path, comments: &str) -> Result<usize> {
    for refused in marked(comments, REFUSES) {
        let (set, said) = refused.split_once(" => ").with_context(|| format!("{REFUSES}{refused}: no =>"))?;
        let mut template = here(helm);
        template.args(["template", "fig"]).arg(chart_of(values)?).arg("-f").arg(values).args(["--set", set]);
        let answer = template.output().context("helm")?;
        let text = String::from_utf8_lossy(&answer.stderr);
        let is_refused = !answer.status.success() && text.contains(said);
        ensure!(is_refused, "with --set {set} helm template should fail with {said:?}, not with {text:?}");
    }
    Ok(marked(comments, REFUSES).count())
}
