package typestest

import (
	"testing"

	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// TestRegularExpressions matches every subject against every pattern of
// testdata/regex.json, with and without regard to case.
func TestRegularExpressions(t *testing.T) {
	c := catalogue(t)
	n := newNames(t)
	var known struct{ Subjects, Patterns []string }
	read(t, "../testdata/regex.json", &known)
	text := c.Type(types.Text)
	var all []probes
	for _, op := range append(c.Operators("~"), c.Operators("~*")...) {
		if op.Left != types.Text {
			continue
		}
		p := probes{entry: n.operator(op)}
		for i := range known.Subjects {
			for k := range known.Patterns {
				tuple := []argument{{text, &known.Subjects[i]}, {text, &known.Patterns[k]}}
				p.list = append(p.list, newProbe(c, op.Function, tuple,
					tuple[0].literal()+" operator(pg_catalog."+op.Name+") "+tuple[1].literal()))
			}
		}
		all = append(all, p)
	}
	compare(t, all)
}
