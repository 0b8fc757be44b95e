package ddl

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
)

// maxName is the length in bytes of the longest name (NAMEDATALEN less one).
const maxName = 63

// makeObjectName puts a name together as PostgreSQL's makeObjectName does: the
// longer of the two names is cut until all fits.
func makeObjectName(name1, name2, label string) string {
	available := maxName
	if name2 != "" {
		available--
	}
	if label != "" {
		available -= len(label) + 1
	}
	n1, n2 := len(name1), len(name2)
	for n1+n2 > available {
		if n1 > n2 {
			n1--
		} else {
			n2--
		}
	}
	out := syntax.Clip(name1, n1)
	if name2 != "" {
		out += "_" + syntax.Clip(name2, n2)
	}
	if label != "" {
		out += "_" + label
	}
	return out
}

// choose tries label, label1, label2 … until the name is free.
func choose(name1, name2, label string, taken func(string) bool) string {
	name := makeObjectName(name1, name2, label)
	for pass := 1; taken(name); pass++ {
		name = makeObjectName(name1, name2, label+strconv.Itoa(pass))
	}
	return name
}

// relationName chooses the name of an index or a sequence. The name of an index
// behind a constraint must be free among constraints as well.
func (w *work) relationName(schemaName, name1, name2, label string, isConstraint bool) string {
	cat := w.cat()
	return choose(name1, name2, label, func(name string) bool {
		return cat.RelationOID(schemaName, name) != 0 || isConstraint && constraintExists(cat, schemaName, name)
	})
}

// constraintName chooses the name of a check or foreign key constraint.
func (w *work) constraintName(schemaName, name1, name2, label string) string {
	cat := w.cat()
	return choose(name1, name2, label, func(name string) bool { return constraintExists(cat, schemaName, name) })
}

func constraintExists(cat *catalog.Catalog, schemaName, name string) bool {
	for _, t := range cat.Tables {
		if t.Schema == schemaName && constraintNamed(t, name) != nil {
			return true
		}
	}
	return false
}

func constraintNamed(t *catalog.Table, name string) *catalog.Constraint {
	i := slices.IndexFunc(t.Constraints, func(k *catalog.Constraint) bool { return k.Name == name })
	if i < 0 {
		return nil
	}
	return t.Constraints[i]
}

// nameAddition joins the names of columns for a generated name, no longer than
// it can matter.
func nameAddition(columns []string) string {
	out := ""
	for i, c := range columns {
		if i > 0 {
			out += "_"
		}
		out += c
		if len(out) > maxName {
			return syntax.Clip(out, maxName)
		}
	}
	return out
}

// keyNames are the names of an index's keys, made different from each other.
func keyNames(keys []string) []string {
	var out []string
	for _, key := range keys {
		name := key
		for i := 1; slices.Contains(out, name); i++ {
			number := strconv.Itoa(i)
			name = syntax.Clip(key, maxName-len(number)) + number
		}
		out = append(out, name)
	}
	return out
}

// keyName is the name of an index's key that is an expression: what SELECT
// would call it, else "expr".
func keyName(n ast.Node) string {
	switch n := n.(type) {
	case *ast.ParenExpr:
		return keyName(n.Expr)
	case *ast.ColumnRef:
		if parts := names(n.Fields); len(parts) > 0 {
			return parts[len(parts)-1]
		}
	case *ast.FuncCall:
		if parts := names(n.Funcname); len(parts) > 0 {
			return parts[len(parts)-1]
		}
	case *ast.CollateClause:
		return keyName(n.Arg)
	case *ast.CoalesceExpr:
		return "coalesce"
	case *ast.TypeCast:
		if name := keyName(n.Arg); name != "expr" {
			return name
		}
		if parts := names(n.TypeName.Names); len(parts) > 0 {
			return parts[len(parts)-1]
		}
	case *ast.CaseExpr:
		return "case"
	}
	return "expr"
}

// physicalName makes the name that an object has in the file: readable, and
// unique by its number, because the file's names know no case and no rename.
func physicalName(name string, number uint64) string {
	out := strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '_':
			return r
		}
		return '_'
	}, name)
	if len(out) > 40 {
		out = out[:40]
	}
	if strings.HasPrefix(out, "sqlite_") {
		out = "_" + out // the prefix is SQLite's own
	}
	return fmt.Sprintf("%s_%d", out, number)
}

// quote makes a SQLite identifier.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func quoteAll(list []string) string {
	out := make([]string, len(list))
	for i, name := range list {
		out[i] = quote(name)
	}
	return strings.Join(out, ", ")
}
