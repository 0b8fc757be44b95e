package openapi

import (
	"bytes"
	"encoding/json"
	"strings"
)

// object is a JSON object whose members keep their order, so that columns stand as
// they do in the table and a document is the same whenever it is made.
type object []member

type member struct {
	key   string
	value any
}

// MarshalJSON implements json.Marshaler.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		for j, v := range []any{m.key, m.value} {
			text, err := json.Marshal(v)
			if err != nil {
				return nil, err
			}
			if j > 0 {
				b.WriteByte(':')
			}
			b.Write(text)
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// with returns the object with one more member, or with another value for it.
func (o object) with(key string, value any) object {
	out := make(object, 0, len(o)+1)
	for _, m := range o {
		if m.key != key {
			out = append(out, m)
		}
	}
	return append(out, member{key, value})
}

// operation is one method of a path.
type operation struct {
	Tags        []string `json:"tags"`
	ID          string   `json:"operationId"`
	Summary     string   `json:"summary"`
	Description string   `json:"description,omitempty"`
	Parameters  []any    `json:"parameters,omitempty"`
	Body        any      `json:"requestBody,omitempty"`
	Responses   object   `json:"responses"`
}

// plain makes a name one of letters, digits and underscores, each name another: it
// goes into identifiers, names of components and templates of paths.
func plain(name string) string {
	var b strings.Builder
	for _, r := range name {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '_':
			b.WriteRune(r)
		default:
			b.WriteString("-x" + strings.ToUpper(hex(r)) + "-")
		}
	}
	return b.String()
}

func hex(r rune) string {
	const digits = "0123456789abcdef"
	var out []byte
	for ; r > 0; r >>= 4 {
		out = append([]byte{digits[r&15]}, out...)
	}
	return string(out)
}

func parameter(in, name, description string, schema any) object {
	p := object{{"name", name}, {"in", in}, {"description", description}, {"schema", schema}}
	if in == "path" {
		return append(p, member{"required", true})
	}
	return p
}

var (
	anyText  = object{{"type", "string"}}
	whole    = object{{"type", "integer"}, {"minimum", 0}}
	anything = object{}
)

func list(items any) object { return object{{"type", "array"}, {"items", items}} }

// content is the body of a request or response in one media type after another.
func content(pairs ...any) object {
	var o object
	for i := 0; i < len(pairs); i += 2 {
		o = append(o, member{pairs[i].(string), object{{"schema", pairs[i+1]}}})
	}
	return o
}
