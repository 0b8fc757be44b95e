package analyze

import (
	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// setFunction analyzes a function in FROM. json_to_recordset and
// jsonb_to_recordset with a column definition list are known so far.
func (a *analyzer) setFunction(s *scope, n *ast.RangeFunction) (tree.From, error) {
	call := rangeCall(n)
	if call == nil || n.Ordinality || n.IsRowsFrom || n.Alias == nil {
		return nil, unsupported("this form of a function in FROM is")
	}
	path := names(call.Funcname)
	name := path[len(path)-1]
	argType, ok := map[string]types.OID{"json_to_recordset": types.JSON, "jsonb_to_recordset": types.JSONB}[name]
	args := items(call.Args)
	if !ok || len(args) != 1 {
		return nil, unsupported("the function %s in FROM is", name)
	}
	doc, err := a.expr(&scope{parent: s.parent, clause: "FROM"}, args[0])
	if err != nil {
		return nil, err
	}
	if doc, err = a.coerce(doc, types.Of(argType), implicit); err != nil {
		return nil, fault.New(fault.UndefinedFunction, "function %s(%s) does not exist", name, a.typeName(doc.Type().OID))
	}
	r := &tree.Rel{Alias: n.Alias.AliasName, Recordset: &tree.Recordset{Function: name, Doc: doc}}
	if err := a.recordColumns(r, name, n.ColDefList); err != nil {
		return nil, err
	}
	if r, err = a.newRel(r); err != nil {
		return nil, err
	}
	return r, a.addRel(s, r)
}

// rangeCall returns the one function call of an item of FROM.
func rangeCall(n *ast.RangeFunction) *ast.FuncCall {
	list := items(n.Functions)
	if len(list) != 1 {
		return nil
	}
	if inner, ok := list[0].(*ast.NodeList); ok && len(inner.Items) > 0 {
		call, _ := inner.Items[0].(*ast.FuncCall)
		return call
	}
	call, _ := list[0].(*ast.FuncCall)
	return call
}

func (a *analyzer) recordColumns(r *tree.Rel, name string, defs *ast.NodeList) error {
	if len(items(defs)) == 0 {
		return fault.New(fault.SyntaxError, "a column definition list is required for functions returning \"record\"")
	}
	for _, n := range items(defs) {
		def, ok := n.(*ast.ColumnDef)
		if !ok {
			return unsupported("%T in a column definition list is", n)
		}
		ref, err := a.typeRef(def.TypeName)
		if err != nil {
			return err
		}
		r.Columns = append(r.Columns, tree.RelColumn{Name: def.Colname, Type: ref})
	}
	return nil
}
