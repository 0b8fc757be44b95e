// Package arbiter finds the unique indexes that decide an INSERT … ON CONFLICT,
// as infer_arbiter_indexes in PostgreSQL's plancat.c does.
package arbiter

import (
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/fault"
)

// noMatch is the SQLSTATE of a clause that fits no index.
const noMatch = "42P10"

// Spec is what the clause says: the keys, in any order, and a condition that
// the predicate of a partial index must follow from, nil for none.
type Spec struct {
	Keys  []tree.Expr
	Where tree.Expr
}

// Infer returns those of a table's unique indexes that fit the clause. It is an
// error when there is none, and a refusal where it is not known whether a
// predicate follows from the condition.
func Infer(indexes []tree.Arbiter, s Spec) ([]tree.Arbiter, error) {
	var out []tree.Arbiter
	for _, i := range indexes {
		if !sameKeys(i.Keys, s.Keys) {
			continue
		}
		fits, known := implied(i.Where, s.Where)
		if !known {
			return nil, fault.Unsupported("a condition in ON CONFLICT that is not the predicate of an index word by word is not supported by the embedded engine").
				WithHint("PostgreSQL supports it: set DATABASE_URL to use it as the engine.")
		}
		if fits {
			out = append(out, i)
		}
	}
	if len(out) == 0 {
		return nil, fault.New(noMatch, "there is no unique or exclusion constraint matching the ON CONFLICT specification")
	}
	return out, nil
}

// sameKeys tells whether two lists hold the same keys.
func sameKeys(x, y []tree.Expr) bool {
	within := func(list []tree.Expr) func(tree.Expr) bool {
		return func(e tree.Expr) bool {
			return !slices.ContainsFunc(list, func(other tree.Expr) bool { return tree.Equal(e, other) })
		}
	}
	return !slices.ContainsFunc(x, within(y)) && !slices.ContainsFunc(y, within(x))
}

// implied tells whether a predicate follows from a condition, if that is known:
// it does where each of its parts is one of the condition's.
func implied(predicate, condition tree.Expr) (fits, known bool) {
	if predicate == nil {
		return true, true
	}
	if condition == nil {
		return false, true
	}
	given := conjuncts(condition)
	for _, p := range conjuncts(predicate) {
		if !slices.ContainsFunc(given, func(g tree.Expr) bool { return tree.Equal(p, g) }) {
			return false, false
		}
	}
	return true, true
}

func conjuncts(e tree.Expr) []tree.Expr {
	l, ok := e.(*tree.Logic)
	if !ok || l.Op != tree.And {
		return []tree.Expr{e}
	}
	var out []tree.Expr
	for _, arg := range l.Args {
		out = append(out, conjuncts(arg)...)
	}
	return out
}
