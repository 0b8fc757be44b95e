package doctor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// functions finds those of which nodes serve different versions.
func functions(ctx context.Context, p Patient) ([]Finding, error) {
	if p.Differing == nil {
		return nil, nil
	}
	differing, err := p.Differing(ctx)
	if err != nil {
		return nil, err
	}
	var out []Finding
	for _, name := range slices.Sorted(maps.Keys(differing)) {
		var groups []string
		for _, nodes := range differing[name] {
			groups = append(groups, strings.Join(nodes, ", "))
		}
		out = append(out, Finding{Severity: Warning, Message: fmt.Sprintf("nodes serve different versions of the function %s: %s", name, strings.Join(groups, " against ")),
			Do: "Bring the same files to each node, which loads what is on its own disk. While they are being rolled out, look again in a few minutes."})
	}
	return out, nil
}
