//! What is in a release.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result};

use super::{Release, build::PACKAGES, emptied, pack};
use crate::{
    portable::{host, packer},
    run::{cargo, output, root, target},
};

/// The checksums of all files.
pub(super) const SUMS: &str = "SHA256SUMS";
/// The licences of what the programs are linked from.
const LICENSES: &str = "THIRD-PARTY-LICENSES.txt";
/// The same for Rust's standard library, as the toolchain brings it along.
const RUST_LICENSES: &str = "RUST-LIBRARY-LICENSES.html";
/// Of a file's mode an archive keeps only whether it can be run.
const PROGRAM_MODE: u32 = 0o755;
const FILE_MODE: u32 = 0o644;
/// A program's completions: the shell, and what its file is called.
const COMPLETIONS: &[(&str, &str)] = &[("bash", "NAME.bash"), ("zsh", "_NAME"), ("fish", "NAME.fish")];

/// Packs everything into `out`.
pub(super) fn pack_all(release: &Release, built: &Path, out: &Path) -> Result<()> {
    let packer = packer()?;
    let stage = target().join("dist-stage");
    emptied(&stage)?;
    licenses(&packer, &stage, out)?;
    let archive = |folder: &Path, name: &str| {
        let mut command = Command::new(&packer);
        pack(command.arg("archive").arg(folder).arg(out.join(name)).args(["--mtime", &release.time]))
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
    pack(Command::new(&packer).arg("sums").arg(out))
}

/// The program with all that one installs along with it.
fn stage_program(program: &str, built: &Path, out: &Path, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder.join("completions"))?;
    let binary = built.join(program);
    copy(&binary, &folder.join(program), PROGRAM_MODE)?;
    for (shell, name) in COMPLETIONS {
        let text = output(Command::new(&binary).args(["completions", shell]))?;
        fs::write(folder.join("completions").join(name.replace("NAME", program)), text)?;
    }
    fs::write(folder.join(format!("{program}.1")), output(Command::new(&binary).arg("man"))?)?;
    // The page, and those that it leads to.
    let pages = root().join("bins").join(program);
    copy(&pages.join("README.md"), &folder.join("README.md"), FILE_MODE)?;
    fs::create_dir(folder.join("docs"))?;
    for page in pages.join("docs").read_dir()? {
        let page = page?;
        copy(&page.path(), &folder.join("docs").join(page.file_name()), FILE_MODE)?;
    }
    copy(&root().join(".github/CHANGELOG.md"), &folder.join("CHANGELOG.md"), FILE_MODE)?;
    copy(&root().join("LICENSE"), &folder.join("LICENSE"), FILE_MODE)?;
    for name in [LICENSES, RUST_LICENSES] {
        copy(&out.join(name), &folder.join(name), FILE_MODE)?;
    }
    Ok(())
}

/// Writes the lists of licences into `out`.
fn licenses(packer: &Path, stage: &Path, out: &Path) -> Result<()> {
    let target = host()?;
    // What is linked: no package that is only built with or tested with, and no macro, which runs in the compiler.
    let mut tree = cargo("tree --locked --edges normal,no-proc-macro --prefix none --format {p} --target");
    tree.arg(&target);
    for name in PACKAGES {
        tree.args(["-p", name]);
    }
    let mut metadata = cargo(&format!("metadata --locked --format-version 1 --filter-platform {target}"));
    let (tree_file, metadata_file) = (stage.join("tree.txt"), stage.join("metadata.json"));
    fs::write(&tree_file, output(&mut tree)?)?;
    fs::write(&metadata_file, output(&mut metadata)?)?;
    pack(Command::new(packer).arg("licenses").args([&tree_file, &metadata_file, &out.join(LICENSES)]))?;
    let sysroot = output(Command::new("rustc").current_dir(root()).args(["--print", "sysroot"]))?;
    copy(&Path::new(sysroot.trim()).join("share/doc/rust/COPYRIGHT-library.html"), &out.join(RUST_LICENSES), FILE_MODE)
}

/// A folder of its own for a file that is to be alone in its archive.
fn alone(file: &Path, stage: &Path) -> Result<PathBuf> {
    let name = file.file_name().unwrap_or_default();
    let folder = stage.join("alone").join(name);
    fs::create_dir_all(&folder)?;
    copy(file, &folder.join(name), FILE_MODE)?;
    Ok(folder)
}

/// A copy with a mode of its own: cargo marks a shared object as a program, and a umask changes what git has.
fn copy(from: &Path, to: &Path, mode: u32) -> Result<()> {
    fs::copy(from, to).with_context(|| from.display().to_string())?;
    fs::set_permissions(to, fs::Permissions::from_mode(mode)).with_context(|| to.display().to_string())
}
