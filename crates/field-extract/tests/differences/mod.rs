//! The differences from the original that are wanted, by their numbers in the README, each as a predicate.

use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The number of fields of the original; the fields after them are ours.
pub(crate) const ORIGINAL: usize = 73;

/// The answers to the project's own records, as a path from the folder of a package.
pub(crate) const OWN: &str = "../../fixtures/conformance";
/// The answers to records that others published. They are not part of the project.
pub(crate) const PUBLISHED: &str = "../../../shared/conformance";

/// Returns the log files of a folder that have recorded answers, in order. Panics if the folder has no such file.
pub(crate) fn recordings(folder: &str) -> Vec<PathBuf> {
    // Both packages that include this file are two folders below the workspace's.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = std::fs::read_dir(&folder);
    assert!(entries.is_ok(), "{}: {:?}", folder.display(), entries.err());
    let entries = entries.into_iter().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.to_string_lossy().ends_with(".json.gz"));
    files.sort();
    assert!(!files.is_empty(), "{} has no recorded answers", folder.display());
    files
}

/// Differences that a failure shows.
const SHOWN: usize = 40;

/// Answers by field.
pub(crate) type Answers = BTreeMap<String, Json>;

/// One record and both answers about it.
pub(crate) struct Case {
    pub(crate) record: Json,
    pub(crate) theirs: Answers,
    pub(crate) ours: Answers,
}

/// The differences of all cases.
#[derive(Default)]
pub(crate) struct Report {
    /// How often each listed difference was seen, by its number.
    by_number: BTreeMap<u8, usize>,
    /// The differences that are not listed.
    unexpected: Vec<String>,
}

impl Report {
    /// Adds the differences of a case. `place` names it in messages.
    pub(crate) fn add(&mut self, place: &str, case: &Case) {
        for (field, difference) in case.differences() {
            match difference {
                Some(number) => *self.by_number.entry(number).or_default() += 1,
                None => self.unexpected.push(format!(
                    "{place} {field}: {:?}, not {:?}",
                    case.ours.get(field),
                    case.theirs.get(field)
                )),
            }
        }
    }

    /// Returns how often each listed difference was seen. Panics if there is one that is not listed.
    pub(crate) fn finish(self) -> BTreeMap<u8, usize> {
        let Self { by_number, unexpected } = self;
        let shown: Vec<&str> = unexpected.iter().take(SHOWN).map(String::as_str).collect();
        assert!(unexpected.is_empty(), "{} unexpected:\n{}", unexpected.len(), shown.join("\n"));
        by_number
    }
}

/// The arguments of a predicate: the case, the field, their answer and ours.
type Predicate = fn(&Case, &str, Option<&Json>, Option<&Json>) -> bool;

/// The table of differences. The first predicate that holds names the difference.
const DIFFERENCES: &[(u8, Predicate)] = &[
    (1, document_name),
    (10, nul_dropped),
    (2, null_absent_others_as_json),
    (3, operations_always_present),
    (4, read_only_by_name),
    (5, management_by_type),
    (6, policy_or_subnet_elsewhere),
    (7, user_of_other_identities),
    (9, session_of_an_arn_with_a_path),
    (11, byte_counts_saturate),
    (8, summary),
];

impl Case {
    /// The fields whose answers differ, each with the difference that explains it.
    pub(crate) fn differences(&self) -> Vec<(&str, Option<u8>)> {
        let names: BTreeSet<&str> = self.theirs.keys().chain(self.ours.keys()).map(String::as_str).collect();
        let differing = names.into_iter().filter(|name| self.theirs.get(*name) != self.ours.get(*name));
        differing.map(|name| (name, self.explain(name))).collect()
    }

    fn explain(&self, name: &str) -> Option<u8> {
        let (theirs, ours) = (self.theirs.get(name), self.ours.get(name));
        DIFFERENCES.iter().find(|(_, holds)| holds(self, name, theirs, ours)).map(|(number, _)| *number)
    }

    /// A member, with nested names joined by dots; `None` if it is missing or `null`.
    fn at(&self, path: &str) -> Option<&Json> {
        self.present(path).filter(|value| !value.is_null())
    }

    fn present(&self, path: &str) -> Option<&Json> {
        path.split('.').try_fold(&self.record, |value, name| value.get(name))
    }

    fn ours(&self, name: &str) -> Option<&str> {
        self.ours.get(name).and_then(Json::as_str)
    }

