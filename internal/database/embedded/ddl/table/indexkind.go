package table

import (
	"slices"
	"strconv"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// method checks the kind of an index. A hash index is a b-tree in the file; a GIN
// index of jsonb or an array is kept in the catalogue only, since no answer
// depends on it.
func method(n *ast.IndexStmt) (string, error) {
	switch n.AccessMethod {
	case "", "btree":
		return "", nil
	case "hash":
		return "hash", plainHash(n)
	case "gin":
		if n.Unique {
			return "", lacks("gin", "unique indexes")
		}
		return "gin", nil
	case "gist", "spgist", "brin":
		return "", work.Unsupported("an index of kind %s is", n.AccessMethod)
	}
	return "", fault.New(fault.UndefinedObject, `access method "%s" does not exist`, n.AccessMethod)
}

func lacks(method, what string) error {
	return fault.New(fault.FeatureNotSupported, `access method "%s" does not support %s`, method, what)
}

func plainHash(n *ast.IndexStmt) error {
	params := work.Items(n.IndexParams)
	switch {
	case n.Unique:
		return lacks("hash", "unique indexes")
	case len(params) > 1:
		return lacks("hash", "multicolumn indexes")
	}
	for _, p := range params {
		if elem, ok := p.(*ast.IndexElem); ok && elem.Ordering != ast.SORTBY_DEFAULT {
			return lacks("hash", "ASC/DESC options")
		}
	}
	return nil
}

// ginKey checks a key of a GIN index.
func ginKey(w *work.Work, typ *types.Type, class []string) error {
	jsonb := typ.OID == types.JSONB
	if len(class) > 0 {
		name := class[len(class)-1]
		if jsonb && (name == "jsonb_ops" || name == "jsonb_path_ops") || typ.Elem != nil && name == "array_ops" {
			return nil
		}
		return work.Unsupported("the operator class %s is", name)
	}
	if jsonb || typ.Elem != nil {
		return nil
	}
	return fault.New(fault.UndefinedObject, `data type %s has no default operator class for access method "gin"`, w.TypeName(typ.OID)).
		WithHint("You must specify an operator class for the index or define a default operator class for the data type.")
}

// includedNames are the names of INCLUDE, for a generated name.
func includedNames(list []ast.Node) []string {
	var out []string
	for _, n := range list {
		switch n := n.(type) {
		case *ast.IndexElem:
			out = append(out, n.Name)
		case *ast.String:
			out = append(out, n.SVal)
		}
	}
	return out
}

// included resolves the columns of INCLUDE, which the file's index does without.
func included(t *catalog.Table, list []ast.Node) ([]int, error) {
	var out []int
	for _, n := range list {
		name := ""
		switch n := n.(type) {
		case *ast.IndexElem:
			if name = n.Name; name == "" {
				return nil, fault.New(fault.FeatureNotSupported, "expressions are not supported in included columns")
			}
		case *ast.String:
			name = n.SVal
		}
		c := t.Column(name)
		if c == nil {
			return nil, fault.New(fault.UndefinedColumn, `column "%s" does not exist`, name)
		}
		out = append(out, c.Number)
	}
	return out, nil
}

// indexParameters checks the storage parameters of an index, which change no
// answer.
func indexParameters(list *ast.NodeList) error {
	for _, o := range work.Items(list) {
		d, ok := o.(*ast.DefElem)
		switch {
		case !ok:
			return work.Unsupported("this storage parameter is")
		case d.Defname == "fillfactor" && d.Arg != nil:
			n, err := strconv.Atoi(optionText(d.Arg))
			if err != nil {
				return fault.New(fault.InvalidParameter, `invalid value for integer option "fillfactor": %s`, optionText(d.Arg))
			}
			if n < 10 || n > 100 {
				return fault.New(fault.InvalidParameter, `value %d out of bounds for option "fillfactor"`, n).
					WithDetail(`Valid values are between "10" and "100".`)
			}
		case slices.Contains([]string{"deduplicate_items", "fastupdate", "buffering", "pages_per_range", "autosummarize", "gin_pending_list_limit"}, d.Defname):
			return work.Unsupported("the storage parameter %s is", d.Defname)
		default:
			return fault.New(fault.InvalidParameter, `unrecognized parameter "%s"`, d.Defname)
		}
	}
	return nil
}
