//! `ct-ingest`: reads CloudTrail logs, and prints records or their fields. This program holds arguments, composition
//! and exit codes. Code for library users is in `cloudtrail-reader`, `field-extract` and `record-queries`.
#![forbid(unsafe_code)]

mod admin;
mod args;
mod fields;
mod list;
mod metrics;
mod output;
mod pipeline;
mod remote;
mod report;
mod rules;
mod settings;
mod source;
#[cfg(test)]
mod tests;

use args::{Args, Command, Resolved, RulesCommand};
use cloudtrail_reader::source::none_to_open;
use pipeline::Shown;
use program_kit::exit::{self, Exit};
use program_kit::{logging, progress, sources, stop};
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
        Some(Command::Rules { command: RulesCommand::Test { path, junit } }) => rules::test(&path, junit),
        _ => ingest(&args),
    }
}

fn ingest(args: &Args) -> anyhow::Result<Exit> {
    let Resolved { query, rules, source, filter, remote, admin, poster } = match args.resolve() {
        Ok(resolved) => resolved,
        Err(mistakes) => {
            mistakes.iter().for_each(logging::print_error);
            return Ok(Exit::Usage);
        }
    };
    if args.detect().is_some_and(|detect| detect.validate) {
        logging::init(args.read().log_format, filter, logging::stderr);
        args.warn(&source, &rules);
        tracing::info!(rules = rules.ruleset.rules().count(), "the rules are valid");
        return Ok(Exit::Done);
    }
    let nothing = match &source {
        Source::Local(locals) => none_to_open(locals, !args.list),
        Source::S3(_) | Source::Sqs(_) | Source::LogGroup(_) => Vec::new(),
    };
    if !nothing.is_empty() {
        nothing.into_iter().for_each(|error| logging::print_error(&error.into()));
        return Ok(Exit::Failed);
    }
    if args.list {
        logging::init(args.read().log_format, filter, logging::stderr);
        args.warn(&source, &rules);
        return list::run(&source, &remote, &stop::Stop::on_signals()?);
    }
    let progress = progress::Progress::new(args.read().quiet);
    let beside = progress.clone();
    logging::init(args.read().log_format, filter, move || beside.writer());
    args.warn(&source, &rules);
    let page = args.page(&query)?;
    let stop = stop::Stop::on_signals()?;
    let metrics = metrics::Metrics::new(poster.as_ref());
    let endpoint = admin.map(|address| admin::start(address, &metrics)).transpose()?;
    let shown = Shown { sources: sources::Sources::new(source.names(remote.follow)), progress, metrics };
    let done = pipeline::run(&source, &remote, &std::sync::Arc::new(query), &stop, &shown, page, poster);
    // The endpoint outlives the work, so that the end can be observed.
    if let Some(endpoint) = endpoint {
        endpoint.end();
    }
    done
}
