package content

import (
	"bytes"
	"encoding/json"
	"slices"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/query"
)

// Body is the body of a write: one object, or an array of them.
type Body struct {
	Single bool   // one object, not in an array
	Raw    []byte // the JSON text
	Rows   int
	First  []Member // of the only or first object; a key stands once
	// Uniform tells that all objects have the same keys.
	Uniform bool
}

// Member is a key of an object with the JSON text of its value.
type Member struct {
	Key   string
	Value []byte
}

func badJSON() error { return fault.New("PGRST102", "Empty or invalid json") }

// UnevenKeys is the error for an array whose objects differ in their keys.
func UnevenKeys() error { return fault.New("PGRST102", "All object keys must match") }

// ParseJSON reads a JSON body. Anything but objects and arrays counts as an
// empty array, as in PostgREST. It keeps body.
func ParseJSON(body []byte) (*Body, error) {
	if !utf8.Valid(body) || !json.Valid(body) {
		return nil, badJSON()
	}
	body = bytes.TrimLeft(body, " \t\r\n")
	p := &Body{Raw: body, Uniform: true}
	var err error
	switch body[0] {
	case '{':
		p.Single, p.Rows = true, 1
		p.First, err = Members(nil, body)
		return p, err
	case '[':
		return p, p.array(body)
	}
	return p, nil
}

func (b *Body) array(body []byte) error {
	var members []Member
	var keys map[string]bool
	err := Elements(body, func(element []byte) error {
		b.Rows++
		if element[0] != '{' {
			return UnevenKeys()
		}
		var err error
		if members, err = Members(members[:0], element); err != nil {
			return err
		}
		if b.Rows == 1 {
			b.First = slices.Clone(members)
			keys = keySet(members)
		} else if b.Uniform {
			b.Uniform = sameKeys(b.First, members, keys)
		}
		return nil
	})
	return err
}

// FirstOnly returns the body as an array of its first object alone.
func (b *Body) FirstOnly() []byte {
	if b.Rows == 0 {
		return []byte("[]")
	}
	out := []byte("[{")
	for i, m := range b.First {
		if i > 0 {
			out = append(out, ',')
		}
		key, _ := json.Marshal(m.Key) // a string always has a JSON form
		out = append(append(append(out, key...), ':'), m.Value...)
	}
	return append(out, "}]"...)
}

func keySet(members []Member) map[string]bool {
	set := make(map[string]bool, len(members))
	for _, m := range members {
		set[m.Key] = true
	}
	return set
}

// sameKeys tells whether two objects have the same keys; set holds those of the
// first.
func sameKeys(first, second []Member, set map[string]bool) bool {
	if len(first) != len(second) {
		return false
	}
	for i := range second {
		if second[i].Key != first[i].Key && !set[second[i].Key] {
			return false
		}
	}
	return true
}

// Elements passes on the JSON text of each element of an array. The text must be
// valid JSON.
func Elements(text []byte, each func([]byte) error) error {
	i := skipSpace(text, 1)
	for text[i] != ']' {
		end := skipValue(text, i)
		if err := each(text[i:end]); err != nil {
			return err
		}
		if i = skipSpace(text, end); text[i] == ',' {
			i = skipSpace(text, i+1)
		}
	}
	return nil
}

// Members appends the members of an object. Of a key that stands twice the last
// value counts. The text must be valid JSON.
func Members(dst []Member, text []byte) ([]Member, error) {
	object := object{members: dst, start: len(dst)}
	i := skipSpace(text, 1)
	for text[i] != '}' {
		end := skipValue(text, i)
		key, err := unquote(text[i:end])
		if err != nil {
			return nil, err
		}
		i = skipSpace(text, skipSpace(text, end)+1)
		end = skipValue(text, i)
		object.set(key, text[i:end])
		if i = skipSpace(text, end); text[i] == ',' {
			i = skipSpace(text, i+1)
		}
	}
	return object.members, nil
}

// object collects members so that a key stands once. Keys are looked for one by
// one as long as they are few.
type object struct {
	members []Member
	start   int
	places  map[string]int
}

const fewMembers = 32

func (o *object) set(key string, value []byte) {
	if i := o.find(key); i >= 0 {
		o.members[i].Value = value
		return
	}
	if o.places != nil {
		o.places[key] = len(o.members)
	}
	o.members = append(o.members, Member{key, value})
	if o.places == nil && len(o.members)-o.start > fewMembers {
		o.places = make(map[string]int)
		for i, m := range o.members[o.start:] {
			o.places[m.Key] = o.start + i
		}
	}
}

func (o *object) find(key string) int {
	if o.places != nil {
		if i, ok := o.places[key]; ok {
			return i
		}
		return -1
	}
	for i := o.start; i < len(o.members); i++ {
		if o.members[i].Key == key {
			return i
		}
	}
	return -1
}

func skipSpace(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r') {
		i++
	}
	return i
}

// skipValue returns where the value that begins at i ends.
func skipValue(text []byte, i int) int {
	depth := 0
	for ; i < len(text); i++ {
		switch text[i] {
		case '"':
			i = skipString(text, i) - 1
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			} else if depth < 0 {
				return i
			}
		case ',', ' ', '\t', '\n', '\r', ':':
			if depth == 0 {
				return i
			}
		}
	}
	return i
}

func skipString(text []byte, i int) int {
	for i++; text[i] != '"'; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// Text returns a JSON value as the text of a parameter: null is NULL, a string
// its characters, anything else its JSON text.
func Text(value []byte) (database.Arg, error) {
	switch value[0] {
	case 'n':
		return database.Null, nil
	case '"':
		s, err := unquote(value)
		return database.Text(s), err
	}
	return database.Text(string(value)), nil
}

// KindOf tells what kind of JSON value a text is.
func KindOf(value []byte) query.Kind {
	switch value[0] {
	case '"':
		return query.String
	case '[', '{':
		return query.Container
	}
	return query.Scalar
}

// unquote decodes a JSON string. What no text can hold is refused: a NUL as
// PostgreSQL does, half of a surrogate pair as no JSON.
func unquote(text []byte) (string, error) {
	inner := text[1 : len(text)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner), nil
	}
	if !surrogatesPaired(inner) {
		return "", badJSON()
	}
	var s string
	if json.Unmarshal(text, &s) != nil {
		return "", badJSON()
	}
	for i := range len(s) {
		if s[i] == 0 {
			return "", fault.New("22P05", "unsupported Unicode escape sequence").WithDetail(`\u0000 cannot be converted to text.`)
		}
	}
	return s, nil
}

func surrogatesPaired(s []byte) bool {
	high := false
	for i := 0; i < len(s); i++ {
		low := false
		next := false
		if s[i] == '\\' {
			i++
			if s[i] == 'u' {
				lead := bytes.ToLower(s[i+1 : i+3])
				next = lead[0] == 'd' && lead[1] >= '8' && lead[1] <= 'b'
				low = lead[0] == 'd' && lead[1] >= 'c'
				i += 4
			}
		}
		if high != low {
			return false
		}
		high = next
	}
	return !high
}
