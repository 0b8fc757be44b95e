// Package freeze keeps what the names in stored text mean, the query of a view or
// the condition of a policy: it collects them while the text is analyzed for the
// first time, and puts the OIDs of relations in their place, so that they mean the
// same whatever is renamed or the search path is.
package freeze

import (
	"maps"
	"slices"
	"strconv"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/access"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
)

// Names collects, while text that will be stored is analyzed for the first time,
// what its names mean.
type Names struct {
	nodes map[*ast.RangeVar]*tree.Rel
	rels  []*tree.Rel
	whole map[*tree.Rel]bool   // used as whole rows
	keys  map[*tree.Rel]uint32 // primary keys that GROUP BY relies on
}

// Note adds what a name means.
func (f *Names) Note(n *ast.RangeVar, r *tree.Rel) {
	f.nodes[n] = r
	f.Add(r)
}

// Add adds a relation that no name in the text stands for.
func (f *Names) Add(r *tree.Rel) { f.rels = append(f.rels, r) }

// UseWhole notes that a relation is used as a whole row.
func (f *Names) UseWhole(r *tree.Rel) { f.whole[r] = true }

// UseKey notes that GROUP BY relies on the primary key of a relation.
func (f *Names) UseKey(r *tree.Rel, constraint uint32) { f.keys[r] = constraint }

// Origin is the column of a table or view that an expression shows unchanged.
func Origin(e tree.Expr) catalog.Origin {
	c, ok := e.(*tree.Column)
	if !ok {
		return catalog.Origin{}
	}
	switch r := c.Rel; {
	case r.Table != nil || r.View != nil:
		oid, _, _ := identity(r)
		return catalog.Origin{Relation: oid, Column: r.Columns[c.Index].Column.Number}
	case r.Query != nil && r.Query.Set == nil && len(r.Query.Values) == 0:
		return Origin(r.Query.Columns[c.Index].Expr)
	}
	return catalog.Origin{}
}

// Sources lists the relations that text names with the columns it reads.
func (f *Names) Sources(needs *access.Needs) []catalog.Source {
	found := map[uint32]*catalog.Source{}
	for _, r := range f.rels {
		oid, name, columns := identity(r)
		s := found[oid]
		if s == nil {
			s = &catalog.Source{OID: oid, Name: name, Names: map[int]string{}}
			found[oid] = s
		}
		for _, c := range columns {
			s.Names[c.Number] = c.Name
		}
		s.Whole = s.Whole || f.whole[r]
		s.Key = max(s.Key, f.keys[r])
		for number := range needs.Columns(r) {
			if !slices.Contains(s.Uses, number) {
				s.Uses = append(s.Uses, number)
			}
		}
		slices.Sort(s.Uses)
	}
	var out []catalog.Source
	for _, oid := range slices.Sorted(maps.Keys(found)) {
		out = append(out, *found[oid])
	}
	return out
}

func identity(r *tree.Rel) (oid uint32, name string, columns []*catalog.Column) {
	if r.View != nil {
		return r.View.OID, r.View.Name, r.View.Columns
	}
	return r.Table.OID, r.Table.Name, r.Table.Columns
}

// New returns one that has met no name.
func New() *Names {
	return &Names{nodes: map[*ast.RangeVar]*tree.Rel{}, whole: map[*tree.Rel]bool{}, keys: map[*tree.Rel]uint32{}}
}

// Resolve puts OIDs in the place of the names of relations, which keep
// their names as aliases.
func (f *Names) Resolve(root ast.Node, sources []catalog.Source) error {
	names := map[string]bool{}
	for _, s := range sources {
		if names[s.Name] {
			return resolve.Unsupported("a view of two relations of one name is")
		}
		names[s.Name] = true
	}
	if err := refuseAmbiguous(root); err != nil {
		return err
	}
	for n, r := range f.nodes {
		oid, name, _ := identity(r)
		n.SchemaName, n.RelName = catalog.ByOID, strconv.FormatUint(uint64(oid), 10)
		if n.Alias == nil {
			n.Alias = ast.NewAlias(name, nil)
		}
	}
	ast.Rewrite(root, func(c *ast.Cursor) bool {
		ref, ok := c.Node().(*ast.ColumnRef)
		if ok && ref != nil && len(syntax.Items(ref.Fields)) == 3 {
			ref.Fields = ast.NewNodeList(ref.Fields.Items[1:]...)
		}
		return true
	}, nil)
	return nil
}

// refuseAmbiguous refuses s.t.c where several relations of the query go by the
// name t: without the schema it could mean another.
func refuseAmbiguous(root ast.Node) error {
	count, used := map[string]int{}, map[string]bool{}
	add := func(alias *ast.Alias, name string) {
		if alias != nil {
			name = alias.AliasName
		}
		count[name]++
	}
	ast.Rewrite(root, func(c *ast.Cursor) bool {
		switch n := c.Node().(type) {
		case *ast.RangeVar:
			if n != nil {
				add(n.Alias, n.RelName)
			}
		case *ast.RangeSubselect:
			if n != nil {
				add(n.Alias, "")
			}
		case *ast.RangeFunction:
			if n != nil {
				add(n.Alias, "")
			}
		case *ast.JoinExpr:
			if n != nil {
				add(n.Alias, "")
			}
		case *ast.ColumnRef:
			if n != nil && len(syntax.Items(n.Fields)) == 3 {
				used[syntax.Str(n.Fields.Items[1])] = true
			}
		}
		return true
	}, nil)
	for name := range used {
		if count[name] > 1 {
			return resolve.Unsupported("a column with its schema, where several relations are called %s, is", name)
		}
	}
	return nil
}
