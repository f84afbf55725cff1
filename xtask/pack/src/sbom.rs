//! Writes a software bill of materials: the packages that the programs are linked from, as `CycloneDX` JSON.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::linked::{Metadata, Node, Package};

/// The name of the whole release.
const NAME: &str = "trailbridge";

/// Returns the bill for a release of this version, made at `time` in seconds since 1970. `tree` is the output of
/// `cargo tree`, `lock` is the text of Cargo.lock.
///
/// # Errors
/// Fails if the metadata lacks a package or the graph, or the lock file lacks the checksum of a registry's package.
pub(crate) fn bill(tree: &str, metadata: &str, lock: &str, version: &str, time: i64) -> Result<String> {
    let metadata = Metadata::parse(metadata)?;
    let linked = metadata.linked(tree)?;
    let checksums = checksums(lock);
    let components = linked
        .iter()
        .map(|package| component(package, checksums.get(&(&*package.name, &*package.version)).copied()))
        .collect::<Result<Vec<_>>>()?;
    let nodes = &metadata.resolve.as_ref().context("cargo metadata has no graph")?.nodes;
    let root = format!("{NAME}@{version}");
    let bill = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": jiff::Timestamp::from_second(time)?.to_string(),
            "component": { "type": "application", "bom-ref": root, "name": NAME, "version": version },
        },
        "components": components,
        "dependencies": dependencies(&root, &linked, nodes),
    });
    Ok(serde_json::to_string_pretty(&bill)? + "\n")
}

fn component(package: &Package, checksum: Option<&str>) -> Result<Value> {
    let Package { name, version, .. } = package;
    let mut component = json!({ "type": "library", "bom-ref": reference(package), "name": name, "version": version });
    let mut add = |key: &str, value: Value| component.as_object_mut().map(|members| members.insert(key.into(), value));
    if let Some(license) = &package.license {
        // Old manifests have a slash, which SPDX does not.
        add("licenses", json!([{ "expression": license.replace('/', " OR ") }]));
    }
    if let Some(url) = &package.repository {
        add("externalReferences", json!([{ "type": "vcs", "url": url }]));
    }
    if package.source.is_some() {
        let checksum = checksum.with_context(|| format!("Cargo.lock has no checksum of {name} {version}"))?;
        add("purl", json!(format!("pkg:cargo/{name}@{version}")));
        add("hashes", json!([{ "alg": "SHA-256", "content": checksum }]));
    }
    Ok(component)
}

/// Returns the graph of the linked packages. The release depends on the packages that no other package needs.
fn dependencies(root: &str, linked: &[&Package], nodes: &[Node]) -> Vec<Value> {
    let by_id: BTreeMap<&str, String> = linked.iter().map(|it| (it.id.as_str(), reference(it))).collect();
    let mut needed: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for node in nodes {
        let Some(package) = by_id.get(node.id.as_str()) else { continue };
        let normal = node.deps.iter().filter(|dep| dep.dep_kinds.iter().any(|kind| kind.kind.is_none()));
        let mut names: Vec<&str> = normal.filter_map(|dep| by_id.get(dep.pkg.as_str()).map(String::as_str)).collect();
        names.sort_unstable();
        needed.insert(package, names);
    }
    let tops: Vec<&str> =
        needed.keys().filter(|name| !needed.values().any(|names| names.contains(name))).copied().collect();
    needed.insert(root, tops);
    needed.into_iter().map(|(name, names)| json!({ "ref": name, "dependsOn": names })).collect()
}

fn reference(package: &Package) -> String {
    format!("{}@{}", package.name, package.version)
}

/// Returns the checksums of the lock file by name and version.
fn checksums(lock: &str) -> BTreeMap<(&str, &str), &str> {
    let packages = lock.split("[[package]]").skip(1);
    let found = packages.filter_map(|package| {
        let value = |key: &str| {
            package.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"'))
        };
        Some(((value("name")?, value("version")?), value("checksum")?))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "ct-ingest v0.1.0 (/work)\nmemchr v2.8.0\n";
    const LOCK: &str = "version = 4\n\n[[package]]\nname = \"memchr\"\nversion = \"2.8.0\"\nchecksum = \"ab\"\n";

    fn metadata() -> String {
        let package = |name: &str, version: &str, license: &str, source: Option<&str>| {
            json!({ "id": name, "name": name, "version": version, "license": license, "source": source,
                "manifest_path": "Cargo.toml", "repository": source.map(|_| "https://example.com") })
        };
        let dep = |name: &str, kind: Option<&str>| json!({ "pkg": name, "dep_kinds": [{ "kind": kind }] });
        json!({
            "packages": [
                package("ct-ingest", "0.1.0", "Apache-2.0", None),
                package("memchr", "2.8.0", "Unlicense/MIT", Some("registry")),
                package("proptest", "1.0.0", "MIT", Some("registry")),
            ],
            "resolve": { "nodes": [
                { "id": "ct-ingest", "deps": [dep("memchr", None), dep("proptest", Some("dev"))] },
                { "id": "memchr", "deps": [] },
                { "id": "proptest", "deps": [] },
            ] },
        })
        .to_string()
    }

    #[test]
    fn linked_packages_are_listed_with_their_graph() {
        let text = bill(TREE, &metadata(), LOCK, "0.1.0", 1_700_000_000).unwrap();
        let bill: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(bill["metadata"]["timestamp"], "2023-11-14T22:13:20Z");
        assert_eq!(
            bill["components"],
            json!([
                { "type": "library", "bom-ref": "ct-ingest@0.1.0", "name": "ct-ingest", "version": "0.1.0",
                    "licenses": [{ "expression": "Apache-2.0" }] },
                { "type": "library", "bom-ref": "memchr@2.8.0", "name": "memchr", "version": "2.8.0",
                    "licenses": [{ "expression": "Unlicense OR MIT" }], "purl": "pkg:cargo/memchr@2.8.0",
                    "hashes": [{ "alg": "SHA-256", "content": "ab" }],
                    "externalReferences": [{ "type": "vcs", "url": "https://example.com" }] },
            ])
        );
        assert_eq!(
            bill["dependencies"],
            json!([
                { "ref": "ct-ingest@0.1.0", "dependsOn": ["memchr@2.8.0"] },
                { "ref": "memchr@2.8.0", "dependsOn": [] },
                { "ref": "trailbridge@0.1.0", "dependsOn": ["ct-ingest@0.1.0"] },
            ])
        );
    }

    #[test]
    fn a_missing_checksum_is_an_error() {
        let error = bill(TREE, &metadata(), "", "0.1.0", 0).unwrap_err();
        assert_eq!(error.to_string(), "Cargo.lock has no checksum of memchr 2.8.0");
    }
}
