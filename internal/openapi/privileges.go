package openapi

import (
	"context"
	"crypto/sha256"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/schema"
)

// rights is what a role may do with a relation.
type rights struct {
	read, insert, update map[string]bool // by column
	delete               bool
}

// all tells that a set holds every column of a relation.
func all(set map[string]bool, r *schema.Relation) bool {
	for _, c := range r.Columns {
		if !set[c.Name] {
			return false
		}
	}
	return true
}

// privileges is what a role may do in a schema. What is not in it is not told to
// the role.
type privileges struct {
	relations map[string]*rights // by quoted name
	functions map[string]bool    // by signature
	answer    string             // a digest of both, by which a document is kept
}

// The statements that ask. They run as the role itself, so that they need no
// privilege of Galley's; without USAGE of the schema there is no row.
const (
	relationRights = `SELECT t, c, c = '' AND has_table_privilege(t, 'DELETE'),
  CASE WHEN c = '' THEN false ELSE has_column_privilege(t, c, 'SELECT') END,
  CASE WHEN c = '' THEN false ELSE has_column_privilege(t, c, 'INSERT') END,
  CASE WHEN c = '' THEN false ELSE has_column_privilege(t, c, 'UPDATE') END
FROM unnest($2::text[], $3::text[]) AS r(t, c) WHERE has_schema_privilege($1::text, 'USAGE')`
	functionRights = `
UNION ALL SELECT f, NULL, has_function_privilege(f, 'EXECUTE'), false, false, false
FROM unnest($4::text[]) AS s(f) WHERE has_schema_privilege($1::text, 'USAGE')`
)

// ask asks the database, in one statement, what the role of a session may do. It
// does so for every request: on PostgreSQL a grant does not change the version of
// a snapshot.
func ask(ctx context.Context, db database.DB, s database.Session, name string, list []*schema.Relation, functions []*schema.Function) (*privileges, error) {
	p := &privileges{relations: map[string]*rights{}, functions: map[string]bool{}}
	if len(list)+len(functions) == 0 {
		return p, nil
	}
	st := database.Statement{SQL: relationRights, ReadOnly: true, Args: append(database.Args(name), relationArgs(list)...)}
	both := st
	if len(functions) > 0 {
		both.SQL += functionRights
		both.Args = append(slices.Clone(st.Args), database.Text(signatures(functions)))
	}
	rows, err := database.Collect(db.Query(ctx, s, both))
	if code := fault.Code(err); code == fault.UndefinedFunction || code == fault.UndefinedObject || code == fault.InsufficientPrivilege {
		// A function has gone since the snapshot was made, or the role may not use the
		// schema of a type. What cannot be asked is not told.
		rows, err = database.Collect(db.Query(ctx, s, st))
	}
	if err != nil {
		return nil, err
	}
	digest := sha256.New()
	for _, row := range rows {
		bits := p.add(row)
		_, _ = digest.Write([]byte(*row[0] + "\x00" + bits + "\x00")) // a hash takes everything
	}
	p.answer = string(digest.Sum(nil))
	return p, nil
}

// add takes a row of the answer: of a function, a relation (which has no column
// name) or a column.
func (p *privileges) add(row []*string) string {
	bits := make([]bool, 4)
	text := ""
	for i := range bits {
		bits[i] = row[i+2] != nil && *row[i+2] == "t"
		text += map[bool]string{true: "t", false: "f"}[bits[i]]
	}
	if row[1] == nil {
		p.functions[*row[0]] = bits[0]
		return text
	}
	r := p.relations[*row[0]]
	if r == nil {
		r = &rights{read: map[string]bool{}, insert: map[string]bool{}, update: map[string]bool{}}
		p.relations[*row[0]] = r
	}
	if column := *row[1]; column == "" {
		r.delete = bits[0]
	} else {
		r.read[column], r.insert[column], r.update[column] = bits[1], bits[2], bits[3]
		text = column + "\x00" + text
	}
	return text
}

// of returns what the role may do with a relation; nothing, rather than nil.
func (p *privileges) of(r *schema.Relation) *rights {
	if got := p.relations[quoted(r.Name)]; got != nil {
		return got
	}
	return &rights{}
}

// sees tells that the role may read something of a relation.
func (p *privileges) sees(n schema.Name) bool {
	r := p.relations[quoted(n)]
	return r != nil && some(r.read)
}

func some(set map[string]bool) bool {
	for _, ok := range set {
		if ok {
			return true
		}
	}
	return false
}

func (p *privileges) calls(f *schema.Function) bool { return p.functions[signature(f)] }

func relationArgs(list []*schema.Relation) []database.Arg {
	var tables, columns []string
	for _, r := range list {
		full := quoted(r.Name)
		tables, columns = append(tables, full), append(columns, "")
		for _, c := range r.Columns {
			tables, columns = append(tables, full), append(columns, c.Name)
		}
	}
	return database.Args(array(tables), array(columns))
}

// array is a list as a value of text[].
func array(list []string) string {
	escaped := make([]string, len(list))
	for i, s := range list {
		escaped[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
	}
	return "{" + strings.Join(escaped, ",") + "}"
}

func signatures(functions []*schema.Function) string {
	list := make([]string, len(functions))
	for i, f := range functions {
		list[i] = signature(f)
	}
	return array(list)
}

// signature is a function's name with the types of its arguments, as regprocedure
// reads it.
func signature(f *schema.Function) string {
	types := make([]string, len(f.Args))
	for i, a := range f.Args {
		types[i] = a.Type
	}
	return quoted(f.Name) + "(" + strings.Join(types, ",") + ")"
}

func quoted(n schema.Name) string { return quote(n.Schema) + "." + quote(n.Name) }

func quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
