//! The contents of a release.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::build::PACKAGES;
use super::{Release, emptied};
use crate::portable::{host, packer};
use crate::run::{cargo, here, output, root, run, target};

/// The checksums of all other files.
pub(super) const SUMS: &str = "SHA256SUMS";
/// The licences of the linked packages.
const LICENSES: &str = "THIRD-PARTY-LICENSES.txt";
/// The licences of Rust's standard library, from the toolchain.
const RUST_LICENSES: &str = "RUST-LIBRARY-LICENSES.html";
/// The packages that are linked, as `CycloneDX` JSON.
const SBOM: &str = "SBOM.cdx.json";
/// The modes of files. An archive keeps only whether a file can be run.
const PROGRAM_MODE: u32 = 0o755;
const FILE_MODE: u32 = 0o644;
/// A program's completions: the shell, and the file's name.
const COMPLETIONS: &[(&str, &str)] = &[("bash", "NAME.bash"), ("zsh", "_NAME"), ("fish", "NAME.fish")];

/// Packs everything into `out`.
pub(super) fn pack_all(release: &Release, built: &Path, out: &Path) -> Result<()> {
    let packer = packer()?;
    let stage = target().join("dist-stage");
    emptied(&stage)?;
    lists(&packer, release, &stage, out)?;
    let archive = |folder: &Path, name: &str| {
        run(here(&packer).arg("archive").arg(folder).arg(out.join(name)).args(["--mtime", &release.time]))
    };
    let Release { programs, plugin, arch, .. } = release;
    for program in ["ct-ingest", "fig-bridge"] {
        let name = format!("{program}-{programs}-linux-{arch}");
        let folder = stage.join(program);
        stage_program(program, built, out, &folder.join(&name)).with_context(|| program.to_owned())?;
        archive(&folder, &format!("{name}.tar.gz"))?;
    }
    archive(&alone(&built.join("libcloudtrail.so"), &stage)?, &format!("cloudtrail-{plugin}-linux-{arch}.tar.gz"))?;
    let rules = root().join("examples/falco/trailbridge_rules.yaml");
    archive(&alone(&rules, &stage)?, &format!("trailbridge-rules-{plugin}.tar.gz"))?;
    sums(out)
}

/// Writes the sums of all files, sorted by name.
fn sums(out: &Path) -> Result<()> {
    let mut names = out.read_dir()?.map(|entry| Ok(entry?.file_name())).collect::<Result<Vec<_>>>()?;
    names.sort();
    let text = output(Command::new("sha256sum").current_dir(out).arg("--").args(names)).context("sha256sum")?;
    fs::write(out.join(SUMS), text).context(SUMS)
}

/// Packs a program with the files that are installed with it.
fn stage_program(program: &str, built: &Path, out: &Path, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder.join("completions"))?;
    let binary = built.join(program);
    copy(&binary, &folder.join(program), PROGRAM_MODE)?;
    for (shell, name) in COMPLETIONS {
        let text = output(Command::new(&binary).args(["completions", shell]))?;
        fs::write(folder.join("completions").join(name.replace("NAME", program)), text)?;
    }
    fs::write(folder.join(format!("{program}.1")), output(Command::new(&binary).arg("man"))?)?;
    // The program's page, and the pages that it links to.
    let pages = root().join("bins").join(program);
    copy(&pages.join("README.md"), &folder.join("README.md"), FILE_MODE)?;
    fs::create_dir(folder.join("docs"))?;
    for page in pages.join("docs").read_dir()? {
        let page = page?;
        copy(&page.path(), &folder.join("docs").join(page.file_name()), FILE_MODE)?;
    }
    copy(&root().join(".github/CHANGELOG.md"), &folder.join("CHANGELOG.md"), FILE_MODE)?;
    copy(&root().join("LICENSE"), &folder.join("LICENSE"), FILE_MODE)?;
    for name in [LICENSES, RUST_LICENSES, SBOM] {
        copy(&out.join(name), &folder.join(name), FILE_MODE)?;
    }
    Ok(())
}

/// Writes the lists of licences and of components into `out`.
fn lists(packer: &Path, release: &Release, stage: &Path, out: &Path) -> Result<()> {
    let target = host()?;
    // The packages that are linked: without those for builds and tests, and without macros, which run in the compiler.
    let mut tree = cargo("tree --locked --edges normal,no-proc-macro --prefix none --format {p} --target");
    tree.arg(&target);
    for name in PACKAGES {
        tree.args(["-p", name]);
    }
    let mut metadata = cargo(&format!("metadata --locked --format-version 1 --filter-platform {target}"));
    let (tree_file, metadata_file) = (stage.join("tree.txt"), stage.join("metadata.json"));
    fs::write(&tree_file, output(&mut tree)?)?;
    fs::write(&metadata_file, output(&mut metadata)?)?;
    run(here(packer).arg("licenses").args([&tree_file, &metadata_file, &out.join(LICENSES)]))?;
    let lock = root().join("Cargo.lock");
    let mut sbom = here(packer);
    sbom.arg("sbom").args([&tree_file, &metadata_file, &lock, &out.join(SBOM)]);
    run(sbom.args(["--release", &release.programs, "--time", &release.time]))?;
    let sysroot = output(here("rustc").args(["--print", "sysroot"]))?;
    copy(&Path::new(sysroot.trim()).join("share/doc/rust/COPYRIGHT-library.html"), &out.join(RUST_LICENSES), FILE_MODE)
}

/// Returns a folder that has only this file.
fn alone(file: &Path, stage: &Path) -> Result<PathBuf> {
    let name = file.file_name().unwrap_or_default();
    let folder = stage.join("alone").join(name);
    fs::create_dir_all(&folder)?;
    copy(file, &folder.join(name), FILE_MODE)?;
    Ok(folder)
}

/// Copies a file and sets its mode: cargo marks a shared object as a program, and a umask changes the modes of git.
fn copy(from: &Path, to: &Path, mode: u32) -> Result<()> {
    fs::copy(from, to).with_context(|| from.display().to_string())?;
    fs::set_permissions(to, fs::Permissions::from_mode(mode)).with_context(|| to.display().to_string())
}
