#!/bin/sh
# Plays every scenario in namespaces of its own and keeps what was captured: record.sh PROGRAM FOLDER [SCENARIO...]
# One that does not come out as it should, or cannot be played here, keeps the recording that it had.
set -eu

program=$1 folder=$2
shift 2
scripts=$(dirname "$0")
[ $# -gt 0 ] || set -- $("$program" demo --list --format json | sed 's/^{"name":"\([^"]*\)".*/\1/')

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
missed=0
for name in "$@"; do
    rm -f "$work"/*
    if "$scripts/as-root.sh" "$program" -q demo "$name" --private --kernel --write "$work/$name.pcap" \
        --format json --records calls,kernel >"$work/$name.jsonl"; then
        for file in "$work"/*; do cat "$file" >"$folder/${file##*/}"; done
        echo "recorded: $name"
    else
        missed=1
        echo "record: $name: not recorded, see above" >&2
    fi
done
exit "$missed"
