//! `cargo xtask ocsf-validators`: installs the validators of OCSF events that tests use.
//!
//! They come from `PyPI`, in a virtual environment under target/tools/ocsf. crates/audit-schema/tests/ocsf runs them.

use anyhow::Result;

use crate::python::Environment;

/// The tests compare their copy with the same file.
const VALIDATORS: Environment = Environment {
    name: "ocsf",
    requirements: include_str!("../ocsf-requirements.txt"),
    file: "xtask/ocsf-requirements.txt",
    modules: "jsonschema, ocsf, ocsf_json_schema",
};

/// Installs the validators unless they are installed already.
pub(crate) fn install() -> Result<()> {
    let folder = VALIDATORS.install()?;
    println!("the validators of OCSF events are in {}", folder.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_is_pinned_exactly() {
        assert_eq!(crate::python::loose(VALIDATORS.requirements), [""; 0]);
    }
}
