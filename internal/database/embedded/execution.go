package embedded

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/emit"
	"github.com/galleyhq/galley/internal/database/embedded/emit/given"
	"github.com/galleyhq/galley/internal/database/embedded/explain"
	"github.com/galleyhq/galley/internal/database/embedded/notify"
	"github.com/galleyhq/galley/internal/database/embedded/setting"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/store"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// execution is one run of a statement. It is the State of the connection while
// it runs, where the functions that the emitter calls find it.
type execution struct {
	db        *DB
	ctx       context.Context
	scope     *scope         // of ctx, nil without one
	set       *setting.State // what set_config() has set, without a scope
	session   database.Session
	readOnly  bool // the statement was asked to only read
	cat       *catalog.Catalog
	types     *types.Catalogue // of cat
	txTime    time.Time
	time      time.Time
	args      []sqlite.Value
	drawn     map[uint32]int64 // the last value drawn from each sequence by this statement
	lastDrawn drawn
	// alone tells that the statement is all there is in its savepoint of a group, within
	// that atOnce has begun.
	alone, within bool
	// replay holds what sequences gave when the statement is run again to find
	// the row at fault; given is what they gave the first time.
	given  []int64
	replay []int64
	// repeat is what a sequence gave for a row that ON CONFLICT makes again.
	repeat   []int64
	replays  bool
	sessions sessionValues
	// parts are the rows that the writing statements of WITH returned.
	parts [][][]sqlite.Value
	// rehearsed collects what ON CONFLICT stores, where that is done again later; nil
	// where it is not.
	rehearsed *[]action
	// deferring tells that foreign keys wait for the end of the statement.
	deferring bool
	// unlinked tells that no table which the statement writes has to do with a
	// foreign key.
	unlinked bool
	// touched are the keys of the rows that ON CONFLICT has inserted or changed.
	touched map[int64]bool
	// explained is what EXPLAIN tells of, ran what came of running it.
	explained *emit.Explained
	ran       *explain.Run
	// witness sees what ON CONFLICT stores, where a statement is run again to
	// find the row at fault.
	witness *diagnosis
	// notices is what pg_notify() said, of a statement of its own.
	notices notify.Queue
}

// Session implements types.Env.
func (x *execution) Session() database.Session { return x.session }

// Type implements types.TypeKnower.
func (x *execution) Type(oid types.OID) *types.Type { return x.types.Type(oid) }

// TransactionTime implements types.Env.
func (x *execution) TransactionTime() time.Time { return x.txTime }

// StatementTime implements types.Env.
func (x *execution) StatementTime() time.Time { return x.time }

// Setting implements types.Env.
func (x *execution) Setting(name string) (string, bool) {
	switch name {
	case "current_user":
		return role(x.session), true
	case "session_authorization":
		return catalog.Owner, true
	}
	return x.state().Value(name)
}

// convert reads the arguments into the storage forms of the parameters.
func (x *execution) convert(p *emit.Program, args []database.Arg) error {
	if len(args) != len(p.Params) {
		return fault.New("08P01", "bind message supplies %d parameters, but prepared statement \"\" requires %d", len(args), len(p.Params))
	}
	x.args, x.explained = make([]sqlite.Value, len(args)), p.Explains
	for i, a := range args {
		text, ok := a.Get()
		if !ok {
			continue
		}
		if err := checkText(text); err != nil {
			return err
		}
		v, err := x.types.Type(p.Params[i].OID).Read(text, p.Params[i].Mod, x.txTime)
		if err != nil {
			return err
		}
		x.args[i] = v
	}
	return nil
}

// prepare gets a step's statement ready to run. row is the row of Main that
// drives Each.
func (x *execution) prepare(c *sqlite.Conn, s *emit.Step, row []sqlite.Value) (*sqlite.Stmt, error) {
	st, err := c.Prepare(s.SQL)
	if err != nil {
		return nil, err
	}
	for i, b := range s.Binds {
		v, err := x.value(b, row)
		if err == nil {
			err = st.Bind(i+1, v)
		}
		if err != nil {
			st.Reset()
			return nil, err
		}
	}
	return st, nil
}

