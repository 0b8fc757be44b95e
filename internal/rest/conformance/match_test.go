package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

type expectation struct {
	Status  int             `json:"status"`
	Headers []headerMatcher `json:"headers"`
	Body    struct {
		Op    string          `json:"op"`
		Value json.RawMessage `json:"value"`
	} `json:"body"`
}

type headerMatcher struct{ Op, Name, Value string }

// check returns what is wrong with an answer.
func (s *step) check(a answer) []string {
	var wrong []string
	if s.Expect != nil {
		wrong = s.Expect.check(a)
	}
	for _, x := range s.Assert {
		if !x.holds(a) {
			text, _ := json.Marshal(x)
			wrong = append(wrong, "assert "+string(text))
		}
	}
	return wrong
}

func (e *expectation) check(a answer) []string {
	var wrong []string
	if a.status != e.Status {
		wrong = append(wrong, fmt.Sprintf("status %d, want %d: %.300s", a.status, e.Status, a.body))
	}
	for _, h := range e.Headers {
		if !h.holds(a.header) {
			wrong = append(wrong, fmt.Sprintf("header %s is %q, want %s %q", h.Name, a.header.Values(h.Name), h.Op, h.Value))
		}
	}
	switch e.Body.Op {
	case "text":
		var want string
		if json.Unmarshal(e.Body.Value, &want); string(a.body) != want {
			wrong = append(wrong, fmt.Sprintf("body %q, want %q", a.body, want))
		}
	case "json":
		if !equalJSON(a.body, e.Body.Value) {
			wrong = append(wrong, fmt.Sprintf("body %.400s, want %.400s", a.body, compact(e.Body.Value)))
		}
	}
	return wrong
}

func compact(text []byte) string {
	var b bytes.Buffer
	_ = json.Compact(&b, text)
	return b.String()
}

func equalJSON(a, b []byte) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}

func (h headerMatcher) holds(header http.Header) bool {
	values := header.Values(h.Name)
	switch h.Op {
	case "equals":
		return slices.Contains(values, h.Value)
	case "only":
		return slices.Equal(values, []string{h.Value})
	case "absent":
		return len(values) == 0
	case "contains":
		return len(values) > 0 && strings.Contains(values[0], h.Value)
	case "regex":
		return len(values) > 0 && regexp.MustCompile(h.Value).MatchString(values[0])
	case "json_content_type":
		kind, parameter, _ := strings.Cut(header.Get("Content-Type"), ";")
		parameter = strings.TrimSpace(parameter)
		return strings.TrimSpace(kind) == "application/json" && (parameter == "" || parameter == "charset=utf-8")
	}
	return false
}

type assertion struct {
	On    string          `json:"on"`
	Op    string          `json:"op,omitempty"`
	Name  string          `json:"name,omitempty"`
	Path  []any           `json:"path,omitempty"`
	View  string          `json:"view,omitempty"`
	Sep   string          `json:"sep,omitempty"`
	Minus float64         `json:"minus,omitempty"`
	Value json.RawMessage `json:"value,omitempty"`
	Pred  map[string]any  `json:"pred,omitempty"`
}

func (x *assertion) holds(a answer) bool {
	value, ok := x.subject(a)
	if x.Pred != nil {
		return predicate(x.Pred, a, value, ok)
	}
	var want any
	_ = json.Unmarshal(x.Value, &want)
	switch x.Op {
	case "equals":
		return ok && reflect.DeepEqual(value, want)
	case "not_equals":
		return !ok || !reflect.DeepEqual(value, want)
	case "absent":
		return !ok
	case "present":
		return ok
	}
	return false
}

// subject is what an assertion speaks about.
func (x *assertion) subject(a answer) (any, bool) {
	var body any
	parsed := json.Unmarshal(a.body, &body) == nil
	switch x.On {
	case "json_path":
		if !parsed {
			return nil, false
		}
		return dig(body, x.Path)
	case "status":
		return float64(a.status), true
	case "header":
		if v := a.header.Values(x.Name); len(v) > 0 {
			return v[0], true
		}
		return nil, false
	}
	switch {
	case x.View == "error_format":
		return parsed && isError(body), true
	case x.View == "split_count":
		return float64(strings.Count(string(a.body), x.Sep)+1) - x.Minus, true
	case len(x.Value) > 0 && x.Value[0] == '"':
		return string(a.body), true
	}
	return body, parsed
}

// isError tells that a body has the form of an error: a message and nothing but
// the members of one.
func isError(body any) bool {
	members, _ := body.(map[string]any)
	for name := range members {
		if !slices.Contains([]string{"message", "details", "hint", "code"}, name) {
			return false
		}
	}
	_, said := members["message"]
	return said
}

func dig(v any, path []any) (any, bool) {
	for _, key := range path {
		switch at := v.(type) {
		case map[string]any:
			name, _ := key.(string)
			next, ok := at[name]
			if !ok {
				return nil, false
			}
			v = next
		case []any:
			i, ok := key.(float64)
			if !ok || int(i) >= len(at) {
				return nil, false
			}
			v = at[int(i)]
		default:
			return nil, false
		}
	}
	return v, true
}

func predicate(p map[string]any, a answer, value any, ok bool) bool {
	if inner, found := p["not"].(map[string]any); found {
		return !predicate(inner, a, value, ok)
	}
	if text, found := p["contains"].(string); found {
		return strings.Contains(string(a.body), text)
	}
	if pair, found := p["elem"].([]any); found {
		return slices.Contains(a.header.Values(pair[0].(string)), pair[1].(string))
	}
	if pair, found := p["header_regex"].([]any); found {
		v := a.header.Values(pair[0].(string))
		pattern := pair[1].(string)
		if strings.Contains(pattern, "/*") || strings.Contains(pattern, "*/") {
			pattern = strings.ReplaceAll(pattern, "*", `\*`)
		}
		return len(v) > 0 && regexp.MustCompile(pattern).MatchString(v[0])
	}
	if _, found := p["present"]; found {
		return ok
	}
	if what, found := p["headers"].(string); found {
		return headersHold(what, p, a.header)
	}
	return false
}

func headersHold(what string, p map[string]any, header http.Header) bool {
	switch what {
	case "no_blank":
		_, blank := header[""]
		return !blank
	case "absent":
		name, _ := p["name"].(string)
		return len(header.Values(name)) == 0
	case "content_length_not_zero":
		v := header.Get("Content-Length")
		return v != "" && v != "0"
	}
	return false
}
