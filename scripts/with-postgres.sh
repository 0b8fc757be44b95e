#!/usr/bin/env bash
# Runs a command with GALLEY_TEST_DATABASE_URL naming a private PostgreSQL server,
# which is stopped and removed afterwards, whatever happens:
#
#	scripts/with-postgres.sh go test ./...
#
# A server named by GALLEY_TEST_DATABASE_URL is used as it is. Otherwise PostgreSQL
# is looked for, and on Debian as root installed. Where there is none the command
# runs without it and skips that engine, which is said plainly; with
# GALLEY_TEST_REQUIRE_POSTGRES=1 it is an error instead.
set -euo pipefail

say() { echo "with-postgres: $*" >&2; }

# bindir prints the folder of the newest server's programs.
bindir() {
	local found
	found=$(ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql@*/bin \
		/usr/local/opt/postgresql@*/bin 2>/dev/null | sort -V | tail -n 1 || true)
	if [ -z "$found" ] && command -v pg_config >/dev/null; then found=$(pg_config --bindir); fi
	if [ -n "$found" ] && [ -x "$found/initdb" ]; then echo "$found"; else return 1; fi
}

# install puts Debian's package on the machine without the cluster that it would
# otherwise create and start.
install() {
	say "installing PostgreSQL"
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -q >&2 &&
		apt-get install -qy --no-install-recommends postgresql-common >&2 &&
		sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf &&
		apt-get install -qy --no-install-recommends postgresql >&2
}

if [ -n "${GALLEY_TEST_DATABASE_URL:-}" ]; then exec "$@"; fi

if ! bin=$(bindir); then
	if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && install; then
		bin=$(bindir)
	elif [ "${GALLEY_TEST_REQUIRE_POSTGRES:-}" = 1 ]; then
		say "PostgreSQL is required (GALLEY_TEST_REQUIRE_POSTGRES=1) and was not found"
		exit 1
	else
		say "PostgreSQL was not found: everything on the postgres engine, and the comparison of both engines, is SKIPPED."
		say "Install it (Debian: apt-get install postgresql), or set GALLEY_TEST_DATABASE_URL to a server's superuser."
		exec "$@"
	fi
fi

# PostgreSQL refuses to run as root.
as_owner() {
	if [ "$(id -u)" = 0 ]; then (cd / && setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"); else "$@"; fi
}

dir=$(mktemp -d "${TMPDIR:-/tmp}/galley-postgres.XXXXXX")
stop() {
	local status=$?
	trap - EXIT INT TERM HUP
	if [ -f "$dir/data/postmaster.pid" ]; then
		as_owner "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1 || say "could not stop the server in $dir"
	fi
	rm -rf "$dir"
	exit "$status"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
printf '%s\n' "$password" >"$dir/password"
if [ "$(id -u)" = 0 ]; then chown -R postgres:postgres "$dir"; fi
as_owner "$bin/initdb" -D "$dir/data" -U postgres --locale=C.UTF-8 --encoding=UTF8 \
	--auth=scram-sha-256 --pwfile="$dir/password" --no-sync >"$dir/initdb.log" 2>&1 ||
	{ cat "$dir/initdb.log" >&2; exit 1; }

# The data are thrown away: what makes them survive a crash is off. It stands in the
# file, so that a measurement can turn it on (alter system).
printf '%s = off\n' fsync synchronous_commit full_page_writes >>"$dir/data/postgresql.conf"

# Compiling a statement takes a second where tables were never counted, and each of the
# tests' statements runs once. What autovacuum frees and counts changes the order of rows
# that nothing else orders (whose is the first mistake?), whenever it comes by. Who
# measures asks for both: GALLEY_TEST_AS_SHIPPED=on.
printf "%s = ${GALLEY_TEST_AS_SHIPPED:-off}\n" jit autovacuum >>"$dir/data/postgresql.conf"

# A taken port shows only when the server starts, so a few are tried.
port=
for _ in 1 2 3 4 5; do
	try=$((20000 + RANDOM % 12000))
	options="-p $try -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=300"
	options="$options -c timezone=UTC -c log_timezone=UTC -c wal_level=logical"
	if as_owner "$bin/pg_ctl" -D "$dir/data" -l "$dir/data/server.log" -w -t 60 -o "$options" start >/dev/null; then
		port=$try
		break
	fi
done
[ -n "$port" ] || { cat "$dir/data/server.log" >&2; say "the server did not start"; exit 1; }

export GALLEY_TEST_DATABASE_URL="postgres://postgres:$password@127.0.0.1:$port/postgres?sslmode=disable"
say "PostgreSQL from $bin on port $port"
"$@"
