package embedded

import (
	"context"
	"slices"
	"time"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/changes"
	"github.com/galleyhq/galley/internal/database/embedded/emit"
	"github.com/galleyhq/galley/internal/database/embedded/notify"
	"github.com/galleyhq/galley/internal/database/embedded/setting"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/schema"
)

// isSetting tells whether a statement is SET, RESET or SHOW.
func isSetting(n ast.Node) bool {
	switch n.(type) {
	case *ast.VariableSetStmt, *ast.VariableShowStmt, *ast.ConstraintsSetStmt:
		return true
	}
	return false
}

// scopeKey finds in a context the settings that a statement runs under.
type scopeKey struct{}

// scope is where a statement finds the settings of its transaction, and where
// set_config() leaves what it sets.
type scope struct {
	state    *setting.State
	drawn    []drawn // what sequences gave, the last one last
	deferral deferral
	notices  notify.Queue // what pg_notify() said
}

// withSettings lets a statement of a transaction find the transaction's settings.
// A statement of its own needs none: nothing it sets outlasts it.
func (t *Tx) withSettings(ctx context.Context) context.Context {
	return context.WithValue(ctx, scopeKey{}, &t.scope)
}

func scopeOf(ctx context.Context) *scope {
	s, _ := ctx.Value(scopeKey{}).(*scope)
	return s
}

// responseKey finds in a context what a statement says about the response.
type responseKey struct{}

func withResponse(ctx context.Context, st database.Statement) context.Context {
	if st.Response == nil {
		return ctx
	}
	*st.Response = database.Response{} // of an attempt before
	return context.WithValue(ctx, responseKey{}, st.Response)
}

// state is what is set while the statement runs.
func (x *execution) state() setting.State {
	state := setting.New(x.session)
	if s := x.scope; s != nil {
		state = *s.state
	} else if x.set != nil {
		state = *x.set
	}
	if x.readOnly {
		return state.AsReadOnly()
	}
	return state
}

// rights tells what a role may set.
func rights(cat *catalog.Catalog, s database.Session) setting.Rights {
	r := cat.Roles[role(s)]
	return setting.Rights{
		Superuser: r != nil && r.Superuser, Owner: catalog.Owner,
		RoleExists: func(name string) bool { return cat.Roles[name] != nil },
	}
}

// runSetting runs a SET, RESET or SHOW under a state and returns the state that
// follows.
func runSetting(cat *catalog.Catalog, state setting.State, n ast.Node) (*table, setting.State, error) {
	switch n := n.(type) {
	case *ast.VariableSetStmt:
		next, err := state.Set(rights(cat, state.Session), n)
		if err != nil {
			return nil, state, err
		}
		return tagged(setting.Tag(n)), next, nil
	case *ast.VariableShowStmt:
		name, value, err := state.Show(n.Name)
		if err != nil {
			return nil, state, err
		}
		return oneText(name, value, "SHOW"), state, nil
	}
	return nil, state, fault.Unsupported("this statement is not supported")
}

// oneText is a result of one row and one column of type text.
func oneText(name, value, tag string) *table {
	return &table{columns: []database.Column{{Name: name, Type: "text"}}, tag: tag,
		bytes: []byte(value), cells: []cell{{0, len(value)}}}
}

