//! The pages of docs/, made from the program's own tables. `UPDATE_EXPECT=1` writes them again.

use crate::args::Args;
use crate::metrics::table::METRICS;
use crate::settings;
use clap::CommandFactory;
use expect_test::expect_file;
use program_kit::{metric, reference};

#[test]
fn the_page_of_metrics_is_that_of_the_table() {
    expect_file!["../docs/metrics.md"].assert_eq(&metric::page("ct-ingest", METRICS));
}

#[test]
fn the_page_of_options_is_that_of_the_command_line() {
    let head = "# Options of ct-ingest\n\n\
        `ct-ingest --help` says the same, with examples.\n\n";
    let keys = "\n## Keys of the init configuration\n\n\
        `--init-config` takes them as a JSON object, as the Falco plugin does, in any case. Options win.\n\n";
    let page = format!("{head}{}{keys}{}", reference::markdown(Args::command()), settings::markdown());
    expect_file!["../docs/options.md"].assert_eq(&page);
}
