package openapi

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/schema"
)

// value is the schema of a value in JSON, as both APIs give and take it.
func (d *document) value(typ, name string, labels []string) object {
	if element, ok := strings.CutPrefix(name, "_"); ok && strings.HasSuffix(typ, "[]") {
		return list(nullable(d.value(strings.TrimSuffix(typ, "[]"), element, d.labels(element))))
	}
	if labels == nil {
		labels = d.labels(name)
	}
	if labels != nil {
		return object{{"type", "string"}, {"enum", values(labels)}}
	}
	base, known := jsonTypes[name]
	if !known {
		return object{{"x-postgres-type", typ}}
	}
	o := object{}
	for _, m := range []member{{"type", base.typ}, {"format", base.format}} {
		if m.value != "" {
			o = append(o, m)
		}
	}
	if n := length(typ); n > 0 && (name == "varchar" || name == "bpchar") {
		o = append(o, member{"maxLength", n})
	}
	return append(o, member{"x-postgres-type", typ})
}

type jsonType struct{ typ, format string }

// jsonTypes are the JSON types of PostgreSQL's. A format is given only where every
// value of the type has it.
var jsonTypes = map[string]jsonType{
	"int2": {"integer", "int32"}, "int4": {"integer", "int32"}, "int8": {"integer", "int64"}, "oid": {"integer", "int64"},
	"float4": {"number", "float"}, "float8": {"number", "double"}, "numeric": {"number", ""},
	"bool": {"boolean", ""}, "json": {"", ""}, "jsonb": {"", ""},
	"text": {"string", ""}, "varchar": {"string", ""}, "bpchar": {"string", ""}, "char": {"string", ""}, "name": {"string", ""}, "citext": {"string", ""},
	"uuid": {"string", "uuid"}, "bytea": {"string", ""},
	"date": {"string", "date"}, "timestamptz": {"string", "date-time"}, "timestamp": {"string", ""},
	"time": {"string", ""}, "timetz": {"string", "time"}, "interval": {"string", ""},
	"inet": {"string", ""}, "cidr": {"string", ""}, "macaddr": {"string", ""}, "bit": {"string", ""}, "varbit": {"string", ""}, "money": {"string", ""},
	"xml": {"string", ""}, "tsvector": {"string", ""}, "tsquery": {"string", ""},
	"int4range": {"string", ""}, "int8range": {"string", ""}, "numrange": {"string", ""}, "daterange": {"string", ""}, "tsrange": {"string", ""}, "tstzrange": {"string", ""},
}

// length is the number that a type carries in parentheses: character varying(10).
func length(typ string) int {
	_, rest, _ := strings.Cut(typ, "(")
	n, err := strconv.Atoi(strings.TrimSuffix(rest, ")"))
	if err != nil {
		return 0
	}
	return n
}

// values are labels as members of a list that may also hold null.
func values(labels []string) []any {
	out := make([]any, len(labels))
	for i, l := range labels {
		out[i] = l
	}
	return out
}

// nullable also admits null.
func nullable(o object) object {
	out := slices.Clone(o)
	for i, m := range out {
		switch v := m.value.(type) {
		case string:
			if m.key == "type" {
				out[i].value = []string{v, "null"}
			}
		case []any:
			if m.key == "enum" {
				out[i].value = append(slices.Clone(v), nil)
			}
		}
	}
	return out
}

// column is the schema of a column. In a row that a client sends it also tells the
// default.
func (d *document) column(r *schema.Relation, c *schema.Column, sent bool) object {
	o := d.value(c.Type, c.TypeName, c.Labels)
	if !c.NotNull {
		o = nullable(o)
	}
	about := []string{c.Comment}
	if slices.Contains(r.PrimaryKey, c.Name) {
		about = append(about, "Part of the primary key.")
		if len(r.PrimaryKey) == 1 {
			about[1] = "The primary key."
		}
		o = append(o, member{"x-primary-key", true})
	}
	for _, k := range r.ForeignKeys {
		i := slices.Index(k.Columns, c.Name)
		if i < 0 || !d.may.sees(k.References) {
			continue
		}
		about = append(about, "Refers to "+k.References.Name+"."+k.RefColumns[i]+".")
		o = append(o, member{"x-foreign-key", object{{"table", k.References.Name}, {"column", k.RefColumns[i]}, {"constraint", k.Name}}})
		break
	}
	if text := sentence(about...); text != "" {
		o = append(o, member{"description", text})
	}
	if v := literal(c); sent && v != nil {
		o = append(o, member{"default", v})
	}
	if !sent && (c.Generated || c.Identity == "ALWAYS") {
		o = append(o, member{"readOnly", true})
	}
	return o
}

