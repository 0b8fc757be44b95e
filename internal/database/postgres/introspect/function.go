package introspect

import (
	"context"
	"encoding/json"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/schema"
)

// functionsSQL lists the functions that can be called by name: no procedures,
// aggregates, window or trigger functions. A domain counts as what it is over.
const functionsSQL = `
select json_build_object(
  'schema', n.nspname, 'name', p.proname, 'volatility', p.provolatile, 'set', p.proretset,
  'comment', coalesce(pg_catalog.obj_description(p.oid, 'pg_proc'), ''),
  'one', p.prorows = 1, 'defaults', p.pronargdefaults, 'variadic', p.provariadic <> 0,
  'names', p.proargnames, 'modes', p.proargmodes,
  'types', (select json_agg(json_build_object('title', pg_catalog.format_type(a.oid, null), 'name', t.typname,
      'table', case when ac.relkind in ('r','p','v','m','f') then json_build_array(an.nspname, ac.relname) end) order by a.ord)
    from unnest(coalesce(p.proallargtypes, p.proargtypes::pg_catalog.oid[])) with ordinality a(oid, ord)
    join pg_catalog.pg_type t on t.oid = a.oid
    left join pg_catalog.pg_class ac on ac.oid = t.typrelid
    left join pg_catalog.pg_namespace an on an.oid = ac.relnamespace),
  'type', pg_catalog.format_type(p.prorettype, null), 'typname', r.typname,
  'base', case when r.typtype = 'd' then (with recursive d(oid) as (
      select r.typbasetype union all select t.typbasetype from d join pg_catalog.pg_type t on t.oid = d.oid where t.typtype = 'd')
    select t.typname from d join pg_catalog.pg_type t on t.oid = d.oid where t.typtype <> 'd') end,
  'table', case when rc.relkind in ('r','p','v','m','f') then json_build_array(rn.nspname, rc.relname) end,
  'attributes', (select json_agg(json_build_object('name', a.attname, 'position', a.attnum,
      'type', pg_catalog.format_type(a.atttypid, a.atttypmod), 'typname', t.typname) order by a.attnum)
    from pg_catalog.pg_attribute a join pg_catalog.pg_type t on t.oid = a.atttypid
    where rc.relkind = 'c' and a.attrelid = rc.oid and a.attnum > 0 and not a.attisdropped))
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
join pg_catalog.pg_type r on r.oid = p.prorettype
left join pg_catalog.pg_type b on b.oid = r.typbasetype
left join pg_catalog.pg_class rc on rc.oid = coalesce(b.typrelid, r.typrelid)
left join pg_catalog.pg_namespace rn on rn.oid = rc.relnamespace
where p.prokind = 'f' and r.typname not in ('trigger','event_trigger','internal','language_handler') and ` + userSchema + `
order by n.nspname collate "C", p.proname collate "C", p.oid`

// functionRow is a row of functionsSQL.
type functionRow struct {
	Schema, Name, Volatility, Comment string
	Set, One, Variadic                bool
	Defaults                          int
	Names, Modes                      []string
	Types                             []argumentRow
	Type, Typname, Base               string
	Table                             []string
	Attributes                        []columnRow
}

// argumentRow is the type of an argument: as format_type prints it, its name in
// pg_type, and the relation whose row type it is.
type argumentRow struct {
	Title, Name string
	Table       []string
}

func readFunctions(ctx context.Context, tx database.Tx, note func([]byte)) (out []*schema.Function, err error) {
	err = eachText(ctx, tx, functionsSQL, func(text []byte) error {
		note(text)
		var row functionRow
		if err := json.Unmarshal(text, &row); err != nil {
			return fault.Internal(err)
		}
		out = append(out, row.function())
		return nil
	})
	return out, err
}

func (r *functionRow) function() *schema.Function {
	f := &schema.Function{Name: schema.Name{Schema: r.Schema, Name: r.Name}, Comment: r.Comment, Volatility: r.Volatility}
	f.Result = schema.Result{Set: r.Set, One: r.Set && r.One, Void: r.Typname == "void", Type: r.Type, TypeName: r.Typname, Base: r.Base}
	for i, t := range r.Types {
		name, mode := "", "i"
		if i < len(r.Names) {
			name = r.Names[i]
		}
		if i < len(r.Modes) {
			mode = r.Modes[i]
		}
		if mode != "o" && mode != "t" {
			f.Args = append(f.Args, schema.Argument{Name: name, Type: t.Title, TypeName: t.Name, Variadic: mode == "v", Relation: relationName(t.Table)})
		}
		if mode == "o" || mode == "t" || mode == "b" {
			f.Result.Columns = append(f.Result.Columns, &schema.Column{Name: name, Type: t.Title, TypeName: t.Name, Position: len(f.Result.Columns) + 1})
		}
	}
	for i := max(0, len(f.Args)-r.Defaults); i < len(f.Args); i++ {
		f.Args[i].Optional = true
	}
	f.Result.Relation = relationName(r.Table)
	for _, a := range r.Attributes {
		f.Result.Columns = append(f.Result.Columns, a.column())
	}
	return f
}

// relationName reads a schema and a name, nil when there are none.
func relationName(pair []string) *schema.Name {
	if len(pair) != 2 {
		return nil
	}
	return &schema.Name{Schema: pair[0], Name: pair[1]}
}
