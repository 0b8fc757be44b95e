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

// ValueForm tells how a value of a payload reaches a column. JSON arrays and
// objects become text for text and JSON columns; for every other type that is
// not one of PostgreSQL's own scalars the database converts them.
func ValueForm(col *schema.Column, container bool) Form {
	if !container {
		return Bound
	}
	if _, ok := builtin[col.Type]; ok {
		return Bound
	}
	if i := strings.IndexByte(col.Type, '('); i > 0 && !strings.HasSuffix(col.Type, "[]") {
		if _, ok := builtin[col.Type[:i]]; ok {
			return Bound
		}
	}
	return Converted
}
