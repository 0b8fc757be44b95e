package setting

import (
	"slices"
	"strconv"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/fault"
)

// Tag is the command tag of SET and RESET.
func Tag(n *ast.VariableSetStmt) string {
	if n.Kind == ast.VAR_RESET || n.Kind == ast.VAR_RESET_ALL {
		return "RESET"
	}
	return "SET"
}

// Set runs a SET or RESET.
func (s State) Set(r Rights, n *ast.VariableSetStmt) (State, error) {
	switch n.Kind {
	case ast.VAR_SET_VALUE:
		if n.Name == "timezone" && isLocalZone(n.Args) || n.Args == nil || len(n.Args.Items) == 0 {
			return s.Assign(r, n.Name, nil)
		}
		text, err := argument(n)
		if err != nil {
			return s, err
		}
		return s.Assign(r, n.Name, &text)
	case ast.VAR_SET_DEFAULT, ast.VAR_RESET:
		return s.Assign(r, n.Name, nil)
	case ast.VAR_RESET_ALL:
		return s.resetAll(r)
	case ast.VAR_SET_MULTI:
		return s.transaction(r, n)
	}
	return s, unsupported("SET … FROM CURRENT is")
}

// isLocalZone tells whether SET TIME ZONE names the server's own.
func isLocalZone(list *ast.NodeList) bool {
	if list == nil || len(list.Items) != 1 {
		return false
	}
	v, ok := list.Items[0].(*ast.String)
	return ok && v.SVal == "local"
}

// resetAll sets everything back but what RESET ALL leaves alone.
func (s State) resetAll(r Rights) (State, error) {
	next := New(s.Session)
	for _, keep := range []string{"role", "transaction_read_only"} {
		if v, ok := s.values[keep]; ok {
			next = next.change(keep, v)
		}
	}
	for low, name := range s.names {
		empty := ""
		var err error
		if next, err = next.assignOwn(low, name, &empty); err != nil {
			return s, err
		}
	}
	next.Session.Claims, next.Session.Method, next.Session.Path, next.Session.Headers = "", "", "", ""
	return next.assignSession(r, "search_path", nil)
}

// argument is the value of a SET as one text: a list as PostgreSQL flattens it.
func argument(n *ast.VariableSetStmt) (string, error) {
	low := strings.ToLower(n.Name)
	if len(n.Args.Items) > 1 && !slices.Contains(lists, low) {
		return "", fault.New(fault.InvalidParameter, "SET %s takes only one argument", n.Name)
	}
	var parts []string
	for _, a := range n.Args.Items {
		text, err := constant(a)
		if err != nil {
			return "", err
		}
		if _, isName := a.(*ast.String); isName && low == "search_path" {
			text = joinNames([]string{text})
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", "), nil
}

func constant(n ast.Node) (string, error) {
	switch n := n.(type) {
	case *ast.A_Const:
		return constant(n.Val)
	case *ast.String:
		return n.SVal, nil
	case *ast.Integer:
		return strconv.Itoa(n.IVal), nil
	case *ast.Float:
		return n.FVal, nil
	case *ast.Boolean:
		return strconv.FormatBool(n.BoolVal), nil
	}
	return "", unsupported("this value of a parameter is")
}

// transaction runs SET TRANSACTION and SET SESSION CHARACTERISTICS.
func (s State) transaction(r Rights, n *ast.VariableSetStmt) (State, error) {
	if n.Name != "TRANSACTION" && n.Name != "SESSION CHARACTERISTICS AS TRANSACTION" {
		return s, unsupported("SET %s is", n.Name)
	}
	prefix := ""
	if n.Name != "TRANSACTION" {
		prefix = "default_"
	}
	for _, a := range n.Args.Items {
		d, ok := a.(*ast.DefElem)
		if !ok {
			return s, unsupported("this form of SET TRANSACTION is")
		}
		text, err := constant(d.Arg)
		if err != nil {
			return s, err
		}
		if s, err = s.Assign(r, prefix+d.Defname, &text); err != nil {
			return s, err
		}
	}
	return s, nil
}
