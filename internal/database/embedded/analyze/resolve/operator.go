package resolve

import (
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
	"slices"
)

// Operator resolves an operator by its operands (PostgreSQL documentation,
// section 10.2). left is nil for a prefix operator.
func (rs *Resolver) Operator(name string, left, right tree.Expr) (tree.Expr, error) {
	op, err := rs.FindOperator(name, left, right)
	if err != nil {
		return nil, err
	}
	args, declared := []tree.Expr{right}, []types.OID{op.Right}
	if left != nil {
		args, declared = []tree.Expr{left, right}, []types.OID{op.Left, op.Right}
	}
	result, err := rs.generic(args, declared, op.Function.Result)
	if err != nil {
		return nil, err
	}
	return rs.call(op.Function, args, result)
}

func (rs *Resolver) FindOperator(name string, left, right tree.Expr) (*types.Operator, error) {
	l, r := types.OID(0), right.Type().OID
	if left != nil {
		l = left.Type().OID
	}
	if name == "!=" {
		name = "<>"
	}
	var candidates []*types.Operator
	for _, op := range rs.operators(name) {
		if (op.Left == 0) == (left == nil) {
			candidates = append(candidates, op)
		}
	}
	if op := exactOperator(candidates, l, r, left != nil); op != nil {
		return op, nil
	}
	var lists []candidate
	for _, op := range candidates {
		args := []types.OID{op.Right}
		if left != nil {
			args = []types.OID{op.Left, op.Right}
		}
		lists = append(lists, candidate{args: args, entry: op})
	}
	inputs := []types.OID{r}
	if left != nil {
		inputs = []types.OID{l, r}
	}
	best, ambiguous := rs.choose(inputs, lists)
	if best == nil {
		return nil, rs.noOperator(name, l, r, left != nil, ambiguous)
	}
	return best.(*types.Operator), nil
}

// exactOperator finds the operator of just these types; an unknown side is
// taken to have the other side's type.
func exactOperator(list []*types.Operator, l, r types.OID, binary bool) *types.Operator {
	if binary && l == types.Unknown && r != types.Unknown {
		l = r
	} else if binary && r == types.Unknown && l != types.Unknown {
		r = l
	}
	for _, op := range list {
		if op.Left == l && op.Right == r {
			return op
		}
	}
	return nil
}

// comparesRecords tells whether an operator is one that PostgreSQL has for rows.
func comparesRecords(name string, l, r types.OID) bool {
	return l == types.Record && r == types.Record && slices.Contains([]string{"=", "<>", "!=", "<", "<=", ">", ">="}, name)
}

func (rs *Resolver) noOperator(name string, l, r types.OID, binary, ambiguous bool) error {
	text := name + " " + rs.TypeName(r)
	if binary {
		text = rs.TypeName(l) + " " + text
	}
	if ambiguous {
		return fault.New(fault.AmbiguousFunction, "operator is not unique: %s", text).
			WithHint("Could not choose a best candidate operator. You might need to add explicit type casts.")
	}
	if isPostgresOperator(name) && !rs.sameFamily(l, r) || comparesRecords(name, l, r) {
		return Unsupported("the operator %s is", text)
	}
	hint := "No operator matches the given name and argument types. You might need to add explicit type casts."
	if !binary {
		hint = "No operator matches the given name and argument type. You might need to add an explicit type cast."
	}
	return rs.at(fault.New(fault.UndefinedFunction, "operator does not exist: %s", text).WithHint("%s", hint), name)
}

// isPostgresOperator tells whether PostgreSQL has operators of the name that
// this catalogue does not know at all.
func isPostgresOperator(name string) bool {
	switch name {
	case "~", "~*", "!~", "!~*", "@@", "&&", "?|", "?&", "#>", "#>>", "@?", "#-", "^", "|/", "||/", "!!", "->", "->>", "<->", "@>", "<@":
		return true
	}
	return false
}

// sameFamily tells whether the catalogue knows both types fully enough for a
// missing operator to be missing in PostgreSQL too.
func (rs *Resolver) sameFamily(l, r types.OID) bool {
	if rs.elementOf(l) != 0 && rs.elementOf(r) != 0 {
		return true
	}
	return l != 0 && l == r && (l == types.Int4 || l == types.Int8 || l == types.Bool)
}

func (rs *Resolver) InList(left tree.Expr, list []tree.Expr, not bool) (tree.Expr, error) {
	if ref, err := rs.Common(append([]tree.Expr{left}, list...), "IN"); err == nil && ref.OID != types.Unknown {
		if _, err := rs.FindOperator("=", Probe(ref), Probe(ref)); err == nil {
			return rs.nativeIn(left, list, types.Of(ref.OID), not)
		}
	}
	name, op := "=", tree.Or
	if not {
		name, op = "<>", tree.And
	}
	chain := &tree.Logic{Op: op}
	for _, item := range list {
		c, err := rs.Operator(name, left, item)
		if err != nil {
			return nil, err
		}
		chain.Args = append(chain.Args, c)
	}
	if len(chain.Args) == 1 {
		return chain.Args[0], nil
	}
	return chain, nil
}

// Probe is an expression that only has a type.
func Probe(ref types.Ref) tree.Expr { return &tree.Const{Ref: ref, Value: sqlite.Null} }

func (rs *Resolver) nativeIn(left tree.Expr, list []tree.Expr, ref types.Ref, not bool) (tree.Expr, error) {
	var err error
	if left, err = rs.Coerce(left, ref, implicit); err != nil {
		return nil, err
	}
	for i := range list {
		if list[i], err = rs.Coerce(list[i], ref, implicit); err != nil {
			return nil, err
		}
	}
	return &tree.In{Left: left, List: list, Not: not}, nil
}

// SameStorage tells whether all expressions are stored as integers, so that they
// compare alike whatever their types.
func (rs *Resolver) SameStorage(list []tree.Expr) bool {
	for _, e := range list {
		t := rs.types.Type(e.Type().OID)
		if t == nil || t.Category != 'N' || t.Column != "INTEGER" {
			return false
		}
	}
	return true
}
