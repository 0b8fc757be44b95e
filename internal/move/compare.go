package move

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/schema"
)

// plan makes the schema of the project in a scratch database: what Galley itself
// makes tells its own schemas from the project's, and what the migrations make is
// compared with the source, before anything is done to the target.
func (m *mover) plan(ctx context.Context) error {
	db, remove, err := m.Project.Scratch(ctx)
	if err != nil {
		return err
	}
	defer remove()
	if err := m.Project.Install(ctx, db); err != nil {
		return err
	}
	shape, err := db.Schema(ctx)
	if err != nil {
		return err
	}
	m.own = map[string]bool{"galley": true, "galley_docs": true, "auth": true, historyTable.Schema: true}
	for _, name := range shape.Schemas {
		m.own[name] = m.own[name] || name != "public"
	}
	if _, err := m.Project.Migrator(db).Up(ctx); err != nil {
		return err
	}
	shape, inventory, err := shapes(ctx, db)
	if err != nil {
		return err
	}
	return m.compare(shape, inventory, db.Engine() == m.Source.Engine())
}

// compare refuses when what the migrations made is not what the source is. local
// tells that both stand in the same engine.
func (m *mover) compare(shape *schema.Snapshot, inventory *schema.Inventory, local bool) error {
	found := differences(m.objects(m.sourceShape, m.source, local), m.objects(shape, inventory, local))
	if len(found) == 0 {
		return nil
	}
	return fault.New(fault.ObjectNotInPrerequisite, "the source's schema is not that of the project's migrations").
		WithDetail("%s", strings.Join(found[:min(len(found), maxListed)], "\n")+andMore(len(found))).
		WithHint("Undo what was changed outside of the migrations, or have a migration do it: undo it, galley migrate new, galley migrate up.")
}

func andMore(n int) string {
	if n <= maxListed {
		return ""
	}
	return fmt.Sprintf("\nand %d more", n-maxListed)
}

// differences lists what is on one side only or otherwise, in the order of names.
func differences(source, target map[string]string) []string {
	var out []string
	for name, s := range source {
		switch t, ok := target[name]; {
		case !ok:
			out = append(out, name+": only on the source")
		case s != t:
			out = append(out, fmt.Sprintf("%s: on the source %s, by the migrations %s", name, cmp.Or(s, "(nothing)"), cmp.Or(t, "(nothing)")))
		}
	}
	for name := range target {
		if _, ok := source[name]; !ok {
			out = append(out, name+": only by the migrations")
		}
	}
	slices.Sort(out)
	return out
}

// objects describes a database by the names of what it holds. Galley's own objects
// are not the project's.
func (m *mover) objects(shape *schema.Snapshot, inventory *schema.Inventory, local bool) map[string]string {
	out := map[string]string{}
	said := func(expression string) string {
		if expression == "" || local {
			return expression
		}
		return "(an expression)" // each engine prints them in its own way
	}
	for _, name := range shape.Schemas {
		if !m.foreign(name) {
			out["schema "+name] = ""
		}
	}
	for _, e := range shape.Enums {
		if !m.foreign(e.Schema) {
			out["type "+e.Schema+"."+e.Name.Name] = fmt.Sprintf("%q", e.Labels)
		}
	}
	for _, r := range shape.Relations {
		if !m.foreign(r.Schema) && r.Name != historyTable {
			describe(out, r, said)
		}
	}
	for _, name := range shape.Schemas {
		if !m.foreign(name) {
			for _, f := range shape.FunctionNames(name) {
				if !inventory.Extension[schema.Name{Schema: name, Name: f}] {
					describeFunctions(out, shape.Functions(name, f))
				}
			}
		}
	}
	for _, c := range inventory.Late {
		if !m.foreign(c.Table.Schema) {
			out["constraint "+c.Name+" on "+c.Table.Schema+"."+c.Table.Name] = lateText(c, local) + comment(c.Comment)
		}
	}
	for _, o := range inventory.Objects {
		if (local || !o.Local) && !m.foreign(schemaIn(o.Name)) {
			out[o.Kind+" "+o.Name] = o.Definition
		}
	}
	return out
}

// foreign tells whether a schema is Galley's own.
func (m *mover) foreign(name string) bool { return m.own[name] }

// schemaIn is the schema that an object's name begins with.
func schemaIn(name string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(name, `"`), `"`)
	return first
}

func describe(out map[string]string, r *schema.Relation, said func(string) string) {
	name := r.Schema + "." + r.Name.Name
	out[string(r.Kind)+" "+name] = fmt.Sprintf("row level security %v, forced %v, primary key %q%s",
		r.RowSecurity, r.ForceRowSecurity, r.PrimaryKey, comment(r.Comment))
	for _, c := range r.Columns {
		text := fmt.Sprintf("number %d, %s", c.Position, c.Type)
		if c.NotNull {
			text += ", not null"
		}
		if c.Generated {
			text += ", generated"
		}
		if c.Identity != "" {
			text += ", identity " + c.Identity
		}
		if c.Default != "" {
			text += ", default " + said(c.Default)
		}
		out["column "+name+"."+c.Name] = text + comment(c.Comment)
	}
	for _, c := range r.Checks {
		out["check "+c.Name+" on "+name] = said(c.Expression)
	}
	for _, u := range r.Uniques {
		out[fmt.Sprintf("unique key %q on %s", u, name)] = ""
	}
	for _, p := range r.Policies {
		out["policy "+p.Name+" on "+name] = fmt.Sprintf("%s, permissive %v, to %q, using %s, with check %s",
			p.Command, p.Permissive, p.Roles, said(p.Using), said(p.WithCheck))
	}
}

// lateText is what a constraint says; the expression of a check only within one
// engine.
func lateText(c schema.Constraint, local bool) string {
	if strings.HasPrefix(c.Definition, "CHECK") && !local {
		return "CHECK NOT VALID"
	}
	return c.Definition
}

func describeFunctions(out map[string]string, list []*schema.Function) {
	for _, f := range list {
		var args []string
		for _, a := range f.Args {
			args = append(args, a.Type)
		}
		text, err := json.Marshal(f)
		if err != nil { // there is nothing in it that has no JSON
			text = []byte(err.Error())
		}
		out["function "+f.Schema+"."+f.Name.Name+"("+strings.Join(args, ", ")+")"] = string(text)
	}
}

func comment(text string) string {
	if text == "" {
		return ""
	}
	return fmt.Sprintf(", comment %q", text)
}
