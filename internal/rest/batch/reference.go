package batch

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
)

// maxNested bounds the body of a request that references are looked for in.
const maxNested = 64

// lookup follows a reference: the id of a request, then members and positions.
func lookup(reference string, results map[string]any) (any, error) {
	id, path, _ := strings.Cut(reference, ".")
	v, ok := results[id]
	if !ok {
		return nil, invalid("the reference %q names no earlier request with a result", reference)
	}
	for path != "" {
		var part string
		part, path, _ = strings.Cut(path, ".")
		switch in := v.(type) {
		case map[string]any:
			v, ok = in[part]
		case []any:
			var n int
			n, err := strconv.Atoi(part)
			if ok = err == nil && n >= 0 && n < len(in); ok {
				v = in[n]
			}
		default:
			ok = false
		}
		if !ok {
			return nil, invalid("the reference %q leads to nothing at %q", reference, part)
		}
	}
	return v, nil
}

// expandPath puts results in the place of {references}, escaped.
func expandPath(path string, results map[string]any) (string, error) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(path, "{")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		reference, after, closed := strings.Cut(rest, "}")
		id, _, _ := strings.Cut(reference, ".")
		if _, known := results[id]; !closed || !known { // an array's text form has braces, too
			b.WriteByte('{')
			path = rest
			continue
		}
		v, err := lookup(reference, results)
		if err != nil {
			return "", err
		}
		text, err := scalar(reference, v)
		if err != nil {
			return "", err
		}
		b.WriteString(url.QueryEscape(text))
		path = after
	}
}

func scalar(reference string, v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case json.Number:
		return v.String(), nil
	case bool:
		return strconv.FormatBool(v), nil
	case nil:
		return "null", nil
	}
	return "", invalid("the reference %q in a path leads to no single value", reference)
}

// expandBody puts results in the place of {"$ref": "…"}.
func expandBody(body []byte, results map[string]any) ([]byte, error) {
	if !bytes.Contains(body, []byte(`"$ref"`)) {
		return body, nil
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, invalid("a body cannot be read: %v", err)
	}
	v, err := expand(v, results, 0)
	if err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

func expand(v any, results map[string]any, depth int) (out any, err error) {
	if depth > maxNested {
		return nil, invalid("a body with references is nested deeper than %d levels", maxNested)
	}
	switch in := v.(type) {
	case map[string]any:
		if reference, ok := in["$ref"].(string); ok && len(in) == 1 {
			return lookup(reference, results)
		}
		for name := range in {
			if in[name], err = expand(in[name], results, depth+1); err != nil {
				return nil, err
			}
		}
	case []any:
		for i := range in {
			if in[i], err = expand(in[i], results, depth+1); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}