func (x *execution) value(b emit.Bind, row []sqlite.Value) (sqlite.Value, error) {
	switch {
	case b.Param > 0:
		return x.args[b.Param-1], nil
	case b.Part > 0:
		return ofPart(x.parts[b.Part-1], b.Row), nil
	case b.Row > 0:
		return row[b.Row-1], nil
	}
	return x.SessionValue(b.Session)
}

// ofPart is a column, from 1, of the first of the rows that a part returned, NULL
// without any; column 0 tells whether there is one.
func ofPart(rows [][]sqlite.Value, column int) sqlite.Value {
	switch {
	case column == 0:
		return sqlite.Bool(len(rows) > 0)
	case len(rows) == 0:
		return sqlite.Null
	}
	return rows[0][column-1]
}

// SessionValue implements given.Source: it computes a value of the session, once for a
// statement.
func (x *execution) SessionValue(s *tree.SessionValue) (sqlite.Value, error) {
	if v, ok := x.sessions.get(s); ok {
		return v, nil
	}
	v, err := s.Function.Session(x, s.Args)
	if err != nil {
		return v, err
	}
	x.sessions.put(s, v)
	return v, nil
}

// sessionValues are the values of the session that a statement has asked for. A function
// without arguments gives one value wherever it stands.
type sessionValues struct {
	plain []sessionValue
	by    map[*tree.SessionValue]sqlite.Value
}

type sessionValue struct {
	function *types.Function
	value    sqlite.Value
}

func (k *sessionValues) get(s *tree.SessionValue) (sqlite.Value, bool) {
	if len(s.Args) > 0 {
		v, ok := k.by[s]
		return v, ok
	}
	for i := range k.plain {
		if k.plain[i].function == s.Function {
			return k.plain[i].value, true
		}
	}
	return sqlite.Null, false
}

func (k *sessionValues) put(s *tree.SessionValue, v sqlite.Value) {
	switch {
	case len(s.Args) == 0:
		k.plain = append(k.plain, sessionValue{s.Function, v})
	case k.by == nil:
		k.by = map[*tree.SessionValue]sqlite.Value{s: v}
	default:
		k.by[s] = v
	}
}

// any tells whether a value was asked for.
func (k *sessionValues) any() bool { return len(k.plain)+len(k.by) > 0 }

// constants evaluates what PostgreSQL evaluates before it looks at any row.
func (x *execution) constants(c *sqlite.Conn, p *emit.Program) error {
	if p.Constants == nil {
		return nil
	}
	st, err := x.prepare(c, p.Constants, nil)
	if err != nil {
		return err
	}
	return st.Run()
}

func (x *execution) direct(c *sqlite.Conn, p *emit.Program, out *table) error {
	if p.Main.Given != nil {
		return x.atHand(c, p.Main.Given, out)
	}
	st, err := x.prepare(c, &p.Main, nil)
	if err != nil {
		return err
	}
	defer st.Reset()
	if err := out.fill(st); err != nil {
		return err
	}
	return x.changes(c, p, &p.Main, out)
}

// atHand adds rows that are made without SQLite.
func (x *execution) atHand(c *sqlite.Conn, g *given.Rows, out *table) error {
	n := 0
	return g.Each(c, x, func(row []sqlite.Value) error {
		if n%rowsPerTick == 0 {
			if err := x.ctx.Err(); err != nil {
				return canceled(err)
			}
		}
		n++
		out.add(row)
		return nil
	})
}

// Param implements given.Source.
func (x *execution) Param(number int) sqlite.Value { return x.args[number-1] }

// Part implements given.Source.
func (x *execution) Part(number int) [][]sqlite.Value { return x.parts[number-1] }

// changes adds what a step changed to a result, beside the rows it returned.
func (x *execution) changes(c *sqlite.Conn, p *emit.Program, s *emit.Step, out *table) error {
	switch {
	case s.Returned != nil && c.Changes() > 0:
		row, err := s.Returned.Row(c, x)
		if err != nil {
			return err
		}
		out.add(row)
	case len(p.Columns) == 0 && p.Command != emit.Select:
		out.count += c.Changes()
	}
	return nil
}

