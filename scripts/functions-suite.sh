#!/usr/bin/env bash
# Runs the official client's own suite of functions, unchanged, against Galley, and
# prints the counts:
#
#	scripts/functions-suite.sh [--update] [DIR]
#
# DIR holds the glue (jest.*.cjs, relay-shim.ts), the folder packages of the repository
# supabase/supabase-js, and what `npm install` there puts beside them; it is
# ../shared/conformance/clients unless it is named. It fails when a case fails, or fewer pass
# than docs/ledger/functions-js.json has; --update keeps the counts there.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { echo "functions-suite: $*" >&2; exit 1; }

update=
if [ "${1:-}" = --update ]; then update=1; shift; fi
dir=$(realpath "${1:-../shared/conformance/clients}" 2>/dev/null) || fail "there is no such folder"
command -v node >/dev/null || fail "node is missing"
for file in jest.base.cjs jest.functions-js.cjs relay-shim.ts package.json; do
	[ -f "$dir/$file" ] || fail "$dir lacks $file: it is part of the glue in conformance/clients"
done
[ -d "$dir/packages/core/functions-js/test" ] || fail "the folder packages of the repository supabase/supabase-js is missing in $dir"
[ -x "$dir/node_modules/.bin/jest" ] || fail "jest is missing: run npm install in $dir"

work=$(mktemp -d "${TMPDIR:-/tmp}/galley-suite.XXXXXX")
trap 'rm -rf "$work"' EXIT
CGO_ENABLED=${CGO_ENABLED:-0} go build -trimpath -o "$work/galley" ./cmd/galley

relay=$PWD/test/functionsjs/relay.mjs
(cd "$dir" && GALLEY=$work/galley SUITE_RELAY_CMD="node $relay" node_modules/.bin/jest -c jest.functions-js.cjs --ci --runInBand --silent \
	--json --outputFile="$work/out.json") >"$work/log" 2>&1 || true
[ -f "$work/out.json" ] || { cat "$work/log" >&2; fail "jest did not run"; }
node -e '
const out = JSON.parse(require("fs").readFileSync(process.argv[1]))
for (const file of out.testResults) for (const t of file.assertionResults) {
	if (t.status === "failed") console.log(`${t.status}: ${t.fullName}\n${t.failureMessages.join("\n").slice(0, 600)}`)
}
console.log(`functions-js: ${out.numPassedTests} of ${out.numTotalTests} pass, ${out.numPendingTests} are skipped by the suite itself`)
const fs = require("fs"), [, , ledger, update] = process.argv
const counts = { cases: out.numTotalTests, passed: out.numPassedTests, skipped: out.numPendingTests }
if (update) fs.writeFileSync(ledger, JSON.stringify(counts, null, 2) + "\n")
process.exit(out.numFailedTests > 0 || out.numPassedTests < JSON.parse(fs.readFileSync(ledger)).passed ? 1 : 0)
' "$work/out.json" docs/ledger/functions-js.json "$update"
