//! The command line.

mod command_line;
mod detect;
mod resolved;
mod rules;

pub(crate) use command_line::{Args, Command, RulesCommand};
pub(crate) use resolved::Resolved;

use clap::{CommandFactory, Parser};
use clap_complete::Shell;
use program_kit::exit::{self, Exit};
use program_kit::{man, stdout};

/// Parses the command line. On a mistake, prints it and ends the program with code 2.
pub(crate) fn parse() -> Args {
    let with_tip = |error| exit::with_command_tip(error, &Args::command(), std::env::args_os());
    Args::try_parse().unwrap_or_else(|error| exit::on_command_line(&with_tip(error)))
}

pub(crate) fn print_completions(shell: Shell) -> anyhow::Result<Exit> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "ct-ingest", &mut text);
    stdout::print(&text)
}

pub(crate) fn print_man() -> anyhow::Result<Exit> {
    stdout::print(&man::page(Args::command())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    /// Splits a line of a shell into words, up to a redirection, a pipe or the next command.
    fn words(line: &str) -> Vec<String> {
        let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
        for char in line.chars().chain([' ']) {
            match (quote, char) {
                (None, '\'' | '"') => (quote, word) = (Some(char), Some(word.unwrap_or_default())),
                (Some(open), _) if open == char => quote = None,
                (None, ' ') => words.extend(word.take()),
                (_, char) => word.get_or_insert_default().push(char),
            }
        }
        words.into_iter().take_while(|word| ![">", "|", "&&"].contains(&word.as_str())).collect()
    }

    #[test]
    fn the_examples_of_the_help_are_right() {
        let falco = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/falco");
        let rules = cloudtrail_rules::RulesFiles::read(&[falco.join("trailbridge_rules.yaml")]).unwrap().load(&[]);
        let has_rule = |name: &str| rules.ruleset.rules().any(|rule| rule.name() == name);
        let (mut commands, mut pages) = (0, vec![Args::command()]);
        while let Some(page) = pages.pop() {
            pages.extend(page.get_subcommands().cloned());
            let text = page.get_after_help().map(ToString::to_string).unwrap_or_default();
            let examples =
                text.lines().filter_map(|line| Some(format!("ct-ingest {}", line.split_once("ct-ingest ")?.1)));
            for example in examples {
                let words = words(&example);
                assert!(Args::try_parse_from(&words).is_ok(), "{example}: {words:?}");
                let explained = words.iter().skip_while(|word| *word != "--explain").nth(1);
                assert!(explained.is_none_or(|name| has_rule(name)), "{example}");
                commands += 1;
            }
        }
        assert!(commands > 30, "{commands}");
        for name in ["List Buckets", "CloudTrail Logging Disabled"] {
            assert!(has_rule(name) && include_str!("args/examples/rules-test.txt").contains(name), "{name}");
        }
    }
}
