package ai

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"

	lib "github.com/galleyhq/galley/internal/jsonschema"

	"github.com/galleyhq/galley/internal/fault"
)

// Object is an answer that meets the schema of its request.
type Object struct {
	Object json.RawMessage `json:"object"`
	Answer
}

// Object asks for an answer that meets a JSON Schema, and checks that it does. One
// that does not is an error of code Unreadable, with the text as its detail. Patterns
// of the schema are Go's regular expressions (RE2), which have the syntax of
// JavaScript's without look-around and back references.
func (c *Client) Object(ctx context.Context, r Request) (Object, error) {
	if len(r.Schema) == 0 {
		return Object{}, invalid("an object needs a schema")
	}
	schema, err := lib.Compile(string(r.Schema), matcher)
	if err != nil {
		return Object{}, err
	}
	w, err := c.wire(r)
	if err != nil {
		return Object{}, err
	}
	name := r.Name
	if name == "" {
		name = "answer"
	}
	if !schemaName.MatchString(name) {
		return Object{}, invalid("the name of a schema has 1 to 64 letters, digits, - and _")
	}
	w.ResponseFormat = map[string]any{"type": "json_schema", "json_schema": map[string]any{"name": name, "schema": r.Schema, "strict": true}}
	answer, err := c.chat(ctx, w)
	if err != nil {
		return Object{}, err
	}
	text := unfenced(answer.Text)
	document, err := parse(text)
	if err == nil {
		var ok bool
		if ok, err = schema.Valid(document); err == nil && !ok {
			err = fault.New(Unreadable, "the model's answer does not meet the schema")
		}
	} else {
		err = fault.New(Unreadable, "the model's answer is no JSON")
	}
	if err != nil {
		f := fault.From(err).WithDetail("%s", clip(answer.Text)).WithStatus(502)
		if answer.FinishReason == "length" {
			f = f.WithHint("It was cut off: allow more maxTokens.")
		}
		return Object{}, f
	}
	return Object{Object: json.RawMessage(text), Answer: answer}, nil
}

var schemaName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// unfenced is a text without the fence that some models put around JSON.
func unfenced(text string) string {
	text = strings.TrimSpace(text)
	inner, ok := strings.CutPrefix(text, "```")
	if !ok {
		return text
	}
	inner = strings.TrimPrefix(inner, "json")
	if inner, ok = strings.CutSuffix(inner, "```"); !ok {
		return text
	}
	return strings.TrimSpace(inner)
}

// parse reads one JSON document, with numbers as they stand.
func parse(text string) (any, error) {
	if !json.Valid([]byte(text)) {
		return nil, fault.New(Unreadable, "no JSON")
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return v, err
}

// matcher compiles the patterns of a schema.
func matcher(pattern string) (func(string) (bool, error), error) {
	r, err := regexp.Compile(pattern)
	if err != nil {
		return nil, invalid("the pattern %.100q of the schema is not supported: %v", pattern, err)
	}
	return func(text string) (bool, error) { return r.MatchString(text), nil }, nil
}
