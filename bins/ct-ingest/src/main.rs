//! `ct-ingest`: CloudTrail logs in, records or their fields out. Arguments, composition and exit code; what a library
//! user would want is in `cloudtrail-reader` and `field-extract`.
#![forbid(unsafe_code)]

mod admin;
mod args;
mod fields;
mod format;
mod list;
mod local;
mod metrics;
mod output;
mod pipeline;
mod progress;
#[cfg(test)]
mod reference;
mod remote;
mod report;
mod selection;
mod settings;
mod source;

use args::{Args, Command, Resolved};
use pipeline::Shown;
use program_kit::exit::{self, Exit};
use program_kit::{logging, stop};
use source::Source;
use std::process::ExitCode;

fn main() -> ExitCode {
    exit::end(run(args::parse()))
}

fn run(args: Args) -> anyhow::Result<Exit> {
    match args.command {
        Some(Command::Fields { json }) => fields::print_all(json),
        Some(Command::Completions { shell }) => args::print_completions(shell),
        Some(Command::Man) => args::print_man(),
        None => ingest(&args),
    }
}

fn ingest(args: &Args) -> anyhow::Result<Exit> {
    let Resolved { format, source, filter, remote, admin } = match args.resolve() {
        Ok(resolved) => resolved,
        Err(mistakes) => {
            mistakes.iter().for_each(logging::print_error);
            return Ok(Exit::Usage);
        }
    };
    let nothing = match &source {
        Source::Local(locals) => local::none_to_open(locals, !args.list),
        Source::S3(_) | Source::Sqs(_) => Vec::new(),
    };
    if !nothing.is_empty() {
        nothing.iter().for_each(logging::print_error);
        return Ok(Exit::Failed);
    }
    if args.list {
        logging::init(args.log_format, filter, logging::stderr);
        args.warn(&source);
        return list::run(&source, &remote, &stop::Stop::on_signals()?);
    }
    let progress = progress::Progress::new(args.quiet);
    let beside = progress.clone();
    logging::init(args.log_format, filter, move || beside.writer());
    args.warn(&source);
    let stop = stop::Stop::on_signals()?;
    let metrics = metrics::Metrics::default();
    let endpoint = admin.map(|address| admin::Endpoint::start(address, &metrics)).transpose()?;
    let done = pipeline::run(&source, &remote, &std::sync::Arc::new(format), &stop, &Shown { progress, metrics });
    // It outlives the work: what happens at the end can be seen.
    if let Some(endpoint) = endpoint {
        endpoint.end();
    }
    done
}
