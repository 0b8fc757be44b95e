package resolve

import (
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/fault"
)

// strict are the operators that decide where the first fields differ.
var strict = map[string]string{"<": "<", "<=": "<", ">": ">", ">=": ">"}

// CompareRows compares two rows field by field (PostgreSQL documentation,
// section 9.24.5).
func (rs *Resolver) CompareRows(op string, left, right []tree.Expr) (tree.Expr, error) {
	if len(left) != len(right) {
		return nil, fault.New(fault.SyntaxError, "unequal number of entries in row expressions")
	}
	if len(left) == 0 {
		return nil, fault.New(fault.FeatureNotSupported, "cannot compare rows of zero length")
	}
	if len(left) == 1 {
		return rs.Operator(op, left[0], right[0])
	}
	if op == "!=" {
		op = "<>"
	}
	if op != "=" && op != "<>" && strict[op] == "" {
		return nil, Unsupported("the operator %s between rows is", op)
	}
	if slices.ContainsFunc(slices.Concat(left, right), volatileIn) {
		return nil, Unsupported("comparing rows with volatile fields is")
	}
	return rs.compareFields(op, left, right)
}

func (rs *Resolver) compareFields(op string, left, right []tree.Expr) (tree.Expr, error) {
	if len(left) == 1 {
		return rs.Operator(op, left[0], right[0])
	}
	first, err := rs.Operator(op, left[0], right[0])
	if decides := strict[op]; decides != "" && err == nil {
		first, err = rs.Operator(decides, left[0], right[0])
	}
	if err != nil {
		return nil, err
	}
	rest, err := rs.compareFields(op, left[1:], right[1:])
	if err != nil {
		return nil, err
	}
	switch op {
	case "=":
		return And(first, rest), nil
	case "<>":
		return Or(first, rest), nil
	}
	same, err := rs.Operator("=", left[0], right[0])
	return Or(first, And(same, rest)), err
}

// NotSame is IS [NOT] DISTINCT FROM.
func (rs *Resolver) NotSame(left, right tree.Expr, not bool) (tree.Expr, error) {
	e, err := rs.Operator("=", left, right)
	if err != nil {
		return nil, err
	}
	c, ok := e.(*tree.Call)
	if !ok || c.Args[0].Type().OID != c.Args[1].Type().OID && !rs.SameStorage(c.Args) {
		return nil, Unsupported("IS DISTINCT FROM over these types is")
	}
	return &tree.Distinct{Left: c.Args[0], Right: c.Args[1], Not: not}, nil
}

// CompareRecords compares two values of a row type, field by field of one type
// each (record_cmp in rowtypes.c). Unlike those of rows that are written out, their
// NULLs are equal to each other and come after all else.
func (rs *Resolver) CompareRecords(op string, lefts, rights []tree.Expr) (tree.Expr, error) {
	if slices.ContainsFunc(slices.Concat(lefts, rights), volatileIn) {
		return nil, Unsupported("comparing rows with volatile fields is")
	}
	if op == ">" || op == ">=" {
		lefts, rights = rights, lefts
	}
	equal, less := tree.Expr(nil), tree.Expr(nil)
	ordered := op != "=" && op != "<>" && op != "!="
	for i := len(lefts) - 1; i >= 0; i-- {
		same, err := rs.NotSame(lefts[i], rights[i], true)
		if err != nil {
			return nil, err
		}
		if !ordered {
			if equal != nil {
				same = And(same, equal)
			}
			equal = same
			continue
		}
		before, err := rs.Operator("<", lefts[i], rights[i])
		if err != nil {
			return nil, err
		}
		first := Or(&tree.IsBool{Arg: before, Value: tree.True}, And(&tree.IsNull{Arg: lefts[i], Not: true}, &tree.IsNull{Arg: rights[i]}))
		if equal == nil {
			equal, less = same, first
			continue
		}
		equal, less = And(same, equal), Or(first, And(same, less))
	}
	switch op {
	case "=":
		return equal, nil
	case "<>", "!=":
		return &tree.Logic{Op: tree.Not, Args: []tree.Expr{equal}}, nil
	case "<", ">":
		return less, nil
	case "<=", ">=":
		return Or(less, equal), nil
	}
	return nil, Unsupported("the operator %s between rows is", op)
}

// volatileIn tells whether an expression has another value each time.
func volatileIn(e tree.Expr) bool { return tree.Any(e, tree.IsVolatile) }

// And joins conditions; nil when there is none.
func And(list ...tree.Expr) tree.Expr { return combine(tree.And, nil, list) }

// Or joins conditions; false when there is none.
func Or(list ...tree.Expr) tree.Expr { return combine(tree.Or, Bool(false), list) }

// combine joins conditions, of which those that are nil are left out.
func combine(op tree.LogicOp, none tree.Expr, list []tree.Expr) tree.Expr {
	list = slices.DeleteFunc(slices.Clone(list), func(e tree.Expr) bool { return e == nil })
	switch len(list) {
	case 0:
		return none
	case 1:
		return list[0]
	}
	return &tree.Logic{Op: op, Args: list}
}
