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

# Linking the binary takes longer than many of the tests that run it.
built=$(mktemp -d "${TMPDIR:-/tmp}/galley-test.XXXXXX")
trap 'rm -rf "$built"' EXIT
chmod 755 "$built" # some tests run it as another user
go build -o "$built/galley.exe" ./cmd/galley || exit 1
export GALLEY_TEST_BINARY=$built/galley.exe

# What go vet finds `make lint` tells, of more kinds; and no test is debugged here, so
# that debugging information would be linked into some two hundred programs for nothing.
flags=(-vet=off -ldflags=-w)

status=0
go test "${flags[@]}" -timeout 20m "$@" "${plain[@]}" || status=1
if [ ${#verbose[@]} -gt 0 ]; then
	go test "${flags[@]}" -timeout 20m -v "$@" "${verbose[@]}" | grep -vE '^(=== |[[:space:]]*--- PASS)' || status=1
fi
go test -C bench "${flags[@]}" "$@" ./... | grep -v 'no test files' || status=1
go test -C test/acme "${flags[@]}" "$@" ./... || status=1
go test -C test/deploy "${flags[@]}" "$@" ./... || status=1
exit $status
