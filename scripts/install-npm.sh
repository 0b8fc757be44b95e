#!/usr/bin/env bash
# Installs what tests take from npm, exactly as locked:
#
#	scripts/install-npm.sh test/client "the tests with the official client"
#
# On Linux with x64 that may include Node itself, since some of it needs a newer one
# than many machines have; elsewhere the machine's own Node 22 or newer is used.
# Without npm the tests are skipped, which is said plainly; with
# GALLEY_TEST_REQUIRE_CLIENT=1 it is an error instead.
set -euo pipefail
cd "$(dirname "$0")/../$1"
if ! command -v npm >/dev/null; then
	if [ "${GALLEY_TEST_REQUIRE_CLIENT:-}" = 1 ]; then
		echo "install-npm: npm is required (GALLEY_TEST_REQUIRE_CLIENT=1) and was not found" >&2
		exit 1
	fi
	echo "install-npm: npm was not found: $2 are SKIPPED" >&2
	exit 0
fi
force=
[ "$(uname -sm)" = "Linux x86_64" ] || force=--force # a packaged Node is for Linux
npm ci $force --no-audit --no-fund --ignore-scripts --loglevel=error
touch node_modules/.package-lock.json
