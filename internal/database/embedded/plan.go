package embedded

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded/analyze"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/lookup"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl"
	"github.com/galleyhq/galley/internal/database/embedded/emit"
	"github.com/galleyhq/galley/internal/database/embedded/explain"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/metrics"
)

// plan is a statement understood: a program, or DDL, or nothing at all.
type plan struct {
	program *emit.Program
	version uint64            // of the catalogue that the program is for
	columns []database.Column // of the program's result
	ddl     ast.Node
	setting ast.Node // SET, RESET or SHOW
	source  string
}

// writes tells whether the plan needs the writer.
func (p *plan) writes() bool { return p.ddl != nil || p.program != nil && p.program.Writes() }

// result is a result of the plan's program, yet without rows.
func (p *plan) result() *table { return &table{program: p.program, columns: p.columns} }

// planKey is everything a program depends on. Claims are not in it: they are
// bound.
type planKey struct {
	sql     string
	types   string
	role    string
	path    string
	version uint64
}

// maxPlans bounds the programs kept; maxPlanText the text of one.
const (
	maxPlans    = 2000
	maxPlanText = 64 << 10
)

// planCache keeps programs. When it is full half of it goes, whichever.
type planCache struct {
	mu    sync.RWMutex
	plans map[planKey]*plan

	hits, misses, dropped atomic.Int64
}

func newPlanCache() *planCache { return &planCache{plans: map[planKey]*plan{}} }

func (k *planCache) get(key planKey) *plan {
	k.mu.RLock()
	p := k.plans[key]
	k.mu.RUnlock()
	if p == nil {
		k.misses.Add(1)
	} else {
		k.hits.Add(1)
	}
	return p
}

func (k *planCache) writeMetrics(w *metrics.Writer) {
	k.mu.RLock()
	n := len(k.plans)
	k.mu.RUnlock()
	w.Gauge("galley_embedded_plan_cache_entries", "Programs of statements that are kept.", float64(n))
	w.Gauge("galley_embedded_plan_cache_max", "Programs of statements that may be kept.", maxPlans)
	w.Counter("galley_embedded_plan_cache_hits_total", "Statements whose program was kept.", float64(k.hits.Load()))
	w.Counter("galley_embedded_plan_cache_misses_total", "Statements that had to be planned.", float64(k.misses.Load()))
	w.Counter("galley_embedded_plan_cache_dropped_total", "Programs dropped to make room.", float64(k.dropped.Load()))
}

func (k *planCache) put(key planKey, p *plan) {
	if len(key.sql) > maxPlanText || p.ddl != nil || p.setting != nil {
		return
	}
	key.sql = strings.Clone(key.sql)
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.plans) >= maxPlans {
		drop := maxPlans / 2
		for old := range k.plans {
			delete(k.plans, old)
			k.dropped.Add(1)
			if drop--; drop == 0 {
				break
			}
		}
	}
	k.plans[key] = p
}

// role is the database role of a session.
func role(s database.Session) string {
	if s.Role == "" {
		return catalog.Owner
	}
	return s.Role
}

// plan understands a statement under a catalogue, from the cache if it can.
func (db *DB) plan(cat *catalog.Catalog, s database.Session, st database.Statement) (*plan, error) {
	key := planKey{sql: st.SQL, role: role(s), version: cat.Version, types: strings.Join(st.Types, ",")}
	if len(s.SearchPath) > 0 {
		key.path = strings.Join(s.SearchPath, "\x00")
	}
	if p := db.plans.get(key); p != nil {
		return p, nil
	}
	parsed, err := syntax.Parse(st.SQL)
	if err != nil {
		return nil, err
	}
	p, err := db.compile(cat, s, parsed, st.Types)
	if err != nil {
		return nil, err
	}
	db.plans.put(key, p)
	return p, nil
}