    /// The first of several members, as we answer it.
    fn first(&self, paths: &[&str]) -> Option<Json> {
        paths.iter().find_map(|path| self.at(path)).map(as_text)
    }
}

/// A value as text: strings without NUL, other values as JSON. (The records write numbers as `serde_json` does.)
fn as_text(value: &Json) -> Json {
    match value {
        Json::String(text) => Json::String(text.replace('\0', "")),
        other => Json::String(other.to_string()),
    }
}

/// Whether both are the same, in any order of members.
fn same(a: Option<&Json>, b: Option<&Json>) -> bool {
    let parsed = |it: &Json| it.as_str().and_then(|text| serde_json::from_str::<Json>(text).ok());
    a == b || matches!((a.and_then(parsed), b.and_then(parsed)), (Some(a), Some(b)) if a == b)
}

fn paths(field: &str) -> &'static [&'static str] {
    field_extract::field(field.split('[').next().unwrap()).map_or(&[], |field| field.from)
}

fn document_name(case: &Case, field: &str, theirs: Option<&Json>, ours: Option<&Json>) -> bool {
    let expected = case.first(&["requestParameters.documentName"]);
    field == "ct.request.documentname" && theirs.is_none() && same(ours, expected.as_ref())
}

/// Their value ends at the NUL; ours has the rest as well.
fn nul_dropped(case: &Case, _: &str, theirs: Option<&Json>, ours: Option<&Json>) -> bool {
    let text = |it: Option<&'_ Json>| it.map(|it| it.get(0).unwrap_or(it)).and_then(Json::as_str).map(str::to_owned);
    let (Some(theirs), Some(ours)) = (text(theirs), text(ours)) else { return false };
    case.record.to_string().contains("\\u0000") && ours.len() > theirs.len() && ours.starts_with(&theirs)
}

/// The fields that are read from unchanged members.
fn null_absent_others_as_json(case: &Case, field: &str, theirs: Option<&Json>, ours: Option<&Json>) -> bool {
    let whole = ["ct.request", "ct.response", "ct.additionaleventdata"].contains(&field);
    let computed =
        ["ct.info", "evt.plugininfo", "ct.readonly", "ct.managementevent", "ct.user", "s3.bytes"].contains(&field);
    let theirs_text = theirs.and_then(Json::as_str);
    if whole {
        return theirs_text == Some("null") && ours.is_none();
    }
    if field == "ct.user" {
        // A name in a member that the original takes for an empty string.
        let name =
            ["userIdentity.userName", "userIdentity.invokedBy", "userIdentity.sessionContext.sessionIssuer.userName"];
        let not_text = name.iter().any(|path| case.present(path).is_some_and(|value| !value.is_string()));
        let expected = name.iter().find_map(|path| case.at(path)).map(as_text);
        let role = case.at("userIdentity.type").is_some_and(|it| it == "AssumedRole");
        let expected = expected.or(role.then(|| Json::from("AssumedRole")));
        return not_text && theirs_text == Some("") && same(ours, expected.as_ref());
    }
    if field.starts_with("s3.bytes") {
        let paths = paths(field);
        return theirs == Some(&Json::from(0)) && ours.is_none() && paths.iter().all(|path| case.at(path).is_none());
    }
    if ["ct.managementevent", "ct.readonly", "ct.sessioncredentialfromconsole"].contains(&field) {
        let missing = case.present(paths(field)[0]).is_some_and(Json::is_null);
        let derived = match field {
            "ct.managementevent" => management(case),
            "ct.readonly" => read_only(case),
            _ => None,
        };
        return missing && theirs_text == Some("false") && ours == derived.map(Json::from).as_ref();
    }
    if field.starts_with("ec2.imageids") || field == "ec2.imageid" {
        return images(case, field, theirs, ours);
    }
    if computed {
        return false;
    }
    let mut expected = case.first(match field {
        "ct.originaluser" => &["userIdentity.userName"],
        _ => paths(field),
    });
    if field == "ct.shortsrc" && expected.is_some() {
        expected = case.ours.get("ct.src").cloned();
    }
    theirs_text == Some("") && same(ours, expected.as_ref())
}

