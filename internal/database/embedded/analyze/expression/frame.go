package expression

import (
	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/scope"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// frame analyzes a frame clause.
func (a *Analyzer) frame(s *scope.Scope, def *ast.WindowDef, w *tree.Window) error {
	has := func(option int) bool { return def.FrameOptions&option != 0 }
	f := &tree.Frame{Mode: "ROWS"}
	offsets := has(ast.FRAMEOPTION_START_OFFSET | ast.FRAMEOPTION_END_OFFSET)
	switch {
	case has(ast.FRAMEOPTION_RANGE):
		f.Mode = "RANGE"
		if offsets && len(w.Order) != 1 {
			return fault.New(fault.WindowingError, "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column")
		}
	case has(ast.FRAMEOPTION_GROUPS):
		f.Mode = "GROUPS"
		if len(w.Order) == 0 {
			return fault.New(fault.WindowingError, "GROUPS mode requires an ORDER BY clause")
		}
	}
	switch {
	case has(ast.FRAMEOPTION_EXCLUDE_CURRENT_ROW):
		f.Exclude = "CURRENT ROW"
	case has(ast.FRAMEOPTION_EXCLUDE_GROUP):
		f.Exclude = "GROUP"
	case has(ast.FRAMEOPTION_EXCLUDE_TIES):
		f.Exclude = "TIES"
	}
	var err error
	if f.Start, err = a.bound(s, f.Mode, w, def.FrameOptions, def.StartOffset); err != nil {
		return err
	}
	f.End, err = a.bound(s, f.Mode, w, def.FrameOptions>>1, def.EndOffset)
	w.Frame = f
	return err
}

// bound analyzes one end of a frame; options are those of a start.
func (a *Analyzer) bound(s *scope.Scope, mode string, w *tree.Window, options int, offset ast.Node) (tree.Bound, error) {
	switch {
	case options&ast.FRAMEOPTION_START_UNBOUNDED_PRECEDING != 0:
		return tree.Bound{Side: "UNBOUNDED PRECEDING"}, nil
	case options&ast.FRAMEOPTION_START_UNBOUNDED_FOLLOWING != 0:
		return tree.Bound{Side: "UNBOUNDED FOLLOWING"}, nil
	case options&ast.FRAMEOPTION_START_CURRENT_ROW != 0:
		return tree.Bound{Side: "CURRENT ROW"}, nil
	}
	b := tree.Bound{Side: "FOLLOWING"}
	if options&ast.FRAMEOPTION_START_OFFSET_PRECEDING != 0 {
		b.Side = "PRECEDING"
	}
	e, err := a.Expr(s.In(mode, nil), offset)
	if err != nil {
		return b, err
	}
	if tree.Any(e, func(x tree.Expr) bool { c, ok := x.(*tree.Column); return ok && s.Owns(c.Rel) }) {
		return b, fault.New(fault.InvalidColumnReference, "argument of %s must not contain variables", mode)
	}
	if mode == "RANGE" {
		b.Offset, err = a.rangeOffset(w.Order[0].Expr.Type(), e)
	} else {
		b.Offset, err = a.Assign(e, types.Of(types.Int8), func() error {
			return fault.New(fault.DatatypeMismatch, "argument of %s must be type bigint, not type %s", mode, a.TypeName(e.Type().OID))
		})
	}
	if err != nil {
		return b, err
	}
	b.Offset, err = fixedOffset(b.Offset)
	return b, err
}

// rangeOffset converts the offset of a frame in RANGE, which only the integers
// have here: SQLite adds it to the key.
func (a *Analyzer) rangeOffset(key types.Ref, e tree.Expr) (tree.Expr, error) {
	t := a.Types.Type(key.OID)
	switch {
	case key.OID == types.Int4, key.OID == types.Int8:
	case t != nil && (t.Category == 'N' || t.Category == 'D' || t.Category == 'T'):
		return nil, resolve.Unsupported("RANGE with an offset over the type %s is", a.TypeName(key.OID))
	default:
		return nil, fault.New(fault.FeatureNotSupported, "RANGE with offset PRECEDING/FOLLOWING is not supported for column type %s", a.TypeName(key.OID))
	}
	switch oid := e.Type().OID; oid {
	case types.Unknown:
		return a.Coerce(e, key, types.Implicit)
	case types.Int4, types.Int8:
		return e, nil
	default:
		return nil, resolve.Unsupported("RANGE with an offset of type %s is", a.TypeName(oid))
	}
}

// fixedOffset refuses offsets that SQLite would not take for constant.
func fixedOffset(e tree.Expr) (tree.Expr, error) {
	x := e
	if c, ok := e.(*tree.Call); ok && len(c.Args) == 1 { // the conversion of an integer
		x = c.Args[0]
	}
	switch x := x.(type) {
	case *tree.Const:
		if x.Ref.OID == types.Int4 || x.Ref.OID == types.Int8 || x.Value.IsNull() {
			return &tree.Const{Ref: types.Of(types.Int8), Value: x.Value}, nil
		}
	case *tree.Param:
		if x.Ref.OID == types.Int4 || x.Ref.OID == types.Int8 {
			return x, nil
		}
	}
	return nil, resolve.Unsupported("a frame's offset that is neither an integer nor a parameter is")
}
