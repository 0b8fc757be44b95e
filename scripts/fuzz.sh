#!/usr/bin/env bash
# Runs every fuzz test of the module in turn, for the time given each ("20s").
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-20s}
found=0
while IFS=: read -r file name; do
	found=1
	package=./$(dirname "$file")
	echo "fuzzing $name in $package for $time"
	go test -run '^$' -fuzz "^$name\$" -fuzztime "$time" "$package"
done < <(git ls-files '*_test.go' | xargs -r grep -HEo '^func Fuzz[A-Za-z0-9_]+' | sed 's/func //')
[ "$found" = 1 ] || { echo "no fuzz test found" >&2; exit 1; }
