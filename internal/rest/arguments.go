package rest

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/query"
	"github.com/galleyhq/galley/internal/rest/grammar"
	"github.com/galleyhq/galley/internal/schema"
)

// arguments are what a call gives: texts of a query string or form, or JSON
// values. Raw is the whole body of a POST, and media its type, when that may be the
// one argument of a function: JSON, or one of bodyTypes.
type arguments struct {
	media string
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
	return argumentsIn(q, header(r, "Content-Type"), body)
}

func argumentsIn(q *request, contentType string, body []byte) (*arguments, error) {
	contentType, _, _ = strings.Cut(contentType, ";")
	media := strings.ToLower(strings.TrimSpace(contentType))
	switch media {
	case "", "application/json", "*/*", "application/vnd.pgrst.object+json", "application/vnd.pgrst.array+json":
	case "application/x-www-form-urlencoded":
		var p grammar.Params
		if err := grammar.ParseCall(&p, string(body)); err != nil {
			return nil, err
		}
		return argumentsOf(p.Args), nil
	case "text/plain", "text/xml", "application/octet-stream":
		return wholeArgument(media, body)
	default:
		return nil, fault.New("PGRST102", "Content-Type not acceptable: %s", contentType)
	}
	out := &arguments{media: jsonType, json: map[string][]byte{}, raw: body}
	if len(strings.TrimSpace(string(body))) == 0 {
		return out, nil
	}
	if !utf8.Valid(body) || !json.Valid(body) {
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
		text := string(c.args.raw)
		if c.args.media == "application/octet-stream" {
			text = `\x` + hex.EncodeToString(c.args.raw)
		}
		q.values = append(q.values, database.Text(text))
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
	return c.args.media != "" && bodyType(c.function) == c.args.media
}

const jsonType = "application/json"

// bodyTypes are the media types of bodies that are one value, by the name of its
// type.
var bodyTypes = map[string]string{
	"json": jsonType, "jsonb": jsonType, "text": "text/plain", "xml": "text/xml", "bytea": "application/octet-stream",
}

// bodyType is the media type of the bodies that a function takes as its only
// argument, which has no name; "" when it takes none.
func bodyType(f *schema.Function) string {
	if len(f.Args) != 1 || f.Args[0].Name != "" {
		return ""
	}
	return bodyTypes[f.Args[0].TypeName]
}

// wholeArgument takes a body as the only argument of a function.
func wholeArgument(media string, body []byte) (*arguments, error) {
	if media != "application/octet-stream" && (!utf8.Valid(body) || bytes.IndexByte(body, 0) >= 0) {
		return nil, fault.New(fault.CharacterNotInRepertoire, `invalid byte sequence for encoding "UTF8"`)
	}
	return &arguments{media: media, raw: body}, nil
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