/// A `null` in place of the list, or of an image, counts as missing.
fn images(case: &Case, field: &str, theirs: Option<&Json>, ours: Option<&Json>) -> bool {
    let items = "responseElements.instancesSet.items";
    if case.present(items).is_some_and(Json::is_null) {
        let scalar = case.first(&paths("ec2.imageid")[1..]);
        let scalar = if field.ends_with(']') || field == "ec2.imageids" {
            scalar.map(|it| Json::from(vec![it]))
        } else {
            scalar
        };
        return theirs.is_none() && ours == scalar.as_ref();
    }
    let of_items = case.at(items).and_then(|items| items.get(0)?.get("imageId"));
    let value = of_items.or_else(|| paths("ec2.imageid")[1..].iter().find_map(|path| case.present(path)));
    let expected = value.filter(|value| !value.is_null()).map(as_text);
    let unlisted = |it: &Json| it.get(0).cloned().unwrap_or_else(|| it.clone());
    theirs.map(unlisted) == Some(Json::from("")) && same(ours.map(unlisted).as_ref(), expected.as_ref())
}

fn operations_always_present(case: &Case, field: &str, theirs: Option<&Json>, ours: Option<&Json>) -> bool {
    let name = case.record.get("eventName").and_then(Json::as_str);
    let expected = match field {
        "s3.cnt.get" => name == Some("GetObject"),
        "s3.cnt.put" => name == Some("PutObject"),
        "s3.cnt.other" => name != Some("GetObject") && name != Some("PutObject"),
        _ => return false,
    };
    theirs.is_none() && ours == Some(&Json::from(u64::from(expected)))
}

fn read_only(case: &Case) -> Option<&'static str> {
    // The verbs in the recorded answers, and more: extract.go:448-463.
    const CHANGES: &[&str] = &[
        "Start",
        "Stop",
        "Create",
        "Destroy",
        "Delete",
        "Add",
        "Remove",
        "Terminate",
        "Put",
        "Associate",
        "Disassociate",
        "Attach",
        "Detach",
        "Open",
        "Close",
        "Wipe",
        "Update",
        "Upgrade",
        "Unlink",
        "Assign",
        "Unassign",
        "Suspend",
        "Set",
        "Run",
        "Register",
        "Deregister",
        "Reboot",
        "Purchase",
        "Modify",
        "Initialize",
        "Enable",
        "Disable",
        "Cancel",
        "Admin",
        "Activate",
    ];
    let name = case.at("eventName")?.as_str()?;
    Some(if CHANGES.iter().any(|verb| name.starts_with(verb)) { "false" } else { "true" })
}

fn read_only_by_name(case: &Case, field: &str, theirs: Option<&Json>, ours: Option<&Json>) -> bool {
    field == "ct.readonly"
        && case.present("readOnly").is_none()
        && theirs.is_none()
        && ours == read_only(case).map(Json::from).as_ref()
}

fn management(case: &Case) -> Option<&'static str> {
    let of_type = case.at("eventType")?.as_str()?;
    let types = ["AwsApiCall", "AwsConsoleAction", "AwsConsoleSignIn", "AwsServiceEvent"];
    Some(if types.contains(&of_type) { "true" } else { "false" })
}

fn management_by_type(case: &Case, field: &str, theirs: Option<&Json>, ours: Option<&Json>) -> bool {
    field == "ct.managementevent"
        && case.present("managementEvent").is_none()
        && theirs.is_none()
        && ours == management(case).map(Json::from).as_ref()
}

fn policy_or_subnet_elsewhere(case: &Case, field: &str, theirs: Option<&Json>, ours: Option<&Json>) -> bool {
    let theirs = theirs.and_then(Json::as_str).unwrap_or_default();
    let expected = match field {
        "ct.request.policy" => case.first(&["requestParameters.bucketPolicy"]),
        "ct.response.subnetid" => {
            let first = case.at("responseElements.instancesSet.items").and_then(|items| items.get(0)?.get("subnetId"));
            first.map(as_text)
        }
        _ => return false,
    };
    theirs.is_empty() && expected.is_some() && same(ours, expected.as_ref())
}

fn user_of_other_identities(case: &Case, field: &str, theirs: Option<&Json>, ours: Option<&Json>) -> bool {
    let answered = ["Root", "IAMUser", "AWSService", "AssumedRole", "AWSAccount", "FederatedUser"];
    let identity = case.at("userIdentity.type").and_then(Json::as_str);
    let expected = case.first(&["userIdentity.userName", "userIdentity.onBehalfOf.userId"]);
    field == "ct.user"
        && !identity.is_some_and(|identity| answered.contains(&identity))
        && theirs.is_none()
        && same(ours, expected.as_ref())
}

