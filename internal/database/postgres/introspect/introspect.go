// Package introspect reads what a PostgreSQL database holds, from its catalogue,
// into a schema snapshot.
//
//	snapshot, err := introspect.Read(ctx, db)
package introspect

import (
	"context"
	"encoding/json"
	"hash/fnv"
	"slices"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/schema"
)

// schemasSQL lists the schemas, relationsSQL their tables and views, one JSON
// object each. Nothing newer than the catalogue of PostgreSQL 14 is used. Names
// within expressions are printed in full, since the search path is empty.
const (
	userSchema = `n.nspname !~ '^pg_' and n.nspname not in ('information_schema','galley')`

	schemasSQL = `select n.nspname from pg_catalog.pg_namespace n where ` + userSchema + ` order by n.nspname collate "C"`

	enumsSQL = `select json_build_object('schema', n.nspname, 'name', t.typname,
  'labels', (select json_agg(e.enumlabel order by e.enumsortorder) from pg_catalog.pg_enum e where e.enumtypid = t.oid))
from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace
where t.typtype = 'e' and ` + userSchema + ` order by n.nspname collate "C", t.typname collate "C"`

	relationsSQL = `
select json_build_object(
  'schema', n.nspname, 'name', c.relname, 'view', c.relkind in ('v','m'), 'partitioned', c.relkind = 'p',
  'oid', c.oid::bigint,
  'rule', (select r.ev_action from pg_catalog.pg_rewrite r where r.ev_class = c.oid and r.rulename = '_RETURN'),
  'comment', coalesce(pg_catalog.obj_description(c.oid, 'pg_class'), ''),
  'changes', pg_catalog.pg_relation_is_updatable(c.oid, true),
  'rls', c.relrowsecurity, 'force', c.relforcerowsecurity,
  'columns', (
    select coalesce(json_agg(json_build_object(
      'name', a.attname, 'position', a.attnum,
      'type', pg_catalog.format_type(a.atttypid, a.atttypmod), 'typname', t.typname,
      'labels', case when t.typtype = 'e' then (
        select coalesce(json_agg(l.enumlabel order by l.enumsortorder), '[]') from pg_catalog.pg_enum l where l.enumtypid = t.oid) end,
      'notnull', a.attnotnull, 'identity', a.attidentity, 'generated', a.attgenerated <> '',
      'default', coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid), ''),
      'comment', coalesce(pg_catalog.col_description(c.oid, a.attnum), '')) order by a.attnum), '[]')
    from pg_catalog.pg_attribute a
    join pg_catalog.pg_type t on t.oid = a.atttypid
    left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
  'indexes', (
    select coalesce(json_agg(json_build_object('primary', i.indisprimary, 'columns', (
      select json_agg(a.attname order by k.ord)
      from unnest(i.indkey::pg_catalog.int2[]) with ordinality k(num, ord)
      join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = k.num
      where k.ord <= i.indnkeyatts)) order by ic.relname collate "C"), '[]')
    from pg_catalog.pg_index i join pg_catalog.pg_class ic on ic.oid = i.indexrelid
    where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null),
  'foreign', (
    select coalesce(json_agg(json_build_object('name', k.conname,
      'schema', rn.nspname, 'table', rc.relname,
      'columns', (select json_agg(a.attname order by u.ord) from unnest(k.conkey) with ordinality u(num, ord)
        join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.num),
      'refcolumns', (select json_agg(a.attname order by u.ord) from unnest(k.confkey) with ordinality u(num, ord)
        join pg_catalog.pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.num)
      ) order by k.conname collate "C"), '[]')
    from pg_catalog.pg_constraint k
    join pg_catalog.pg_class rc on rc.oid = k.confrelid
    join pg_catalog.pg_namespace rn on rn.oid = rc.relnamespace
    where k.conrelid = c.oid and k.contype = 'f' and k.conparentid = 0),
  'checks', (
    select coalesce(json_agg(json_build_object('name', k.conname,
      'expression', pg_catalog.pg_get_expr(k.conbin, k.conrelid)) order by k.conname collate "C"), '[]')
    from pg_catalog.pg_constraint k where k.conrelid = c.oid and k.contype = 'c'),
  'policies', (
    select coalesce(json_agg(json_build_object('name', p.polname, 'command', p.polcmd,
      'permissive', p.polpermissive,
      'roles', (select json_agg(coalesce(r.rolname, 'public') order by r.rolname collate "C")
        from unnest(p.polroles) m(oid) left join pg_catalog.pg_roles r on r.oid = m.oid),
      'using', coalesce(pg_catalog.pg_get_expr(p.polqual, p.polrelid), ''),
      'check', coalesce(pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid), '')
      ) order by p.polname collate "C"), '[]')
    from pg_catalog.pg_policy p where p.polrelid = c.oid))
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r','p','v','m','f') and ` + userSchema + `
order by n.nspname collate "C", c.relname collate "C"`
)

// The bits of pg_relation_is_updatable (1 << CmdType).
const (
	updatable  = 1 << 2
	insertable = 1 << 3
	deletable  = 1 << 4
)

// relationRow is a row of relationsSQL.
type relationRow struct {
	Schema      string
	Name        string
	OID         uint32
	Rule        string // what a view reads, as a node tree
	View        bool
	Partitioned bool
	Changes     int // pg_relation_is_updatable
	Comment     string
	RLS         bool
	Force       bool
	Columns     []columnRow
	Indexes     []struct {
		Primary bool
		Columns []string
	}
	Foreign []struct {
		Name, Schema, Table string
		Columns, RefColumns []string
	}
	Checks   []struct{ Name, Expression string }
	Policies []struct {
		Name, Command string
		Permissive    bool
		Roles         []string
		Using, Check  string
	}
}

