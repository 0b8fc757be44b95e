#!/usr/bin/env bash
# Runs all tests, those of modules of their own included; arguments go to go test. The suites that count
# something (catalogue rows, statements, cases of PostgREST, tests of the official
# client, kills) run in verbose mode, so that their counts are seen.
set -uo pipefail
cd "$(dirname "$0")/.."

counting='/(typestest|differential|randomquery|randomsecurity|conformance)$|/test/'
mapfile -t all < <(go list ./...)
plain=() verbose=()
for package in "${all[@]}"; do
	if [[ $package =~ $counting ]]; then verbose+=("$package"); else plain+=("$package"); fi
done
[ ${#plain[@]} -gt 0 ] || exit 1

status=0
go test "$@" "${plain[@]}" || status=1
if [ ${#verbose[@]} -gt 0 ]; then
	go test -v "$@" "${verbose[@]}" | grep -vE '^(=== |[[:space:]]*--- PASS)' || status=1
fi
go test -C bench "$@" ./... | grep -v 'no test files' || status=1
go test -C test/acme "$@" ./... || status=1
go test -C test/deploy "$@" ./... || status=1
exit $status
