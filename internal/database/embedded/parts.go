package embedded

import (
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/emit"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/store"
	"github.com/galleyhq/galley/internal/fault"
)

// write runs a program that changes the database, on the writer, and adds its rows to
// out.
func (x *execution) write(c *sqlite.Conn, p *emit.Program, out *table) error {
	x.unlinked = !x.linked(p)
	if err := x.constants(c, p); err != nil {
		return err
	}
	x.parts = make([][][]sqlite.Value, len(p.Parts))
	err := x.whole(c, p.Order.Staged || severalWrite(p), func() error {
		switch {
		case len(p.Parts) == 0:
			return x.run(c, p, out)
		case p.Order.Staged:
			return x.staged(c, p, out)
		}
		return x.oneByOne(c, p, out)
	})
	if err == nil {
		err = x.saveSequences(c)
	}
	return err
}

// severalWrite tells that more than one of a statement's parts changes a table.
func severalWrite(p *emit.Program) bool {
	writers := 0
	if p.Target != nil {
		writers++
	}
	for _, part := range p.Parts {
		if part.Target != nil {
			writers++
		}
	}
	return writers > 1
}

func (x *execution) run(c *sqlite.Conn, p *emit.Program, out *table) error {
	x.touched = nil
	switch {
	case p.Calls != nil:
		return x.eachRow(c, p, out)
	case p.Each == nil:
		return x.direct(c, p, out)
	case p.Upsert != nil:
		return x.upsertDirect(c, p, out)
	}
	return x.phases(c, p, func(row []sqlite.Value) error { return x.each(c, p, row, out) })
}

// eachRow runs the calls of a query for each of its rows, once all of them are there.
// It leaves nothing when one fails.
func (x *execution) eachRow(c *sqlite.Conn, p *emit.Program, out *table) error {
	rows := table{program: p.Calls.Rows, keeps: true}
	if err := x.constants(c, p.Calls.Rows); err != nil {
		return err
	}
	if err := x.direct(c, p.Calls.Rows, &rows); err != nil {
		return err
	}
	defer func(args []sqlite.Value, parts [][][]sqlite.Value, unlinked bool) {
		x.args, x.parts, x.unlinked = args, parts, unlinked
	}(x.args, x.parts, x.unlinked)
	return x.atOnce(c, func() error {
		for _, row := range rows.kept {
			if p.Calls.First && len(out.kept) > 0 {
				return nil
			}
			if err := x.callsFor(c, p.Calls, row, out); err != nil {
				return err
			}
		}
		return nil
	})
}

// callsFor runs the calls for one row.
func (x *execution) callsFor(c *sqlite.Conn, calls *emit.Calls, row []sqlite.Value, out *table) error {
	shown, given := row[:len(row)-len(calls.Args)], row[len(row)-len(calls.Args):]
	args := slices.Clone(x.args)
	for i, number := range calls.Args {
		args = append(args, make([]sqlite.Value, max(0, number-len(args)))...)
		args[number-1] = given[i]
	}
	x.args = args
	var rows [][]sqlite.Value
	for i, call := range calls.List {
		returned := table{program: call, keeps: true}
		if err := x.write(c, call, &returned); err != nil {
			return err
		}
		x.args, rows = args, returned.kept
		if calls.Places != nil && !calls.Set {
			shown[calls.Places[i]] = sqlite.Null
			if len(rows) > 0 {
				shown[calls.Places[i]] = rows[0][0]
			}
		}
	}
	switch {
	case calls.Places == nil:
		for _, r := range rows {
			out.add(r)
		}
	case calls.Set:
		for _, r := range rows {
			shown = slices.Clone(shown)
			shown[calls.Places[0]] = r[0]
			out.add(shown)
		}
	default:
		out.add(shown)
	}
	return nil
}

// oneByOne runs the parts of a statement, of which none uses what another writes.
func (x *execution) oneByOne(c *sqlite.Conn, p *emit.Program, out *table) error {
	var returned table // of one part after the other
	for _, i := range p.Order.Before {
		if err := x.part(c, p, i, &returned); err != nil {
			return err
		}
	}
	x.given = nil
	if err := x.run(c, p, out); err != nil {
		return x.blamed(c, p, err)
	}
	for _, i := range p.Order.After {
		if err := x.part(c, p, i, &returned); err != nil {
			return err
		}
	}
	return x.violations(c)
}

// part runs a writing statement of WITH and keeps what it returns, by means of out.
func (x *execution) part(c *sqlite.Conn, whole *emit.Program, i int, out *table) error {
	p := whole.Parts[i]
	x.given = nil
	*out = table{program: p, keeps: true}
	if err := x.constants(c, p); err != nil {
		return err
	}
	if err := x.run(c, p, out); err != nil {
		return x.blamed(c, p, err)
	}
	x.given = nil
	x.parts[i] = out.kept
	return nil
}

// blamed explains the error of one part of a statement.
func (x *execution) blamed(c *sqlite.Conn, p *emit.Program, err error) error {
	if p.Target == nil {
		return err
	}
	return x.diagnose(c, p, store.Translate(err))
}

// violations looks for foreign keys that all parts of a statement together
// violate.
func (x *execution) violations(c *sqlite.Conn) error {
	return violated(c, x.cat, func(k *catalog.Constraint) bool { return !x.waits(k) })
}

// waits tells whether a foreign key may be violated until the transaction ends.
func (x *execution) waits(k *catalog.Constraint) bool {
	var d deferral
	if s := x.scope; s != nil {
		d = s.deferral
	}
	return d.deferred(k)
}

// action is a row that a part of a statement stores or deletes.
type action struct {
	step *emit.Step
	row  []sqlite.Value
}

// stage is a part of a statement that is computed, and has yet to be written.
type stage struct {
	program *emit.Program
	actions []action
}

