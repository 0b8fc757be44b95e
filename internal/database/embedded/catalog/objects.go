package catalog

import (
	"fmt"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/schema"
)

// objects describes what a snapshot does not tell: indexes, rights, triggers, the
// texts of views and functions, extensions.
func (c *Catalog) objects(known *types.Catalogue) []schema.Object {
	var out []schema.Object
	add := func(kind, name, definition string) {
		out = append(out, schema.Object{Kind: kind, Name: name, Definition: definition})
	}
	local := func(kind, name, definition string) {
		out = append(out, schema.Object{Kind: kind, Name: name, Definition: definition, Local: true})
	}
	for _, e := range c.SortedExtensions() {
		add("extension", quoted(e.Name), "")
	}
	for _, s := range c.Schemas {
		add("rights on schema", quoted(s.Name), rights(s.ACL, s.Owner))
	}
	for _, s := range c.Sequences {
		add("rights on", quoted(s.Schema)+"."+quoted(s.Name), rights(s.ACL, s.Owner))
	}
	for _, t := range c.SortedTables() {
		name := quoted(t.Schema) + "." + quoted(t.Name)
		add("rights on", name, rights(t.ACL, t.Owner)+columnRights(t.Columns, t.Owner))
		for _, i := range t.Indexes {
			add("index", quoted(t.Schema)+"."+quoted(i.Name), t.index(i))
			local("expressions of index", quoted(t.Schema)+"."+quoted(i.Name), c.expressions(i))
		}
		if t.Touch != "" {
			add("trigger", name+"."+quoted(t.Touch), "galley_docs.touch 19 O")
		}
	}
	for _, v := range c.SortedViews() {
		name := quoted(v.Schema) + "." + quoted(v.Name)
		add("rights on", name, rights(v.ACL, v.Owner)+columnRights(v.Columns, v.Owner))
		add("options of", name, fmt.Sprintf("invoker %v, barrier %v, check %q", v.SecurityInvoker, v.SecurityBarrier, strings.Trim(string(v.CheckOption), "\x00")))
		local("query of", name, c.named(v.Query))
	}
	for _, f := range c.SortedFunctions() {
		name := quoted(f.Schema) + "." + f.title(c, known)
		add("rights on function", name, rights(f.Rights(), f.Owner))
		add("body of", name, fmt.Sprintf("strict %v, definer %v, %s", f.Strict, f.SecurityDefiner, f.Body))
		local("search path of", name, fmt.Sprintf("%q", f.SearchPath))
	}
	return out
}

// title is a function's name with the types of its arguments.
func (f *Function) title(c *Catalog, known *types.Catalogue) string {
	var args []string
	for _, a := range c.function(f, known).Args {
		args = append(args, a.Type)
	}
	return quoted(f.Name) + "(" + strings.Join(args, ", ") + ")"
}

// index describes an index, but for the texts of expressions.
func (t *Table) index(i *Index) string {
	method := i.Method
	if method == "" {
		method = "btree"
	}
	keys := make([]string, len(i.Columns))
	for n, k := range i.Columns {
		if keys[n] = "(expression)"; k.Column != 0 {
			keys[n] = syntax.QuoteIdent(t.ColumnNumber(k.Column).Name)
		}
		if k.Desc {
			keys[n] += " DESC"
		}
		if k.NullsFirst {
			keys[n] += " NULLS FIRST"
		}
	}
	return fmt.Sprintf("on %s, %s (%s), include (%s), unique %v, nulls not distinct %v, partial %v", syntax.QuoteIdent(t.Name), method,
		strings.Join(keys, ", "), nameList(t.columnNames(i.Include)), i.Unique, i.NullsNotDistinct, i.Where != nil)
}

func (c *Catalog) expressions(i *Index) string {
	var out []string
	for _, k := range i.Columns {
		if k.Expr != nil {
			out = append(out, c.named(k.Expr))
		}
	}
	if i.Where != nil {
		out = append(out, "WHERE "+c.named(i.Where))
	}
	return strings.Join(out, ", ")
}

// named is the text of an expression with the names of the relations that it calls
// by number.
func (c *Catalog) named(e *Expr) string {
	text := e.Meant()
	for _, s := range e.Sources {
		if n := c.relationName(s.OID); n != nil {
			number := fmt.Sprintf(`"%d"`, s.OID)
			text = strings.ReplaceAll(text, number, quoted(n.Schema+"."+n.Name))
		}
	}
	return text
}

// privilegeNames are the names of privileges, in the order that rights are told in.
var privilegeNames = []struct {
	bit  Privilege
	name string
}{
	{Create, "CREATE"}, {Delete, "DELETE"}, {Execute, "EXECUTE"}, {Insert, "INSERT"}, {References, "REFERENCES"},
	{Select, "SELECT"}, {Trigger, "TRIGGER"}, {Truncate, "TRUNCATE"}, {Update, "UPDATE"}, {Usage, "USAGE"},
}

// rights lists what others than the owner may do, * for what they may grant on.
func rights(acl ACL, owner string) string {
	var out []string
	for _, g := range acl {
		if g.Grantee == owner {
			continue
		}
		for _, p := range privilegeNames {
			if g.Privileges&p.bit == 0 {
				continue
			}
			text := g.Grantee + ": " + p.name
			if g.Options&p.bit != 0 {
				text += "*"
			}
			out = append(out, text)
		}
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), ", ")
}

func columnRights(columns []*Column, owner string) string {
	text := ""
	for _, c := range columns {
		if r := rights(c.ACL, owner); r != "" {
			text += "; " + syntax.QuoteIdent(c.Name) + " " + r
		}
	}
	return text
}
