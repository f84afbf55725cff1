//! The Helm chart, with each file of values in its folder `ci`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use super::{files::Files, here, not_checked, programs::Programs};
use crate::run::{output, run, target};

/// What FIG's own values give, with nothing but the image changed: FIG's names, so that its release is upgraded in place, and
/// no need of a storage class.
const FROM_FIG: Expected = Expected {
    values: "fig-values.yaml",
    present: &[
        "  name: fig-falcon-integration-gateway\n",
        "  name: fig-falcon-integration-gateway-config\n",
        "  name: fig-falcon-integration-gateway-creds\n",
        "      serviceAccountName: falcon-integration-gateway\n",
        "      run: fig-falcon-integration-gateway\n      app.kubernetes.io/name: falcon-integration-gateway\n",
        "        - name: falcon-integration-gateway\n",
        "image: \"registry.example.com/fig-bridge:latest\"",
        "eks.amazonaws.com/role-arn: arn:aws:iam::111122223333:role/fig",
        "      maxSurge: 0\n",
        "      maxUnavailable: 1\n",
        "          emptyDir: {}\n",
        "            runAsUser: 1000\n",
        "    level = WARN\n",
        "    detections_exclude_clouds = GCP\n",
    ],
    absent: &["PersistentVolumeClaim", "type: Recreate", "older_than_days_threshold"],
};
/// Where files have to last, there is a claim, which outlives the release.
const WITH_CLAIM: Expected = Expected {
    values: "store-values.yaml",
    present: &[
        "kind: PersistentVolumeClaim\n",
        "helm.sh/resource-policy: keep\n",
        "          persistentVolumeClaim:\n",
    ],
    absent: &["emptyDir", "type: Recreate"],
};

/// What a file of values has to give, and what not.
struct Expected {
    values: &'static str,
    present: &'static [&'static str],
    absent: &'static [&'static str],
}

/// Values that the chart has to refuse, and what it has to say.
const REFUSED: &[(&str, &str)] = &[
    ("push.azure_log_analytics.enabled=true", "a backend of FIG's that fig-bridge does not have"),
    ("push.generic.enabled=false", "enable one of push."),
    ("autoscaling.enabled=true", "one application id has one connection"),
    ("fig_bridge.dead_letter=file:/tmp/letters", "dead_letter"),
    ("fig_bridge.dead_leter=sqs://a", "dead_leter"),
    ("fig_bridge.offset_store=file:/var/lib/fig-bridge/offsets.json", "fig_bridge.persistence.enabled"),
    ("falcon.integration_gateway.application_id=a b", "application_id"),
    ("falcon.credentials_store.store=ssm", "at the top level"),
    ("image.repository=quay.io/crowdstrike/falcon-integration-gateway", "is FIG's image"),
    ("push.cloudtrail_lake.chanel_arn=none", "chanel_arn"),
    ("fig.dead_letter=none", "'fig'"),
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
    expectations(&helm, files)?;
    refusals(&helm, files)
}

fn expectations(helm: &Path, files: &Files) -> Result<()> {
    for Expected { values, present, absent } in [FROM_FIG, WITH_CLAIM] {
        let found = files.all(|path| path.ends_with(Path::new("ci").join(values)))?;
        for values in &found {
            let text = fs::read_to_string(rendered(helm, values)?)?;
            let missing = present.iter().filter(|wanted| !text.contains(**wanted)).map(|it| format!("no {it:?}"));
            let unwanted = absent.iter().filter(|word| text.contains(**word)).map(|it| format!("a {it:?}"));
            let wrong: Vec<String> = missing.chain(unwanted).collect();
            if !wrong.is_empty() {
                bail!("the chart with {} gives {}", values.display(), wrong.join(", "));
            }
        }
    }
    println!("FIG's values give FIG's names");
    Ok(())
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
