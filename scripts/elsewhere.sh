#!/bin/sh
# Checks that everything builds, without a warning, where what Linux alone has is missing. Needs no other system's standard library:
# in a copy of the sources whatever is for Linux is put down to Haiku, so that this machine counts as one of the others.
set -eu
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target/elsewhere"
target=$(cd "$target" && pwd)
copy=$target/elsewhere
rm -rf "$copy"
mkdir "$copy"
cp -Rp Cargo.toml Cargo.lock clippy.toml src tests benches "$copy"
for folder in docs fixtures fuzz; do ln -s "$PWD/$folder" "$copy/$folder"; done

cd "$copy"
for file in Cargo.toml $(grep -rl 'target_os = "linux"' src tests benches); do
    sed 's/target_os = "linux"/target_os = "haiku"/g' "$file" >"$file.new"
    mv "$file.new" "$file"
done
grep -q haiku src/lab/place/mod.rs || { echo "elsewhere.sh: nothing was put down to another system" >&2; exit 1; }
CARGO_TARGET_DIR=$target "${CARGO:-cargo}" clippy --locked --all-targets -- -D warnings
