//! `cargo xtask moto`: installs the S3, SQS, SNS, SSM and Secrets Manager that tests and the demo use.
//!
//! They are moto from `PyPI`, in a virtual environment under target/tools/moto. fixtures/stand-ins starts it.

use anyhow::Result;

use crate::python::Environment;

/// stand-ins compares its copy with the same file.
const MOTO: Environment = Environment {
    name: "moto",
    requirements: include_str!("../moto-requirements.txt"),
    file: "xtask/moto-requirements.txt",
    modules: "moto, flask, yaml",
};

/// Installs moto unless it is installed already.
pub(crate) fn install() -> Result<()> {
    let folder = MOTO.install()?;
    println!("moto is in {}", folder.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_is_pinned_exactly() {
        assert_eq!(crate::python::loose(MOTO.requirements), [""; 0]);
    }
}
