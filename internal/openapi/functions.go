package openapi

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/hooks"
	"github.com/galleyhq/galley/internal/schema"
)

// calls describes /rest/v1/rpc/<function> for the functions that the role may
// call. Functions of one name share a path.
func (d *document) calls() {
	const tag = "/rest/v1/rpc"
	byName := map[string][]*schema.Function{}
	var names []string
	for _, f := range d.functions {
		if !d.may.calls(f) || !callable(f) {
			continue
		}
		if name := f.Name.Name; byName[name] == nil {
			names = append(names, name)
		}
		byName[f.Name.Name] = append(byName[f.Name.Name], f)
	}
	if len(names) > 0 {
		d.tag(tag, "Functions of the database.")
	}
	for _, name := range names {
		var operations object
		if d.schema != d.Schemas[0] {
			operations = object{{"parameters", d.profile()}}
		}
		if stable := slices.DeleteFunc(slices.Clone(byName[name]), func(f *schema.Function) bool { return f.Volatility == "v" || takesBody(f) }); len(stable) > 0 {
			operations = append(operations, member{"get", d.readCall(tag, name, stable)})
		}
		operations = append(operations, member{"post", d.call(tag, name, byName[name])})
		d.path(tag+"/"+url.PathEscape(name), operations)
	}
}

// callable tells that the arguments of a function can be given: by their names, or
// as the body.
func callable(f *schema.Function) bool {
	return takesBody(f) || !slices.ContainsFunc(f.Args, func(a schema.Argument) bool { return a.Name == "" })
}

func takesBody(f *schema.Function) bool {
	return len(f.Args) == 1 && f.Args[0].Name == "" && (f.Args[0].TypeName == "json" || f.Args[0].TypeName == "jsonb")
}

func (d *document) readCall(tag, name string, functions []*schema.Function) operation {
	return operation{Tags: []string{tag}, ID: "rpc_read_" + plain(name), Summary: "Call " + name + ", reading only", Description: comments(functions),
		Parameters: append(d.arguments(functions), d.resultParameters(functions)...),
		Responses:  append(d.results(functions), d.failures(restForm, "400", "401", "403", "404")...)}
}

func comments(functions []*schema.Function) string {
	var list []string
	for _, f := range functions {
		list = append(list, f.Comment)
	}
	return sentence(list...)
}

// arguments are query parameters: all names that one of the functions takes,
// required where every one of them needs it.
func (d *document) arguments(functions []*schema.Function) []any {
	var out []any
	var seen []string
	for _, f := range functions {
		for _, a := range f.Args {
			if slices.Contains(seen, a.Name) {
				continue
			}
			seen = append(seen, a.Name)
			p := parameter("query", a.Name, "An argument of type "+a.Type+".", d.argument(a))
			if !slices.ContainsFunc(functions, func(f *schema.Function) bool { return !needs(f, a.Name) }) {
				p = append(p, member{"required", true})
			}
			out = append(out, p)
		}
	}
	return out
}

func needs(f *schema.Function, name string) bool {
	return slices.ContainsFunc(f.Args, func(a schema.Argument) bool { return a.Name == name && !a.Optional })
}

// argument is the schema of an argument in a query string: an array is written as
// PostgreSQL's text, unless its items are given one by one.
func (d *document) argument(a schema.Argument) object {
	o := d.value(a.Type, a.TypeName, nil)
	for _, m := range o {
		if m.key == "type" && m.value == "array" && !a.Variadic {
			return object{{"type", "string"}, {"x-postgres-type", a.Type}}
		}
	}
	return o
}

// resultParameters choose among the rows of a result that has columns.
func (d *document) resultParameters(functions []*schema.Function) []any {
	for _, f := range functions {
		if d.own[f] || !f.Result.Set || !f.Result.Composite() || slices.ContainsFunc(f.Args, func(a schema.Argument) bool { return reserved[a.Name] }) {
			return nil
		}
	}
	return append([]any{d.anyChoice()}, d.paging()...)
}

