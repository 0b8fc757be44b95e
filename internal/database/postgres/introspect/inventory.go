package introspect

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/schema"
)

// movedSchema are the schemas with a project's own objects: those of Galley's
// bootstrap (auth, galley_docs) are made anew by any Galley.
const movedSchema = `n.nspname !~ '^pg_' and n.nspname not in ('information_schema','galley_docs')`

// ownSchema is the condition of relationsSQL for Galley's own tables. One that is
// not logged holds nothing that is worth keeping.
const ownSchema = `n.nspname = 'galley' and c.relpersistence = 'p' and c.relkind = 'r'`

const (
	// One of Galley's own that belongs to no column tells what goes on in this
	// database now.
	sequencesSQL = `select json_build_object('schema', n.nspname, 'name', c.relname,
  'definition', format('AS %s START %s INCREMENT %s MINVALUE %s MAXVALUE %s%s', pg_catalog.format_type(s.seqtypid, null), s.seqstart,
    s.seqincrement, s.seqmin, s.seqmax, case when s.seqcycle then ' CYCLE' else '' end),
  'owned', coalesce((select format('%I.%I.%I', tn.nspname, t.relname, a.attname) from pg_catalog.pg_depend d
    join pg_catalog.pg_class t on t.oid = d.refobjid join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
    join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
    where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i')), ''))
from pg_catalog.pg_sequence s join pg_catalog.pg_class c on c.oid = s.seqrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace where ` + movedSchema + `
and (n.nspname <> 'galley' or exists (select from pg_catalog.pg_depend d
  where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i')))
order by n.nspname collate "C", c.relname collate "C"`

	lateSQL = `select json_build_object('schema', n.nspname, 'table', c.relname, 'name', k.conname,
  'definition', pg_catalog.pg_get_constraintdef(k.oid),
  'comment', coalesce(pg_catalog.obj_description(k.oid, 'pg_constraint'), ''))
from pg_catalog.pg_constraint k join pg_catalog.pg_class c on c.oid = k.conrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where k.conparentid = 0 and (k.contype = 'f' or k.contype = 'c' and not k.convalidated) and ` + movedSchema + `
order by n.nspname collate "C", c.relname collate "C", k.conname collate "C"`
)

// Inventory reads what a snapshot does not tell.
func Inventory(ctx context.Context, d database.DB) (*schema.Inventory, error) {
	out := &schema.Inventory{}
	s := database.Session{SearchPath: []string{"pg_catalog"}}
	err := database.InTx(ctx, d, s, database.TxOptions{ReadOnly: true}, func(tx database.Tx) error {
		var own []*relationRow
		if err := eachJSON(ctx, tx, strings.Replace(relationsSQL, userSchema, ownSchema, 1), func(r relationRow) { own = append(own, &r) }); err != nil {
			return err
		}
		out.Own = relationsOf(own)
		if err := readSequences(ctx, tx, out); err != nil {
			return err
		}
		if err := readObjects(ctx, tx, out); err != nil {
			return err
		}
		return eachJSON(ctx, tx, lateSQL, func(r struct{ Schema, Table, Name, Definition, Comment string }) {
			out.Late = append(out.Late, schema.Constraint{Table: schema.Name{Schema: r.Schema, Name: r.Table},
				Name: r.Name, Definition: r.Definition, Comment: r.Comment})
		})
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// sequenceRow is a row of sequencesSQL.
type sequenceRow struct{ Schema, Name, Definition, Owned string }

// readSequences reads the definitions of sequences, and then the state of each,
// which is a row of its own.
func readSequences(ctx context.Context, tx database.Tx, out *schema.Inventory) error {
	var all []sequenceRow
	if err := eachJSON(ctx, tx, sequencesSQL, func(r sequenceRow) { all = append(all, r) }); err != nil {
		return err
	}
	for _, r := range all {
		s := schema.Sequence{Name: schema.Name{Schema: r.Schema, Name: r.Name}}
		err := eachJSON(ctx, tx, `select json_build_object('last', last_value, 'called', is_called) from `+quote(r.Schema)+`.`+quote(r.Name),
			func(state struct {
				Last   int64
				Called bool
			}) {
				s.Last, s.Called = state.Last, state.Called
			})
		if err != nil {
			return err
		}
		out.Sequences = append(out.Sequences, s)
		definition := r.Definition
		if r.Owned != "" {
			definition += " OWNED BY " + r.Owned
		}
		out.Objects = append(out.Objects, schema.Object{Kind: "sequence", Name: quote(r.Schema) + "." + quote(r.Name), Definition: definition})
	}
	return nil
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// eachJSON passes on rows of one JSON object each.
func eachJSON[T any](ctx context.Context, tx database.Tx, sql string, each func(T)) error {
	return eachText(ctx, tx, sql, func(text []byte) error {
		var row T
		if err := json.Unmarshal(text, &row); err != nil {
			return fault.Internal(err)
		}
		each(row)
		return nil
	})
}
