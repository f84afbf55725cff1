#!/bin/sh
# Builds what the images have into the folder $1. The Dockerfile runs this, and so does `cargo xtask image-steps`.
#   ct-ingest   the program
#   bin         fig-bridge, its entrypoint, and the entrypoint's other names: those of what starts FIG
#   fig         the home folder of fig-bridge's user, empty
#
#   PROFILE     release (the default) or dev, which is quicker to build and slower to run
set -eu

out=${1:?name the folder that the programs go to}
profile=${PROFILE:-release}
cd "$(dirname "$0")/../../.."

# The workspace's lock file, or nothing: an image is made of what was tested.
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
# Starts each once, so that a program that cannot run ends up in no image.
"$out/ct-ingest" --version
"$out/bin/entrypoint" --version
