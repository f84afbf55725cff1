//! The paths of the programs and files.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// The paths that every case gets.
pub(crate) struct World {
    pub(crate) falco: PathBuf,
    /// `LD_LIBRARY_PATH` for Falco.
    pub(crate) libraries: OsString,
    /// The workspace's folder.
    pub(crate) root: PathBuf,
    /// Each placeholder of a configuration, with its value.
    places: Vec<(&'static str, String)>,
}

impl World {
    /// Finds the files. `falco` is the folder with Falco, the json plugin and the official rules.
    pub(crate) fn new(falco: &Path, plugin: &Path, libraries: OsString) -> Result<Self> {
        let absolute = |path: &Path| std::path::absolute(path).with_context(|| path.display().to_string());
        let (falco, plugin) = (absolute(falco)?, absolute(plugin)?);
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().context("the workspace")?;
        let places = [
            ("{plugin}", plugin),
            ("{json}", falco.join("libjson.so")),
            ("{official}", falco.join("aws_cloudtrail_rules.yaml")),
            ("{rules}", root.join("examples/falco/trailbridge_rules.yaml")),
            ("{examples}", root.join("examples/falco")),
            ("{fixtures}", root.join("fixtures")),
            ("{one}", root.join("fixtures/falco-rules/console-login-without-mfa.fires.json")),
        ];
        for (place, path) in &places {
            ensure!(path.exists(), "{} is missing ({place})", path.display());
        }
        let places = places.map(|(place, path)| (place, path.display().to_string())).into();
        let falco = falco.join("falco");
        ensure!(falco.is_file(), "{} is missing", falco.display());
        Ok(Self { falco, libraries, root, places })
    }

    /// Returns the text with its placeholders filled in, those of the case included.
    pub(crate) fn fill(&self, text: &str, own: &[(&str, String)]) -> String {
        let places = self.places.iter().chain(own);
        places.fold(text.to_owned(), |text, (place, value)| text.replace(place, value))
    }
}