// literal is the value of a default that is a plain constant, nil of any other.
func literal(c *schema.Column) any {
	text := c.Default
	switch typ := jsonTypes[c.TypeName].typ; {
	case c.Default == "" || c.Generated:
	case typ == "boolean" && (strings.EqualFold(text, "true") || strings.EqualFold(text, "false")):
		return strings.EqualFold(text, "true")
	case typ == "integer" || typ == "number":
		text = strings.Trim(cutCast(text), "'()")
		if json.Valid([]byte(text)) && strings.Trim(text, "0123456789.-") == "" {
			return json.Number(text)
		}
	case (typ == "string" || c.Labels != nil) && strings.HasPrefix(text, "'"):
		if body := cutCast(text); len(body) > 1 && strings.HasSuffix(body, "'") && !strings.Contains(strings.ReplaceAll(body[1:len(body)-1], "''", ""), "'") {
			return strings.ReplaceAll(body[1:len(body)-1], "''", "'")
		}
	}
	return nil
}

// cutCast takes the cast off a constant: 'x'::text.
func cutCast(text string) string {
	if i := strings.LastIndex(text, "'::"); i >= 0 {
		return text[:i+1]
	}
	return text
}

// row is the component for the rows of a relation, as the role may read them.
func (d *document) row(r *schema.Relation) object {
	return d.ref("schemas", plain(r.Name.Name), func() any {
		return d.object(r, r.Comment, d.may.of(r).read, false, func(*schema.Column) bool { return true })
	})
}

// object is the schema of the columns of a set.
func (d *document) object(r *schema.Relation, about string, set map[string]bool, sent bool, required func(*schema.Column) bool) object {
	o := object{{"type", "object"}}
	if about != "" {
		o = append(o, member{"description", about})
	}
	var need []string
	properties := object{}
	for _, c := range r.Columns {
		if !set[c.Name] || sent && !writable(r, c) {
			continue
		}
		properties = append(properties, member{c.Name, d.column(r, c, sent)})
		if required(c) {
			need = append(need, c.Name)
		}
	}
	if len(need) > 0 {
		o = append(o, member{"required", need})
	}
	return append(o, member{"properties", properties})
}

// writable tells that a client may give a column a value.
func writable(r *schema.Relation, c *schema.Column) bool {
	return !c.Generated && c.Identity != "ALWAYS" && (r.Kind == schema.Table || c.Source != nil)
}

// needed tells that a new row must have a value for a column.
func needed(c *schema.Column) bool { return c.NotNull && c.Default == "" && c.Identity == "" }

// created, changed and replaced are the components for rows that a client sends.
func (d *document) created(r *schema.Relation) object {
	return d.ref("schemas", plain(r.Name.Name)+".new", func() any {
		return d.object(r, "A new row of "+r.Name.Name+".", d.may.of(r).insert, true, needed)
	})
}

func (d *document) changed(r *schema.Relation) object {
	return d.ref("schemas", plain(r.Name.Name)+".change", func() any {
		o := d.object(r, "What to change of a row of "+r.Name.Name+".", d.may.of(r).update, true, func(*schema.Column) bool { return false })
		for _, m := range o {
			if properties, ok := m.value.(object); ok && m.key == "properties" {
				for i := range properties { // what is left out stays as it is
					properties[i].value = slices.DeleteFunc(properties[i].value.(object), func(m member) bool { return m.key == "default" })
				}
			}
		}
		return o
	})
}

func (d *document) replaced(r *schema.Relation) object {
	return d.ref("schemas", plain(r.Name.Name)+".whole", func() any {
		return d.object(r, "A whole row of "+r.Name.Name+"; what is left out gets its default.", d.may.of(r).insert, true, func(c *schema.Column) bool {
			return needed(c) && !slices.Contains(r.PrimaryKey, c.Name)
		})
	})
}
