#!/usr/bin/env bash
# Installs the linter of the OpenAPI document, exactly as locked. It needs Node 20.19
# or newer; where there is none, the test that runs it is skipped.
set -euo pipefail
cd "$(dirname "$0")/../test/openapi"
if ! command -v npm >/dev/null; then
	echo "install-openapi-lint: npm was not found: the document is NOT linted" >&2
	exit 0
fi
npm ci --no-audit --no-fund --ignore-scripts --loglevel=error
touch node_modules/.package-lock.json