func (d *document) call(tag, name string, functions []*schema.Function) operation {
	var bodies []any
	required := true
	for _, f := range functions {
		bodies = append(bodies, d.body(f))
		required = required && slices.ContainsFunc(f.Args, func(a schema.Argument) bool { return !a.Optional })
	}
	one := bodies[0]
	if len(bodies) > 1 {
		one = object{{"anyOf", bodies}}
	}
	return operation{Tags: []string{tag}, ID: "rpc_call_" + plain(name), Summary: "Call " + name, Description: comments(functions),
		Parameters: d.resultParameters(functions), Body: object{{"required", required}, {"content", content("application/json", one)}},
		Responses: append(d.results(functions), d.failures(restForm, "400", "401", "403", "404", "409")...)}
}

// body is what POST takes: an object of the arguments, or the one unnamed
// argument itself.
func (d *document) body(f *schema.Function) object {
	if takesBody(f) {
		return anything
	}
	properties, need := object{}, []string(nil)
	for _, a := range f.Args {
		properties = append(properties, member{a.Name, nullable(d.value(a.Type, a.TypeName, nil))})
		if !a.Optional {
			need = append(need, a.Name)
		}
	}
	o := object{{"type", "object"}, {"properties", properties}}
	if len(need) > 0 {
		o = append(o, member{"required", need})
	}
	return o
}

// results are the responses of a call.
func (d *document) results(functions []*schema.Function) object {
	var forms []any
	void := false
	for _, f := range functions {
		if void = void || f.Result.Void; !f.Result.Void {
			forms = append(forms, d.result(&f.Result))
		}
	}
	var out object
	switch len(forms) {
	case 0:
	case 1:
		out = object{{"200", object{{"description", "What the function returns."}, {"content", content("application/json", forms[0])}}}}
	default:
		out = object{{"200", object{{"description", "What the function returns."}, {"content", content("application/json", object{{"anyOf", forms}})}}}}
	}
	if void {
		out = append(out, member{"204", object{{"description", "The function returns nothing."}}})
	}
	return out
}

func (d *document) result(r *schema.Result) object {
	one := d.item(r)
	if r.Set {
		return list(one)
	}
	return one
}

func (d *document) item(r *schema.Result) object {
	columns := r.Columns
	if n := r.Relation; n != nil {
		rel := d.snap.Relation(n.Schema, n.Name)
		if rel != nil && n.Schema == d.schema && nameable(n.Name) && all(d.may.of(rel).read, rel) {
			return d.row(rel)
		}
		if rel != nil {
			columns = rel.Columns
		}
	}
	if len(columns) == 0 && r.Type == "" { // a function of the program that does not say
		return object{}
	}
	if len(columns) == 0 {
		return nullable(d.value(r.Type, r.TypeName, nil))
	}
	properties := object{}
	for _, c := range columns {
		properties = append(properties, member{c.Name, nullable(d.value(c.Type, c.TypeName, c.Labels))})
	}
	return object{{"type", "object"}, {"properties", properties}}
}

// addOwn adds the functions of the program that a role may call, in the place of
// those of the database with their names, and returns what tells them apart from
// others.
func (d *document) addOwn(list []*hooks.Function, role string) string {
	var key strings.Builder
	for _, own := range list {
		if own.Schema != d.schema || !nameable(own.Name.Name) {
			continue
		}
		f := &own.Function
		d.functions = slices.DeleteFunc(d.functions, func(other *schema.Function) bool { return other.Name == f.Name })
		if own.Role != "" && own.Role != role && role != "service_role" {
			continue
		}
		d.functions, d.own[f], d.may.functions[signature(f)] = append(d.functions, f), true, true
		if text, err := json.Marshal(f); err == nil {
			key.Write(text)
		}
	}
	slices.SortStableFunc(d.functions, func(a, b *schema.Function) int { return strings.Compare(a.Name.Name, b.Name.Name) })
	return key.String()
}
