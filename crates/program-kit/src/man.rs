//! A program's man page: one page, with all of its commands.

use crate::reference::{help, only_below, spellings};
use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use std::io;

/// What a help text says of exit codes begins so; on a man page they have a section of their own.
const EXIT_CODES: &str = "Exit codes: ";
/// Lines of a help text that are indented at least so far describe what stands above them, and may be filled anew; those
/// that are indented less are examples, and stay as they are.
const DESCRIPTION: usize = 6;

/// The page, in the language of roff.
///
/// # Errors
/// None but those of a writer, and it writes into memory.
pub fn page(command: Command) -> io::Result<Vec<u8>> {
    let mut command = command.disable_help_subcommand(true);
    // Adds what clap itself knows: which options are global, and the name of each command in full.
    command.build();
    let mut page = Vec::new();
    // The footer has room for the number alone; all of the version has a section.
    let number = command.get_version().and_then(|version| version.split(' ').next()).unwrap_or_default();
    let man = Man::new(command.clone()).source(format!("{} {number}", command.get_name()));
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    synopsis(&mut command.clone()).to_writer(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    let mut roff = Roff::new();
    roff.control("SH", ["COMMANDS"]);
    commands(&mut roff, &command, &command);
    if let Some(text) = command.get_after_long_help().or_else(|| command.get_after_help()) {
        help_text(&mut roff, &text.to_string(), true);
    }
    roff.to_writer(&mut page)?;
    man.render_version_section(&mut page)?;
    Ok(page)
}

/// The ways to call it, one a line.
fn synopsis(command: &mut Command) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]);
    for line in usage(command).lines() {
        roff.text([bold(line.trim())]);
        roff.control("br", []);
    }
    roff
}

fn usage(command: &mut Command) -> String {
    command.render_usage().to_string().trim_start_matches("Usage:").trim().to_owned()
}

/// A subsection for each command, those of commands included.
fn commands(roff: &mut Roff, program: &Command, above: &Command) {
    for below in above.get_subcommands().filter(|below| !below.is_hide_set()) {
        // As a line of its own the heading's hyphens are those that one types.
        roff.control("SS", []);
        roff.text([roman(usage(&mut below.clone()))]);
        if let Some(about) = below.get_long_about().or_else(|| below.get_about()) {
            roff.text([roman(about.to_string())]);
        }
        for arg in only_below(program, below) {
            roff.control("TP", []);
            roff.text([bold(spellings(arg).join(", "))]);
            roff.text([roman(help(arg).replace('`', ""))]);
        }
        if let Some(text) = below.get_after_long_help().or_else(|| below.get_after_help()) {
            roff.control("PP", []);
            help_text(roff, &text.to_string(), false);
        }
        commands(roff, program, below);
    }
}

/// How the lines of a help text are set.
#[derive(Clone, Copy, PartialEq)]
enum Set {
    /// Words go on from line to line.
    Filled,
    /// Each line stays as it is.
    AsItIs,
    /// Filled, and indented.
    Described,
}

impl Set {
    /// The requests around such lines.
    fn requests(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Filled => None,
            Self::AsItIs => Some(("nf", "fi")),
            Self::Described => Some(("RS", "RE")),
        }
    }

    fn change(&mut self, roff: &mut Roff, to: Self) {
        if *self != to {
            if let Some((_, end)) = self.requests() {
                roff.control(end, []);
            }
            if let Some((begin, _)) = to.requests() {
                roff.control(begin, []);
            }
            *self = to;
        }
    }
}

/// What stands below a program's options. With `sections`, a line that ends with a colon is the heading of one.
fn help_text(roff: &mut Roff, text: &str, sections: bool) {
    let mut set = Set::Filled;
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        let wanted = match indent {
            0 => Set::Filled,
            DESCRIPTION.. => Set::Described,
            _ => Set::AsItIs,
        };
        set.change(roff, wanted);
        let heading = line.strip_suffix(':').filter(|_| indent == 0);
        match (heading, line.strip_prefix(EXIT_CODES)) {
            _ if line.is_empty() => roff.control("PP", []),
            (Some(heading), _) if sections => roff.control("SH", [heading.to_uppercase().as_str()]),
            (_, Some(codes)) if sections => roff.control("SH", ["EXIT STATUS"]).text([roman(codes)]),
            _ if wanted == Set::AsItIs => roff.text([roman(line)]),
            _ => roff.text([roman(line.trim_start())]),
        };
    }
    set.change(roff, Set::Filled);
}

#[cfg(test)]
mod tests;
