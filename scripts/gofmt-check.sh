#!/usr/bin/env bash
# Fails and lists the Go files that gofmt would change.
set -euo pipefail
cd "$(dirname "$0")/.."
bad=$(git ls-files -z --cached --others --exclude-standard '*.go' | xargs -0 -r gofmt -l)
if [ -n "$bad" ]; then
	printf 'gofmt would change these files (run gofmt -w on them):\n%s\n' "$bad" >&2
	exit 1
fi
