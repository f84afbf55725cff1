//! The project's own commands: `cargo xtask --help`. One file a command.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "commands for people tell what they do")]

mod arrows;
mod bench;
mod build_plugin;
mod ci;
mod debian;
mod demo;
mod dist;
mod docs;
mod fuzz;
mod image_steps;
mod lint_examples;
mod moto;
mod package;
mod portable;
mod public_api;
mod python;
mod run;
mod soak;
mod sysdig;
mod test;
mod test_falco;
mod tidy;
mod tools;
mod valgrind;

use std::process::ExitCode;

use clap::Parser;

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Command {
    /// Show both programs at work on loopback, in under a minute once they are built.
    Demo,
    /// Build the programs and run every test, doctests included.
    Test,
    /// Everything that is checked before a change goes in.
    Ci(ci::Args),
    /// Install moto, the AWS services on loopback that tests talk to, under target/tools.
    Moto,
    /// Build libcloudtrail.so as it ships, load it as Falco does, and print its path.
    BuildPlugin,
    /// Compare the plugin's answers in sysdig, which has Falco's libraries, with ct-ingest's.
    TestSysdig,
    /// Run the plugin in a real Falco: the examples, rules, every key, messages, metrics, reloading. FALCO names its folder.
    TestFalco(test_falco::Args),
    /// Do with the plugin all that Falco does, under valgrind.
    TestValgrind,
    /// Look at what is in examples/ and no compiler looks at: templates, charts, units, rules, dashboards.
    LintExamples,
    /// Run the steps of the images without Docker, and try out what comes of them.
    ImageSteps(image_steps::Args),
    /// Make what a release consists of, in target/dist: programs, plugin, rules, licences, checksums.
    Dist(dist::Args),
    /// Make the packages that would be published, and look at what is in them.
    Package(package::Args),
    /// Compare the public API of each library with its public-api.txt.
    PublicApi(public_api::Args),
    /// Run the fuzz targets found in crates/*/fuzz.
    Fuzz(fuzz::Args),
    /// Measure speed and compare it with the limits and the baseline.
    Bench(bench::Args),
    /// Read a million messages of a queue with ct-ingest, whose memory must stay as it is; some minutes.
    Soak(soak::Args),
}

fn main() -> ExitCode {
    let done = match Command::parse() {
        Command::Demo => demo::show(),
        Command::Test => test::run_all(),
        Command::Ci(args) => ci::run_steps(&args),
        Command::Moto => moto::install(),
        Command::BuildPlugin => build_plugin::build_and_show(),
        Command::TestSysdig => sysdig::test(),
        Command::TestFalco(args) => test_falco::test(&args),
        Command::TestValgrind => valgrind::test(),
        Command::LintExamples => lint_examples::check(),
        Command::ImageSteps(args) => image_steps::run_steps(&args),
        Command::Dist(args) => dist::make(&args),
        Command::Package(args) => package::run_all(&args),
        Command::PublicApi(args) => public_api::run_all(&args),
        Command::Fuzz(args) => fuzz::run_targets(&args),
        Command::Bench(args) => bench::run_bench(&args),
        Command::Soak(args) => soak::run_long(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