type columnRow struct {
	Name, Type, Typname, Identity, Default, Comment string
	Position                                        int
	NotNull, Generated                              bool
	Labels                                          []string
}

// Read reads the whole schema in one read-only transaction. The snapshot's
// version is a hash of what was read.
func Read(ctx context.Context, d database.DB) (*schema.Snapshot, error) {
	s := database.Session{SearchPath: []string{"pg_catalog"}}
	hash := fnv.New64a()
	var schemas []string
	var rows []*relationRow
	var functions []*schema.Function
	var enums []*schema.Enum
	err := database.InTx(ctx, d, s, database.TxOptions{ReadOnly: true}, func(tx database.Tx) error {
		if err := eachText(ctx, tx, schemasSQL, func(text []byte) error {
			_, _ = hash.Write(append(text, 0))
			schemas = append(schemas, string(text))
			return nil
		}); err != nil {
			return err
		}
		if err := eachText(ctx, tx, relationsSQL, func(text []byte) error {
			_, _ = hash.Write(append(text, 0))
			var row relationRow
			if err := json.Unmarshal(text, &row); err != nil {
				return fault.Internal(err)
			}
			rows = append(rows, &row)
			return nil
		}); err != nil {
			return err
		}
		if err := eachText(ctx, tx, enumsSQL, func(text []byte) error {
			_, _ = hash.Write(append(text, 0))
			var row struct {
				Schema, Name string
				Labels       []string
			}
			err := json.Unmarshal(text, &row)
			enums = append(enums, &schema.Enum{Name: schema.Name{Schema: row.Schema, Name: row.Name}, Labels: row.Labels})
			return err
		}); err != nil {
			return err
		}
		var err error
		functions, err = readFunctions(ctx, tx, func(text []byte) { _, _ = hash.Write(append(text, 0)) })
		return err
	})
	if err != nil {
		return nil, err
	}
	s2 := schema.New(hash.Sum64(), schemas, relationsOf(rows)).WithFunctions(functions)
	s2.Enums = enums
	return s2, nil
}

// eachText passes the first column of each row on.
func eachText(ctx context.Context, tx database.Tx, sql string, each func([]byte) error) error {
	rows, err := tx.Query(ctx, database.Statement{SQL: sql})
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(slices.Clone(rows.Value(0))); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (r *relationRow) relation() *schema.Relation {
	out := &schema.Relation{Name: schema.Name{Schema: r.Schema, Name: r.Name}, OID: r.OID, Kind: schema.Table, Partitioned: r.Partitioned,
		Comment: r.Comment, RowSecurity: r.RLS, ForceRowSecurity: r.Force}
	if r.View {
		out.Kind = schema.View
		out.NoInsert, out.NoUpdate, out.NoDelete = r.Changes&insertable == 0, r.Changes&updatable == 0, r.Changes&deletable == 0
	}
	for _, c := range r.Columns {
		out.Columns = append(out.Columns, c.column())
	}
	for _, i := range r.Indexes {
		if i.Primary {
			out.PrimaryKey = i.Columns
		} else if !slices.ContainsFunc(out.Uniques, func(u []string) bool { return slices.Equal(u, i.Columns) }) {
			out.Uniques = append(out.Uniques, i.Columns)
		}
	}
	for _, c := range r.Checks {
		out.Checks = append(out.Checks, schema.Check(c))
	}
	r.addForeignKeys(out)
	r.addPolicies(out)
	return out
}

func (c columnRow) column() *schema.Column {
	out := &schema.Column{Name: c.Name, Type: c.Type, TypeName: c.Typname, NotNull: c.NotNull,
		Default: c.Default, Generated: c.Generated, Comment: c.Comment, Position: c.Position,
		Labels: c.Labels}
	switch c.Identity {
	case "a":
		out.Identity = "ALWAYS"
	case "d":
		out.Identity = "BY DEFAULT"
	}
	return out
}

func (r *relationRow) addForeignKeys(out *schema.Relation) {
	for _, k := range r.Foreign {
		out.ForeignKeys = append(out.ForeignKeys, &schema.ForeignKey{
			Name: k.Name, Columns: k.Columns,
			References: schema.Name{Schema: k.Schema, Name: k.Table}, RefColumns: k.RefColumns,
			OneToOne: uniqueWithin(out, k.Columns),
		})
	}
}

// uniqueWithin tells whether a key of the relation lies within the columns.
func uniqueWithin(r *schema.Relation, columns []string) bool {
	within := func(key []string) bool {
		for _, name := range key {
			if !slices.Contains(columns, name) {
				return false
			}
		}
		return len(key) > 0
	}
	return within(r.PrimaryKey) || slices.ContainsFunc(r.Uniques, within)
}

// policyCommands are the values of pg_policy.polcmd.
var policyCommands = map[string]string{"*": "ALL", "r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE"}

func (r *relationRow) addPolicies(out *schema.Relation) {
	for _, p := range r.Policies {
		out.Policies = append(out.Policies, schema.Policy{Name: p.Name, Command: policyCommands[p.Command],
			Permissive: p.Permissive, Roles: p.Roles, Using: p.Using, WithCheck: p.Check})
	}
}
