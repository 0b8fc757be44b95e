package host_test

import (
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/functions/host"
	"github.com/galleyhq/galley/internal/rowcache"
)

// TestCached reads rows of tables as functions do.
func TestCached(t *testing.T) {
	onScripts(t, func(c *host.Config) { c.Rows = rowcache.New(rowcache.Config{DB: c.DB}) }, func(s *scripts) {
		err := database.InTx(s.Context(), s.db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
			return tx.Script(s.Context(), `create table odd (a int, "B c" text, data bytea, n int8, j jsonb, at timestamptz, primary key (a, "B c"));
				insert into odd values (1, 'x''y', '\x00ff', 9007199254740993, '{"k":[1]}', '2026-01-02 03:04:05+00');
				create schema other; create table other.t (id int primary key); insert into other.t values (5);
				grant usage on schema other to service_role; grant all on odd, other.t to service_role`, nil)
		})
		if err != nil {
			s.Fatal(err)
		}
		for _, test := range []struct{ body, want string }{
			{"return await cached('todos', { id: 2 })", `{"id":2,"title":"his","owner":"bob","done":false}`},
			{"return await cached('todos', { id: 3 })", "null"},
			{"return await cached('todos', { id: null })", "null"},
			{"return await cached('other.t', { id: '5' })", `{"id":5}`},
			{"const r = await cached('odd', { 'B c': \"x'y\", a: 1 }); return [[...r.data], r.n, r.j, r.at]", `[[0,255],"9007199254740993",{"k":[1]},"2026-01-02T03:04:05+00:00"]`},
			{"const r = await cached('todos', { id: 1 }); r.title = 'mine'; return (await cached('todos', { id: 1 })).title", "hers"},
			{"await sql.as('service')`update todos set title = 'new' where id = ${1}`; return (await cached('todos', { id: 1 })).title", "new"},
			{"await transaction((tx) => tx`update todos set title = 'newer' where id = ${1}`, { as: 'service' }); return (await cached('todos', { id: 1 })).title", "newer"},
			{"return await cached('todos', { title: 'his' }).catch((e) => e.code)", "22023"},
			{"return await cached('todos', {}).catch((e) => e.code)", "22023"},
			{"return await cached('nowhere', { id: 1 }).catch((e) => [e.code, e instanceof SqlError])", `["42P01",true]`},
			{"return await cached('todos', { id: 'x' }).catch((e) => e.code)", "22P02"},
			{"return await transaction((tx) => cached('todos', { id: 1 })).catch((e) => e.code)", "25001"},
			{"const svg = qr('https://example.org/é', { level: 'H' }); return [svg.startsWith('<svg xmlns='), svg.endsWith('</svg>')]", "[true,true]"},
			{"try { qr('x'.repeat(3000)) } catch (e) { return e.message }", "qr: "},
			{"try { qr('x', { level: 'Z' }) } catch (e) { return e.message }", "qr: the level is \"Z\""},
		} {
			if got := s.run(forAda, test.body); !strings.HasPrefix(got, test.want) || test.want == "" {
				s.Errorf("%s: %s, want %s", test.body, got, test.want)
			}
		}
	})
}
