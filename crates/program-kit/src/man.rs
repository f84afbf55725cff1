//! A program's man page: one page, with all of its commands.

use crate::reference::{help, only_below, spellings};
use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use std::io;

/// The beginning of the exit codes in a help text. On a man page they have a section of their own.
const EXIT_CODES: &str = "Exit codes: ";
/// Lines of a help text with at least this indent describe the line above and may be filled. Lines with less indent are
/// examples and stay unchanged.
const DESCRIPTION: usize = 6;

/// Returns the man page in roff.
///
/// # Errors
/// Only those of a writer, and this one writes into memory.
pub fn page(command: Command) -> io::Result<Vec<u8>> {
    let mut command = command.disable_help_subcommand(true);
    // Adds clap's own facts: global options, and the full name of each command.
    command.build();
    let mut page = Vec::new();
    // The footer has room for the number only; a section has the whole version.
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

/// Returns the usages, one in each line.
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

/// Adds a subsection for each command, also for commands of commands.
fn commands(roff: &mut Roff, program: &Command, above: &Command) {
    for below in above.get_subcommands().filter(|below| !below.is_hide_set()) {
        // As a line of its own, the heading gets plain hyphens, which can be copied.
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

/// The layout of lines of a help text.
#[derive(Clone, Copy, PartialEq)]
enum LineLayout {
    /// Filled: words continue from line to line.
    Filled,
    /// Unchanged.
    AsItIs,
    /// Filled and indented.
    Described,
}

impl LineLayout {
    /// Returns the roff requests around such lines.
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

/// Adds the text below a program's options. With `sections`, a line that ends with a colon becomes a heading.
fn help_text(roff: &mut Roff, text: &str, sections: bool) {
    let mut set = LineLayout::Filled;
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        let wanted = match indent {
            0 => LineLayout::Filled,
            DESCRIPTION.. => LineLayout::Described,
            _ => LineLayout::AsItIs,
        };
        set.change(roff, wanted);
        let heading = line.strip_suffix(':').filter(|_| indent == 0);
        match (heading, line.strip_prefix(EXIT_CODES)) {
            _ if line.is_empty() => roff.control("PP", []),
            (Some(heading), _) if sections => roff.control("SH", [heading.to_uppercase().as_str()]),
            (_, Some(codes)) if sections => roff.control("SH", ["EXIT STATUS"]).text([roman(codes)]),
            _ if wanted == LineLayout::AsItIs => roff.text([roman(line)]),
            _ => roff.text([roman(line.trim_start())]),
        };
    }
    set.change(roff, LineLayout::Filled);
}

#[cfg(test)]
mod tests;
