package move

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/schema"
)

// notesSQL makes the tables in which the target keeps how far the move is.
const notesSQL = `
CREATE TABLE galley.move (id text PRIMARY KEY, step text NOT NULL);
CREATE TABLE galley.move_tables (name text PRIMARY KEY, rows bigint NOT NULL, done boolean NOT NULL, last text NOT NULL);
CREATE TABLE galley.move_constraints (number integer PRIMARY KEY, relation text NOT NULL, name text NOT NULL,
	definition text NOT NULL, comment text NOT NULL);
REVOKE ALL ON galley.move, galley.move_tables, galley.move_constraints FROM PUBLIC;`

// dropNotesSQL removes them.
const dropNotesSQL = `DROP TABLE galley.move, galley.move_tables, galley.move_constraints;`

// The steps that a target may have taken.
const (
	stepSchema = "schema" // the migrations may be applied in part
	stepRows   = "rows"   // tables are empty or hold rows of this move; constraints are laid aside
)

// step returns what the target has noted of a move: its id and its step, "" for
// none.
func noted(ctx context.Context, db database.DB) (id, step string, err error) {
	rows, err := query(ctx, db, `SELECT id, step FROM galley.move`)
	switch code := fault.Code(err); {
	case code == fault.UndefinedTable || code == fault.InvalidSchemaName:
		return "", "", nil
	case err != nil || len(rows) == 0:
		return "", "", err
	}
	return text(rows[0][0]), text(rows[0][1]), nil
}

// examineTarget refuses a target that is neither empty nor one where this move
// stopped.
func (m *mover) examineTarget(ctx context.Context) error {
	id, _, err := noted(ctx, m.Target)
	if err != nil {
		return err
	}
	if err := m.fitness(ctx); err != nil {
		return err
	}
	switch id {
	case m.id:
		m.report.Resumed = true
		return nil
	case "":
		return m.empty(ctx)
	}
	return fault.New(fault.ObjectNotInPrerequisite, "the target holds a part of another project's move").
		WithHint("Go on with that one, or empty the target.")
}

// empty refuses a target that holds anything of somebody's.
func (m *mover) empty(ctx context.Context) error {
	shape, inventory, err := shapes(ctx, m.Target)
	if err != nil {
		return err
	}
	var found []string
	own := inventory.Own
	for _, r := range shape.Relations {
		if !m.foreign(r.Schema) {
			found = append(found, string(r.Kind)+" "+r.Schema+"."+r.Name.Name)
		} else if r.Kind == schema.Table && r.Schema != "galley" {
			own = append(own, r)
		}
	}
	for _, e := range shape.Enums {
		if !m.foreign(e.Schema) {
			found = append(found, "type "+e.Schema+"."+e.Name.Name)
		}
	}
	for _, name := range shape.FunctionNames("public") {
		if !inventory.Extension[schema.Name{Schema: "public", Name: name}] {
			found = append(found, "function public."+name)
		}
	}
	for _, r := range own {
		t := tableOf(r)
		if t.where != "" {
			t.where += ` AND key <> 'migrate.seed'`
		}
		rows, err := query(ctx, m.Target, `SELECT 1 FROM `+t.sql()+t.condition("")+` LIMIT 1`)
		if err != nil {
			return err
		}
		if len(rows) > 0 {
			found = append(found, "rows in "+r.Schema+"."+r.Name.Name)
		}
	}
	if len(found) == 0 {
		return nil
	}
	slices.Sort(found)
	return fault.New(fault.ObjectNotInPrerequisite, "the target is not empty").
		WithDetail("It holds %s.", listed(found)).
		WithHint("A project moves into an empty database. Name another one, or empty this one.")
}

// maxListed bounds the names in a message.
const maxListed = 20

func listed(names []string) string {
	if more := len(names) - maxListed; more > 0 {
		names = append(slices.Clone(names[:maxListed]), strconv.Itoa(more)+" more")
	}
	return strings.Join(names, ", ")
}

// makeSchema brings the target to the schema of the migrations, and checks that it
// is the source's.
func (m *mover) makeSchema(ctx context.Context) error {
	m.tell(Event{Phase: "schema"})
	if err := m.Project.Install(ctx, m.Target); err != nil {
		return err
	}
	if !m.report.Resumed {
		if err := m.begin(ctx); err != nil {
			return err
		}
	}
	_, step, err := noted(ctx, m.Target)
	if err != nil {
		return err
	}
	if step == stepSchema {
		migrator := m.Project.Migrator(m.Target)
		if _, err := migrator.Up(ctx); err != nil {
			return err
		}
		if err := migrator.SkipSeed(ctx); err != nil {
			return err
		}
	}
	if m.targetShape, m.target, err = shapes(ctx, m.Target); err != nil {
		return err
	}
	if step != stepSchema { // compared before; now constraints are laid aside
		return nil
	}
	return m.compare(m.targetShape, m.target, false)
}

