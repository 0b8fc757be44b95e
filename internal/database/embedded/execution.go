package embedded

import (
	"context"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/emit"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// execution is one run of a statement. It is the State of the connection while
// it runs, where the functions that the emitter calls find it.
type execution struct {
	db        *DB
	ctx       context.Context
	session   database.Session
	cat       *catalog.Catalog
	types     *types.Catalogue // of cat
	txTime    time.Time
	time      time.Time
	args      []sqlite.Value
	drawn     map[uint32]int64 // the last value drawn from each sequence by this statement
	lastDrawn drawn
	// replay holds what sequences gave when the statement is run again to find
	// the row at fault; given is what they gave the first time.
	given    []int64
	replay   []int64
	replays  bool
	sessions map[*tree.SessionValue]sqlite.Value
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
	x.args = make([]sqlite.Value, len(args))
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
	case b.Row > 0:
		return row[b.Row-1], nil
	}
	return x.sessionValue(b.Session)
}

// sessionValue computes a value of the session, once for a statement.
func (x *execution) sessionValue(s *tree.SessionValue) (sqlite.Value, error) {
	if v, ok := x.sessions[s]; ok {
		return v, nil
	}
	v, err := s.Function.Session(x, s.Args)
	if err != nil {
		return v, err
	}
	if x.sessions == nil {
		x.sessions = map[*tree.SessionValue]sqlite.Value{}
	}
	x.sessions[s] = v
	return v, nil
}

// write runs a program that changes the database, on the writer, and keeps its
// rows.
func (x *execution) write(c *sqlite.Conn, p *emit.Program) (*table, error) {
	out := newTable(p)
	if err := x.constants(c, p); err != nil {
		return out, err
	}
	var err error
	if p.Each == nil {
		err = x.direct(c, p, out)
	} else {
		err = x.phases(c, p, func(row []sqlite.Value) error { return x.each(c, p, row, out) })
	}
	if err == nil {
		err = x.saveSequences(c)
	}
	return out, err
}

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
	st, err := x.prepare(c, &p.Main, nil)
	if err != nil {
		return err
	}
	defer st.Reset()
	if err := out.fill(st); err != nil {
		return err
	}
	if len(p.Columns) == 0 {
		out.count = c.Changes()
	}
	return nil
}

// phases reads all rows of Main and then does each. Foreign keys are checked at
// the end, as of one statement.
func (x *execution) phases(c *sqlite.Conn, p *emit.Program, do func(row []sqlite.Value) error) error {
	rows, err := x.driving(c, p)
	if err != nil {
		return err
	}
	before, err := c.DeferredFKs()
	if err != nil {
		return err
	}
	if err := c.Exec("PRAGMA defer_foreign_keys = ON"); err != nil {
		return err
	}
	if s := scopeOf(x.ctx); s != nil && s.deferral.changed() {
		for _, row := range rows {
			if err := do(row); err != nil {
				return err
			}
		}
		return nil // what must hold is looked at after the statement
	}
	defer func() { _ = c.Exec("PRAGMA defer_foreign_keys = OFF") }()
	for _, row := range rows {
		if err := do(row); err != nil {
			return err
		}
	}
	after, err := c.DeferredFKs()
	if err == nil && after > before {
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
	if err := x.ctx.Err(); err != nil {
		return canceled(err)
	}
	st, err := x.prepare(c, p.Each, row)
	if err != nil {
		return err
	}
	defer st.Reset()
	if err := out.fill(st); err != nil {
		return err
	}
	if len(p.Columns) == 0 {
		out.count += c.Changes()
	}
	return nil
}
