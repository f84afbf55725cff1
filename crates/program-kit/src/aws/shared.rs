//! The shared files (`~/.aws/config`, `~/.aws/credentials`) and the profile of theirs that is used.

use super::AwsOptions;
use crate::environment::variable;
use aws_config::profile::{self, Profile, ProfileSet};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_types::os_shim_internal::{Env, Fs};
use std::error::Error;
use std::fs::File;
use std::io;
use std::path::PathBuf;

/// The profile where none is named.
const DEFAULT: &str = "default";
/// The variables that name a profile, the first that is set counting.
const VARIABLES: [&str; 2] = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"];

/// The shared files, and which profile of theirs counts.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) profile: Named,
    pub(super) files: EnvConfigFiles,
    sections: ProfileSet,
    paths: Vec<Path>,
}

/// The name of the profile, and who says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) by: By,
}

/// Who names the profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// An option of the program. It wins over keys in the environment, as in the AWS CLI, boto3 and the SDK for Go.
    Option,
    /// A variable. Keys in the environment win over it, as in all of those.
    Variable(&'static str),
    Nobody,
}

/// One of the shared files.
#[derive(Debug)]
struct Path {
    kind: EnvConfigFileKind,
    path: PathBuf,
    by: By,
    /// Why it cannot be read.
    failure: Option<io::Error>,
}

impl Shared {
    /// Reads the files.
    ///
    /// # Errors
    /// Says everything that is wrong with them and with the profile that is named.
    pub(super) async fn load(options: &AwsOptions) -> Result<Self, Vec<String>> {
        let profile = Named::find(options);
        let paths = vec![
            Path::find(EnvConfigFileKind::Config, options.config_file.as_ref(), "AWS_CONFIG_FILE", "config"),
            Path::find(
                EnvConfigFileKind::Credentials,
                options.credentials_file.as_ref(),
                "AWS_SHARED_CREDENTIALS_FILE",
                "credentials",
            ),
        ];
        let missing: Vec<_> = paths.iter().filter_map(Path::mistake).collect();
        if !missing.is_empty() {
            return Err(missing);
        }
        let files = files(&paths);
        let sections = profile::load(&Fs::real(), &Env::real(), &files, Some(profile.name.clone().into())).await;
        let sections = sections.map_err(|error| vec![explained(&error)])?;
        let shared = Self { profile, files, sections, paths };
        let mistakes = shared.mistakes();
        if mistakes.is_empty() { Ok(shared) } else { Err(mistakes) }
    }

    /// Returns a value of the profile.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.sections.get(key).map(str::trim).filter(|value| !value.is_empty())
    }

    /// Returns the files with what became of those that cannot be read.
    pub(super) fn places(&self) -> String {
        self.paths.iter().map(Path::place).collect::<Vec<_>>().join(" and ")
    }

    fn mistakes(&self) -> Vec<String> {
        let name = &self.profile.name;
        let Some(profile) = self.sections.get_profile(name) else {
            let who = match self.profile.by {
                By::Option => "it is named as the AWS profile to use".to_owned(),
                By::Variable(variable) => format!("{variable} names it"),
                By::Nobody => return Vec::new(),
            };
            return vec![format!("AWS profile {name}: does not exist in {}; {who}{}", self.places(), self.others())];
        };
        let mut seen = vec![name.as_str()];
        let mut next = Some(profile);
        let mut mistakes = Vec::new();
        while let Some(profile) = next {
            mistakes.extend(unusable(profile));
            next = profile.get("source_profile").filter(|source| !seen.contains(source)).and_then(|source| {
                seen.push(source);
                let found = self.sections.get_profile(source);
                if found.is_none() {
                    let (name, places) = (profile.name(), self.places());
                    mistakes.push(format!(
                        "AWS profile {name}: its source_profile {source} does not exist in {places}{}",
                        self.others()
                    ));
                }
                found
            });
        }
        mistakes
    }

    fn others(&self) -> String {
        let mut names: Vec<_> = self.sections.profiles().collect();
        names.sort_unstable();
        if names.is_empty() { String::new() } else { format!("; the profiles there are {}", names.join(", ")) }
    }
}

