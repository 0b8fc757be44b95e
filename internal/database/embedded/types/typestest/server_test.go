package typestest

import (
	"context"
	"flag"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/galleyhq/galley/internal/database/pgtest"
)

// update rewrites the dump of PostgreSQL's catalogue and the ledger.
var update = flag.Bool("update", false, "rewrite testdata")

// tryFunction evaluates statements of two columns (is it null, its text) one by
// one and reports errors as rows, so that thousands cost one round trip.
const tryFunction = `
create function pg_temp.try(statements text[])
returns table (n int, missing bool, value text, code text, message text) language plpgsql as $$
begin
	for n in 1 .. cardinality(statements) loop
		try.n := n; missing := null; value := null; code := ''; message := '';
		begin
			execute statements[n] into missing, value;
		exception when others then
			get stacked diagnostics code = returned_sqlstate, message = message_text;
		end;
		return next;
	end loop;
end $$`

// answer is what either side says: a value, NULL, or an error.
type answer struct {
	null          bool
	text          string
	code, message string
}

func (a answer) String() string {
	switch {
	case a.code != "":
		return a.code + " " + a.message
	case a.null:
		return "NULL"
	}
	return "'" + a.text + "'"
}

// postgres is one connection to the server under test.
type postgres struct {
	mu   sync.Mutex
	conn *pgx.Conn
}

// connect opens a connection to a fresh database of PostgreSQL 15, or skips the
// test.
func connect(t *testing.T) *postgres {
	t.Helper()
	url := pgtest.Database(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	config.RuntimeParams["timezone"] = "UTC"
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		t.Fatalf("connect to PostgreSQL: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(ctx)) })
	var version int
	if err := conn.QueryRow(ctx, "select current_setting('server_version_num')::int / 10000").Scan(&version); err != nil {
		t.Fatal(err)
	}
	if version != 15 {
		t.Skipf("the catalogue is held against PostgreSQL 15, which answers some of this differently from %d", version)
	}
	if _, err := conn.Exec(ctx, tryFunction); err != nil {
		t.Fatal(err)
	}
	return &postgres{conn: conn}
}

// batch bounds the statements of one round trip.
const batch = 5000

// try evaluates statements of two columns: whether the value is null, and its
// text.
func (p *postgres) try(t *testing.T, statements []string) []answer {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []answer
	for len(statements) > 0 {
		n := min(batch, len(statements))
		all = append(all, p.tryBatch(t, statements[:n])...)
		statements = statements[n:]
	}
	return all
}

func (p *postgres) tryBatch(t *testing.T, statements []string) []answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	rows, err := p.conn.Query(ctx, "select missing, value, code, message from pg_temp.try($1::text[]) order by n", statements)
	if err != nil {
		t.Fatalf("ask PostgreSQL: %v", err)
	}
	answers, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (answer, error) {
		var a answer
		var missing *bool
		var value *string
		if err := row.Scan(&missing, &value, &a.code, &a.message); err != nil {
			return a, err
		}
		if value != nil {
			a.text = *value
		}
		a.null = a.code == "" && (missing == nil || *missing)
		return a, nil
	})
	if err != nil {
		t.Fatalf("ask PostgreSQL: %v", err)
	}
	return answers
}

// show wraps an expression into a statement for try: NULL-ness and output text.
func show(expression string) string {
	return "select v is null, concat(v) from (select " + expression + " as v offset 0) s"
}
