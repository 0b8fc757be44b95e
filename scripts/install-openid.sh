#!/usr/bin/env bash
# Installs the OpenID provider that sign-in is tested with, exactly as locked. On Linux
# with x64 that includes Node itself, since it needs a newer one than many
# machines have; elsewhere the machine's own Node 22 or newer is used.
set -euo pipefail
cd "$(dirname "$0")/../test/openid"
if ! command -v npm >/dev/null; then
	if [ "${GALLEY_TEST_REQUIRE_CLIENT:-}" = 1 ]; then
		echo "install-openid: npm is required (GALLEY_TEST_REQUIRE_CLIENT=1) and was not found" >&2
		exit 1
	fi
	echo "install-openid: npm was not found: the tests with an OpenID provider are SKIPPED" >&2
	exit 0
fi
force=
[ "$(uname -sm)" = "Linux x86_64" ] || force=--force # the packaged Node is for Linux
npm ci $force --no-audit --no-fund --ignore-scripts --loglevel=error
touch node_modules/.package-lock.json