impl Named {
    fn find(options: &AwsOptions) -> Self {
        if let Some(name) = options.profile.as_ref().filter(|name| !name.is_empty()) {
            return Self { name: name.clone(), by: By::Option };
        }
        let named = VARIABLES
            .iter()
            .find_map(|variable_name| Some(Self { name: variable(variable_name)?, by: By::Variable(variable_name) }));
        named.unwrap_or_else(|| Self { name: DEFAULT.to_owned(), by: By::Nobody })
    }
}

impl Path {
    fn find(kind: EnvConfigFileKind, option: Option<&PathBuf>, variable_name: &'static str, name: &str) -> Self {
        let home = || PathBuf::from(variable("HOME").unwrap_or_default());
        let of_variable = || Some((By::Variable(variable_name), PathBuf::from(variable(variable_name)?)));
        let named = option.map(|path| (By::Option, path.clone())).or_else(of_variable);
        let (by, path) = named.unwrap_or_else(|| (By::Nobody, home().join(".aws").join(name)));
        // As in the SDKs, which do what a shell would where a value is quoted.
        let path = path.strip_prefix("~").map(|rest| home().join(rest)).unwrap_or(path);
        let failure = File::open(&path).err();
        Self { kind, path, by, failure }
    }

    /// A file need not be there, unless an option names it. That the usual one cannot be read may mean no more than that
    /// HOME is another user's, as in containers that do not run as root.
    fn mistake(&self) -> Option<String> {
        let failure = self.failure.as_ref()?;
        let is_wrong = match self.by {
            By::Option => true,
            By::Variable(_) => failure.kind() != io::ErrorKind::NotFound,
            By::Nobody => false,
        };
        if self.by == By::Nobody && self.path.exists() {
            tracing::warn!(file = %self.path.display(), reason = %failure, "an AWS file is there and cannot be read");
        }
        is_wrong.then(|| format!("AWS file {}: cannot be read: {failure}{}", self.path.display(), hint(failure)))
    }

    fn place(&self) -> String {
        match &self.failure {
            Some(error) if error.kind() == io::ErrorKind::NotFound => format!("{} (no such file)", self.path.display()),
            Some(error) => format!("{} ({error})", self.path.display()),
            None => self.path.display().to_string(),
        }
    }
}

fn hint(failure: &io::Error) -> &'static str {
    match failure.kind() {
        io::ErrorKind::PermissionDenied => "; let the user that this program runs as read it",
        _ => "",
    }
}

fn files(paths: &[Path]) -> EnvConfigFiles {
    let mut files = EnvConfigFiles::builder();
    for Path { kind, path, failure, .. } in paths {
        files = match failure {
            None => files.with_file(*kind, path),
            Some(_) => files.with_contents(*kind, ""),
        };
    }
    files.build()
}

/// What of a profile the SDK would pass over, or name in words that help nobody.
fn unusable(profile: &Profile) -> Vec<String> {
    let name = profile.name();
    let has = |key: &str| profile.get(key).is_some_and(|value| !value.trim().is_empty());
    let mut mistakes = Vec::new();
    if has("role_arn") && has("mfa_serial") {
        mistakes.push(format!(
            "AWS profile {name}: mfa_serial asks for a code, and there is nobody to type it; use a role without MFA, or \
             keys of `aws sts get-session-token`"
        ));
    }
    if has("login_session") {
        mistakes.push(format!(
            "AWS profile {name}: login_session (`aws login`) is not supported; use a profile with \
             `credential_process = aws configure export-credentials --profile {name}`"
        ));
    }
    mistakes
}

/// The parser's text names file and line, and is on several lines.
fn explained(error: &(dyn Error + 'static)) -> String {
    let texts = std::iter::successors(Some(error), |error| (*error).source()).map(ToString::to_string);
    let text = texts.collect::<Vec<_>>().join(": ");
    format!("AWS shared files: {}", text.split_whitespace().collect::<Vec<_>>().join(" "))
}
