package rest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/query"
	"github.com/galleyhq/galley/internal/rest/grammar"
	"github.com/galleyhq/galley/internal/schema"
)

// arguments are what a call gives: texts of a query string or form, or JSON
// values. Raw is the whole body of a POST with JSON.
type arguments struct {
	names []string
	texts map[string][]string
	json  map[string][]byte
	raw   []byte
}

func argumentsOf(list []grammar.Arg) *arguments {
	out := &arguments{texts: map[string][]string{}}
	for _, a := range list {
		if _, ok := out.texts[a.Name]; !ok {
			out.names = append(out.names, a.Name)
		}
		out.texts[a.Name] = append(out.texts[a.Name], a.Value)
	}
	return out
}

// readArguments reads the body of a call. An empty one has no arguments.
func readArguments(r *http.Request, q *request) (*arguments, error) {
	body, err := httpapi.ReadBody(r)
	if err != nil {
		return nil, err
	}
	contentType, _, _ := strings.Cut(header(r, "Content-Type"), ";")
	switch strings.ToLower(strings.TrimSpace(contentType)) {
	case "", "application/json", "*/*", "application/vnd.pgrst.object+json", "application/vnd.pgrst.array+json":
	case "application/x-www-form-urlencoded":
		var p grammar.Params
		if err := grammar.ParseCall(&p, string(body)); err != nil {
			return nil, err
		}
		return argumentsOf(p.Args), nil
	case "text/plain", "text/xml", "application/octet-stream":
		return nil, fault.Unsupported("a body of the type %s for a function is not supported yet", contentType)
	default:
		return nil, fault.New("PGRST102", "Content-Type not acceptable: %s", contentType)
	}
	out := &arguments{json: map[string][]byte{}, raw: body}
	if len(strings.TrimSpace(string(body))) == 0 {
		return out, nil
	}
	if !json.Valid(body) {
		return nil, fault.New("PGRST102", "Empty or invalid json")
	}
	return out, out.members(q, body)
}

// members takes the arguments out of an object. A body that is none can only be
// the one JSON argument of a function.
func (a *arguments) members(q *request, body []byte) error {
	list, err := firstObject(body)
	if err != nil || list == nil {
		return err
	}
	var columns []string
	if q.params.HasColumns {
		if columns, err = grammar.ParseColumns(q.params.Columns); err != nil {
			return err
		}
	}
	for _, m := range list {
		if q.params.HasColumns && !slices.Contains(columns, m.Key) {
			continue
		}
		a.names = append(a.names, m.Key)
		a.json[m.Key] = slices.Clone(m.Value)
	}
	return nil
}

// firstObject returns the members of an object, or of the first one of an array;
// nil when there is none.
func firstObject(body []byte) ([]grammar.Member, error) {
	switch strings.TrimSpace(string(body))[0] {
	case '{':
		return grammar.Members(nil, body)
	case '[':
		if p, err := grammar.ParseJSON(body); err == nil && p.Rows > 0 {
			return p.First, nil
		}
	}
	return nil, nil
}

// bind finds the form and the value of each argument.
func (c *invocation) bind(q *request) error {
	if c.wholeBody() {
		q.values = append(q.values, database.Text(string(c.args.raw)))
		c.given = []query.Arg{{Argument: &c.function.Args[0]}}
		return nil
	}
	for i := range c.function.Args {
		arg := &c.function.Args[i]
		if !slices.Contains(c.args.names, arg.Name) {
			continue
		}
		form, v, err := c.args.value(arg)
		if err != nil {
			return err
		}
		c.given = append(c.given, query.Arg{Argument: arg, Form: form})
		q.values = append(q.values, v)
	}
	return nil
}

// wholeBody tells whether the body is the function's only argument, which has no
// name.
func (c *invocation) wholeBody() bool {
	return takesBody(c.function) && c.args.raw != nil
}

func takesBody(f *schema.Function) bool {
	return len(f.Args) == 1 && f.Args[0].Name == "" && (f.Args[0].TypeName == "json" || f.Args[0].TypeName == "jsonb")
}

// value returns the form and the parameter of an argument.
func (a *arguments) value(arg *schema.Argument) (query.Form, database.Arg, error) {
	if text, ok := a.json[arg.Name]; ok {
		return grammar.Value(&schema.Column{Type: arg.Type, TypeName: arg.TypeName}, text)
	}
	texts := a.texts[arg.Name]
	if !arg.Variadic {
		return query.Bound, database.Text(texts[len(texts)-1]), nil
	}
	list, err := json.Marshal(texts)
	if err != nil {
		return query.Bound, database.Null, fault.Internal(err)
	}
	return query.Converted, database.Text(`{"v":` + string(list) + `}`), nil
}
