package schema

import (
	"fmt"
	"slices"
	"testing"
)

// TestRelationships holds the relationships of tables, of a view over one of
// them and of a view over that view.
func TestRelationships(t *testing.T) {
	table := func(name string, key []string, keys []*ForeignKey, columns ...string) *Relation {
		r := &Relation{Name: Name{"s", name}, Kind: Table, PrimaryKey: key, ForeignKeys: keys}
		for i, c := range columns {
			r.Columns = append(r.Columns, &Column{Name: c, Position: i + 1})
		}
		return r
	}
	view := func(name, of string, shows ...[2]string) *Relation {
		r := &Relation{Name: Name{"s", name}, Kind: View}
		for i, c := range shows {
			col := &Column{Name: c[0], Position: i + 1}
			if c[1] != "" {
				col.Source = &Source{Name{"s", of}, c[1]}
			}
			r.Columns = append(r.Columns, col)
		}
		return r
	}
	to := func(name, target string, columns ...string) *ForeignKey {
		return &ForeignKey{Name: name, Columns: columns, References: Name{"s", target}, RefColumns: []string{"id"}}
	}
	s := New(1, []string{"s"}, []*Relation{
		table("a", []string{"id"}, nil, "id", "x"),
		table("b", []string{"id"}, []*ForeignKey{to("b_a", "a", "a_id")}, "id", "a_id"),
		table("j", []string{"a_id", "b_id"}, []*ForeignKey{to("j_a", "a", "a_id"), to("j_b", "b", "b_id")}, "a_id", "b_id"),
		view("v", "b", [2]string{"key", "id"}, [2]string{"a", "a_id"}, [2]string{"n", ""}),
		view("w", "v", [2]string{"a", "a"}, [2]string{"again", "a"}),
	})
	if got := s.Relation("s", "v").PrimaryKey; !slices.Equal(got, []string{"key"}) {
		t.Errorf("the view's key is %q", got)
	}
	if got := s.Relation("s", "w").PrimaryKey; got != nil {
		t.Errorf("a view without the key has %q", got)
	}
	for name, want := range map[string][]string{
		"a": {"one-to-many b", "one-to-many j", "one-to-many v", "one-to-many w", "one-to-many w", "many-to-many b by j", "many-to-many v by j"},
		"b": {"many-to-one a", "many-to-many a by j", "one-to-many j"},
		"v": {"many-to-one a", "many-to-many a by j", "one-to-many j"},
		"w": {"many-to-one a", "many-to-one a"},
	} {
		var got []string
		for _, r := range s.Relationships(s.Relation("s", name)) {
			text := fmt.Sprint(r.Cardinality, " ", r.Target.Name.Name)
			if r.Junction != nil {
				text += " by " + r.Junction.Name.Name
			}
			got = append(got, text)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