fn session_of_an_arn_with_a_path(case: &Case, field: &str, theirs: Option<&Json>, ours: Option<&Json>) -> bool {
    let Some(arn) = case.at("userIdentity.arn").and_then(Json::as_str) else { return false };
    let parts: Vec<&str> = arn.split('/').collect();
    field == "ct.originaluser"
        && case.at("userIdentity.type").is_some_and(|it| it == "AssumedRole")
        && theirs.is_none()
        && parts.len() > 3
        && ours.and_then(Json::as_str) == parts.last().copied()
}

fn byte_counts_saturate(case: &Case, field: &str, _: Option<&Json>, ours: Option<&Json>) -> bool {
    if !field.starts_with("s3.bytes") {
        return false;
    }
    let counts: Vec<f64> = paths(field).iter().filter_map(|path| case.at(path)?.as_f64()).collect();
    let out_of_range = counts.iter().any(|count| *count < 0.0) || counts.iter().sum::<f64>() >= u64::MAX as f64;
    let sum = counts.iter().map(|count| *count as u64).fold(0, u64::saturating_add);
    // A double cannot represent large counts exactly.
    out_of_range && ours.and_then(Json::as_u64).is_some_and(|ours| ours.abs_diff(sum) <= 2048)
}

/// The summary and the line, built from our other answers, if they differ for a reason in the table.
fn summary(case: &Case, field: &str, theirs: Option<&Json>, ours: Option<&Json>) -> bool {
    let info = info_of(case);
    let expected = match field {
        "ct.info" => info,
        "evt.plugininfo" => line_of(case, &info),
        _ => return false,
    };
    let inputs = [
        "ct.user",
        "ct.srcip",
        "ct.error",
        "ct.readonly",
        "ct.name",
        "s3.bytes",
        "s3.bucket",
        "s3.key",
        "s3.uri",
        "ct.request.host",
        "ct.region",
        "ct.shortsrc",
    ];
    let inputs_differ = inputs.iter().any(|name| case.theirs.get(*name) != case.ours.get(*name));
    let no_address = case.at("sourceIPAddress").is_none();
    let access_block = case.ours("ct.name") == Some("PutBucketPublicAccessBlock");
    theirs.is_some() && ours.and_then(Json::as_str) == Some(&expected) && (inputs_differ || no_address || access_block)
}

fn info_of(case: &Case) -> String {
    let Some(user) = case.ours("ct.user") else {
        return "<invalid cloudtrail event: userIdentity field missing>".into();
    };
    let Some(name) = case.ours("ct.name") else { return "<invalid cloudtrail event: eventName field missing>".into() };
    let mut info = user.to_owned();
    if let Some(address) = case.ours("ct.srcip").filter(|address| *address != user) {
        info += &format!(" via {address}");
    }
    let failed = if case.ours("ct.error").is_some() { "!" } else { "" };
    let arrow = if case.ours("ct.readonly") == Some("false") { "→" } else { "←" };
    info += &format!(" {failed}{arrow} {name}");
    if name == "PutBucketPublicAccessBlock" {
        let block = case.at("requestParameters.PublicAccessBlockConfiguration").and_then(Json::as_object);
        for flag in ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"] {
            info +=
                &block.map_or(String::new(), |block| format!(" {flag}={}", block.get(flag) == Some(&Json::Bool(true))));
        }
        return info + if block.is_some() { " " } else { "" };
    }
    if let Some(bytes) = case.ours.get("s3.bytes") {
        info += &format!(" Size={bytes}");
    }
    let details = [("URI", "s3.uri"), ("Bucket", "s3.bucket"), ("Key", "s3.key"), ("Host", "ct.request.host")];
    let detail = details.iter().find_map(|(name, field)| Some(format!(" {name}={}", case.ours(field)?)));
    info + &detail.unwrap_or_default()
}

fn line_of(case: &Case, info: &str) -> String {
    let user = case.ours("ct.user").map(|user| if user.is_empty() { String::new() } else { format!(" {user}") });
    let instead = || match case.at("userIdentity.type").and_then(Json::as_str) {
        None => "",
        Some("Root" | "IAMUser" | "AWSService") => "<NA>",
        Some(_) => "<unknown user type>",
    };
    let user = user.unwrap_or_else(|| instead().to_owned());
    let part = |name| case.ours(name).unwrap_or_default();
    format!("{}{user} {} {} {info}", part("ct.region"), part("ct.shortsrc"), part("ct.name"))
}
