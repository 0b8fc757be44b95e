#!/usr/bin/env bash
# Runs the official client's own suites of accounts, unchanged, against Galley on
# both engines, and prints the counts:
#
#	scripts/auth-suites.sh [--only embedded|postgres] [--update] [DIR]
#
# DIR holds the glue (jest.*.cjs, origin.cjs), the folder packages of the repository
# supabase/supabase-js, and what `npm install` there puts beside them; it is
# ../shared/conformance/clients unless it is named. It fails when a case fails that
# docs/ledger/auth-js.json has as passed; --update keeps the counts there, which
# docs/compatibility.md is made of (make docs). KEEP_LOGS=1 leaves the logs of a run that failed.
#
# The suite auth-js gets the server of test/authjs/galley.toml. auth-js-docker wants
# four that differ from it: servers() says in what.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { echo "auth-suites: $*" >&2; }
fail() { say "$*"; exit 1; }

only= update= dir=../shared/conformance/clients
while [ $# -gt 0 ]; do
	case $1 in
	--only) only=$2; shift ;;
	--update) update=--update ;;
	-*) fail "unknown flag $1" ;;
	*) dir=$1 ;;
	esac
	shift
done
dir=$(realpath "$dir" 2>/dev/null) || fail "there is no folder $dir"
client=$dir/packages/core/auth-js

command -v node >/dev/null || fail "node is missing"
for file in jest.base.cjs jest.auth-js.cjs jest.auth-js-docker.cjs origin.cjs package.json; do
	[ -f "$dir/$file" ] || fail "$dir lacks $file: it is part of the glue in conformance/clients"
done
[ -d "$client/test" ] || fail "$client is missing: put the folder packages of the repository supabase/supabase-js into $dir"
[ -x "$dir/node_modules/.bin/jest" ] || fail "jest is missing: run npm install in $dir"

# PostgreSQL is started by with-postgres.sh, which runs this script again.
if [ -z "$only" ]; then
	status=0
	"$0" --only embedded $update "$dir" || status=$?
	scripts/with-postgres.sh "$0" --only postgres $update "$dir" || status=$?
	exit "$status"
fi
[ "$only" = embedded ] || [ -n "${GALLEY_TEST_DATABASE_URL:-}" ] || fail "there is no PostgreSQL: run it by scripts/with-postgres.sh"

work=$(mktemp -d "${TMPDIR:-/tmp}/galley-suites.XXXXXX")
pids=()
stop() {
	local status=$?
	trap - EXIT INT TERM HUP
	for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
	for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
	if [ "$status" != 0 ] && [ -n "${KEEP_LOGS:-}" ]; then say "logs are in $work"; else rm -rf "$work"; fi
	exit "$status"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

keys=$client/test/supabase/signing_keys.json
[ -f "$keys" ] || (cd "$client/test" && node generate-signing-keys.js >/dev/null) || fail "the suite could not make its signing keys"
CGO_ENABLED=${CGO_ENABLED:-0} go build -trimpath -o "$work/galley" ./cmd/galley

# serve NAME [VARIABLE=VALUE…] starts a server with the differences named.
serve() {
	local name=$1
	local flags=(--dev --listen 127.0.0.1:0 --project test/authjs --data "$work/$name")
	shift
	if [ "$only" = postgres ]; then flags+=(--database-url "$GALLEY_TEST_DATABASE_URL"); fi
	env GALLEY_LOG_FORMAT=json "$@" "$work/galley" serve "${flags[@]}" >"$work/$name.log" 2>&1 &
	pids+=($!)
}

# address NAME waits until a server is ready and prints where it listens.
address() {
	local url=
	for _ in $(seq 600); do
		if [ -z "$url" ]; then url=$(sed -nE 's/.*"msg":"listening".*"url":"([^"]+)".*/\1/p' "$work/$1.log" | head -n 1); fi
		if grep -q '^the configuration is wrong' "$work/$1.log"; then break; fi
		if [ -n "$url" ] && curl -fs "$url/ready" >/dev/null; then echo "$url"; return; fi
		sleep 0.1
	done
	tail -n 20 "$work/$1.log" >&2
	fail "the server $1 did not start"
}

servers() {
	local rs256=GALLEY_AUTH_SIGNING_KEYS_PATH=$keys anonymous=GALLEY_AUTH_ENABLE_ANONYMOUS_SIGN_INS=false
	serve main "$rs256"
	if [ "$only" = postgres ]; then address main >/dev/null; fi # it makes the tables that the others share
	serve confirm $anonymous GALLEY_AUTH_EMAIL_ENABLE_CONFIRMATIONS=true GALLEY_AUTH_SMS_ENABLE_CONFIRMATIONS=true
	serve automatic
	serve closed $anonymous GALLEY_AUTH_ENABLE_SIGNUP=false GALLEY_AUTH_EMAIL_ENABLE_SIGNUP=false GALLEY_AUTH_SMS_ENABLE_SIGNUP=false
	serve rsa $anonymous "$rs256"
}

servers
SUITE_TARGET=$(address main)
# These four are called without the prefix.
SUITE_TARGET_9999=$(address confirm)/auth/v1
SUITE_TARGET_9998=$(address automatic)/auth/v1
SUITE_TARGET_9997=$(address closed)/auth/v1
SUITE_TARGET_9996=$(address rsa)/auth/v1
export SUITE_TARGET SUITE_TARGET_9999 SUITE_TARGET_9998 SUITE_TARGET_9997 SUITE_TARGET_9996

status=0
for suite in auth-js auth-js-docker; do
	out=$work/$suite.json
	: >"$work/$suite.jsonl"
	(cd "$dir" && SUITE_RECORD=$work/$suite.jsonl node_modules/.bin/jest -c "jest.$suite.cjs" --ci --runInBand --silent \
		--json --outputFile="$out") >"$work/$suite.log" 2>&1 || true
	[ -f "$out" ] || { cat "$work/$suite.log" >&2; fail "jest did not run $suite"; }
	node test/authjs/tally.mjs "$suite" "$only" "$out" "$work/$suite.jsonl" $update || status=1
done
exit "$status"
