//! The pages of docs/, which are made from the program's own tables. `UPDATE_EXPECT=1` writes them. The table of
//! settings is in the README.

use crate::args;
use crate::metrics::METRICS;
use expect_test::expect_file;
use program_kit::{metric, reference};

#[test]
fn the_page_of_metrics_is_that_of_the_table() {
    expect_file!["../docs/metrics.md"].assert_eq(&metric::page("fig-bridge", METRICS));
}

#[test]
fn the_page_of_options_is_that_of_the_command_line() {
    let head = "# Options of fig-bridge\n\n\
        `fig-bridge --help` says the same, with examples. The [README](../README.md#configuration) has the settings. \
        The program's tests write this page.\n\n";
    let page = format!("{head}{}", reference::markdown(args::command()));
    expect_file!["../docs/options.md"].assert_eq(&page);
}
