#!/bin/sh
# Builds both programs into the folder $1. The Dockerfile runs this, and so does `cargo xtask image-steps`.
#   PROFILE   release (the default) or dev, which is quicker to build and slower to run
set -eu

out=${1:?name the folder that the programs go to}
profile=${PROFILE:-release}
cd "$(dirname "$0")/../../.."

# The workspace's lock file, or nothing: an image is made of what was tested.
cargo build --locked --profile "$profile" -p fig-bridge -p ct-ingest
# cargo's folder for the profile dev is called debug.
folder=${CARGO_TARGET_DIR:-target}/$profile
[ "$profile" != dev ] || folder=${CARGO_TARGET_DIR:-target}/debug

mkdir -p "$out"
for program in fig-bridge ct-ingest; do
    strip -o "$out/$program" "$folder/$program"
    # Starts it once, so that a program that cannot run ends up in no image.
    "$out/$program" --version
done
