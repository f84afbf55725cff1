//! What `open_params` may be, and what Falco prints where it cannot be read. Buckets and queues are in [`super::remote`].

use super::RUN;
use crate::case::{Case, End, Kind, Run};

/// A name, the line of `open_params`, and what must show.
type Row = (&'static str, &'static str, &'static [&'static str]);

const GOOD: &[Row] = &[
    ("a file", "open_params: {fixtures}/falco-rules/console-login-without-mfa.fires.json", &["Events detected: 1"]),
    ("a folder, with blanks around it", "open_params: ' {fixtures}/falco-rules '", &["Events detected: "]),
    ("an empty folder", "open_params: {folder}", &["{folder}: there are no files in this folder"]),
];

const BAD: &[Row] = &[
    ("no open_params", "", &["open_params is empty; name a file, a folder, s3://bucket/prefix or sqs://queue"]),
    ("empty open_params", "open_params: ''", &["open_params is empty; name a file"]),
    ("-", "open_params: '-'", &["open_params is -; Falco has no standard input to give"]),
    (
        "a path that is not there",
        "open_params: /nonexistent",
        &["open_params /nonexistent: No such file or directory (os error 2); name a file or folder that Falco can see"],
    ),
    (
        "a relative path that is not there",
        "open_params: no/such",
        &["open_params no/such: No such file or directory (os error 2) (looked for at /"],
    ),
    ("a path below a file", "open_params: {fixtures}/README.md/x", &["README.md/x: Not a directory (os error 20)"]),
    ("a device", "open_params: /dev/null", &["open_params /dev/null: is neither a file nor a folder"]),
    (
        "another scheme",
        "open_params: kafka://topic",
        &[
            "open_params kafka://topic: there are no sources of the kind kafka://",
            "s3://bucket/prefix, sqs://queue and paths",
        ],
    ),
    ("a bucket without a name", "open_params: s3://", &["open_params s3://: "]),
    ("a queue without a name", "open_params: sqs://", &["open_params sqs://: "]),
    ("a queue that cannot be one", "open_params: sqs://a b", &["open_params sqs://a b: "]),
];

pub(super) fn cases() -> Vec<Case> {
    let run = |open: &str, end, shows| Kind::Run(Run { keys: open.to_owned(), end, shows, ..RUN });
    let good = GOOD.iter().map(|(name, open, shows)| Case::named("open", name, run(open, End::Well, shows)));
    let bad = BAD.iter().map(|(name, open, shows)| Case::named("not opened", name, run(open, End::Badly, shows)));
    good.chain(bad).collect()
}
