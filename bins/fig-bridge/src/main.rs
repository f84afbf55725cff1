//! `fig-bridge` carries Falcon's user activity into CloudTrail Lake, at least once. The program holds arguments,
//! configuration, composition and exit codes; the libraries hold the code that other programs can use.
#![forbid(unsafe_code)]

mod args;
mod check;
mod config;
mod credentials;
mod delivery;
mod falcon;
mod metrics;
mod offsets;
#[cfg(test)]
mod reference;
mod run;

use args::{Args, Command, DeadLetterAction};
use config::Loaded;
use layered_settings::{Mistake, SettingOrigin, Sources};
use program_kit::exit::{self, Exit};
use program_kit::logging;
use program_kit::runtime::on_one_thread;
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
                Ok(settings) => on_one_thread(run::run(settings, read_again(args))),
                Err(mistakes) => Ok(report(&mistakes)),
            }
        }
        Some(Command::Check(_)) => {
            let sources = sources();
            let loaded = config::load(&sources, args.options.until_idle());
            match begin(args, loaded)? {
                Ok(settings) => on_one_thread(check::run(&settings, &sources.files)),
                Err(mistakes) => {
                    report(&mistakes);
                    check::skip(mistakes.len())
                }
            }
        }
        Some(Command::Offsets { action }) => match begin(args, config::load_offset_store(&sources()))? {
            Ok(store) => on_one_thread(offsets::run(&store, action)),
            Err(mistakes) => Ok(report(&mistakes)),
        },
        Some(Command::DeadLetter { action: DeadLetterAction::List { pick, .. } }) => {
            match begin(args, config::load_dead_letter(&sources()))? {
                Ok(store) => on_one_thread(delivery::list_letters(&store, &picked(args, pick))),
                Err(mistakes) => Ok(report(&mistakes)),
            }
        }
        Some(Command::DeadLetter { action: DeadLetterAction::Replay { pick, dry_run, .. } }) => {
            match begin(args, config::load_destinations(&sources()))? {
                Ok(destinations) => {
                    on_one_thread(delivery::replay_letters(&destinations, picked(args, pick), *dry_run))
                }
                Err(mistakes) => Ok(report(&mistakes)),
            }
        }
        Some(Command::Completions { shell }) => args::print_completions(*shell),
        Some(Command::Man) => args::print_man(),
    }
}

/// Returns the selected letters, and whether the command line names their store.
fn picked(args: &Args, letters: &args::Picks) -> delivery::Pick {
    let is_place_typed = args.flags().iter().any(|given| given.name == "main.dead_letter");
    delivery::Pick { is_place_typed, ..letters.pick() }
}

fn sources(args: &Args) -> Sources<'static> {
    Sources {
        files: config::FILES.find(args.options.config.as_deref(), Path::new("")),
        env: &|name| std::env::var_os(name),
        variables: std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect(),
        flags: args.flags(),
    }
}

/// Returns a function that reads the Falcon API client again: a file may have changed since the start.
fn read_again(args: &Arc<Args>) -> credentials::ReadAgain {
    let args = Arc::clone(args);
    Arc::new(move || config::load(&sources(&args), None).wanted.map(|settings| settings.credentials))
}

/// Starts logging and logs the warnings. Returns the settings, or all mistakes, including those about logging.
fn begin<T>(args: &Args, loaded: Loaded<T>) -> anyhow::Result<Result<T, Vec<Mistake>>> {
    let Loaded { wanted, mut mistakes, warnings, level } = loaded;
    let level = level.map(|(level, origin)| (origin.to_string(), level, matches!(origin, SettingOrigin::Flag(_))));
    let as_given = |typed: bool| level.as_ref().filter(|it| it.2 == typed).map(|it| (it.0.as_str(), it.1.as_str()));
    match (logging::filter(as_given(true), as_given(false)), wanted) {
        (Ok(filter), Some(wanted)) if mistakes.is_empty() => {
            logging::init(args.options.log_format, filter, logging::stderr);
            warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
            Ok(Ok(wanted))
        }
        (filter, _) => {
            // A level that cannot be read is already reported as a mistake of the setting.
            mistakes.extend(filter.err().filter(|_| level.is_some()).map(|error| Mistake::new(format!("{error:#}"))));
            warnings.iter().for_each(|warning| logging::print_warning(warning));
            Ok(Err(mistakes))
        }
    }
}

/// Reports every mistake.
fn report(mistakes: &[Mistake]) -> Exit {
    for mistake in mistakes {
        logging::print_error(&anyhow::anyhow!("{mistake}"));
    }
    Exit::Usage
}
