//! `cargo xtask image-steps`: what the Dockerfile does, without Docker, and whether what comes out is fit for its runtime.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use crate::run::{output, root, run, target};

/// What distroless/cc has of Debian 12. (Its libstdc++ and libssl are not wanted.)
const RUNTIME: &[&str] =
    &["linux-vdso.so.1", "libc.so.6", "libm.so.6", "libgcc_s.so.1", "libdl.so.2", "libpthread.so.0", "librt.so.1"];
/// The programs, and how each can be kept busy by nothing: one waits for input, one for an API that is not there.
const PROGRAMS: &[Program] = &[
    Program { file: "ct-ingest", entrypoint: "ct-ingest", arguments: &["-"] },
    Program { file: "bin/fig-bridge", entrypoint: "bin/entrypoint", arguments: &["--backends=GENERIC"] },
];
/// Commands that start FIG in its image, and so fig-bridge in ours: FIG's Helm chart 0.5.1, and FIG's Dockerfile.
const FIGS_COMMANDS: &[&[&str]] = &[
    &["bash", "-c", r#"[ "$FALCON_CLIENT_ID" == "MARKETPLACE_TEST" ] && tail -f /dev/null; python3 -m fig"#],
    &["python3.11", "-m", "fig"],
];
/// What fig-bridge says where it has no configuration.
const NO_CONFIGURATION: &str = "main.backends: is not set";
/// SIGTERM's bit in the masks of /proc/PID/status.
const SIGTERM: u64 = 1 << 14;
/// What the programs promise.
const ENDS_WITHIN: Duration = Duration::from_secs(10);
/// A program that is not up by then will not be.
const STARTS_WITHIN: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A program of an image, by the names that the build gives.
struct Program {
    file: &'static str,
    /// What the image starts. It becomes the program.
    entrypoint: &'static str,
    arguments: &'static [&'static str],
}

#[derive(clap::Args)]
pub(crate) struct Args {
    /// What is built: `release` is what the image has and takes minutes, `dev` is for a look.
    #[arg(long, default_value = "release", value_parser = ["release", "dev"])]
    profile: String,
}

pub(crate) fn run_steps(args: &Args) -> Result<()> {
    let out = target().join("image-steps");
    let mut build = Command::new("sh");
    build.current_dir(root()).env("PROFILE", &args.profile).arg("examples/deploy/image/build.sh").arg(&out);
    run(&mut build)?;
    let empty = target().join("tools/empty");
    fs::create_dir_all(&empty).with_context(|| empty.display().to_string())?;
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
            None => println!("NOT tried: {file} as process 1: this machine lets nobody have a namespace of processes"),
        }
    }
    takes_figs_commands(&out.join("bin"), &empty)?;
    println!("both are fit for the image; the base images themselves were not looked at");
    Ok(())
}

fn needs_only_the_runtime(program: &Path) -> Result<()> {
    let libraries = output(Command::new("ldd").arg(program))?;
    for line in libraries.lines() {
        let name = line.split_whitespace().next().unwrap_or_default();
        let is_there = RUNTIME.contains(&name) || name.contains("/ld-linux");
        ensure!(is_there, "{} needs {name}, which the runtime does not have", program.display());
    }
    println!("{}: the C library is all it needs", program.display());
    Ok(())
}

/// The command in front of a program that makes it process 1 of a namespace.
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

/// Whether manifests with FIG's commands start fig-bridge. The image has these names in its PATH.
fn takes_figs_commands(bin: &Path, folder: &Path) -> Result<()> {
    for words in FIGS_COMMANDS {
        let mut words = words.iter();
        let mut command = Command::new(bin.join(words.next().unwrap_or(&"none")));
        let answer = command.args(words).env_clear().current_dir(folder).output().context("FIG's command")?;
        let told = String::from_utf8_lossy(&answer.stderr);
        ensure!(told.contains(NO_CONFIGURATION), "{command:?} does not start fig-bridge: {told}");
    }
    println!("{} commands of FIG's start fig-bridge", FIGS_COMMANDS.len());
    Ok(())
}

/// As process 1 a program gets no SIGTERM that it does not handle. It has to end by one, in time and with code 0.
fn ends_in_time(program: &Path, command: &mut Command, folder: &Path) -> Result<()> {
    command.current_dir(folder).stdin(Stdio::piped());
    command.env_clear().env("PATH", "/usr/bin:/bin").env("FALCON_BASE_URL", "http://127.0.0.1:9");
    command.envs([("FALCON_CLIENT_ID", "none"), ("FALCON_CLIENT_SECRET", "none")]);
    let mut unshare = command.spawn().with_context(|| program.display().to_string())?;
    let done = ended(&mut unshare, program);
    // After an error it may still run; --kill-child takes the program along.
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
    let told = Instant::now();
    while told.elapsed() < ENDS_WITHIN {
        if let Some(status) = unshare.try_wait()? {
            ensure!(status.success(), "{} ends with {status}", program.display());
            return Ok(told.elapsed());
        }
        std::thread::sleep(LOOK_EVERY);
    }
    bail!("{} has not ended {} s after SIGTERM", program.display(), ENDS_WITHIN.as_secs());
}

/// The process that `unshare` has started, once it is the program and catches SIGTERM.
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
