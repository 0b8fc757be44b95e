// Package function finds which function of the database a call at rpc means, by what
// it gives it, and gives that function its arguments.
//
//	args, err := function.Parse(&params, "application/json", []byte(`{"a":1}`))
//	f, err := function.Choose(snapshot, "public", "add_them", args)
//	given, values, err := args.Bind(f)
//
// Source: PostgREST documentation, "Functions as RPC".
package function

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/query"
	"github.com/galleyhq/galley/internal/rest/content"
	"github.com/galleyhq/galley/internal/rest/grammar"
	"github.com/galleyhq/galley/internal/schema"
)

// Arguments are what a call gives: texts of a query string or form, or JSON values.
// raw is the whole body of a POST, and media its type, when that may be the one
// argument of a function: JSON, or one of bodyTypes.
type Arguments struct {
	media string
	names []string
	texts map[string][]string
	json  map[string][]byte
	raw   []byte
}

// Of are arguments of a query string.
func Of(list []grammar.Arg) *Arguments {
	out := &Arguments{texts: map[string][]string{}}
	for _, a := range list {
		if _, ok := out.texts[a.Name]; !ok {
			out.names = append(out.names, a.Name)
		}
		out.texts[a.Name] = append(out.texts[a.Name], a.Value)
	}
	return out
}

// Parse reads the body of a call. An empty one has no arguments. p may name columns,
// which are those of its arguments that count.
func Parse(p *grammar.Params, contentType string, body []byte) (*Arguments, error) {
	contentType, _, _ = strings.Cut(contentType, ";")
	media := strings.ToLower(strings.TrimSpace(contentType))
	switch media {
	case "", "application/json", "*/*", "application/vnd.pgrst.object+json", "application/vnd.pgrst.array+json":
	case "application/x-www-form-urlencoded":
		var form grammar.Params
		if err := grammar.ParseCall(&form, string(body)); err != nil {
			return nil, err
		}
		return Of(form.Args), nil
	case "text/plain", "text/xml", "application/octet-stream":
		return wholeArgument(media, body)
	default:
		return nil, fault.New("PGRST102", "Content-Type not acceptable: %s", contentType)
	}
	out := &Arguments{media: jsonType, json: map[string][]byte{}, raw: body}
	if len(strings.TrimSpace(string(body))) == 0 {
		return out, nil
	}
	if !utf8.Valid(body) || !json.Valid(body) {
		return nil, fault.New("PGRST102", "Empty or invalid json")
	}
	return out, out.members(p, body)
}

// members takes the arguments out of an object. A body that is none can only be
// the one JSON argument of a function.
func (a *Arguments) members(p *grammar.Params, body []byte) error {
	list, err := firstObject(body)
	if err != nil || list == nil {
		return err
	}
	var columns []string
	if p.HasColumns {
		if columns, err = grammar.ParseColumns(p.Columns); err != nil {
			return err
		}
	}
	for _, m := range list {
		if p.HasColumns && !slices.Contains(columns, m.Key) {
			continue
		}
		a.names = append(a.names, m.Key)
		a.json[m.Key] = slices.Clone(m.Value)
	}
	return nil
}

// firstObject returns the members of an object, or of the first one of an array;
// nil when there is none.
func firstObject(body []byte) ([]content.Member, error) {
	switch strings.TrimSpace(string(body))[0] {
	case '{':
		return content.Members(nil, body)
	case '[':
		if p, err := content.ParseJSON(body); err == nil && p.Rows > 0 {
			return p.First, nil
		}
	}
	return nil, nil
}

// Bind returns the arguments of a function that are given, each with its form and its
// value.
func (a *Arguments) Bind(f *schema.Function) (given []query.Arg, values []database.Arg, err error) {
	if a.fillsBody(f) {
		text := string(a.raw)
		if a.media == "application/octet-stream" {
			text = `\x` + hex.EncodeToString(a.raw)
		}
		return []query.Arg{{Argument: &f.Args[0]}}, []database.Arg{database.Text(text)}, nil
	}
	for i := range f.Args {
		arg := &f.Args[i]
		if !slices.Contains(a.names, arg.Name) {
			continue
		}
		form, v, err := a.value(arg)
		if err != nil {
			return nil, nil, err
		}
		given = append(given, query.Arg{Argument: arg, Form: form})
		values = append(values, v)
	}
	return given, values, nil
}

// fillsBody tells whether the body is the function's only argument, which has no
// name.
func (a *Arguments) fillsBody(f *schema.Function) bool {
	return a.media != "" && bodyType(f) == a.media
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
func wholeArgument(media string, body []byte) (*Arguments, error) {
	if media != "application/octet-stream" && (!utf8.Valid(body) || bytes.IndexByte(body, 0) >= 0) {
		return nil, fault.New(fault.CharacterNotInRepertoire, `invalid byte sequence for encoding "UTF8"`)
	}
	return &Arguments{media: media, raw: body}, nil
}

// value returns the form and the parameter of an argument.
func (a *Arguments) value(arg *schema.Argument) (query.Form, database.Arg, error) {
	if text, ok := a.json[arg.Name]; ok {
		return content.Value(&schema.Column{Type: arg.Type, TypeName: arg.TypeName}, text)
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

// Produces is the media type of what a function returns: that by whose name a
// domain goes (PostgREST documentation, "Media Type Handlers"), or of a text, an xml
// or a bytea; "" when it is none, a set or a row.
func Produces(result *schema.Result) string {
	switch {
	case result.Set || result.Void || result.Composite():
		return ""
	case result.Base != "" && strings.Contains(result.TypeName, "/"):
		return strings.ToLower(result.TypeName)
	}
	if media := bodyTypes[result.TypeName]; media != jsonType { // JSON has its null
		return media
	}
	return ""
}
