package ddl

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/lookup"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/physical"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/privilege"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/database/embedded/emit"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/builtin"
	"github.com/galleyhq/galley/internal/fault"
)

// compiler compiles with the engine's own analyzer and emitter.
type compiler struct{ types *types.Catalogue }

func (c compiler) Expr(cat *catalog.Catalog, t *catalog.Table, e *catalog.Expr, want types.Ref, p Purpose) (string, types.Ref, error) {
	clause := map[Purpose]string{Default: "DEFAULT", Check: "CHECK", PolicyUsing: "POLICY", PolicyCheck: "POLICY",
		IndexKey: "index expressions", IndexPredicate: "index predicates", Generated: "column generation expressions"}[p]
	x, r, err := analyze.Expr(lookup.Context{Catalog: cat, Types: c.types, Role: catalog.Owner, SearchPath: e.SearchPath}, t, e, want, clause)
	if err != nil {
		return "", types.Ref{}, err
	}
	if p == Default || p == PolicyUsing || p == PolicyCheck {
		return "", x.Type(), nil
	}
	volatile := tree.Any(x, func(x tree.Expr) bool {
		call, ok := x.(*tree.Call)
		return ok && call.Function.Volatility != types.Immutable
	})
	if volatile && (p == IndexKey || p == IndexPredicate) {
		return "", types.Ref{}, fault.New(fault.InvalidObjectDefinition, "functions in %s must be marked IMMUTABLE", strings.TrimSuffix(clause, "s"))
	}
	if volatile && p == Generated {
		return "", types.Ref{}, fault.New(fault.InvalidObjectDefinition, "generation expression is not immutable")
	}
	sql, err := emit.Expr(c.types, x, r)
	return sql, x.Type(), err
}

func (c compiler) View(cat *catalog.Catalog, query *ast.SelectStmt, path []string) (*ViewQuery, error) {
	q, err := analyze.View(lookup.Context{Catalog: cat, Types: c.types, Role: catalog.Owner, SearchPath: path}, query)
	if err != nil {
		return nil, err
	}
	out := &ViewQuery{Sources: q.Sources, Updatable: q.Updatable}
	for i, o := range q.Columns {
		out.Columns = append(out.Columns, ViewColumn{Name: o.Name, Type: o.Expr.Type(), Origin: q.Origins[i]})
	}
	return out, nil
}

func (c compiler) Sources(cat *catalog.Catalog, t *catalog.Table, node ast.Node, path []string) ([]catalog.Source, error) {
	return analyze.Sources(lookup.Context{Catalog: cat, Types: c.types, Role: catalog.Owner, SearchPath: path}, t, node)
}

func (c compiler) Function(cat *catalog.Catalog, f *catalog.Function, path []string) error {
	return analyze.CheckFunction(lookup.Context{Catalog: cat, Types: c.types, SearchPath: path}, f)
}

func (c compiler) Updatable(cat *catalog.Catalog, v *catalog.View) (reason, err error) {
	return analyze.Updatable(lookup.Context{Catalog: cat, Types: c.types, Role: catalog.Owner}, v)
}

// engine is an embedded database with nothing but DDL.
type engine struct {
	conn  *sqlite.Conn
	cat   *catalog.Catalog
	types *types.Catalogue
	role  string
}

