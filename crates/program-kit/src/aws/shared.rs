//! The shared files (`~/.aws/config`, `~/.aws/credentials`) and the selected profile.

use super::options::AwsOptions;
use crate::environment::{quoted, variable};
use aws_config::profile::{self, Profile, ProfileSet};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_types::os_shim_internal::{Env, Fs};
use common_aws::failure::causes;
use std::error::Error;
use std::fs::File;
use std::io;
use std::path::PathBuf;

/// The default profile.
const DEFAULT: &str = "default";
/// The variables that name a profile; the first one that is set counts.
const VARIABLES: [&str; 2] = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"];

/// The shared files and the selected profile.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) profile: ProfileName,
    pub(super) files: EnvConfigFiles,
    sections: ProfileSet,
    paths: Vec<SharedFile>,
}

/// The name of the profile, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ProfileName {
    pub(super) name: String,
    pub(super) origin: Origin,
}

/// The origin of a name or a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// An option of the program. It wins over keys in the environment, as in the AWS CLI, boto3 and the SDK for Go.
    Option,
    /// A variable. Keys in the environment win over it, as in the same programs.
    Variable(&'static str),
    Nobody,
}

/// One of the shared files.
#[derive(Debug)]
struct SharedFile {
    kind: EnvConfigFileKind,
    path: PathBuf,
    origin: Origin,
    /// Why it cannot be read.
    failure: Option<io::Error>,
}

/// A value with the name of its variable or key.
pub(super) type NamedValue = Option<(&'static str, String)>;

impl Shared {
    /// Reads the files.
    ///
    /// # Errors
    /// All mistakes in the files and in the selected profile.
    pub(super) async fn load(options: &AwsOptions) -> Result<Self, Vec<String>> {
        let profile = ProfileName::find(options);
        let paths = vec![
            SharedFile::find(EnvConfigFileKind::Config, options.config_file.as_ref(), "AWS_CONFIG_FILE", "config"),
            SharedFile::find(
                EnvConfigFileKind::Credentials,
                options.credentials_file.as_ref(),
                "AWS_SHARED_CREDENTIALS_FILE",
                "credentials",
            ),
        ];
        let missing: Vec<_> = paths.iter().filter_map(SharedFile::mistake).collect();
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

    /// Returns a variable, or else a value of the profile, with the name of the setting.
    pub(super) fn given(&self, name: &'static str, key: &'static str) -> NamedValue {
        variable(name).map(|value| (name, value)).or_else(|| Some((key, self.get(key)?.to_owned())))
    }

    /// Returns the paths, with the failure of each unreadable file.
    pub(super) fn places(&self) -> String {
        self.paths.iter().map(SharedFile::place).collect::<Vec<_>>().join(" and ")
    }

    /// Returns the profile, or its source profile, if its credentials come from a login to IAM Identity Center.
    pub(super) fn login(&self) -> Option<String> {
        let source = self.get("source_profile").unwrap_or(&self.profile.name);
        let has_login = |name: &&str| {
            let profile = self.sections.get_profile(name);
            profile.is_some_and(|it| ["sso_session", "sso_start_url"].iter().any(|key| it.get(key).is_some()))
        };
        [self.profile.name.as_str(), source].into_iter().find(has_login).map(str::to_owned)
    }

    fn mistakes(&self) -> Vec<String> {
        let name = &self.profile.name;
        let Some(profile) = self.sections.get_profile(name) else {
            let who = match self.profile.origin {
                Origin::Option => "it is named as the AWS profile to use".to_owned(),
                Origin::Variable(variable) => format!("{variable} names it"),
                Origin::Nobody => return Vec::new(),
            };
            return vec![format!("AWS profile {name}: does not exist in {}; {who}{}", self.places(), self.others())];
        };
        let mut seen = vec![name.as_str()];
        let mut next = Some(profile);
        let mut mistakes = Vec::new();
        while let Some(profile) = next {
            mistakes.extend(unusable(profile));
            mistakes.extend(in_quotes(profile));
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

impl ProfileName {
    fn find(options: &AwsOptions) -> Self {
        if let Some(name) = options.profile.as_ref().filter(|name| !name.is_empty()) {
            return Self { name: name.clone(), origin: Origin::Option };
        }
        let named = VARIABLES.iter().find_map(|variable_name| {
            Some(Self { name: variable(variable_name)?, origin: Origin::Variable(variable_name) })
        });
        named.unwrap_or_else(|| Self { name: DEFAULT.to_owned(), origin: Origin::Nobody })
    }
}

impl SharedFile {
    fn find(kind: EnvConfigFileKind, option: Option<&PathBuf>, variable_name: &'static str, name: &str) -> Self {
        let home = || PathBuf::from(variable("HOME").unwrap_or_default());
        let of_variable = || Some((Origin::Variable(variable_name), PathBuf::from(variable(variable_name)?)));
        let named = option.map(|path| (Origin::Option, path.clone())).or_else(of_variable);
        let (origin, path) = named.unwrap_or_else(|| (Origin::Nobody, home().join(".aws").join(name)));
        // As in the SDKs, which do this in place of a shell if the value is quoted.
        let path = path.strip_prefix("~").map(|rest| home().join(rest)).unwrap_or(path);
        let failure = File::open(&path).err();
        Self { kind, path, origin, failure }
    }

    /// Returns the mistake. A file need not exist, unless an option names it. If the usual file cannot be read, HOME
    /// may simply be another user's, as in containers that do not run as root.
    fn mistake(&self) -> Option<String> {
        let failure = self.failure.as_ref()?;
        let is_wrong = match self.origin {
            Origin::Option => true,
            Origin::Variable(_) => failure.kind() != io::ErrorKind::NotFound,
            Origin::Nobody => false,
        };
        if self.origin == Origin::Nobody && self.path.exists() {
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

fn files(paths: &[SharedFile]) -> EnvConfigFiles {
    let mut files = EnvConfigFiles::builder();
    for SharedFile { kind, path, failure, .. } in paths {
        files = match failure {
            None => files.with_file(*kind, path),
            Some(_) => files.with_contents(*kind, ""),
        };
    }
    files.build()
}

/// Returns the settings of a profile that the SDK would skip, or report in unclear words.
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

/// Keys whose values are used unchanged. A shell would remove quotation marks; the files keep them.
const PLAIN: [&str; 12] = [
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "ca_bundle",
    "credential_source",
    "endpoint_url",
    "external_id",
    "region",
    "role_arn",
    "source_profile",
    "sso_session",
    "web_identity_token_file",
];

/// Returns a message for each value in quotation marks. It does not repeat the value.
fn in_quotes(profile: &Profile) -> Vec<String> {
    let is_quoted = |key: &&&str| profile.get(key).is_some_and(|value| quoted(key, value).is_some());
    let keys = PLAIN.iter().filter(is_quoted);
    let name = profile.name();
    keys.map(|key| {
        format!("AWS profile {name}: {key} stands in quotation marks, which count as part of it; remove them")
    })
    .collect()
}

/// The parser's text has the file and the line number, on several lines.
fn explained(error: &(dyn Error + 'static)) -> String {
    format!("AWS shared files: {}", causes(error).split_whitespace().collect::<Vec<_>>().join(" "))
}
