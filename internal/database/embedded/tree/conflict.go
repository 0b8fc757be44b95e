package tree

import "github.com/galleyhq/galley/internal/database/embedded/types"

// Conflict is ON CONFLICT: what an INSERT does about a row that exists.
type Conflict struct {
	// Arbiters are the unique indexes that decide, in the order they are asked;
	// none with DO NOTHING for whichever.
	Arbiters []Arbiter
	// Update tells DO UPDATE; the rest is for it.
	Update   bool
	Excluded *Rel // the row that was to be inserted
	Set      []Assignment
	Where    Expr
	// Using are the conditions on the row that exists, Checks those on what
	// becomes of it.
	Using, Checks []Check
}

// Arbiter is a unique index by what its keys are, over the target.
type Arbiter struct {
	Keys []Expr
	// Where is the predicate of a partial index, nil for none.
	Where Expr
	// NullsAlike tells that two NULLs are the same key.
	NullsAlike bool
}

// IsNew is true where INSERT … ON CONFLICT inserted the row it returns.
type IsNew struct{}

// Type implements Expr.
func (e *IsNew) Type() types.Ref { return types.Of(types.Bool) }

// Exprs are all expressions of the clause.
func (c *Conflict) Exprs() []Expr {
	if c == nil {
		return nil
	}
	out := []Expr{c.Where}
	for _, s := range c.Set {
		out = append(out, s.Value)
	}
	for _, k := range c.Using {
		out = append(out, k.Expr)
	}
	for _, k := range c.Checks {
		out = append(out, k.Expr)
	}
	return out
}
