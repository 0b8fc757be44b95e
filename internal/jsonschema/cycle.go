package jsonschema

import (
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
)

// walker looks for references that lead back to where they stand without going
// down in the document: such a schema says nothing, and its check never ends.
type walker struct {
	root any
	open map[string]bool // references being followed
	done map[string]bool
}

func checkCycles(root any) error {
	w := &walker{root: root, open: map[string]bool{}, done: map[string]bool{}}
	return w.each(root)
}

// each looks at a schema and at every schema within.
func (w *walker) each(schema any) error {
	if err := w.same(schema); err != nil {
		return err
	}
	object, _ := schema.(map[string]any)
	for name, value := range object {
		for _, s := range within(keywords[name], value) {
			if err := w.each(s); err != nil {
				return err
			}
		}
	}
	return nil
}

// same follows what is said of the same value.
func (w *walker) same(schema any) error {
	object, _ := schema.(map[string]any)
	for _, name := range []string{"allOf", "anyOf", "oneOf", "not", "if", "then", "else"} {
		for _, s := range within(keywords[name], object[name]) {
			if err := w.same(s); err != nil {
				return err
			}
		}
	}
	ref, ok := object["$ref"].(string)
	if !ok || w.done[ref] {
		return nil
	}
	if w.open[ref] {
		return fault.New(fault.InvalidParameter, "the reference %q of a JSON schema leads back to itself", ref)
	}
	w.open[ref] = true
	err := w.same(resolve(w.root, ref))
	delete(w.open, ref)
	w.done[ref] = true
	return err
}

// within lists the schemas that the value of a keyword holds.
func within(kind holds, value any) []any {
	switch kind {
	case one:
		if value != nil {
			return []any{value}
		}
	case several:
		list, _ := value.([]any)
		return list
	case named:
		object, _ := value.(map[string]any)
		out := make([]any, 0, len(object))
		for _, s := range object {
			out = append(out, s)
		}
		return out
	}
	return nil
}

// resolve returns what a reference points to, nil when there is nothing.
func resolve(root any, ref string) any {
	at := root
	for _, key := range strings.Split(ref, "/")[1:] {
		key = strings.ReplaceAll(strings.ReplaceAll(key, "~1", "/"), "~0", "~")
		switch v := at.(type) {
		case map[string]any:
			at = v[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(v) {
				return nil
			}
			at = v[i]
		default:
			return nil
		}
	}
	return at
}