// begin notes on the target that a move has begun.
func (m *mover) begin(ctx context.Context) error {
	return m.onTarget(ctx, func(tx database.Tx) error {
		if err := tx.Script(ctx, notesSQL, nil); err != nil {
			return err
		}
		return exec(ctx, tx, `INSERT INTO galley.move (id, step) VALUES ($1, $2)`, m.id, stepSchema)
	})
}

func (m *mover) onTarget(ctx context.Context, fn func(database.Tx) error) error {
	return database.InTx(ctx, m.Target, database.Session{}, database.TxOptions{}, fn)
}

// layAside drops the constraints that rows on their way in would meet too early,
// and what rows the migrations made, in one transaction that notes them.
func (m *mover) layAside(ctx context.Context) error {
	_, step, err := noted(ctx, m.Target)
	if err != nil || step == stepRows {
		return err
	}
	return m.onTarget(ctx, func(tx database.Tx) error {
		for i, c := range m.target.Late {
			if c.Table.Schema == "galley" && strings.HasPrefix(c.Table.Name, "move") {
				continue
			}
			if err := exec(ctx, tx, `INSERT INTO galley.move_constraints (number, relation, name, definition, comment) VALUES ($1, $2, $3, $4, $5)`,
				i, relation(c.Table), c.Name, c.Definition, c.Comment); err != nil {
				return err
			}
			if err := tx.Script(ctx, `ALTER TABLE `+relation(c.Table)+` DROP CONSTRAINT `+quote(c.Name), nil); err != nil {
				return err
			}
		}
		for _, t := range m.tables {
			if err := t.clear(ctx, tx); err != nil {
				return err
			}
		}
		return exec(ctx, tx, `UPDATE galley.move SET step = $1`, stepRows)
	})
}

// clear removes the rows that are not this move's.
func (t *table) clear(ctx context.Context, tx database.Tx) error {
	if t.where != "" {
		return exec(ctx, tx, `DELETE FROM `+t.sql()+t.condition(""))
	}
	return tx.Script(ctx, `TRUNCATE `+t.sql(), nil)
}

func relation(n schema.Name) string { return quote(n.Schema) + "." + quote(n.Name) }

// putBack adds the constraints again, each in a transaction that forgets it.
func (m *mover) putBack(ctx context.Context) error {
	rows, err := query(ctx, m.Target, `SELECT number, relation, name, definition, comment FROM galley.move_constraints ORDER BY number`)
	if err != nil {
		return err
	}
	for i, r := range rows {
		m.tell(Event{Phase: "constraints", Table: text(r[2]), Number: i + 1, Tables: len(rows)})
		on, name := text(r[1]), quote(text(r[2]))
		script := `ALTER TABLE ` + on + ` ADD CONSTRAINT ` + name + ` ` + text(r[3]) + `;`
		if comment := text(r[4]); comment != "" {
			script += `COMMENT ON CONSTRAINT ` + name + ` ON ` + on + ` IS ` + literal(comment) + `;`
		}
		err := m.onTarget(ctx, func(tx database.Tx) error {
			if err := tx.Script(ctx, script, nil); err != nil {
				return err
			}
			return exec(ctx, tx, `DELETE FROM galley.move_constraints WHERE number = $1`, text(r[0]))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func literal(s string) string { return `'` + strings.ReplaceAll(s, `'`, `''`) + `'` }

// setSequences gives the target's sequences the states of the source's.
func (m *mover) setSequences(ctx context.Context) error {
	return m.onTarget(ctx, func(tx database.Tx) error {
		for _, s := range m.source.Sequences {
			if s.Schema == "pgmq" { // see copyQueue
				continue
			}
			if err := exec(ctx, tx, `SELECT setval(`+literal(relation(s.Name))+`, $1::bigint, $2::boolean)`, s.Last, s.Called); err != nil {
				return err
			}
		}
		return nil
	})
}

// finish moves the times of the migrations and removes the notes.
func (m *mover) finish(ctx context.Context) error {
	rows, err := query(ctx, m.Source, `SELECT version, name, checksum, applied_at FROM supabase_migrations.schema_migrations`)
	if err != nil {
		return err
	}
	return m.onTarget(ctx, func(tx database.Tx) error {
		for _, r := range rows {
			var args []database.Arg
			for _, v := range r {
				if v == nil {
					args = append(args, database.Null)
				} else {
					args = append(args, database.Text(*v))
				}
			}
			_, err := database.Exec(tx.Query(ctx, database.Statement{SQL: `UPDATE supabase_migrations.schema_migrations
				SET name = $2, checksum = $3, applied_at = $4 WHERE version = $1`, Args: args}))
			if err != nil {
				return err
			}
		}
		return tx.Script(ctx, dropNotesSQL, nil)
	})
}
