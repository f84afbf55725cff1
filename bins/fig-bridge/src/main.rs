//! `fig-bridge`: Falcon activity into CloudTrail Lake, at least once. Arguments, configuration, composition and exit
//! code; what a library user would want is in `falcon-stream`, `audit-schema` and `offset-store`.
#![forbid(unsafe_code)]

mod args;
mod backoff;
mod check;
mod config;
mod credentials;
mod delivery;
mod falcon;
mod metrics;
mod offsets;
mod private_file;
#[cfg(test)]
mod reference;
mod run;

use args::{Args, Command, DeadLetterAction};
use config::{Loaded, Mistake, Place, Sources};
use program_kit::exit::{self, Exit};
use program_kit::logging;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    exit::end(dispatch(&Arc::new(args::parse())))
}

fn dispatch(args: &Arc<Args>) -> anyhow::Result<Exit> {
    let sources = || sources(args);
    match &args.command {
        None | Some(Command::Run(_)) => {
            let loaded = config::load(&sources(), args.options.until_idle());
            match begin(args, loaded)? {
                Ok(settings) => on_runtime(run::run(settings, read_again(args))),
                Err(mistakes) => Ok(tell(&mistakes)),
            }
        }
        Some(Command::Check(_)) => {
            let sources = sources();
            let loaded = config::load(&sources, args.options.until_idle());
            match begin(args, loaded)? {
                Ok(settings) => on_runtime(check::run(&settings, &sources.files)),
                Err(mistakes) => {
                    tell(&mistakes);
                    check::skip(mistakes.len())
                }
            }
        }
        Some(Command::Offsets { action }) => match begin(args, config::load_offset_store(&sources()))? {
            Ok(store) => on_runtime(offsets::run(&store, action)),
            Err(mistakes) => Ok(tell(&mistakes)),
        },
        Some(Command::DeadLetter { action: DeadLetterAction::List { pick, .. } }) => {
            match begin(args, config::load_dead_letter(&sources()))? {
                Ok(place) => on_runtime(delivery::list_letters(&place, &picked(args, pick))),
                Err(mistakes) => Ok(tell(&mistakes)),
            }
        }
        Some(Command::DeadLetter { action: DeadLetterAction::Replay { pick, dry_run, .. } }) => {
            match begin(args, config::load_destinations(&sources()))? {
                Ok(destinations) => on_runtime(delivery::replay_letters(&destinations, picked(args, pick), *dry_run)),
                Err(mistakes) => Ok(tell(&mistakes)),
            }
        }
        Some(Command::Completions { shell }) => args::print_completions(*shell),
        Some(Command::Man) => args::print_man(),
    }
}

/// The letters that are meant, and whether their place was typed.
fn picked(args: &Args, letters: &args::Picks) -> delivery::Pick {
    let is_place_typed = args.overrides().iter().any(|given| given.name == "main.dead_letter");
    delivery::Pick { is_place_typed, ..letters.pick() }
}

fn sources(args: &Args) -> Sources<'static> {
    Sources {
        files: config::files(args.options.config.as_deref(), Path::new("")),
        env: &|name| std::env::var_os(name),
        flags: args.overrides(),
    }
}

/// Reads the configuration again for the Falcon API client: a file may have been changed since the start.
fn read_again(args: &Arc<Args>) -> run::ReadAgain {
    let args = Arc::clone(args);
    Arc::new(move || config::load(&sources(&args), None).wanted.map(|settings| settings.credentials))
}

/// Starts logging, and tells the warnings. What was read, or the mistakes, among them those about logging.
fn begin<T>(args: &Args, loaded: Loaded<T>) -> anyhow::Result<Result<T, Vec<Mistake>>> {
    let Loaded { wanted, mut mistakes, warnings, level } = loaded;
    let level = level.map(|(level, place)| (place.to_string(), level, matches!(place, Place::Flag(_))));
    let as_given = |typed: bool| level.as_ref().filter(|it| it.2 == typed).map(|it| (it.0.as_str(), it.1.as_str()));
    match (logging::filter(as_given(true), as_given(false)), wanted) {
        (Ok(filter), Some(wanted)) if mistakes.is_empty() => {
            logging::init(args.options.log_format, filter, logging::stderr);
            warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
            Ok(Ok(wanted))
        }
        (filter, _) => {
            mistakes.extend(filter.err().map(|error| Mistake::other(&error)));
            warnings.iter().for_each(|warning| logging::print_warning(warning));
            Ok(Err(mistakes))
        }
    }
}

/// Names every mistake.
fn tell(mistakes: &[Mistake]) -> Exit {
    for mistake in mistakes {
        logging::print_error(&anyhow::anyhow!("{mistake}"));
    }
    Exit::Usage
}

/// Runs it on one thread: an event costs microseconds, and all that is counted between two points of waiting is seen by a
/// scrape of the metrics together or not at all.
fn on_runtime(work: impl Future<Output = anyhow::Result<Exit>>) -> anyhow::Result<Exit> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}