// phases reads all rows of Main and then does each.
func (x *execution) phases(c *sqlite.Conn, p *emit.Program, do func(row []sqlite.Value) error) error {
	rows, err := x.driving(c, p)
	if err != nil {
		return err
	}
	if p.Joined {
		if rows, err = firstOfEach(rows); err != nil {
			return err
		}
	}
	// One row is stored by one statement of SQLite's, which leaves nothing when it fails.
	return x.whole(c, len(rows) > 1 || !x.unlinked, func() error {
		for _, row := range rows {
			if err := do(row); err != nil {
				return err
			}
		}
		return nil
	})
}

// firstOfEach leaves one row for each key, the first column. Where a row of the
// target is joined to several others that would make something else of it, which
// one counts depends on PostgreSQL's plan.
func firstOfEach(rows [][]sqlite.Value) ([][]sqlite.Value, error) {
	seen := map[int64][]sqlite.Value{}
	var out [][]sqlite.Value
	for _, row := range rows {
		first, ok := seen[row[0].Int()]
		if !ok {
			seen[row[0].Int()] = row
			out = append(out, row)
			continue
		}
		if !slices.Equal(first, row) {
			return nil, fault.Unsupported("an UPDATE or DELETE that joins a row to several others is not supported by the embedded engine").
				WithHint("Which of them counts is not defined. Join to one row.")
		}
	}
	return out, nil
}

// whole does what is one statement. With deferred, foreign keys are checked at
// its end.
func (x *execution) whole(c *sqlite.Conn, deferred bool, do func() error) error {
	if !deferred {
		return do()
	}
	if x.replays { // what it leaves is looked at
		return x.deferred(c, do)
	}
	return x.atOnce(c, func() error { return x.deferred(c, do) })
}

// atOnce does something in a savepoint, so that nothing is left of it when it
// fails. The whole of a statement that is alone in its group's savepoint needs no other.
func (x *execution) atOnce(c *sqlite.Conn, do func() error) error {
	if x.alone && !x.within {
		x.within = true
		defer func() { x.within = false }()
		err := do()
		if err == nil || c.AutoCommit() {
			return err
		}
		return cmp.Or(c.Run("ROLLBACK TO "+store.Savepoint), err)
	}
	if err := c.Run("SAVEPOINT galley_whole"); err != nil {
		return err
	}
	err := do()
	if err == nil {
		return c.Run("RELEASE galley_whole")
	}
	if undone := c.Exec("ROLLBACK TO galley_whole; RELEASE galley_whole"); undone != nil {
		return undone
	}
	return err
}

// linked tells whether a table that a program writes has foreign keys or is the
// target of one.
func (x *execution) linked(p *emit.Program) bool {
	if slices.ContainsFunc(p.Parts, x.linked) {
		return true
	}
	return p.Target != nil && (len(x.cat.References(p.Target.OID)) > 0 ||
		slices.ContainsFunc(p.Target.Constraints, func(k *catalog.Constraint) bool { return k.Kind == catalog.ForeignKey }))
}

// deferred does something and checks foreign keys at its end.
func (x *execution) deferred(c *sqlite.Conn, do func() error) error {
	if x.deferring || x.unlinked {
		return do()
	}
	x.deferring = true
	defer func() { x.deferring = false }()
	back := c.Deferring(true)
	if s := x.scope; s != nil && s.deferral.changed() {
		return do() // what must hold is looked at after the statement
	}
	defer back()
	if err := do(); err != nil {
		return err
	}
	err := x.violations(c)
	if fault.Code(err) == fault.ForeignKeyViolation {
		return &sqlite.Error{Code: sqlite.CodeForeignKey, Message: "FOREIGN KEY constraint failed"}
	}
	return err
}

// driving reads the rows of Main.
func (x *execution) driving(c *sqlite.Conn, p *emit.Program) ([][]sqlite.Value, error) {
	st, err := x.prepare(c, &p.Main, nil)
	if err != nil {
		return nil, err
	}
	defer st.Reset()
	var rows [][]sqlite.Value
	for {
		more, err := st.Step()
		if err != nil || !more {
			return rows, err
		}
		row := make([]sqlite.Value, st.ColumnCount())
		for i := range row {
			row[i] = st.Column(i)
		}
		rows = append(rows, row)
	}
}

// each runs Each for one row.
func (x *execution) each(c *sqlite.Conn, p *emit.Program, row []sqlite.Value, out *table) error {
	return x.step(c, p, p.Each, row, out)
}

