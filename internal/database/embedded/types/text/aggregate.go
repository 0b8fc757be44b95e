package text

import (
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
)

// stringAggregate gives string_agg: SQLite's own, and one in Go for DISTINCT.
func stringAggregate() *types.Aggregate {
	a := entry.Aggregate(3538, "string_agg", types.Text, two, "group_concat($D$1, $2)")
	a.Native = true
	a.New = func(*sqlite.Conn) sqlite.Accumulator { return &joined{} }
	return a
}

// joined puts texts together, each but the first behind its delimiter.
type joined struct {
	text []byte
	seen bool
}

// Step implements sqlite.Accumulator.
func (j *joined) Step(args []sqlite.Value) error {
	if args[0].IsNull() {
		return nil
	}
	if j.seen {
		j.text = append(j.text, args[1].Text()...)
	}
	j.text, j.seen = append(j.text, args[0].Text()...), true
	return nil
}

// Final implements sqlite.Accumulator.
func (j *joined) Final() (sqlite.Value, error) {
	if !j.seen {
		return sqlite.Null, nil
	}
	return sqlite.Text(string(j.text)), nil
}
