//! `cargo xtask image-steps`: runs the steps of the Dockerfile without Docker, and checks that the programs work in the
//! image's system.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::files::made;
use crate::run::{here, output, run, target};

/// The packages of Debian 12 that distroless/cc has. (Its libstdc++ and libssl are not needed.)
const RUNTIME: &[&str] =
    &["linux-vdso.so.1", "libc.so.6", "libm.so.6", "libgcc_s.so.1", "libdl.so.2", "libpthread.so.0", "librt.so.1"];
/// The programs, each with arguments that keep it running without work: one waits for input, one for an API that does
/// not answer.
const PROGRAMS: &[Program] = &[
    Program { file: "ct-ingest", entrypoint: "ct-ingest", arguments: &["-"] },
    Program { file: "bin/fig-bridge", entrypoint: "bin/entrypoint", arguments: &["--backends=GENERIC"] },
];
/// The commands that start FIG in its image, and so fig-bridge in ours, from FIG's Helm chart 0.5.1 and its Dockerfile.
const FIGS_COMMANDS: &[&[&str]] = &[
    &["bash", "-c", r#"[ "$FALCON_CLIENT_ID" == "MARKETPLACE_TEST" ] && tail -f /dev/null; python3 -m fig"#],
    &["python3.11", "-m", "fig"],
];
/// The message of fig-bridge when it has no configuration.
const NO_CONFIGURATION: &str = "main.backends: is not set";
/// The bit of SIGTERM in the masks of /proc/PID/status.
const SIGTERM: u64 = 1 << 14;
/// The time in which the programs promise to exit.
const ENDS_WITHIN: Duration = Duration::from_secs(10);
/// The time after which a program that has not started has failed.
const STARTS_WITHIN: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A program of an image, as the build names it.
struct Program {
    file: &'static str,
    /// Use this program as the image's entry point.
    entrypoint: &'static str,
    arguments: &'static [&'static str],
}

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The build profile: the image has `release`, which takes minutes; `dev` is for a quick look.
    #[arg(long, default_value = "release", value_parser = ["release", "dev"])]
    profile: String,
}

pub(crate) fn run_steps(args: &Args) -> Result<()> {
    let out = target().join("image-steps");
    run(here("sh").env("PROFILE", &args.profile).arg("examples/deploy/image/build.sh").arg(&out))?;
    let empty = made(target().join("tools/empty"))?;
    let first = as_process_1();
    for Program { file, entrypoint, arguments } in PROGRAMS {
        let (program, entrypoint) = (out.join(file), out.join(entrypoint));
        needs_only_the_runtime(&program)?;
        needs_only_the_runtime(&entrypoint)?;
        let version = output(Command::new(&entrypoint).arg("--version").env_clear().current_dir(&empty))?;
        let name = file.rsplit('/').next().unwrap_or_default();
        ensure!(version.starts_with(name), "{file} --version says {version:?}");
        match &first {
            Some(first) => ends_in_time(&program, prefixed(first, &entrypoint).args(*arguments), &empty)?,
            None => println!("NOT tried: {file} as process 1: this machine does not allow process namespaces"),
        }
    }
    takes_figs_commands(&out.join("bin"), &empty)?;
    println!("both programs run in the image's system; the base images themselves were not checked");
    Ok(())
}

fn needs_only_the_runtime(program: &Path) -> Result<()> {
    let libraries = output(Command::new("ldd").arg(program))?;
    for line in libraries.lines() {
        let name = line.split_whitespace().next().unwrap_or_default();
        let is_there = RUNTIME.contains(&name) || name.contains("/ld-linux");
        ensure!(is_there, "{} needs {name}, which the runtime lacks", program.display());
    }
    println!("{}: it needs only the C library", program.display());
    Ok(())
}

/// Returns the command that makes a program process 1 of a namespace.
fn as_process_1() -> Option<Vec<&'static str>> {
    let as_root = vec!["unshare", "--pid", "--fork", "--kill-child"];
    let as_anybody = vec!["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child"];
    [as_root, as_anybody]
        .into_iter()
        .find(|command| prefixed(command, Path::new("true")).status().is_ok_and(|it| it.success()))
}

fn prefixed(command: &[&str], program: &Path) -> Command {
    let mut words = command.iter();
    let mut prefixed = Command::new(words.next().unwrap_or(&"env"));
    prefixed.args(words).arg(program).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    prefixed
}

/// Checks that manifests with FIG's commands start fig-bridge. The image has these names in its PATH.
fn takes_figs_commands(bin: &Path, folder: &Path) -> Result<()> {
    for words in FIGS_COMMANDS {
        let mut words = words.iter();
        let mut command = Command::new(bin.join(words.next().unwrap_or(&"none")));
        let answer = command.args(words).env_clear().current_dir(folder).output().context("FIG's command")?;
        let log = String::from_utf8_lossy(&answer.stderr);
        ensure!(log.contains(NO_CONFIGURATION), "{command:?} does not start fig-bridge: {log}");
    }
    println!("{} commands of FIG's start fig-bridge", FIGS_COMMANDS.len());
    Ok(())
}

/// Checks that a program exits on SIGTERM as process 1, in time and with code 0. Process 1 gets no SIGTERM that it does
/// not handle.
fn ends_in_time(program: &Path, command: &mut Command, folder: &Path) -> Result<()> {
    command.current_dir(folder).stdin(Stdio::piped());
    command.env_clear().env("PATH", "/usr/bin:/bin").env("FALCON_BASE_URL", "http://127.0.0.1:9");
    command.envs([("FALCON_CLIENT_ID", "none"), ("FALCON_CLIENT_SECRET", "none")]);
    let mut unshare = command.spawn().with_context(|| program.display().to_string())?;
    let done = ended(&mut unshare, program);
    // After an error the program may still run; --kill-child ends it as well.
    let _ = unshare.kill();
    let _ = unshare.wait();
    let took = done?;
    println!("{} as process 1: ends {:.1} s after SIGTERM, with code 0", program.display(), took.as_secs_f64());
    Ok(())
}

fn ended(unshare: &mut Child, program: &Path) -> Result<Duration> {
    let started = Instant::now();
    let id = loop {
        if let Some(id) = handling_child(unshare.id(), program) {
            break id;
        }
        ensure!(started.elapsed() < STARTS_WITHIN, "{} does not handle SIGTERM", program.display());
        std::thread::sleep(LOOK_EVERY);
    };
    run(Command::new("kill").args(["-TERM", &id]))?;
    let signalled = Instant::now();
    while signalled.elapsed() < ENDS_WITHIN {
        if let Some(status) = unshare.try_wait()? {
            ensure!(status.success(), "{} ends with {status}", program.display());
            return Ok(signalled.elapsed());
        }
        std::thread::sleep(LOOK_EVERY);
    }
    bail!("{} has not ended {} s after SIGTERM", program.display(), ENDS_WITHIN.as_secs());
}

/// Returns the process that `unshare` has started, after it has become the program and handles SIGTERM.
fn handling_child(unshare: u32, program: &Path) -> Option<String> {
    let children = fs::read_to_string(format!("/proc/{unshare}/task/{unshare}/children")).ok()?;
    let id = children.split_whitespace().next()?.to_owned();
    let folder = PathBuf::from(format!("/proc/{id}"));
    let is_program = fs::read_link(folder.join("exe")).ok()? == program.canonicalize().ok()?;
    let status = fs::read_to_string(folder.join("status")).ok()?;
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"))?;
    let catches = u64::from_str_radix(caught.trim(), 16).ok()? & SIGTERM != 0;
    (is_program && catches).then_some(id)
}
