package function

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/schema"
	"github.com/galleyhq/galley/internal/spelling"
)

// Choose finds the function of a name that takes the arguments given: all
// of them, and no other without a default.
func Choose(snap *schema.Snapshot, schemaName, name string, args *Arguments) (*schema.Function, error) {
	var found, body []*schema.Function
	for _, f := range snap.Functions(schemaName, name) {
		switch {
		case takes(f, args.names) && (len(f.Args) > 0 || !args.whole()):
			found = append(found, f)
		case args.media != "" && bodyType(f) == args.media:
			body = append(body, f)
		}
	}
	if len(found) == 0 {
		found = body
	}
	switch len(found) {
	case 0:
		return nil, NotFound(snap, schemaName, name, args)
	case 1:
		return found[0], nil
	}
	return nil, ambiguousFunction(found)
}

// takes tells whether a function can be called with arguments of these names.
func takes(f *schema.Function, names []string) bool {
	for _, n := range names {
		if !slices.ContainsFunc(f.Args, func(a schema.Argument) bool { return a.Name == n && n != "" }) {
			return false
		}
	}
	for _, a := range f.Args {
		if !a.Optional && !slices.Contains(names, a.Name) {
			return false
		}
	}
	return true
}

// whole tells that a body can only be one argument.
func (a *Arguments) whole() bool { return a.media != "" && a.media != jsonType }

// NotFound is the error for a call that no function takes, with the one that is nearest
// as its hint.
func NotFound(snap *schema.Snapshot, schemaName, name string, args *Arguments) error {
	full := schemaName + "." + name
	if args.whole() {
		return bodyNotTaken(full, args.media)
	}
	called, searched := full, "with parameters "+strings.Join(args.names, ", ")
	switch {
	case len(args.names) == 0:
		called, searched = full+" without parameters", "without parameters"
	case len(args.names) == 1:
		called, searched = full+"("+args.names[0]+")", "with parameter "+args.names[0]
	default:
		called = full + "(" + strings.Join(args.names, ", ") + ")"
	}
	if args.media == jsonType {
		searched += " or with a single unnamed json/jsonb parameter"
	}
	err := fault.New("PGRST202", "Could not find the function %s in the schema cache", called).
		WithDetail("Searched for the function %s %s, but no matches were found in the schema cache.", full, searched).
		WithStatus(http.StatusNotFound)
	if near := nearest(snap, schemaName, name, args.names); near != "" {
		return err.WithHint("Perhaps you meant to call the function %s", near)
	}
	return err
}

// bodyNotTaken is NotFound for a body that can only be one argument.
func bodyNotTaken(full, media string) error {
	var of string
	for typeName, m := range bodyTypes {
		if m == media {
			of = typeName
		}
	}
	return fault.New("PGRST202", "Could not find the function %s in the schema cache", full).
		WithDetail("Searched for the function %s with a single unnamed %s parameter, but no matches were found in the schema cache.", full, of).
		WithStatus(http.StatusNotFound)
}

// nearest is a function of the name with other arguments, or one of a
// name that is nearly the same.
func nearest(snap *schema.Snapshot, schemaName, name string, args []string) string {
	if len(name) > 128 {
		return ""
	}
	if list := callable(snap.Functions(schemaName, name)); len(list) > 0 {
		return nearestOverload(list, args)
	}
	best, found := 0.0, ""
	for _, other := range snap.FunctionNames(schemaName) {
		if len(callable(snap.Functions(schemaName, other))) == 0 {
			continue
		}
		if s := spelling.Similarity(strings.ToLower(name), strings.ToLower(other)); s >= similarEnough && (s > best || s == best && other < found) {
			best, found = s, other
		}
	}
	if found == "" {
		return ""
	}
	return schemaName + "." + found
}

// callable lists the functions that a request can call: by the names of their
// arguments, or with its body as the only one.
func callable(list []*schema.Function) []*schema.Function {
	unnamed := func(a schema.Argument) bool { return a.Name == "" }
	return slices.DeleteFunc(slices.Clone(list), func(f *schema.Function) bool {
		return slices.ContainsFunc(f.Args, unnamed) && bodyType(f) == ""
	})
}

const (
	// similarEnough is how much of a name must be right for a hint.
	similarEnough = 0.75
	// overloadNear is how much of the list of arguments must be.
	overloadNear = 0.33
)

func nearestOverload(list []*schema.Function, args []string) string {
	asked := "(" + strings.Join(slices.Sorted(slices.Values(args)), ", ") + ")"
	best, found := overloadNear, ""
	for _, f := range list {
		var names []string
		for _, a := range f.Args {
			names = append(names, a.Name)
		}
		sorted := "(" + strings.Join(slices.Sorted(slices.Values(names)), ", ") + ")"
		if s := spelling.Similarity(asked, sorted); s >= best && (s > best || found == "") && len(asked) < 512 {
			best, found = s, f.Schema+"."+f.Name.Name+"("+strings.Join(names, ", ")+")"
		}
	}
	return found
}

func ambiguousFunction(found []*schema.Function) error {
	var all []string
	for _, f := range found {
		var args []string
		for _, a := range f.Args {
			args = append(args, fmt.Sprintf("%s => %s", a.Name, a.Type))
		}
		all = append(all, f.Schema+"."+f.Name.Name+"("+strings.Join(args, ", ")+")")
	}
	return fault.New("PGRST203", "Could not choose the best candidate function between: %s", strings.Join(all, ", ")).
		WithHint("Try renaming the parameters or the function itself in the database so function overloading can be resolved").
		WithStatus(http.StatusMultipleChoices)
}
