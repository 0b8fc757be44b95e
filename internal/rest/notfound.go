package rest

import (
	"net/http"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/schema"
)

// similarEnough is how much of a name must be right for a hint.
const similarEnough = 0.75

// tableNotFound is the error for a relation that the schema does not have, with
// the one whose name is nearest as its hint.
func tableNotFound(snap *schema.Snapshot, schemaName, name string) error {
	err := fault.New("PGRST205", "Could not find the table '%s.%s' in the schema cache", schemaName, name).
		WithStatus(http.StatusNotFound)
	if near := nearest(snap, schemaName, name); near != "" {
		return err.WithHint("Perhaps you meant the table '%s.%s'", schemaName, near)
	}
	return err
}

func nearest(snap *schema.Snapshot, schemaName, name string) string {
	if len(name) > 128 {
		return ""
	}
	best, found := 0.0, ""
	for _, r := range snap.Relations {
		if r.Schema != schemaName {
			continue
		}
		if s := similarity(strings.ToLower(name), strings.ToLower(r.Name.Name)); s >= similarEnough && s > best {
			best, found = s, r.Name.Name
		}
	}
	return found
}

// similarity is 1 less the edit distance as a share of the longer name.
func similarity(a, b string) float64 {
	x, y := []rune(a), []rune(b)
	longest := max(len(x), len(y))
	if longest == 0 {
		return 1
	}
	return 1 - float64(distance(x, y))/float64(longest)
}

// distance is the Levenshtein distance.
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range b {
			cost := diagonal
			if x != y {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
