#!/usr/bin/env bash
# Makes web/client/dist/client.js, the official client for pages, of npm's packages,
# exactly as locked. Without npm the binary is built without it, which is said plainly;
# with GALLEY_TEST_REQUIRE_CLIENT=1 it is an error instead.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install-npm.sh web/client "pages that use /galley/client.js, for the binary is built without it,"
[ -d web/client/node_modules ] || exit 0
go run ./internal/tools/browserclient