// staged runs a statement whose parts use tables that others write: all are
// computed first, from what was there before.
func (x *execution) staged(c *sqlite.Conn, p *emit.Program, out *table) error {
	var stages []stage
	parts := func(list []int) error {
		for _, i := range list {
			part := p.Parts[i]
			err := x.constants(c, part)
			if err == nil {
				var s stage
				s, x.parts[i], err = x.compute(c, part)
				stages = append(stages, s)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	if err := parts(p.Order.Before); err != nil {
		return err
	}
	if p.Target == nil {
		if err := x.direct(c, p, out); err != nil {
			return err
		}
	} else {
		s, _, err := x.compute(c, p)
		if err != nil {
			return err
		}
		stages = append(stages, s)
	}
	if err := parts(p.Order.After); err != nil {
		return err
	}
	return x.perform(c, stages, p, out)
}

// compute finds what a part is to write, and what it returns.
func (x *execution) compute(c *sqlite.Conn, p *emit.Program) (s stage, returned [][]sqlite.Value, err error) {
	x.given, s.program = nil, p
	if p.Upsert != nil {
		return x.rehearse(c, p)
	}
	rows, err := x.driving(c, p)
	if err == nil && p.Joined {
		rows, err = firstOfEach(rows)
	}
	for _, row := range rows {
		s.actions = append(s.actions, action{p.Each, row})
		returned = append(returned, row[p.Ahead:])
	}
	return s, returned, err
}

// rehearse finds out what ON CONFLICT does by doing it, and takes it back.
func (x *execution) rehearse(c *sqlite.Conn, p *emit.Program) (stage, [][]sqlite.Value, error) {
	s := stage{program: p}
	out := newTable(p)
	out.keeps = true
	if err := c.Exec("SAVEPOINT galley_rehearsal"); err != nil {
		return s, nil, err
	}
	x.rehearsed = &s.actions
	err := x.run(c, p, out)
	x.rehearsed = nil
	if err != nil {
		err = x.blamed(c, p, err)
	}
	if undone := c.Exec("ROLLBACK TO galley_rehearsal; RELEASE galley_rehearsal"); undone != nil {
		return s, nil, undone
	}
	return s, out.kept, err
}

// note remembers what ON CONFLICT has stored.
func (x *execution) note(step *emit.Step, row []sqlite.Value) {
	if x.rehearsed != nil {
		*x.rehearsed = append(*x.rehearsed, action{step, row})
	}
}

// perform writes what the parts of a statement have computed. main is the whole
// statement, whose rows go to out.
func (x *execution) perform(c *sqlite.Conn, stages []stage, main *emit.Program, out *table) error {
	if err := disjoint(stages); err != nil {
		return err
	}
	var violated error
	err := x.atOnce(c, func() error {
		for _, s := range stages {
			rows := newTable(s.program)
			if s.program == main {
				rows = out
			}
			if err := x.whole(c, true, func() error { return x.all(c, s, rows) }); err != nil {
				return x.blamedRow(c, s, store.Translate(err))
			}
		}
		violated = x.violations(c)
		return violated
	})
	if err != nil && err == violated {
		return x.blamedKey(c, stages, err)
	}
	return err
}

// all does all actions of a part.
func (x *execution) all(c *sqlite.Conn, s stage, out *table) error {
	for _, a := range s.actions {
		if err := x.step(c, s.program, a.step, a.row, out); err != nil {
			return err
		}
	}
	return nil
}

// blamedKey finds the part whose row violates a foreign key at the end of a
// statement.
func (x *execution) blamedKey(c *sqlite.Conn, stages []stage, err error) error {
	found := err
	undone := c.Exec("SAVEPOINT galley_diagnosis")
	if undone != nil {
		return undone
	}
	var list []*diagnosis
	for _, s := range stages {
		d := &diagnosis{execution: x, c: c, p: s.program, t: s.program.Target}
		list = append(list, d)
		do := func(a action) error { return d.row(a.row) }
		if s.program.Upsert != nil {
			do = func(a action) error { return x.step(c, s.program, a.step, a.row, newTable(s.program)) }
		}
		for _, a := range s.actions {
			if err := do(a); err != nil {
				found = err
			}
		}
	}
	for _, d := range list {
		if fk := d.foreignKeys(); fk != nil && found == err {
			found = fk
		}
	}
	if undone := c.Exec("ROLLBACK TO galley_diagnosis; RELEASE galley_diagnosis"); undone != nil {
		return undone
	}
	if fault.Code(found) == "" {
		return err
	}
	return found
}

// blamedRow explains the error of a part that was computed before.
func (x *execution) blamedRow(c *sqlite.Conn, s stage, err error) error {
	switch {
	case !violates(err):
		return err
	case s.program.Upsert != nil: // has worked when it was rehearsed
		return plainFault(err)
	}
	return x.again(c, s.program, err, func(d *diagnosis) error {
		for _, a := range s.actions {
			if err := d.row(a.row); err != nil {
				return err
			}
		}
		return nil
	})
}

// disjoint refuses parts that change or delete the same row: PostgreSQL does one of
// the two, and it is not defined which.
func disjoint(stages []stage) error {
	seen := map[uint32]map[int64]int{}
	for i, s := range stages {
		if s.program.Command == emit.Insert {
			continue
		}
		oid := s.program.Target.OID
		if seen[oid] == nil {
			seen[oid] = map[int64]int{}
		}
		for _, a := range s.actions {
			key := a.row[0].Int()
			if other, ok := seen[oid][key]; ok && other != i {
				return fault.Unsupported("a statement of which two parts change the same row is not supported by the embedded engine").
					WithHint("Which of them counts is not defined. Change each row once.")
			}
			seen[oid][key] = i
		}
	}
	return nil
}
