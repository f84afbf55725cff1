use super::*;
use clap::Arg;

const AFTER: &str = "\
Examples:
  Go on:
    app 'it' --level a

Exit codes: 0 done;
1 failed.

Settings (of a file):
  main.a [env: A]
      What it does, and
      why.";

fn app() -> Command {
    let level = Arg::new("level").long("level").value_name("LEVEL").help("How much").global(true);
    let all = Arg::new("all").long("all").help("All of it").action(clap::ArgAction::SetTrue);
    let name = Arg::new("name").value_name("NAME").required(true).help("What").value_parser(["one", "two"]);
    let show = Command::new("show").about("Show it").args([name, all]).after_help("Examples:\n  app show one");
    let things = Command::new("things").about("Look").subcommand_required(true).subcommand(show);
    Command::new("app")
        .version("1.2.3 (a1b2c3, x86_64)")
        .about("Does it.")
        .arg(level)
        .subcommand(things)
        .after_help(AFTER)
}

/// Returns the text under a heading, up to the next heading of the same kind, without roff's markup.
fn section(page: &str, heading: &str) -> String {
    let (_, rest) = page.split_once(&format!(".SH {heading}\n")).unwrap();
    // The standard beginning of each part also ends the part before.
    let text = ["\n.SH ", "\n.ie "].iter().fold(rest, |text, end| text.split_once(end).map_or(text, |(text, _)| text));
    text.replace("\\fB", "").replace("\\fR", "").replace("\\-", "-").replace("\\*(Aq", "'")
}

#[test]
fn every_command_is_on_the_page_with_what_is_its_own() {
    let page = String::from_utf8(page(app()).unwrap()).unwrap();
    assert_eq!(section(&page, "SYNOPSIS"), "app [OPTIONS] [COMMAND]\n.br");
    let expected = "\
.SS
app things [OPTIONS] <COMMAND>
Look
.SS
app things show [OPTIONS] <NAME>
Show it
.TP
NAME
What: one, two
.TP
--all
All of it
.PP
Examples:
.nf
  app show one
.fi";
    assert_eq!(section(&page, "COMMANDS"), expected);
    assert!(!page.contains("(1)"), "no page is named that is not there");
    assert!(page.contains("\n.TH app 1  \"app 1.2.3\"") && page.ends_with("\nv1.2.3 (a1b2c3, x86_64)\n"), "{page}");
}

#[test]
fn examples_stay_as_they_are_and_descriptions_are_filled() {
    let page = String::from_utf8(page(app()).unwrap()).unwrap();
    assert_eq!(section(&page, "EXAMPLES"), ".nf\n  Go on:\n    app 'it' --level a\n.fi\n.PP");
    assert_eq!(section(&page, "\"EXIT STATUS\""), "0 done;\n1 failed.\n.PP");
    let settings = "SETTINGS (OF A FILE)";
    let expected = ".nf\n  main.a [env: A]\n.fi\n.RS\nWhat it does, and\nwhy.\n.RE";
    assert_eq!(section(&page, &format!("\"{settings}\"")), expected);
}
