package grammar

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/rest/content"
)

// ParseAfter reads the place that a page begins after: a JSON array of n values,
// each a string, a number, true, false or null.
func ParseAfter(text string, n int) ([]*string, error) {
	var values []any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	err := d.Decode(&values)
	if _, more := d.Token(); err != nil || more != io.EOF {
		return nil, badAfter("it is no JSON array")
	}
	if len(values) != n {
		return nil, badAfter("it has another number of values than the order has columns, the primary key included")
	}
	out := make([]*string, n)
	for i, v := range values {
		var text string
		switch v := v.(type) {
		case nil:
			continue
		case string:
			text = v
		case json.Number:
			text = v.String()
		case bool:
			text = map[bool]string{true: "true", false: "false"}[v]
		default:
			return nil, badAfter("its values are strings, numbers, true, false or null")
		}
		if err := checkText(text); err != nil {
			return nil, err
		}
		out[i] = &text
	}
	return out, nil
}

func badAfter(why string) error {
	return fault.New("PGRST100", "failed to parse the after parameter").WithDetail("%s", why).
		WithHint("Take the next page from the Link header of the one before.").WithStatus(http.StatusBadRequest)
}

// After writes the place of a row of JSON objects: the values of some of its
// members. It reports false for a member that is an array or object.
func After(row []byte, keys []string) (string, bool) {
	members, err := content.Members(nil, row)
	if err != nil {
		return "", false
	}
	list := []byte{'['}
	for i, key := range keys {
		if i > 0 {
			list = append(list, ',')
		}
		value := []byte("null") // of nulls=stripped
		for _, m := range members {
			if m.Key == key {
				value = m.Value
			}
		}
		if bytes.ContainsAny(value[:1], "[{") {
			return "", false
		}
		list = append(list, value...)
	}
	return string(append(list, ']')), true
}
