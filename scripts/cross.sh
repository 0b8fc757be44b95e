#!/usr/bin/env bash
# Compiles galley for each os/arch given, keeping nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
for platform in "$@"; do
	GOOS=${platform%/*} GOARCH=${platform#*/} CGO_ENABLED=0 go build -o "$out/galley" ./cmd/galley
	echo "builds for $platform"
done