// step runs a step that changes the database for one row.
func (x *execution) step(c *sqlite.Conn, p *emit.Program, s *emit.Step, row []sqlite.Value, out *table) error {
	if err := x.ctx.Err(); err != nil {
		return canceled(err)
	}
	st, err := x.prepare(c, s, row)
	if err != nil {
		return err
	}
	defer st.Reset()
	if err := out.fill(st); err != nil {
		return err
	}
	return x.changes(c, p, s, out)
}

// upsertDirect is INSERT … ON CONFLICT of one row. Most are in conflict with none,
// and inserted by one statement; where one is it is made again to be looked at.
func (x *execution) upsertDirect(c *sqlite.Conn, p *emit.Program, out *table) error {
	if d := p.Upsert.Direct; d != nil && !x.replays && x.rehearsed == nil {
		before := len(x.given)
		if err := x.step(c, p, d, nil, out); err != nil || c.Changes() > 0 {
			return err
		}
		x.repeat = slices.Clone(x.given[before:])
		defer func() { x.repeat = nil }()
	}
	return x.phases(c, p, func(row []sqlite.Value) error { return x.upsert(c, p, row, out) })
}

// upsert inserts a row, or does what ON CONFLICT says about the one that exists.
func (x *execution) upsert(c *sqlite.Conn, p *emit.Program, row []sqlite.Value, out *table) error {
	u := p.Upsert
	if x.touched == nil {
		x.touched = map[int64]bool{}
	}
	values := row[:u.Columns]
	if err := x.witness.storing(values); err != nil {
		return err
	}
	if err := x.each(c, p, row, out); err != nil {
		return err
	}
	if c.Changes() > 0 {
		x.touched[c.LastInsertRowID()] = true
		x.note(p.Each, row)
		x.witness.hasStored(values)
		return nil
	}
	if !u.Update && len(u.Arbiters) == 0 {
		return nil
	}
	key, err := x.existing(c, u, row)
	switch {
	case err != nil:
		return err
	case key.IsNull(): // another index is in the way
		return x.step(c, p, &u.Insert, row, out)
	case !u.Update:
		return nil
	case x.touched[key.Int()]:
		return fault.New("21000", "ON CONFLICT DO UPDATE command cannot affect row a second time").
			WithHint("Ensure that no rows proposed for insertion within the same command have duplicate constrained values.")
	}
	return x.change(c, p, append(slices.Clip(row), key), out)
}

// existing finds the row that a new one is in conflict with, NULL for none.
func (x *execution) existing(c *sqlite.Conn, u *emit.Upsert, row []sqlite.Value) (sqlite.Value, error) {
	for i := range u.Arbiters {
		found, err := x.firstRow(c, &u.Arbiters[i], row)
		if err != nil {
			return sqlite.Null, err
		}
		if found != nil {
			return found[0], nil
		}
	}
	return sqlite.Null, nil
}

// change is DO UPDATE.
func (x *execution) change(c *sqlite.Conn, p *emit.Program, row []sqlite.Value, out *table) error {
	u := p.Upsert
	version, err := x.firstRow(c, &u.Change, row)
	if err != nil || version == nil {
		return err
	}
	values := version[1 : u.Columns+1]
	if err := x.witness.replacing(version[0], values); err != nil {
		return err
	}
	if err := x.step(c, p, &u.Store, version, out); err != nil {
		return err
	}
	x.note(&u.Store, version)
	x.touched[version[0].Int()] = true
	if u.Key >= 0 {
		x.touched[values[u.Key].Int()] = true
	}
	x.witness.hasStored(values)
	return nil
}

// firstRow is the first row of a step that reads, nil for none.
func (x *execution) firstRow(c *sqlite.Conn, s *emit.Step, row []sqlite.Value) ([]sqlite.Value, error) {
	st, err := x.prepare(c, s, row)
	if err != nil {
		return nil, err
	}
	defer st.Reset()
	more, err := st.Step()
	if err != nil || !more {
		return nil, err
	}
	out := make([]sqlite.Value, st.ColumnCount())
	for i := range out {
		out[i] = st.Column(i)
	}
	return out, nil
}