func newEngine(t testing.TB) *engine {
	t.Helper()
	known, err := builtin.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := sqlite.Open(":memory:", sqlite.Options{Functions: known.SQLiteFunctions(),
		Aggregates: known.SQLiteAggregates(), Collations: known.Collations()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := catalog.Install(conn); err != nil {
		t.Fatal(err)
	}
	cat, err := catalog.Load(conn)
	if err != nil {
		t.Fatal(err)
	}
	return &engine{conn: conn, cat: cat, types: known, role: catalog.Owner}
}

// run runs one statement in a savepoint. What is no DDL goes to SQLite as it is.
func (e *engine) run(sql string) ([]Notice, error) {
	st, err := syntax.Parse(sql)
	if err != nil {
		return nil, err
	}
	if err := e.conn.Exec("SAVEPOINT st"); err != nil {
		return nil, err
	}
	_, next, notices, err := Run(&Context{Conn: e.conn, Catalog: e.cat, Types: e.types, Role: e.role,
		SearchPath: []string{"public"}, Compile: compiler{e.types}, Source: sql}, st.Node)
	if err != nil {
		return notices, errors.Join(err, e.conn.Exec("ROLLBACK TO st; RELEASE st"))
	}
	if next != nil {
		e.cat = next
	}
	return notices, e.conn.Exec("RELEASE st")
}

func (e *engine) must(t testing.TB, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		if _, err := e.run(sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

// phys replaces {table} and {table.column} by physical names.
func (e *engine) phys(sql string) string {
	for _, t := range e.cat.SortedTables() {
		for _, c := range t.Columns {
			sql = strings.ReplaceAll(sql, "{"+t.Name+"."+c.Name+"}", work.Quote(c.Physical))
		}
		sql = strings.ReplaceAll(sql, "{"+t.Name+"}", work.Quote(t.Physical))
	}
	return sql
}

// exec runs SQLite's SQL with the names of phys.
func (e *engine) exec(t testing.TB, sql string) {
	t.Helper()
	if err := e.conn.Exec(e.phys(sql)); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// value returns the first column of the first row.
func (e *engine) value(t testing.TB, sql string) string {
	t.Helper()
	row, err := (&work.Work{Context: &Context{Conn: e.conn}}).First(e.phys(sql))
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	if row == nil {
		return "none"
	}
	if row[0].Kind() == sqlite.KindInt {
		return fmt.Sprint(row[0].Int())
	}
	return row[0].Text()
}

// rows returns the first column of all rows, sorted.
func (e *engine) rows(t testing.TB, sql string) []string {
	t.Helper()
	s, err := e.conn.Prepare(e.phys(sql))
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	defer s.Reset()
	var out []string
	for {
		more, err := s.Step()
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		if !more {
			slices.Sort(out)
			return out
		}
		v := s.Column(0)
		if v.Kind() == sqlite.KindInt {
			out = append(out, fmt.Sprint(v.Int()))
		} else {
			out = append(out, v.Text())
		}
	}
}

// integrity checks that the file and the catalogue fit together.
func (e *engine) integrity(t testing.TB) {
	t.Helper()
	if got := e.value(t, "PRAGMA integrity_check"); got != "ok" {
		t.Errorf("integrity: %s", got)
	}
	loaded, err := catalog.Load(e.conn)
	if err != nil {
		t.Fatal(err)
	}
	if loaded.Version != e.cat.Version || len(loaded.Tables) != len(e.cat.Tables) {
		t.Errorf("the stored catalogue is not the one in memory")
	}
	for _, table := range e.cat.SortedTables() {
		w := work.New(&Context{Conn: e.conn, Catalog: e.cat, Types: e.types, Compile: compiler{e.types}})
		want, err := physical.TableSQL(w, table)
		if err != nil {
			t.Fatal(err)
		}
		if got := e.value(t, "SELECT sql FROM sqlite_schema WHERE name = '"+table.Physical+"'"); got != want {
			t.Errorf("table %s:\n file %s\n want %s", table.Name, got, want)
		}
	}
}

// samePosition tells whether two outcomes agree, and the position, where the
// first has one.
func samePosition(got, want string) bool {
	at := regexp.MustCompile(`\n  at \d+`)
	if strings.Contains(got, "\n  at 0\n") {
		want = at.ReplaceAllString(want, "\n  at 0")
	}
	got, want = someDuplicate.ReplaceAllString(got, "=(some)$1"), someDuplicate.ReplaceAllString(want, "=(some)$1")
	return got == want
}

// someDuplicate is where the first of several violations is a matter of chance.
var someDuplicate = regexp.MustCompile(`=\([^)]*\)( is duplicated| is not present)`)

// outcome is what a statement did, in a form both engines share.
func outcome(err error, notices []string) string {
	out := "ok"
	if err != nil {
		f := fault.From(err)
		if p, ok := errors.AsType[*pgconn.PgError](err); ok {
			f = &fault.Error{Code: p.Code, Message: p.Message, Detail: p.Detail, Hint: p.Hint, Position: int(p.Position)}
		}
		out = fmt.Sprintf("%s %s\n  at %d\n  detail: %s\n  hint: %s", f.Code, f.Message, f.Position, f.Detail, f.Hint)
	}
	return out + strings.Join(append([]string{""}, notices...), "\n  ")
}

func (e *engine) outcome(sql string) string {
	notices, err := e.run(sql)
	var lines []string
	for _, n := range notices {
		lines = append(lines, strings.TrimSpace(n.Severity+" "+n.Message+" "+n.Detail))
	}
	return outcome(err, lines)
}

// server is PostgreSQL with the roles that the embedded engine has.
type server struct {
	conn    *pgconn.PgConn
	notices []string
}

func newServer(t testing.TB, url string) *server {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	config, err := pgconn.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	s := &server{}
	config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		s.notices = append(s.notices, strings.TrimSpace(n.Severity+" "+n.Message+" "+n.Detail))
	}
	if s.conn, err = pgconn.ConnectConfig(ctx, config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.conn.Close(context.Background()) })
	for _, role := range []string{"anon", "authenticated", "service_role"} {
		s.outcome("create role " + role)
	}
	s.outcome("create schema auth")
	s.outcome("alter default privileges in schema public grant all on tables to anon, authenticated, service_role")
	s.outcome("alter default privileges in schema public grant all on sequences to anon, authenticated, service_role")
	return s
}

func (s *server) outcome(sql string) string {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s.notices = nil
	_, err := s.conn.Exec(ctx, sql).ReadAll()
	return outcome(err, s.notices)
}

func (s *server) rows(t testing.TB, sql string) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	results, err := s.conn.Exec(ctx, sql).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, row := range results[0].Rows {
		var cells []string
		for _, c := range row {
			cells = append(cells, string(c))
		}
		out = append(out, strings.Join(cells, " "))
	}
	slices.Sort(out)
	return out
}

// dump lists the objects of the schemas public and s.
func (s *server) dump(t testing.TB) []string {
	return s.rows(t, `
	select 'column', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity::text
	from pg_attribute a join pg_class c on c.oid = a.attrelid where c.relnamespace in ('public'::regnamespace, to_regnamespace('s'))
	and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
	union all select 'constraint', r.relname, conname, contype::text, false, confdeltype::text || confupdtype::text || condeferrable::int || condeferred::int || convalidated::int || ' ' ||
	coalesce((select string_agg(a.attname, ',' order by k.n) from unnest(conkey) with ordinality k(x, n) join pg_attribute a on a.attrelid = conrelid and a.attnum = k.x), '')
	from pg_constraint join pg_class r on r.oid = conrelid where r.relnamespace in ('public'::regnamespace, to_regnamespace('s'))
	union all select 'index', t.relname, i.relname, array_to_string(array(select case when o & 1 = 1 then 'desc' else 'asc' end || case when o & 2 = 2 then 'first' else 'last' end from unnest(indoption) o), ','), indisunique, case when indpred is null then '' else 'partial' end
	from pg_index join pg_class t on t.oid = indrelid join pg_class i on i.oid = indexrelid where t.relnamespace in ('public'::regnamespace, to_regnamespace('s'))
	union all select 'sequence', c.relname, format_type(seqtypid, null), format('%s %s %s %s', seqstart, seqincrement, seqmin, seqmax), seqcycle, ''
	from pg_sequence join pg_class c on c.oid = seqrelid
	union all select 'acl', c.relname, case grantee when 0 then 'public' else grantee::regrole::text end, string_agg(lower(privilege_type), ',' order by lower(privilege_type)), false, ''
	from pg_class c, aclexplode(relacl) where relkind in ('r', 'S') and relnamespace in ('public'::regnamespace, to_regnamespace('s')) and grantee <> relowner group by 2, 3
	union all select 'acl', c.relname || '.' || attname, case grantee when 0 then 'public' else grantee::regrole::text end, string_agg(lower(privilege_type), ',' order by lower(privilege_type)), false, ''
	from pg_class c join pg_attribute a on attrelid = c.oid and not attisdropped, aclexplode(attacl) where grantee <> relowner and relnamespace in ('public'::regnamespace, to_regnamespace('s')) group by 2, 3
	union all select 'policy', c.relname, polname, polcmd::text, polpermissive, '' from pg_policy join pg_class c on c.oid = polrelid
	union all select 'comment', obj_description(oid, 'pg_class'), '', '', false, '' from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and obj_description(oid, 'pg_class') is not null
	union all select 'rls', relname, '', '', relrowsecurity, relforcerowsecurity::text from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`)
}

func flag(b bool) string {
	if b {
		return "t"
	}
	return "f"
}

func (e *engine) dump() []string {
	var out []string
	add := func(cells ...string) { out = append(out, strings.Join(cells, " ")) }
	for _, t := range e.cat.SortedTables() {
		for _, c := range t.Columns {
			add("column", t.Name, c.Name, e.formatType(c.Type), flag(c.NotNull), strings.Trim(string(rune(c.Identity)), "\x00"))
		}
		for _, k := range t.Constraints {
			actions := "  000"
			if k.Kind == catalog.ForeignKey {
				actions = string([]byte{k.OnDelete, k.OnUpdate}) + bit(k.Deferrable) + bit(k.Deferred)
			} else {
				actions = "  00"
			}
			var columns []string
			for _, n := range k.Columns {
				columns = append(columns, t.ColumnNumber(n).Name)
			}
			add("constraint", t.Name, k.Name, string(rune(k.Kind)), "f", actions+bit(!k.NotValid)+" "+strings.Join(columns, ","))
		}
		for _, i := range t.Indexes {
			var order []string
			for _, k := range i.Columns {
				o := map[bool]string{true: "desc", false: "asc"}[k.Desc] + map[bool]string{true: "first", false: "last"}[k.NullsFirst]
				order = append(order, o)
			}
			add("index", t.Name, i.Name, strings.Join(order, ","), flag(i.Unique), map[bool]string{true: "partial"}[i.Where != nil])
		}
		for _, p := range t.Policies {
			add("policy", t.Name, p.Name, string(rune(p.Command)), flag(p.Permissive), "")
		}
		if t.Schema == "public" {
			add("rls", t.Name, "", "", flag(t.RowSecurity), fmt.Sprint(t.ForceRowSecurity))
			if t.Comment != "" {
				add("comment", t.Comment, "", "", "f", "")
			}
		}
	}
	acl := func(name, owner string, list catalog.ACL) {
		for _, g := range list {
			role, p := g.Grantee, g.Privileges
			var words []string
			for word, bit := range privilege.Bits {
				if p&bit != 0 {
					words = append(words, word)
				}
			}
			slices.Sort(words)
			if role != owner {
				add("acl", name, role, strings.Join(words, ","), "f", "")
			}
		}
	}
	for _, t := range e.cat.SortedTables() {
		acl(t.Name, t.Owner, t.ACL)
		for _, c := range t.Columns {
			acl(t.Name+"."+c.Name, t.Owner, c.ACL)
		}
	}
	for _, s := range e.cat.Sequences {
		acl(s.Name, s.Owner, s.ACL)
		add("sequence", s.Name, e.types.Type(s.Type).SQLName,
			fmt.Sprintf("%d %d %d %d", s.Start, s.Increment, s.Min, s.Max), flag(s.Cycle), "")
	}
	slices.Sort(out)
	return out
}

func bit(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

func (e *engine) formatType(r types.Ref) string {
	return (&work.Work{Context: &Context{Types: e.types}}).FormatType(r)
}
