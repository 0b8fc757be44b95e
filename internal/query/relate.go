package query

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/schema"
)

// relate finds the relationship by which a child is embedded. What is asked for
// may be a relation, a foreign key or the column of one; the hint says which of
// several is meant (PostgREST documentation, "Resource Embedding").
func (c *compiler) relate(r relation, child *Child) (*schema.Relationship, error) {
	if child.Hint == "" { // a function goes before foreign keys, so that it can override one
		if rel := c.snap.ComputedRelationship(r.Relation, c.exposed, child.Name); rel != nil {
			return rel, nil
		}
	}
	var found []*schema.Relationship
	for _, rel := range c.snap.Relationships(r.Relation) {
		if rel.Target.Schema == c.exposed && (rel.Junction == nil || rel.Junction.Schema == c.exposed) && leadsTo(rel, child) {
			found = append(found, rel)
		}
	}
	switch len(found) {
	case 0:
		return nil, c.noRelationship(r, child)
	case 1:
		return found[0], nil
	}
	return nil, ambiguous(r, child, found)
}

func leadsTo(rel *schema.Relationship, child *Child) bool {
	named := child.Name == rel.Target.Name.Name
	if rel.Origin == rel.Target {
		return selfLeadsTo(rel, child, named)
	}
	if child.Hint == "" { // a key or column means the table it refers to, not a view of it
		return named || rel.Target.Kind == schema.Table && (child.Name == rel.Constraint || isColumn(rel.Columns, child.Name, rel))
	}
	return named && hinted(rel, child.Hint)
}

// selfLeadsTo follows the convention for a relation that refers to itself: its
// name means the rows that refer to a row, the name of a column the row that the
// column refers to.
func selfLeadsTo(rel *schema.Relationship, child *Child, named bool) bool {
	switch {
	case rel.Junction != nil:
		return named && child.Hint != "" && hinted(rel, child.Hint)
	case child.Hint == "" && rel.ToOne():
		return isColumn(rel.Columns, child.Name, rel)
	case child.Hint == "":
		return named
	}
	return named && !rel.ToOne() && hinted(rel, child.Hint)
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

func (c *compiler) noRelationship(r relation, child *Child) error {
	using := ""
	if child.Hint != "" {
		using = fmt.Sprintf(" using the hint '%s'", child.Hint)
	}
	return fault.New("PGRST200", "Could not find a relationship between '%s' and '%s' in the schema cache", r.Name.Name, child.Name).
		WithDetail("Searched for a foreign key relationship between '%s' and '%s'%s in the schema '%s', but no matches were found.",
			r.Name.Name, child.Name, using, c.exposed).WithStatus(http.StatusBadRequest)
}

// choice is one of several relationships, as the error tells it.
type choice struct {
	Cardinality  string `json:"cardinality"`
	Embedding    string `json:"embedding"`
	Relationship string `json:"relationship"`
}

func ambiguous(r relation, child *Child, found []*schema.Relationship) error {
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
	return fault.New("PGRST201", "Could not embed because more than one relationship was found for '%s' and '%s'", r.Name.Name, child.Name).
		WithHint("Try changing '%s' to one of the following: %s. Find the desired relationship in the 'details' key.", child.Name, strings.Join(hints, ", ")).
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
