package resolve

import (
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// How a conversion came about (PostgreSQL documentation, section 10.4 and
// CREATE CAST).
const (
	implicit   = types.Implicit
	assignment = types.Assignment
	explicit   = types.Explicit
)

// rank orders the contexts: an implicit cast may be used everywhere.
func rank(c types.CastContext) int {
	switch c {
	case types.Implicit:
		return 0
	case types.Assignment:
		return 1
	}
	return 2
}

// textual tells whether a type belongs to the string category, whose members
// every type converts to on assignment and from on demand.
func (rs *Resolver) textual(oid types.OID) bool {
	t := rs.types.Type(oid)
	return t != nil && t.Category == 'S'
}

// CanCoerce tells whether a conversion between types exists in a context.
func (rs *Resolver) CanCoerce(source, target types.OID, context types.CastContext) bool {
	switch {
	case source == target, polymorphic(target), source == types.Unknown:
		return true
	case target == types.Record:
		return rs.isRow(source)
	case source == types.Record: // whether its fields fit shows later
		return rs.isRow(target)
	}
	if c := rs.types.Cast(source, target); c != nil {
		return rank(c.Context) <= rank(context)
	}
	if from, to := rs.arrays(source, target); from != nil && rs.CanCoerce(from.OID, to.OID, context) {
		return true
	}
	if rs.textual(target) {
		return rank(context) >= rank(assignment)
	}
	return rs.textual(source) && context == explicit
}

// Coerce converts an expression to a type. It fails with 42846 when there is no
// such conversion in the context.
func (rs *Resolver) Coerce(e tree.Expr, target types.Ref, context types.CastContext) (tree.Expr, error) {
	if polymorphic(target.OID) {
		return e, nil
	}
	if e.Type().OID == types.Unknown {
		return rs.coerceUnknown(e, target, context)
	}
	source := e.Type().OID
	if w, ok := e.(*tree.WholeRow); ok && rs.isRow(target.OID) {
		return rs.AsRow(w, target.OID)
	}
	if source == target.OID {
		return rs.coerceModifier(e, target, context)
	}
	if !rs.CanCoerce(source, target.OID, context) {
		if t := rs.types.Type(target.OID); source == types.Record && t != nil && t.Category == 'S' {
			return nil, Unsupported("the text of a row is")
		}
		return nil, fault.New(fault.CannotCoerce, "cannot cast type %s to %s", rs.TypeName(source), rs.TypeName(target.OID))
	}
	return rs.convert(e, target, context)
}

// coerceUnknown gives a literal or parameter without a type the one that is
// asked for. A written cast cuts a string to its length, input would refuse it.
func (rs *Resolver) coerceUnknown(e tree.Expr, target types.Ref, context types.CastContext) (tree.Expr, error) {
	switch e := e.(type) {
	case *tree.Const:
		if e.Value.IsNull() {
			return &tree.Const{Ref: target, Value: sqlite.Null}, nil
		}
		if context == explicit && target.Mod >= 0 && (rs.textual(target.OID) || rs.textual(rs.elementOf(target.OID))) {
			read, err := rs.Literal(e.Value.Text(), types.Of(target.OID))
			if err != nil {
				return nil, err
			}
			return rs.coerceModifier(read, target, context)
		}
		return rs.Literal(e.Value.Text(), target)
	case *tree.Param:
		e.Ref = types.Of(target.OID)
		return rs.coerceModifier(e, target, context)
	}
	return nil, fault.New(fault.CannotCoerce, "cannot cast type unknown to %s", rs.TypeName(target.OID))
}

// convert applies the cast that canCoerce found.
func (rs *Resolver) convert(e tree.Expr, target types.Ref, context types.CastContext) (tree.Expr, error) {
	var out tree.Expr
	c := rs.types.Cast(e.Type().OID, target.OID)
	if from, to := rs.arrays(e.Type().OID, target.OID); c == nil && from != nil && rs.CanCoerce(from.OID, to.OID, context) {
		return rs.convertArray(e, target, context)
	}
	switch {
	case c == nil && rs.textual(target.OID):
		out = &tree.ToText{Ref: types.Of(target.OID), Arg: e}
	case c == nil:
		out = &tree.FromText{Ref: target, Arg: e}
		return out, nil
	case c.Function == nil:
		out = &tree.Relabel{Ref: types.Of(target.OID), Arg: e}
	default:
		return rs.applyCast(c.Function, e, target, context)
	}
	return rs.coerceModifier(out, target, context)
}

// applyCast calls a cast's function, which may take the type modifier and
// whether the cast was written.
func (rs *Resolver) applyCast(fn *types.Function, e tree.Expr, target types.Ref, context types.CastContext) (tree.Expr, error) {
	args := []tree.Expr{e}
	if len(fn.Args) > 1 {
		args = append(args, intConst(int64(target.Mod)))
	}
	if len(fn.Args) > 2 {
		args = append(args, Bool(context == explicit))
	}
	out := &tree.Call{Function: fn, Args: args, Ref: types.Of(target.OID)}
	if len(fn.Args) > 1 {
		out.Ref = target
		return out, nil
	}
	return rs.coerceModifier(out, target, context)
}

// coerceModifier enforces a type modifier: varchar(3), numeric(10,2). The cast
// of a type to itself does it.
func (rs *Resolver) coerceModifier(e tree.Expr, target types.Ref, context types.CastContext) (tree.Expr, error) {
	if target.Mod < 0 || e.Type() == target {
		return e, nil
	}
	if rs.elementOf(target.OID) != 0 {
		return rs.convertArray(e, target, context)
	}
	c := rs.types.Cast(target.OID, target.OID)
	if c == nil || c.Function == nil {
		return nil, Unsupported("the modifier of type %s is", rs.TypeName(target.OID))
	}
	return rs.applyCast(c.Function, e, target, context)
}

func intConst(i int64) tree.Expr {
	return &tree.Const{Ref: types.Of(types.Int4), Value: sqlite.Int(i)}
}

// Assign converts by the rules of assignment; mismatch makes the error when
// there is no conversion.
func (rs *Resolver) Assign(e tree.Expr, target types.Ref, mismatch func() error) (tree.Expr, error) {
	if e.Type().OID != types.Unknown && !rs.CanCoerce(e.Type().OID, target.OID, assignment) {
		return nil, mismatch()
	}
	return rs.Coerce(e, target, assignment)
}

// Settle gives an expression of unknown type the type text.
func (rs *Resolver) Settle(e tree.Expr) (tree.Expr, error) {
	if e.Type().OID != types.Unknown {
		return e, nil
	}
	return rs.coerceUnknown(e, types.Of(types.Text), implicit)
}

// Common finds the type that several expressions are brought to (PostgreSQL
// documentation, section 10.5).
func (rs *Resolver) Common(list []tree.Expr, clause string) (types.Ref, error) {
	var chosen *types.Type
	for _, e := range list {
		oid := e.Type().OID
		if oid == types.Unknown || chosen != nil && chosen.OID == oid {
			continue
		}
		t := rs.types.Type(oid)
		if t == nil {
			return types.Ref{}, Unsupported("a value of type %s in %s is", rs.TypeName(oid), clause)
		}
		if chosen == nil {
			chosen = t
			continue
		}
		if chosen.Category != t.Category {
			return types.Ref{}, fault.New(fault.DatatypeMismatch, "%s types %s and %s cannot be matched", clause, chosen.SQLName, t.SQLName)
		}
		if !chosen.Preferred && rs.CanCoerce(chosen.OID, oid, implicit) && !rs.CanCoerce(oid, chosen.OID, implicit) {
			chosen = t
		}
	}
	if chosen == nil {
		return types.Of(types.Text), nil
	}
	for _, e := range list {
		if oid := e.Type().OID; !rs.CanCoerce(oid, chosen.OID, implicit) {
			return types.Ref{}, fault.New(fault.CannotCoerce, "%s could not convert type %s to %s", clause, rs.TypeName(oid), chosen.SQLName)
		}
	}
	return types.Ref{OID: chosen.OID, Mod: commonModifier(list, chosen.OID)}, nil
}

// commonModifier is the modifier that all expressions share, else none.
func commonModifier(list []tree.Expr, oid types.OID) int32 {
	mod := int32(-1)
	for i, e := range list {
		r := e.Type()
		if r.OID != oid || i > 0 && r.Mod != mod {
			return -1
		}
		mod = r.Mod
	}
	return mod
}

// Ordered refuses a type without a default btree operator class.
func (rs *Resolver) Ordered(e tree.Expr, what, operator string) error {
	t := rs.types.Type(e.Type().OID)
	if t != nil && !t.Unordered {
		return nil
	}
	if t == nil {
		return Unsupported("ordering by a value of type %s is", rs.TypeName(e.Type().OID))
	}
	article := "an " + what
	if what == "an ordering" {
		article = what
	}
	err := fault.New(fault.UndefinedFunction, "could not identify %s operator for type %s", article, t.SQLName)
	if operator == "<" {
		return err.WithHint("Use an explicit ordering operator or modify the query.")
	}
	return err
}
