use super::*;
use serde_json::json;

const TREE: &str = "ct-ingest v0.1.0 (/work/bins/ct-ingest)\n\
                    memchr v2.8.0\n\
                    libdeflate-sys v1.26.0\n\
                    \n\
                    memchr v2.8.0 (*)\n";

fn metadata(folder: &Path) -> Metadata {
    let package = |name: &str, version: &str, license: Option<&str>, registry: Option<&str>| {
        json!({
            "id": name, "name": name, "version": version, "license": license, "source": registry,
            "manifest_path": folder.join(name).join("Cargo.toml"), "features": {},
        })
    };
    let registry = Some("registry+https://github.com/rust-lang/crates.io-index");
    let packages = [
        package("ct-ingest", "0.1.0", Some("Apache-2.0"), None),
        package("memchr", "2.8.0", Some("Unlicense OR MIT"), registry),
        package("memchr", "1.0.0", Some("old"), registry),
        package("libdeflate-sys", "1.26.0", Some("MIT"), registry),
        package("not-linked", "1.0.0", None, registry),
    ];
    Metadata::parse(&json!({ "packages": packages, "resolve": null }).to_string()).unwrap()
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for package in ["memchr", "libdeflate-sys"] {
        fs::create_dir(folder.path().join(package)).unwrap();
    }
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

#[track_caller]
fn check(files: &[(&str, &str)], expected: &str) {
    let folder = folder(files);
    let metadata = metadata(folder.path());
    let packages = packages(TREE, &metadata).unwrap();
    let found = list(&packages).unwrap();
    assert_eq!(found.replace(LINE, "--").split_once("\n\n").unwrap().1, expected);
}

#[test]
fn each_text_is_listed_once_with_its_packages() {
    check(
        &[
            ("memchr/LICENSE-MIT", "\u{feff}MIT\r\nby A\r\n\r\n"),
            ("memchr/UNLICENSE", "free\n"),
            ("libdeflate-sys/libdeflate/COPYING", "MIT\nby A"),
            ("libdeflate-sys/src/licenses.rs", "fn main() {}"),
            ("memchr/README.md", "no licence"),
        ],
        "libdeflate-sys 1.26.0: MIT\n\
         memchr 2.8.0: Unlicense OR MIT\n\
         \n--\nlibdeflate-sys 1.26.0, libdeflate/COPYING\nmemchr 2.8.0, LICENSE-MIT\n--\n\nMIT\nby A\n\
         \n--\nmemchr 2.8.0, UNLICENSE\n--\n\nfree\n",
    );
}

#[test]
fn a_package_without_a_text_is_named_with_its_expression() {
    check(
        &[("memchr/notice.txt", "n")],
        "libdeflate-sys 1.26.0: MIT; the package has no text\n\
         memchr 2.8.0: Unlicense OR MIT\n\
         \n--\nmemchr 2.8.0, notice.txt\n--\n\nn\n",
    );
}

#[test]
fn missing_packages_and_licences_are_errors() {
    let folder = folder(&[]);
    let metadata = metadata(folder.path());
    let unknown = packages("serde v1.0.0\n", &metadata).err().unwrap();
    assert_eq!(unknown.to_string(), "cargo metadata has no serde 1.0.0");
    let unnamed = packages("not-linked v1.0.0\n", &metadata).unwrap();
    fs::create_dir(folder.path().join("not-linked")).unwrap();
    assert_eq!(list(&unnamed).unwrap_err().to_string(), "not-linked 1.0.0 has no licence");
    assert!(Metadata::parse("no JSON").is_err());
}
