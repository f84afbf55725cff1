//! The configurations of examples/falco, as they are but for paths and the port.

use std::fs;

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;

use crate::case::{Case, Folder, Kind, check};
use crate::cases::NO_SYSCALLS;
use crate::falco::Falco;
use crate::metrics::free_port;
use crate::services::Services;
use crate::world::World;

/// What the examples name, and what stands in its place here.
const PATHS: &[(&str, &str)] = &[
    ("/usr/share/falco/plugins/libcloudtrail.so", "{plugin}"),
    ("/etc/falco/trailbridge_rules.yaml", "{rules}"),
    ("/var/log/cloudtrail", "{fixtures}/falco-rules"),
];
/// Of the examples.
const ACCOUNT: &str = "111122223333";
const BUCKET: &str = "my-trail-logs";
const QUEUE: &str = "cloudtrail-log-files";
/// Records that fire one rule.
const FIRES: &str = "fixtures/falco-rules/mfa-deactivated.fires.json";
const RULE: &str = "\"rule\":\"MFA Deactivated\"";
/// The plugin opens its source, and says so where the log shows.
const OPENED: &str = "Opening 'aws_cloudtrail' source with plugin 'cloudtrail'";

/// What is done with an example.
#[derive(Clone, Copy)]
pub(crate) enum Example {
    /// It is run over a source that ends.
    Ends(&'static str),
    /// It is run over a queue, until its messages are deleted.
    Stays(&'static str),
    /// Every configuration has a case here.
    Complete,
}

const EXAMPLES: &[Example] =
    &[Example::Ends("falco.yaml"), Example::Ends("falco-s3.yaml"), Example::Stays("falco-sqs.yaml"), Example::Complete];

pub(crate) fn cases() -> Vec<Case> {
    let name = |example: &Example| match example {
        Example::Ends(file) | Example::Stays(file) => format!("{file} starts and fires"),
        Example::Complete => "all of them are tried".to_owned(),
    };
    EXAMPLES.iter().map(|example| Case::named("examples", &name(example), Kind::Example(*example))).collect()
}

impl Example {
    pub(crate) async fn run(self, world: &World, folder: &Folder) -> Result<()> {
        let (file, stays) = match self {
            Self::Ends(file) => (file, false),
            Self::Stays(file) => (file, true),
            Self::Complete => return complete(world),
        };
        let services = Services::start().await?;
        let fires = fs::read(world.root.join(FIRES)).context(FIRES)?;
        let key = services.put(BUCKET, ACCOUNT, fires.clone())?;
        // Another account, which falco-s3.yaml does not name.
        services.put(BUCKET, "444455556666", fires)?;
        services.queue(QUEUE, BUCKET, vec![key]);

        let text = fs::read_to_string(world.root.join("examples/falco").join(file)).context(file)?;
        ensure!(text.contains("log_stderr: true"), "{file}: nothing of the plugin's log shows");
        let text = PATHS.iter().fold(text, |text, (path, here)| text.replace(path, here));
        let config = folder.save(&folder.fill(world, &text))?;
        let port = format!("webserver.listen_port={}", free_port()?);
        let args = [NO_SYSCALLS, &["-o", &port]].concat();
        let mut falco = Falco::start(world, &config, &args, &services.environment())?;
        if stays {
            falco.prints("an alert", |output| output.contains(RULE)).await?;
            services.deleted(QUEUE, 1).await?;
            falco.signal(Signal::TERM)?;
        }
        let (status, output) = falco.end().await?;
        ensure!(status.success(), "Falco ended with {status}:\n{output}");
        check(&output, [OPENED, RULE].map(str::to_owned), &["444455556666"])
    }
}

/// Whether every configuration in the folder is among [`EXAMPLES`].
fn complete(world: &World) -> Result<()> {
    for entry in fs::read_dir(world.root.join("examples/falco"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".yaml") && !name.ends_with("_rules.yaml") {
            let tried =
                EXAMPLES.iter().any(|it| matches!(it, Example::Ends(file) | Example::Stays(file) if *file == name));
            ensure!(tried, "examples/falco/{name} is not among EXAMPLES");
        }
    }
    Ok(())
}
