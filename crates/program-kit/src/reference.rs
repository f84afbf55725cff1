//! The reference of a command line in Markdown, from clap's own table.

use clap::{Arg, Command};
use std::fmt::Write;

/// The heading of options without a heading of their own.
const OPTIONS: &str = "Options";

/// Returns all options and commands of a program, also commands of commands.
#[must_use]
pub fn markdown(mut command: Command) -> String {
    // Adds clap's own facts: global options, and the full name of each command.
    command.build();
    let usage = command.render_usage().to_string();
    let mut text = format!("```text\n{}\n```\n", usage.trim_start_matches("Usage: ").trim());
    let own = || own_args(&command);
    let mut headings: Vec<&str> = own().map(heading).collect();
    headings.dedup();
    for title in headings {
        // Writing into a String cannot fail.
        let _ = write!(text, "\n## {title}\n\n");
        own().filter(|arg| heading(arg) == title).for_each(|arg| text.push_str(&row(arg)));
    }
    text.push_str("\n## Commands\n\n");
    commands(&command, &command, &mut text);
    text
}

/// Returns the arguments except `--help` and `--version`, which every program has.
fn own_args(command: &Command) -> impl Iterator<Item = &Arg> {
    let known = |arg: &&Arg| !arg.is_hide_set() && arg.get_id() != "help" && arg.get_id() != "version";
    command.get_arguments().filter(known)
}

/// Returns the arguments of a command that the command above it does not have.
pub(crate) fn only_below<'c>(above: &'c Command, below: &'c Command) -> impl Iterator<Item = &'c Arg> {
    let of_above = |arg: &Arg| arg.is_global_set() || above.get_arguments().any(|it| it.get_id() == arg.get_id());
    own_args(below).filter(move |arg| !of_above(arg))
}

fn heading(arg: &Arg) -> &str {
    arg.get_help_heading().unwrap_or(OPTIONS)
}

fn row(arg: &Arg) -> String {
    let (about, noted) = split_notes(&help(arg));
    let note = |name: &str| noted.iter().find_map(|(found, value)| (found == name).then_some(value.as_str()));
    let variables = note("env").unwrap_or_default().split(", ").filter(|name| !name.is_empty());
    let variables: String = variables.map(|name| format!(", `{name}`")).collect();
    let given = arg.get_default_values().first().map(|value| value.to_string_lossy());
    let given = given.filter(|_| arg.get_action().takes_values());
    // A default may be a text instead of a value.
    let default = given.as_deref().or_else(|| note("default")).unwrap_or_default();
    let default = match default {
        "" => String::new(),
        words if words.contains(' ') => format!(" (default: {})", escaped(words)),
        word => format!(" (default: `{word}`)"),
    };
    format!("- {}{variables}{default}: {}\n", spelled(arg), escaped(&about))
}

/// Returns the spellings as Markdown: `-q`, `--quiet`; `--fields a,b|all`; SOURCE.
fn spelled(arg: &Arg) -> String {
    spellings(arg).iter().map(|spelling| format!("`{spelling}`")).collect::<Vec<_>>().join(", ")
}

/// Returns the spellings of an argument.
pub(crate) fn spellings(arg: &Arg) -> Vec<String> {
    let names = arg.get_value_names().unwrap_or_default();
    let value = names.first().map(|name| format!(" {name}")).filter(|_| arg.get_action().takes_values());
    let value = value.unwrap_or_default();
    let short = arg.get_short().map(|short| format!("-{short}"));
    let long = arg.get_long().map_or_else(|| value.trim().to_owned(), |long| format!("--{long}{value}"));
    short.into_iter().chain([long]).collect()
}

