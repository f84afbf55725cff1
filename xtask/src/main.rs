//! The project's own commands: `cargo xtask --help`. Each command has its own file.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "commands print for people")]

mod arrows;
mod bench;
mod build_plugin;
mod ci;
mod circles;
mod debian;
mod demo;
mod dist;
mod docs;
mod files;
mod fuzz;
mod image_steps;
mod lint_examples;
mod moto;
mod ocsf;
mod package;
mod plain_english;
mod portable;
mod public_api;
mod python;
mod run;
mod sysdig;
mod test;
mod test_collectors;
mod test_falco;
mod test_report;
mod tidy;
mod tools;
mod valgrind;

use std::process::ExitCode;

use clap::Parser;

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Command {
    /// Show fig-bridge at work on loopback, in under a minute after the build.
    Demo,
    /// Build the programs and run every test, doctests included.
    Test,
    /// Run every check that a change must pass.
    Ci(ci::Args),
    /// Install moto, the AWS services on loopback for tests, under target/tools.
    Moto,
    /// Install the validators of OCSF events for tests, under target/tools.
    OcsfValidators,
    /// Build libcloudtrail.so, load it as Falco does, and print its path.
    BuildPlugin,
    /// Compare the plugin's answers in sysdig, which has Falco's libraries, with ct-ingest's.
    TestSysdig,
    /// Run the plugin in a real Falco: the examples, rules, every key, messages, metrics, reloading. FALCO names its folder.
    TestFalco(test_falco::Args),
    /// Call the plugin under valgrind in every way that Falco does.
    TestValgrind,
    /// Look at the page of ct-ingest report in headless Chromium, which is unpacked under target/tools.
    TestReport,
    /// Give records to rsigma, which is installed under target/tools, with the rules of examples/collectors.
    TestCollectors,
    /// Check the files in examples/ that no compiler checks: templates, charts, units, rules, dashboards.
    LintExamples(lint_examples::Args),
    /// Run the steps of the images without Docker, and try the programs that they build.
    ImageSteps(image_steps::Args),
    /// Make a release in target/dist: programs, plugin, rules, licences, SBOM, checksums.
    Dist(dist::Args),
    /// Make the packages that would be published, and check their contents.
    Package(package::Args),
    /// Compare the public API of each library with its public-api.txt.
    PublicApi(public_api::Args),
    /// Run the fuzz targets found in crates/*/fuzz.
    Fuzz(fuzz::Args),
    /// Measure speed and compare it with the limits and the baseline.
    Bench(bench::Args),
    /// Read a million messages of a queue with ct-ingest, and check that its memory does not grow; takes some minutes.
    Soak(bench::SoakArgs),
}

fn main() -> ExitCode {
    let done = match Command::parse() {
        Command::Demo => demo::show(),
        Command::Test => test::run_own(),
        Command::Ci(args) => ci::run_steps(&args),
        Command::Moto => moto::install(),
        Command::OcsfValidators => ocsf::install(),
        Command::BuildPlugin => build_plugin::build_and_show(),
        Command::TestSysdig => sysdig::test(),
        Command::TestFalco(args) => test_falco::test(&args),
        Command::TestValgrind => valgrind::test(),
        Command::TestReport => test_report::test(),
        Command::TestCollectors => test_collectors::test(),
        Command::LintExamples(args) => lint_examples::check(&args),
        Command::ImageSteps(args) => image_steps::run_steps(&args),
        Command::Dist(args) => dist::make(&args),
        Command::Package(args) => package::run_all(&args),
        Command::PublicApi(args) => public_api::run_all(&args),
        Command::Fuzz(args) => fuzz::run_targets(&args),
        Command::Bench(args) => bench::run_bench(&args),
        Command::Soak(args) => bench::run_soak(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_commands_are_consistent() {
        <super::Command as clap::CommandFactory>::command().debug_assert();
    }
}
