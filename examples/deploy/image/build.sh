#!/bin/sh
# Builds the images' files into the folder $1, for the Dockerfile and for `cargo xtask image-steps`.
#   ct-ingest   the program
#   bin         fig-bridge, its entrypoint, and the entrypoint under the names of the programs that start FIG
#   fig         the home folder of fig-bridge's user, empty
#
#   PROFILE     release (the default) or dev, which is quicker to build and slower to run
set -eu

out=${1:?name the folder that the programs go to}
profile=${PROFILE:-release}
cd "$(dirname "$0")/../../.."

# Only with the workspace's lock file, so that images have the tested versions.
cargo build --locked --profile "$profile" -p fig-bridge -p ct-ingest
# cargo's folder for the profile dev is called debug.
folder=${CARGO_TARGET_DIR:-target}/$profile
[ "$profile" != dev ] || folder=${CARGO_TARGET_DIR:-target}/debug

mkdir -p "$out/bin" "$out/fig"
strip -o "$out/ct-ingest" "$folder/ct-ingest"
strip -o "$out/bin/fig-bridge" "$folder/fig-bridge"
rustc --edition 2024 -C opt-level=2 -C strip=symbols -o "$out/bin/entrypoint" examples/deploy/image/entrypoint.rs
for name in bash sh python python3 python3.11; do
    ln -sf entrypoint "$out/bin/$name"
done
# Starts each program once, so that no image has one that cannot run.
"$out/ct-ingest" --version
"$out/bin/entrypoint" --version
