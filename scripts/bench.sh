#!/usr/bin/env bash
# Builds the peers and runs the benchmark; QUICK=1 measures for a shorter time, and
# ONLY="point read" one entry.
set -euo pipefail
cd "$(dirname "$0")/../bench"
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
go build -o "$bin/" . ./cmd/handwritten ./cmd/pocketbase
for package in app auth/token backup jobs; do go -C .. test -c -o "$bin/${package##*/}.test" "./internal/$package"; done
args=(-galley ../bin/galley -peers "$bin" -own "$bin" -out results.json)
[ -n "${ONLY:-}" ] && args+=(-only "$ONLY")
[ "${SHOP:-}" = 1 ] && args+=(-shop)
[ "${QUICK:-}" = 1 ] && args+=(-quick)
GALLEY_TEST_AS_SHIPPED=on ../scripts/with-postgres.sh "$bin/bench" "${args[@]}"
echo "bench/results.json"