/// Returns the help text, with the meanings of its possible values.
pub(crate) fn help(arg: &Arg) -> String {
    let text = arg.get_long_help().or_else(|| arg.get_help()).map(ToString::to_string).unwrap_or_default();
    let mut text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let values = if arg.get_action().takes_values() { arg.get_possible_values() } else { Vec::new() };
    for (place, value) in values.iter().enumerate() {
        // Values with help are parts of a sentence, values without it a list.
        let (between, about) = match value.get_help() {
            Some(about) => ("; ", format!(": {about}")),
            None => (if place == 0 { ": " } else { ", " }, String::new()),
        };
        let _ = write!(text, "{between}`{}`{about}", value.get_name());
    }
    text
}

/// Removes each `[name: value]` from a help text and returns them.
fn split_notes(text: &str) -> (String, Vec<(String, String)>) {
    let (mut about, mut notes) = (String::new(), Vec::new());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        let note = after.split_once(']').and_then(|(note, behind)| Some((note.split_once(": ")?, behind)));
        match note {
            Some(((name @ ("default" | "env"), value), behind)) => {
                about.push_str(before.trim_end());
                notes.push((name.to_owned(), value.to_owned()));
                rest = behind;
            }
            _ => {
                about.push_str(before);
                about.push('[');
                rest = after;
            }
        }
    }
    about.push_str(rest);
    (about, notes)
}

/// Escapes `<`, which would begin HTML in Markdown.
fn escaped(text: &str) -> String {
    text.replace('<', "\\<")
}

/// Adds a line for each command, and below it one for each argument that the program itself does not have.
fn commands(program: &Command, above: &Command, text: &mut String) {
    for below in above.get_subcommands().filter(|below| below.get_name() != "help" && !below.is_hide_set()) {
        if !below.has_subcommands() {
            let name = below.get_bin_name().unwrap_or_else(|| below.get_name());
            let positional: Vec<String> = below.get_positionals().map(|arg| format!(" {}", value_name(arg))).collect();
            let about = below.get_about().map(ToString::to_string).unwrap_or_default();
            // Writing into a String cannot fail.
            let _ = writeln!(text, "- `{name}{}`: {}", positional.concat(), escaped(&about));
            only_below(program, below).for_each(|arg| text.push_str(&format!("  {}", row(arg))));
        }
        commands(program, below, text);
    }
}

fn value_name(arg: &Arg) -> String {
    let name = arg.get_value_names().and_then(<[_]>::first).map(ToString::to_string);
    let name = name.unwrap_or_else(|| arg.get_id().to_string().to_uppercase());
    let many = arg.get_num_args().is_some_and(|range| range.max_values() > 1);
    if many { name + "..." } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_taken_out_of_a_help_text() {
        let (about, notes) = split_notes("Serve s3://b[/p] there [env: A, B] [default: 1]");
        assert_eq!(about, "Serve s3://b[/p] there");
        assert_eq!(notes, [("env".to_owned(), "A, B".to_owned()), ("default".to_owned(), "1".to_owned())]);
        assert_eq!(split_notes("open [ end").0, "open [ end");
    }

    #[test]
    fn options_come_under_their_headings_and_commands_with_theirs() {
        let level = Arg::new("level").long("level").value_name("a|b").help("How much [env: LEVEL] [default: a]");
        let quiet = Arg::new("quiet").short('q').long("quiet").help("Say less").action(clap::ArgAction::SetTrue);
        let all = Arg::new("all").long("all").help("All of it").action(clap::ArgAction::SetTrue);
        let name = Arg::new("name").value_name("NAME").num_args(1..).help("The thing");
        let show = Command::new("show").about("Show it").arg(name).arg(all);
        let quiet = quiet.help_heading("More");
        let text = markdown(Command::new("app").arg(level).arg(quiet).subcommand(show));
        let expected = "```text\napp [OPTIONS] [COMMAND]\n```\n\n\
            ## Options\n\n- `--level a|b`, `LEVEL` (default: `a`): How much\n\n\
            ## More\n\n- `-q`, `--quiet`: Say less\n\n\
            ## Commands\n\n- `app show NAME...`: Show it\n  - `NAME`: The thing\n  - `--all`: All of it\n";
        assert_eq!(text, expected);
    }
}
