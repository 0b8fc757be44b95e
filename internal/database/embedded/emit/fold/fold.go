// Package fold computes expressions over constants while a statement is emitted, so
// that SQLite need not for each row.
package fold

import (
	"math"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// maxFolded bounds the bytes of a value that is computed while a statement is
// emitted, and so becomes part of its text.
const maxFolded = 1 << 10

// Value computes a call in Go of an immutable function, or a type's input
// function, over constants. What fails, or is long, stays as it is, to be evaluated
// when the statement runs.
func Value(known *types.Catalogue, x tree.Expr) (sqlite.Value, bool) {
	var v sqlite.Value
	var err error
	switch x := x.(type) {
	case *tree.Const:
		return x.Value, true
	case *tree.FromText:
		text, ok := Value(known, x.Arg)
		t := known.Type(x.Ref.OID)
		if !ok || !ImmutableText(t) {
			return v, false
		}
		if !text.IsNull() {
			v, err = t.In(text.Text(), x.Ref.Mod)
		}
	case *tree.Coalesce:
		for i, arg := range x.Args {
			if v, ok := Value(known, arg); !ok || !v.IsNull() {
				return v, ok && !slices.ContainsFunc(x.Args[i+1:], Gathers)
			}
		}
		return v, true
	case *tree.Call:
		f := x.Function
		if f.Strict && isNull(x) {
			return v, true
		}
		if f.Call == nil || f.SQL != nil || f.Volatility != types.Immutable || f.Writes {
			return v, false
		}
		args := make([]sqlite.Value, len(x.Args))
		for i, arg := range x.Args {
			var ok bool
			if args[i], ok = Value(known, arg); !ok {
				return v, false
			}
		}
		v, err = f.SQLite().Call(&sqlite.Conn{State: typeKnower{known}}, args)
	default:
		return v, false
	}
	return v, err == nil && foldable(v)
}

// isNull tells whether a call of a strict function has NULL for an argument, and no
// other whose evaluation anybody would miss.
func isNull(x *tree.Call) bool {
	missed := func(x tree.Expr) bool {
		return tree.RaisesItself(x) || tree.IsVolatile(x) || tree.HasSubquery(x) || Gathers(x)
	}
	return slices.ContainsFunc(x.Args, isNullConst) &&
		!slices.ContainsFunc(x.Args, func(arg tree.Expr) bool { return !isNullConst(arg) && tree.Any(arg, missed) })
}

// Gathers tells whether an expression may hold an aggregate of the query it stands in,
// which makes one row of many even where nobody looks at its value.
func Gathers(x tree.Expr) bool { return tree.Aggregated(x) || tree.HasSubquery(x) }

// isNullConst tells that an expression is the constant NULL.
func isNullConst(x tree.Expr) bool {
	if in, ok := x.(*tree.FromText); ok {
		x = in.Arg
	}
	c, ok := x.(*tree.Const)
	return ok && c.Value.IsNull()
}

// foldable tells whether a value may stand in a statement's text as a literal.
func foldable(v sqlite.Value) bool {
	switch v.Kind() {
	case sqlite.KindFloat:
		return v.Float() != 0 || !math.Signbit(v.Float()) // SQLite reads -0.0 as 0.0
	case sqlite.KindText, sqlite.KindBlob:
		return len(v.Blob()) <= maxFolded && (v.Kind() == sqlite.KindBlob || !strings.Contains(v.Text(), "\x00"))
	}
	return true
}

// typeKnower finds the types of a statement's catalogue.
type typeKnower struct{ *types.Catalogue }

// Type implements types.TypeKnower.
func (k typeKnower) Type(oid types.OID) *types.Type { return k.Catalogue.Type(oid) }

// ImmutableText tells whether the input and output functions of a type are
// immutable: not those whose text depends on a setting or on the catalogue.
func ImmutableText(t *types.Type) bool {
	return t != nil && t.Category != 'D' && t.Category != 'T' && t.Category != 'E' && t.Category != 'A'
}