// setting runs a SET, RESET or SHOW of its own, which leaves nothing behind.
func (db *DB) setting(s database.Session, p *plan) (database.Rows, error) {
	if n, ok := p.setting.(*ast.ConstraintsSetStmt); ok {
		if _, err := (deferral{}).set(db.current.Load(), s.Searched(), n); err != nil {
			return nil, err
		}
		return tagged("SET CONSTRAINTS"), nil
	}
	out, _, err := runSetting(db.current.Load(), setting.New(s), p.setting)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// set runs a SET, RESET or SHOW in the transaction.
func (t *Tx) set(cat *catalog.Catalog, p *plan) (database.Rows, error) {
	out, err := t.apply(nil, cat, p.setting)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// apply runs a SET, RESET, SHOW or SET CONSTRAINTS. Without the writer's
// connection nothing was written yet.
func (t *Tx) apply(c *sqlite.Conn, cat *catalog.Catalog, n ast.Node) (*table, error) {
	if n, ok := n.(*ast.ConstraintsSetStmt); ok {
		next, err := t.scope.deferral.set(cat, t.session.Searched(), n)
		if err == nil && c != nil {
			err = next.check(c, cat)
		}
		if err != nil {
			return nil, err
		}
		t.scope.deferral = next
		return tagged("SET CONSTRAINTS"), nil
	}
	out, next, err := runSetting(cat, t.settings, n)
	if err != nil {
		return nil, err
	}
	t.settings = next
	t.follow()
	return out, nil
}

// unfiltered refuses statements on rows under row_security = off for a role
// that policies apply to: PostgreSQL raises an error where a policy would hide
// rows.
func (t *Tx) unfiltered(cat *catalog.Catalog, p *plan) error {
	if p.program == nil || t.settings.RowSecurity() {
		return nil
	}
	if r := cat.Roles[role(t.session)]; r != nil && (r.Superuser || r.BypassRLS) {
		return nil
	}
	return fault.Unsupported("row_security = off for a role that policies apply to is not supported by the embedded engine").
		WithHint("PostgreSQL supports it: set DATABASE_URL to use it as the engine.")
}

// follow takes over what the last statement set.
func (t *Tx) follow() {
	t.session = t.settings.Session
	t.options.ReadOnly = t.options.ReadOnly || t.settings.ReadOnly()
}

// SetConfig is set_config(name, value, local).
func (x *execution) SetConfig(name string, value *string) (string, error) {
	if x.sessions.any() {
		return "", fault.Unsupported("set_config() beside a function that reads the session is not supported by the embedded engine").
			WithHint("Use a statement of its own.")
	}
	state := x.settable()
	next, err := state.Assign(rights(x.cat, state.Session), name, value)
	if err != nil {
		return "", err
	}
	*state = next
	if r, _ := x.ctx.Value(responseKey{}).(*database.Response); r != nil {
		r.Headers, _ = next.Value("response.headers")
		r.Status, _ = next.Value("response.status")
	}
	_, shown, err := next.Show(name)
	return shown, err
}

// settable is the state that set_config() changes: the transaction's, or that of the rest
// of a statement of its own.
func (x *execution) settable() *setting.State {
	if x.scope != nil {
		return x.scope.state
	}
	own := x.state()
	x.set = &own
	return x.set
}

// Notify is pg_notify(channel, payload).
func (x *execution) Notify(channel, payload string) error {
	if s := x.scope; s != nil {
		return s.notices.Add(channel, payload)
	}
	return x.notices.Add(channel, payload)
}

// Listen implements database.Notifier.
func (db *DB) Listen(channel string, fn func(database.Notification)) (stop func()) {
	return db.hub.Listen(channel, fn)
}

// Track implements database.Tracker.
func (db *DB) Track(ctx context.Context, table *schema.Relation) (database.Tracked, error) {
	var out *changes.Table
	err := db.store.Write(ctx, func(c *sqlite.Conn) (bool, error) {
		var ok bool
		if out, ok = db.changes.Follow(c, table.OID); !ok {
			return false, fault.Unsupported("the changes of a file without a write-ahead log cannot be followed")
		}
		return false, nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Bound implements database.Tracker: no commit is missed.
func (db *DB) Bound() time.Duration { return 0 }

// noteChanges notes the tables that a program writes, and those that foreign keys make
// it write.
func (db *DB) noteChanges(cat *catalog.Catalog, p *emit.Program) {
	for _, part := range p.Parts {
		db.noteChanges(cat, part)
	}
	if p.Calls != nil {
		for _, call := range p.Calls.List {
			db.noteChanges(cat, call)
		}
	}
	switch {
	case p.Target == nil:
	case p.Command == emit.Insert && p.Upsert == nil:
		db.changes.Changed(p.Target.OID)
	default:
		for _, oid := range cascade(cat, p.Target.OID) {
			db.changes.Changed(oid)
		}
	}
}

// cascade lists a table, and those whose rows change by foreign keys when its rows do.
func cascade(cat *catalog.Catalog, oid uint32) []uint32 {
	list := []uint32{oid}
	for i := 0; i < len(list); i++ {
		for _, r := range cat.References(list[i]) {
			if k := r.Constraint; (k.ChangesRows() || k.OnDelete == 'c') && !slices.Contains(list, r.Table.OID) {
				list = append(list, r.Table.OID)
			}
		}
	}
	return list
}

// limit is how long a statement may take: what is configured, or less or more
// when the transaction set statement_timeout.
func (db *DB) limit(ctx context.Context) time.Duration {
	if s := scopeOf(ctx); s != nil {
		if d, ok := s.state.Timeout(); ok {
			return d
		}
	}
	return db.config.Limits.Statement
}
