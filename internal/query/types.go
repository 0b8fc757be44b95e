package query

import (
	"strings"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/schema"
)

// builtin maps the names by which a request may ask for one of PostgreSQL's own
// types to the name that goes into the statement.
var builtin = map[string]string{
	"smallint": "smallint", "int2": "smallint",
	"integer": "integer", "int": "integer", "int4": "integer",
	"bigint": "bigint", "int8": "bigint",
	"numeric": "numeric", "decimal": "numeric",
	"real": "real", "float4": "real",
	"double precision": "double precision", "float8": "double precision", "float": "double precision",
	"boolean": "boolean", "bool": "boolean",
	"text": "text", "varchar": "character varying", "character varying": "character varying",
	"char": "character", "character": "character", "bpchar": "bpchar", "name": "name",
	"uuid": "uuid", "json": "json", "jsonb": "jsonb", "bytea": "bytea", "xml": "xml",
	"date":                   "date",
	"time":                   "time without time zone",
	"timetz":                 "time with time zone",
	"timestamp":              "timestamp without time zone",
	"timestamptz":            "timestamp with time zone",
	"time without time zone": "time without time zone", "time with time zone": "time with time zone",
	"timestamp without time zone": "timestamp without time zone", "timestamp with time zone": "timestamp with time zone",
	"interval": "interval", "money": "money", "bit": "bit", "varbit": "bit varying", "bit varying": "bit varying",
	"inet": "inet", "cidr": "cidr", "macaddr": "macaddr", "oid": "oid",
	"point": "point", "line": "line", "lseg": "lseg", "box": "box", "path": "path", "polygon": "polygon", "circle": "circle",
	"tsvector": "tsvector", "tsquery": "tsquery",
	"int4range": "int4range", "int8range": "int8range", "numrange": "numrange",
	"daterange": "daterange", "tsrange": "tsrange", "tstzrange": "tstzrange",
}

// typeName returns the text for the name of a type in a request: one of
// PostgreSQL's own, or one that a column of the snapshot has.
func typeName(snap *schema.Snapshot, asked string) (string, error) {
	element, array := strings.CutSuffix(asked, "[]")
	name, ok := builtin[strings.ToLower(element)]
	if !ok {
		name, ok = columnType(snap, element)
	}
	if !ok {
		return "", fault.New(fault.UndefinedObject, "type %q does not exist", asked)
	}
	if array {
		name += "[]"
	}
	return name, nil
}

func columnType(snap *schema.Snapshot, asked string) (string, bool) {
	for _, r := range snap.Relations {
		for _, col := range r.Columns {
			if col.Type == asked || col.TypeName == asked && !strings.HasSuffix(col.Type, "[]") {
				return col.Type, true
			}
		}
	}
	return "", false
}

// unbounded is a type as format_type prints it without a length, in words that
// mean any length: character and bit by themselves mean a length of 1.
func unbounded(title string) string {
	element, array := strings.CutSuffix(title, "[]")
	switch element {
	case "character":
		element = "bpchar"
	case "bit":
		element = `"bit"`
	default:
		return title
	}
	if array {
		element += "[]"
	}
	return element
}

// Kind is what kind of JSON value a payload holds.
type Kind uint8

// The kinds of JSON values; null is Scalar.
const (
	Scalar Kind = iota // a number, true, false or null
	String
	Container // an array or object
)

// ValueForm tells how a value of a payload reaches a column, so that the result
// is the same as that of json_to_recordset. PostgreSQL's own scalar types take
// its text. An array type takes a string, which holds the array's text form; a
// JSON array the database converts, as it does with everything for a type that
// is not PostgreSQL's own: that may be a domain over anything.
func ValueForm(col *schema.Column, kind Kind) Form {
	element, array := strings.CutSuffix(col.Type, "[]")
	if i := strings.IndexByte(element, '('); i > 0 {
		element = element[:i] // varchar(10), timestamp(3) with time zone
	}
	if _, ok := builtin[element]; !ok {
		return Converted
	}
	if array && kind != String {
		return Converted
	}
	return Bound
}

// IsJSON tells whether a column holds JSON, which takes a value as its JSON text.
func IsJSON(col *schema.Column) bool { return col.TypeName == "json" || col.TypeName == "jsonb" }
