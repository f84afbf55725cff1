//! The Helm chart, with each file of values in its folder `ci`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use super::{files::Files, here, not_checked, programs::Programs};
use crate::run::{output, run, target};

/// Values that the chart has to refuse, and what it has to say.
const REFUSED: &[(&str, &str)] = &[
    ("push.azure_log_analytics.enabled=true", "a backend of FIG's that fig-bridge does not have"),
    ("push.generic.enabled=false", "enable one of push."),
    ("autoscaling.enabled=true", "one application id has one connection"),
    ("fig_bridge.dead_letter=file:/tmp/letters", "dead_letter"),
    ("fig_bridge.dead_leter=sqs://a", "dead_leter"),
    ("falcon.integration_gateway.application_id=a b", "application_id"),
];

pub(super) fn check(files: &Files, programs: &Programs) -> Result<()> {
    let helm = match programs.helm() {
        Ok(helm) => helm,
        Err(error) => {
            not_checked("Helm's charts", &format!("{error:#}"));
            return Ok(());
        }
    };
    for values in values(files)? {
        let chart = chart_of(&values)?;
        run(here(&helm).args(["lint", "--strict", "--quiet", "-f"]).arg(&values).arg(chart))?;
        run(programs.kubernetes_validate().arg(rendered(&helm, &values)?))?;
    }
    refusals(&helm, files)
}

/// The files of values.
fn values(files: &Files) -> Result<Vec<PathBuf>> {
    files.all(|path| path.to_string_lossy().ends_with("-values.yaml"))
}

/// What every file of values comes to, for other checks; nothing where there is no helm.
pub(super) fn all_rendered(files: &Files, programs: &Programs) -> Result<Vec<PathBuf>> {
    let Ok(helm) = programs.helm() else { return Ok(Vec::new()) };
    values(files)?.iter().map(|values| rendered(&helm, values)).collect()
}

fn chart_of(values: &Path) -> Result<&Path> {
    values.ancestors().nth(2).with_context(|| format!("{} is in no chart", values.display()))
}

/// Renders the chart into a file under target.
fn rendered(helm: &Path, values: &Path) -> Result<PathBuf> {
    let text = output(here(helm).args(["template", "fig"]).arg(chart_of(values)?).arg("-f").arg(values))?;
    let file = target().join("tools/helm").join(values.file_name().unwrap_or_default());
    fs::write(&file, text).with_context(|| file.display().to_string())?;
    Ok(file)
}

fn refusals(helm: &Path, files: &Files) -> Result<()> {
    let values = files.all(|path| path.ends_with("ci/secret-values.yaml"))?;
    let [values] = values.as_slice() else { bail!("there are several charts; say which refuses what") };
    for (set, said) in REFUSED {
        let mut template = here(helm);
        template.args(["template", "fig"]).arg(chart_of(values)?).arg("-f").arg(values).args(["--set", set]);
        let answer = template.output().context("helm")?;
        let text = String::from_utf8_lossy(&answer.stderr);
        if answer.status.success() || !text.contains(said) {
            bail!("with --set {set} helm template should fail and say {said:?}; it says {text:?}");
        }
    }
    println!("{} kinds of wrong values are refused", REFUSED.len());
    Ok(())
}
