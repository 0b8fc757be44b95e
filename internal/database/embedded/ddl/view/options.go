package view

import (
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/fault"
)

// options sets the options of a list, or resets them.
func options(v *catalog.View, list []ast.Node, set bool) error {
	for _, n := range list {
		d, ok := n.(*ast.DefElem)
		if !ok {
			return work.Unsupported("this form of an option is")
		}
		if err := option(v, d, set); err != nil {
			return err
		}
	}
	return nil
}

func option(v *catalog.View, d *ast.DefElem, set bool) error {
	if d.Defnamespace != "" {
		return fault.New(fault.InvalidParameter, `unrecognized parameter namespace "%s"`, d.Defnamespace)
	}
	switch d.Defname {
	case "security_invoker":
		on, err := boolean(d, set)
		v.SecurityInvoker = on
		return err
	case "security_barrier":
		on, err := boolean(d, set)
		v.SecurityBarrier = on
		return err
	case "check_option":
		v.CheckOption = 0
		if !set {
			return nil
		}
		switch value := text(d); value {
		case "local":
			v.CheckOption = 'l'
		case "cascaded":
			v.CheckOption = 'c'
		default:
			return fault.New(fault.InvalidParameter, `invalid value for enum option "check_option": %s`, value).
				WithDetail(`Valid values are "local" and "cascaded".`)
		}
		return nil
	}
	if !set {
		return nil // PostgreSQL resets what is not there
	}
	return fault.New(fault.InvalidParameter, `unrecognized parameter "%s"`, d.Defname)
}

// text is the value of an option as written, "true" when there is none.
func text(d *ast.DefElem) string {
	switch v := d.Arg.(type) {
	case nil:
		return "true"
	case *ast.String:
		return v.SVal
	case *ast.Boolean:
		if v.BoolVal {
			return "true"
		}
		return "false"
	case ast.Node:
		return v.SqlString()
	}
	return ""
}

// boolean reads the value of an option as type boolean reads text.
func boolean(d *ast.DefElem, set bool) (bool, error) {
	if !set {
		return false, nil
	}
	value := text(d)
	s := strings.ToLower(value)
	prefix := func(word string, least int) bool { return len(s) >= least && strings.HasPrefix(word, s) }
	switch {
	case prefix("true", 1), prefix("yes", 1), s == "on", s == "1":
		return true, nil
	case prefix("false", 1), prefix("no", 1), prefix("off", 2), s == "0":
		return false, nil
	}
	return false, fault.New(fault.InvalidParameter, `invalid value for boolean option "%s": %s`, d.Defname, value)
}

// checkable refuses a check option on a view that rows cannot be changed
// through.
func checkable(v *catalog.View, updatable error) error {
	if v.CheckOption == 0 || updatable == nil {
		return nil
	}
	return fault.New(fault.FeatureNotSupported, "WITH CHECK OPTION is supported only on automatically updatable views").
		WithHint("%s", fault.From(updatable).Detail)
}
