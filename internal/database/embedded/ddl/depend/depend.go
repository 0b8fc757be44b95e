// Package depend knows what depends on an object: what a DROP refuses because of
// or takes along, and which stored expressions a RENAME has to change.
package depend

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/physical"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/fault"
)

// DropReferences removes the foreign keys that rely on the index of a
// constraint, or refuses to drop target because of them.
func DropReferences(w *work.Work, t *catalog.Table, index uint32, target string, cascade bool) error {
	_, i := w.Cat().IndexByOID(index)
	var list []Dependent
	for _, r := range w.Cat().References(t.OID) {
		if r.Constraint.Index == index {
			list = append(list, Dependent{Table: r.Table, Constraint: r.Constraint, On: "index " + w.Display(t.Schema, i.Name)})
		}
	}
	c := &collector{w: w, seen: map[uint32]bool{}}
	if err := c.add(list, ""); err != nil {
		return err
	}
	if err := c.add(keyViews(w, t, index), target); err != nil {
		return err
	}
	slices.Reverse(c.found)
	list = c.found
	if err := Refuse(w, list, cascade, 1); err != nil {
		f := *fault.From(err)
		f.Message = fmt.Sprintf("cannot drop %s because other objects depend on it", target)
		return &f
	}
	for _, d := range list {
		if err := Remove(w, d); err != nil {
			return err
		}
	}
	return nil
}

// Dependent is an object that stands in the way of a DROP: a constraint or policy
// of a table, a view, another object, or else the table itself.
type Dependent struct {
	Table      *catalog.Table // that it belongs to
	Constraint *catalog.Constraint
	Policy     *catalog.Policy
	View       *catalog.View
	Object     *Object
	On         string // what it depends on
	Target     string // what is dropped with that, where it is another
}

// Object is an object that nothing here depends on again: a sequence, a type.
type Object struct {
	OID    uint32
	Title  string // "sequence s"
	Remove func(*work.Work) error
}

// OID is the dependent's own.
func (d Dependent) OID() uint32 {
	switch {
	case d.View != nil:
		return d.View.OID
	case d.Object != nil:
		return d.Object.OID
	case d.Policy != nil:
		return d.Policy.OID
	case d.Constraint != nil:
		return d.Constraint.OID
	}
	return d.Table.OID
}

// InOrder sorts dependents as PostgreSQL reports them: by age.
func InOrder(list []Dependent) []Dependent {
	slices.SortStableFunc(list, func(a, b Dependent) int { return cmp.Compare(a.OID(), b.OID()) })
	return list
}

// Describe is how messages call a dependent.
func Describe(w *work.Work, d Dependent) string {
	switch {
	case d.View != nil:
		return "view " + w.Display(d.View.Schema, d.View.Name)
	case d.Object != nil:
		return d.Object.Title
	case d.Policy != nil:
		return fmt.Sprintf("policy %s on table %s", d.Policy.Name, w.Display(d.Table.Schema, d.Table.Name))
	case d.Constraint == nil:
		return "table " + w.Display(d.Table.Schema, d.Table.Name)
	}
	return fmt.Sprintf("constraint %s on table %s", d.Constraint.Name, w.Display(d.Table.Schema, d.Table.Name))
}

// Refuse is RESTRICT: an error that lists what depends on the objects;
// or CASCADE: a notice that lists what goes with them.
func Refuse(w *work.Work, list []Dependent, cascade bool, targets int) error {
	if len(list) == 0 {
		return nil
	}
	var lines, objects []string
	for _, d := range list {
		lines = append(lines, Describe(w, d)+" depends on "+d.On)
		objects = append(objects, "drop cascades to "+Describe(w, d))
	}
	if cascade {
		if len(objects) == 1 {
			w.Notice("%s", objects[0])
			return nil
		}
		w.Notice("drop cascades to %d other objects", len(objects))
		w.Notices[len(w.Notices)-1].Detail = strings.Join(objects, "\n")
		return nil
	}
	e := fault.New(fault.DependentObjects, "cannot drop %s because other objects depend on it", cmp.Or(list[0].Target, list[0].On))
	if targets > 1 {
		e = fault.New(fault.DependentObjects, "cannot drop desired object(s) because other objects depend on them")
	}
	return e.WithDetail("%s", strings.Join(lines, "\n")).WithHint("Use DROP ... CASCADE to drop the dependent objects too.")
}

// Remove removes a dependent.
func Remove(w *work.Work, d Dependent) error {
	switch {
	case d.View != nil:
		w.Draft().DropView(d.View.OID)
		return nil
	case d.Object != nil:
		return d.Object.Remove(w)
	}
	t := w.Draft().Table(d.Table.OID)
	if d.Policy != nil {
		t.Policies = slices.DeleteFunc(t.Policies, func(p *catalog.Policy) bool { return p.OID == d.Policy.OID })
		return nil
	}
	t.Constraints = slices.DeleteFunc(t.Constraints, func(k *catalog.Constraint) bool { return k.OID == d.Constraint.OID })
	return physical.Rewrite(w, t)
}

// RemoveReferences removes the foreign keys that rely on an index.
func RemoveReferences(w *work.Work, t *catalog.Table, i *catalog.Index, cascade bool) error {
	var list []Dependent
	for _, r := range w.Cat().References(t.OID) {
		if r.Constraint.Index == i.OID {
			list = append(list, Dependent{Table: r.Table, Constraint: r.Constraint, On: "index " + w.Display(t.Schema, i.Name)})
		}
	}
	if err := Refuse(w, InOrder(list), cascade, 1); err != nil {
		return err
	}
	for _, d := range list {
		if err := Remove(w, d); err != nil {
			return err
		}
	}
	return nil
}