// compile understands a parsed statement.
func (db *DB) compile(cat *catalog.Catalog, s database.Session, parsed syntax.Statement, declared []string) (*plan, error) {
	if s.Role != "" && cat.Roles[s.Role] == nil {
		return nil, fault.New(fault.InvalidParameter, `role "%s" does not exist`, s.Role)
	}
	p := &plan{source: parsed.Text, version: cat.Version}
	if createAs(parsed.Node) != nil {
		p.ddl = parsed.Node
		return p, nil
	}
	switch n := parsed.Node.(type) {
	case nil:
		return p, nil
	case *ast.TransactionStmt:
		return nil, fault.Unsupported("transaction control in the text of a statement is not supported").
			WithHint("Each statement or script already runs in a transaction.")
	case *ast.CreatedbStmt, *ast.DropdbStmt, *ast.AlterDatabaseStmt:
		return nil, fault.Unsupported("databases are neither made nor dropped: Galley has one, the project's")
	case *ast.SelectStmt, *ast.InsertStmt, *ast.UpdateStmt, *ast.DeleteStmt:
		known, err := cat.Types(db.types)
		if err != nil {
			return nil, fault.Internal(err)
		}
		params, err := db.declared(cat, s, declared)
		if err != nil {
			return nil, err
		}
		r, err := analyze.Statement(lookup.Context{Catalog: cat, Types: known, Role: role(s), SearchPath: s.Searched(),
			ParamTypes: params, Known: knownFunction,
			Locate: func(name string) int { return syntax.Locate(parsed.Text, name, 0) }}, n)
		if err != nil {
			return nil, err
		}
		if p.program, err = emit.Compile(known, r); err == nil {
			p.columns = columns(p.program)
		}
		return p, err
	}
	if n, ok := parsed.Node.(*ast.ExplainStmt); ok {
		return db.compileExplain(cat, s, parsed, n, declared)
	}
	if isSetting(parsed.Node) {
		p.setting = parsed.Node
		return p, nil
	}
	if _, ok := parsed.Node.(*ast.DoStmt); ok {
		return nil, fault.Unsupported("DO is not supported by the embedded engine, which has no PL/pgSQL").
			WithHint("Say it in SQL: a SELECT may call functions that write for each of its rows, as select cron.unschedule(jobid) from cron.job where jobname = 'x'. PostgreSQL supports DO: set DATABASE_URL to use it as the engine.")
	}
	if !ddl.Handles(parsed.Node) {
		return nil, fault.Unsupported("%s is not supported by the embedded engine", statementName(parsed.Node)).
			WithHint("PostgreSQL supports it: set DATABASE_URL to use it as the engine.")
	}
	p.ddl = parsed.Node
	return p, nil
}

// compileExplain understands EXPLAIN of a statement.
func (db *DB) compileExplain(cat *catalog.Catalog, s database.Session, parsed syntax.Statement, n *ast.ExplainStmt, declared []string) (*plan, error) {
	options, err := explain.Read(n)
	if err != nil {
		return nil, err
	}
	query, ok := n.Query.(ast.Stmt)
	if !ok || createAs(n.Query) != nil {
		return nil, fault.Unsupported("EXPLAIN of a statement that makes a table is not supported by the embedded engine")
	}
	inner := parsed
	inner.Node = query
	p, err := db.compile(cat, s, inner, declared)
	if err != nil {
		return nil, err
	}
	if p.program == nil {
		return nil, fault.Unsupported("EXPLAIN of %s is not supported by the embedded engine", statementName(n.Query))
	}
	if p.program.Calls != nil {
		return nil, fault.Unsupported("EXPLAIN of a function that writes, for each row, is not supported by the embedded engine").
			WithHint("Explain the query without the call.")
	}
	known, err := cat.Types(db.types)
	if err != nil {
		return nil, fault.Internal(err)
	}
	p.program = emit.Explain(known, p.program, options)
	p.columns = columns(p.program)
	return p, nil
}

func statementName(n ast.Node) string {
	name := strings.TrimSuffix(strings.TrimPrefix(typeName(n), "*ast."), "Stmt")
	return "the statement " + name
}

// declared finds the types that parameters are declared with.
func (db *DB) declared(cat *catalog.Catalog, s database.Session, names []string) ([]types.Ref, error) {
	out := make([]types.Ref, len(names))
	for i, name := range names {
		out[i] = types.Of(types.Unknown)
		if name == "" {
			continue
		}
		if t := db.types.TypeNamed(name); t != nil {
			out[i] = types.Of(t.OID)
		} else if e := cat.FindType(role(s), s.Searched(), name); e != nil {
			out[i] = types.Of(types.OID(e.OID))
		} else {
			return nil, fault.New(fault.UndefinedObject, `type "%s" does not exist`, name)
		}
	}
	return slices.Clip(out), nil
}
