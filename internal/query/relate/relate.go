// Package relate finds the relationship that an embedding means.
//
//	rel, err := relate.Find(snapshot, "public", todos, relate.Target{Name: "people", Hint: "owner_id"})
//
// Source: PostgREST documentation, "Resource Embedding".
package relate

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/schema"
)

// Target is what is to be embedded, as a request names it.
type Target struct {
	Name string // a relation, a foreign key or the column of one
	Hint string // which of several is meant; may be empty
}

// Find finds the relationship by which a target is embedded into the rows of a
// relation, among those of an exposed schema.
func Find(snap *schema.Snapshot, exposed string, r *schema.Relation, t Target) (*schema.Relationship, error) {
	if t.Hint == "" { // a function goes before foreign keys, so that it can override one
		if rel := snap.ComputedRelationship(r, exposed, t.Name); rel != nil {
			return rel, nil
		}
	}
	var found []*schema.Relationship
	for _, rel := range snap.Relationships(r) {
		if rel.Target.Schema == exposed && (rel.Junction == nil || rel.Junction.Schema == exposed) && leadsTo(rel, t) {
			found = append(found, rel)
		}
	}
	switch len(found) {
	case 0:
		return nil, none(exposed, r, t)
	case 1:
		return found[0], nil
	}
	return nil, ambiguous(r, t, found)
}

func leadsTo(rel *schema.Relationship, t Target) bool {
	named := t.Name == rel.Target.Name.Name
	if rel.Origin == rel.Target {
		return selfLeadsTo(rel, t, named)
	}
	if t.Hint == "" { // a key or column means the table it refers to, not a view of it
		return named || rel.Target.Kind == schema.Table && (t.Name == rel.Constraint || isColumn(rel.Columns, t.Name, rel))
	}
	return named && hinted(rel, t.Hint)
}

// selfLeadsTo follows the convention for a relation that refers to itself: its
// name means the rows that refer to a row, the name of a column the row that the
// column refers to.
func selfLeadsTo(rel *schema.Relationship, t Target, named bool) bool {
	switch {
	case rel.Junction != nil:
		return named && t.Hint != "" && hinted(rel, t.Hint)
	case t.Hint == "" && rel.ToOne():
		return isColumn(rel.Columns, t.Name, rel)
	case t.Hint == "":
		return named
	}
	return named && !rel.ToOne() && hinted(rel, t.Hint)
}

func isColumn(columns []string, name string, rel *schema.Relationship) bool {
	return rel.Junction == nil && len(columns) == 1 && columns[0] == name
}

func hinted(rel *schema.Relationship, hint string) bool {
	if rel.Junction != nil {
		return rel.Junction.Name.Name == hint
	}
	return rel.Constraint == hint || isColumn(rel.Columns, hint, rel) || isColumn(rel.RefColumns, hint, rel)
}

func none(exposed string, r *schema.Relation, t Target) error {
	using := ""
	if t.Hint != "" {
		using = fmt.Sprintf(" using the hint '%s'", t.Hint)
	}
	return fault.New("PGRST200", "Could not find a relationship between '%s' and '%s' in the schema cache", r.Name.Name, t.Name).
		WithDetail("Searched for a foreign key relationship between '%s' and '%s'%s in the schema '%s', but no matches were found.",
			r.Name.Name, t.Name, using, exposed).WithStatus(http.StatusBadRequest)
}

// choice is one of several relationships, as the error tells it.
type choice struct {
	Cardinality  string `json:"cardinality"`
	Embedding    string `json:"embedding"`
	Relationship string `json:"relationship"`
}

func ambiguous(r *schema.Relation, t Target, found []*schema.Relationship) error {
	var choices []choice
	var hints []string
	for _, rel := range found {
		name, text := describe(rel)
		choices = append(choices, choice{string(rel.Cardinality), rel.Origin.Name.Name + " with " + rel.Target.Name.Name, text})
		hints = append(hints, "'"+rel.Target.Name.Name+"!"+name+"'")
	}
	detail, err := json.Marshal(choices)
	if err != nil {
		return fault.Internal(err)
	}
	return fault.New("PGRST201", "Could not embed because more than one relationship was found for '%s' and '%s'", r.Name.Name, t.Name).
		WithHint("Try changing '%s' to one of the following: %s. Find the desired relationship in the 'details' key.", t.Name, strings.Join(hints, ", ")).
		WithJSONDetail(detail).WithStatus(http.StatusMultipleChoices)
}

// describe returns the hint that means a relationship, and how it leads.
func describe(rel *schema.Relationship) (name, text string) {
	if j := rel.Junction; j != nil {
		return j.Name.Name, fmt.Sprintf("%s using %s(%s) and %s(%s)", j.Name.Name,
			j.Origin.Name, strings.Join(j.Origin.Columns, ", "), j.Target.Name, strings.Join(j.Target.Columns, ", "))
	}
	return rel.Constraint, fmt.Sprintf("%s using %s(%s) and %s(%s)", rel.Constraint,
		rel.Origin.Name.Name, strings.Join(rel.Columns, ", "), rel.Target.Name.Name, strings.Join(rel.RefColumns, ", "))
}
