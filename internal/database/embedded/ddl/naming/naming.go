// Package naming makes the names of objects: those that PostgreSQL generates for
// constraints, indexes and sequences, and those that objects have in the file.
package naming

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/syntax"
)

// maxName is the length in bytes of the longest name (NAMEDATALEN less one).
const maxName = 63

// Object puts a name together as PostgreSQL's makeObjectName does: the
// longer of the two names is cut until all fits.
func Object(name1, name2, label string) string {
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

// Choose tries label, label1, label2 … until the name is free.
func Choose(name1, name2, label string, taken func(string) bool) string {
	name := Object(name1, name2, label)
	for pass := 1; taken(name); pass++ {
		name = Object(name1, name2, label+strconv.Itoa(pass))
	}
	return name
}

// Columns joins the names of columns for a generated name, no longer than
// it can matter.
func Columns(columns []string) string {
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

// Distinct are the names of an index's keys, made different from each other.
func Distinct(keys []string) []string {
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

// Key is the name of an index's key that is an expression: what SELECT
// would call it, else "expr".
func Key(n ast.Node) string {
	switch n := n.(type) {
	case *ast.ParenExpr:
		return Key(n.Expr)
	case *ast.ColumnRef:
		if parts := strs(n.Fields); len(parts) > 0 {
			return parts[len(parts)-1]
		}
	case *ast.FuncCall:
		if parts := strs(n.Funcname); len(parts) > 0 {
			return parts[len(parts)-1]
		}
	case *ast.CollateClause:
		return Key(n.Arg)
	case *ast.CoalesceExpr:
		return "coalesce"
	case *ast.TypeCast:
		if name := Key(n.Arg); name != "expr" {
			return name
		}
		if parts := strs(n.TypeName.Names); len(parts) > 0 {
			return parts[len(parts)-1]
		}
	case *ast.CaseExpr:
		return "case"
	}
	return "expr"
}

// Physical makes the name that an object has in the file: readable, and
// unique by its number, because the file's names know no case and no rename.
func Physical(name string, number uint64) string {
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

func strs(l *ast.NodeList) []string {
	if l == nil {
		return nil
	}
	var out []string
	for _, n := range l.Items {
		if s, ok := n.(*ast.String); ok {
			out = append(out, s.SVal)
		}
	}
	return out
}
