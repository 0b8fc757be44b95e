package jsonschema

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
)

// holds is what kind of value a keyword has: where there are schemas in it.
type holds uint8

const (
	plain     holds = iota // no schema
	one                    // a schema
	several                // an array of schemas
	named                  // an object whose values are schemas
	reference              // a pointer into the same schema
	format
	dialect
)

// keywords are those that both engines enforce, or that say nothing to enforce.
// sql/documents.sql of the postgres engine has the same list.
var keywords = map[string]holds{
	"$schema": dialect, "$comment": plain, "$defs": named, "$ref": reference,
	"title": plain, "description": plain, "default": plain, "examples": plain, "deprecated": plain, "readOnly": plain, "writeOnly": plain,
	"type": plain, "const": plain, "enum": plain,
	"minimum": plain, "maximum": plain, "exclusiveMinimum": plain, "exclusiveMaximum": plain, "multipleOf": plain,
	"minLength": plain, "maxLength": plain, "pattern": plain, "format": format,
	"items": one, "prefixItems": several, "minItems": plain, "maxItems": plain, "uniqueItems": plain, "contains": one,
	"properties": named, "patternProperties": named, "additionalProperties": one, "propertyNames": one,
	"required": plain, "minProperties": plain, "maxProperties": plain,
	"allOf": several, "anyOf": several, "oneOf": several, "not": one, "if": one, "then": one, "else": one,
}

// draft is the only dialect.
const draft = "https://json-schema.org/draft/2020-12/schema"

// check refuses what would not be enforced. What is no schema at all is left to
// the library, which says where.
func check(schema any) error {
	object, ok := schema.(map[string]any)
	if !ok {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		kind, known := keywords[name]
		if !known {
			return unsupported("the keyword %q", name)
		}
		if err := checkValue(kind, object[name]); err != nil {
			return err
		}
	}
	return nil
}

func checkValue(kind holds, value any) error {
	switch kind {
	case one:
		return check(value)
	case several:
		list, _ := value.([]any)
		for _, s := range list {
			if err := check(s); err != nil {
				return err
			}
		}
	case named:
		object, _ := value.(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(object)) {
			if err := check(object[name]); err != nil {
				return err
			}
		}
	case plain:
	default:
		return checkText(kind, value)
	}
	return nil
}

func checkText(kind holds, value any) error {
	s, ok := value.(string)
	if !ok {
		return nil // the library refuses it
	}
	switch {
	case kind == reference && (strings.Contains(s, "%") || s != "#" && !strings.HasPrefix(s, "#/")):
		return unsupported("the reference %q", s)
	case kind == dialect && strings.TrimSuffix(s, "#") != draft:
		return unsupported("the dialect %q", s)
	case kind == format && !slices.Contains(formatNames, s):
		return unsupported("the format %q", s)
	}
	return nil
}

func unsupported(what string, args ...any) error {
	return fault.New(fault.FeatureNotSupported, what+" of a JSON schema is not supported", args...).
		WithHint("What would not be enforced everywhere is refused: docs/documents.md lists what is.")
}

// Patterns lists the regular expressions of a schema that was compiled, for the
// database to look at.
func Patterns(text string) []string {
	var doc any
	if json.Unmarshal([]byte(text), &doc) != nil {
		return nil
	}
	var out []string
	collect(doc, &out)
	return out
}

func collect(schema any, out *[]string) {
	object, _ := schema.(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(object)) {
		value := object[name]
		if s, ok := value.(string); ok && name == "pattern" {
			*out = append(*out, s)
		}
		switch keywords[name] {
		case one:
			collect(value, out)
		case several:
			list, _ := value.([]any)
			for _, s := range list {
				collect(s, out)
			}
		case named:
			parts, _ := value.(map[string]any)
			for _, key := range slices.Sorted(maps.Keys(parts)) {
				if name == "patternProperties" {
					*out = append(*out, key)
				}
				collect(parts[key], out)
			}
		}
	}
}
