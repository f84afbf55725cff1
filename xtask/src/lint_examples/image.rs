//! Checks that the image of fig-bridge has the user and the folders of FIG's image, which users mount files into.

use std::path::Path;

use anyhow::{Result, bail, ensure};

use super::files::Files;
use super::programs::Programs;
use crate::files::read;
use crate::run::run;

/// The stage of fig-bridge's image.
const STAGE: &str = "fig-bridge";
/// The lines of FIG's Dockerfile (3.6.2): user 1000 owns its home, /fig. `docker run -v ~/.aws:/fig/.aws`, a config.ini
/// below /fig, and files that user 1000 may read depend on it.
const AS_FIG: &[&str] =
    &["COPY --from=build --chown=1000:1000 /out/fig /fig", "ENV HOME=/fig", "WORKDIR /fig", "USER 1000:1000"];
/// The user in each kind of manifest that runs fig-bridge.
const USERS: &[(&str, &str)] = &[
    ("deploy/kubernetes/fig-bridge.yaml", "runAsUser: 1000\n"),
    ("deploy/helm/fig-bridge/values.yaml", "runAsUser: 1000\n"),
    ("deploy/ecs/fargate.yaml", "User: \"1000\"\n"),
];

pub(super) fn check(files: &Files, programs: &Programs) -> Result<()> {
    let dockerfiles = files.all(|path| path.file_name().is_some_and(|name| name == "Dockerfile"))?;
    run(programs.python_tool("hadolint").args(&dockerfiles))?;
    for dockerfile in &dockerfiles {
        let missing = missing(&read(dockerfile)?);
        ensure!(missing.is_empty(), "{}: the stage {STAGE} has no {}", dockerfile.display(), missing.join(", "));
    }
    for (file, user) in USERS {
        let file = Path::new("examples").join(file);
        ensure!(read(&file)?.contains(user), "{}: has no {}", file.display(), user.trim_end());
    }
    println!("user and home are FIG's");
    Ok(())
}

/// Returns the lines that the stage of fig-bridge lacks.
fn missing(dockerfile: &str) -> Vec<&'static str> {
    let is_head = |line: &&str| line.starts_with("FROM ");
    let mut lines = dockerfile.lines().skip_while(|line| !(is_head(line) && line.ends_with(&format!(" AS {STAGE}"))));
    let stage: Vec<&str> = lines.by_ref().skip(1).take_while(|line| !is_head(line)).collect();
    AS_FIG.iter().copied().filter(|wanted| !stage.contains(wanted)).collect()
}

/// Checks that upgrades work with server-side apply.
pub(super) fn strategies(files: &Files) -> Result<()> {
    for file in files.with_line("kind: Deployment")? {
        if read(&file)?.contains("type: Recreate") {
            bail!("{}: Recreate is refused on upgrade under server-side apply; use maxSurge: 0", file.display());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_stage_of_fig_bridge_counts() {
        let stage = AS_FIG.join("\n");
        assert_eq!(missing(&format!("FROM a AS build\nFROM b AS fig-bridge\n{stage}\n")), [""; 0]);
        assert_eq!(missing(&format!("FROM a AS other\n{stage}\nFROM b AS fig-bridge\nFROM c AS d\n{stage}\n")), AS_FIG);
        assert_eq!(missing(&format!("FROM b AS fig-bridge\n{}\n", stage.replace("1000:1000", "65532"))).len(), 2);
    }
}
