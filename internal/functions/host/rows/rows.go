// Package rows makes JSON of the result of a statement, as scripts want it: an
// object for each row, with values of the types that a script has.
//
// A value is what PostgreSQL's to_json makes of it (PostgreSQL documentation,
// 9.16), with one difference: a bigint or numeric that a script's number could not
// hold exactly is a string. Composite values, ranges and whatever else JSON has
// nothing for are strings in PostgreSQL's text form. So is bytea, whose columns are
// named for the script to decode.
package rows

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// Limits bound a result.
type Limits struct {
	Rows  int64
	Bytes int64 // of the JSON
}

// Result is the rows of a statement.
type Result struct {
	JSON    []byte // ends with an array of objects; of two columns of a name the last counts
	Count   int64
	Tag     string // the command tag
	Columns []database.Column
}

// program limit exceeded (PostgreSQL documentation, appendix A)
const limitExceeded = "54000"

// Read reads all rows and closes them; their JSON is appended to what is there. More than
// the limits is an error of code 54000.
func Read(in database.Rows, l Limits, to []byte) (Result, error) {
	defer in.Close()
	l.Bytes += int64(len(to))
	out := Result{JSON: append(to, '['), Columns: slices.Clone(in.Columns())}
	heads := keys(out.Columns)
	for in.Next() {
		if out.Count++; out.Count > l.Rows {
			return Result{}, fault.New(limitExceeded, "the statement gives more than %d rows", l.Rows).
				WithHint("Add a LIMIT, or raise functions.max_rows.")
		}
		if out.Count > 1 {
			out.JSON = append(out.JSON, ',')
		}
		out.JSON = append(out.JSON, '{')
		for i, c := range out.Columns {
			out.JSON = append(out.JSON, heads[i]...)
			out.JSON = appendValue(out.JSON, c.Type, in.Value(i))
			if int64(len(out.JSON)) > l.Bytes {
				return Result{}, fault.New(limitExceeded, "the rows of the statement have more than %d bytes", l.Bytes-int64(len(to))).
					WithHint("Select fewer columns or rows, or raise functions.max_result.")
			}
		}
		out.JSON = append(out.JSON, '}')
	}
	out.JSON = append(out.JSON, ']')
	out.Tag = in.Tag()
	return out, in.Err()
}

// keys are the names of the columns as they stand in each object.
func keys(columns []database.Column) [][]byte {
	out := make([][]byte, len(columns))
	var all []byte
	for i, c := range columns {
		from := len(all)
		if i > 0 {
			all = append(all, ',')
		}
		all = append(AppendString(all, c.Name), ':')
		out[i] = all[from:len(all):len(all)]
	}
	return out
}

// appendValue appends a value of a type, nil for NULL, as JSON.
func appendValue(to []byte, typ string, v []byte) []byte {
	if v == nil {
		return append(to, "null"...)
	}
	switch typ {
	case "bool":
		return strconv.AppendBool(to, string(v) == "t")
	case "int2", "int4", "oid":
		return append(to, v...)
	case "int8":
		return appendInteger(to, v)
	case "float4", "float8", "numeric":
		return appendNumber(to, typ, v)
	case "json", "jsonb":
		return append(to, v...)
	case "timestamp":
		return append(appendISO(append(to, '"'), v), '"')
	case "timestamptz":
		return append(appendZoned(append(to, '"'), v), '"')
	}
	if element, ok := strings.CutPrefix(typ, "_"); ok && element != "box" { // whose delimiter is another
		if array, ok := appendArray(to, element, string(v)); ok {
			return array
		}
	}
	return AppendString(to, v)
}

// safe is the largest integer up to which a script's numbers hold each one
// (ECMA-262, Number.MAX_SAFE_INTEGER).
const safe = 1<<53 - 1

func appendInteger(to, v []byte) []byte {
	if len(v) <= exactDigits {
		return append(to, v...)
	}
	if n, err := strconv.ParseInt(string(v), 10, 64); err != nil || n > safe || n < -safe {
		return AppendString(to, v)
	}
	return append(to, v...)
}

// exactDigits is how many digits of a decimal number a float64 always keeps.
const exactDigits = 15

// appendNumber appends a number, but as a string what JSON has no number for (NaN,
// Infinity) and a numeric of more digits than are sure to be kept.
func appendNumber(to []byte, typ string, v []byte) []byte {
	if c := v[len(v)-1]; c < '0' || c > '9' {
		return AppendString(to, v)
	}
	if typ == "numeric" && len(v) > exactDigits {
		digits := strings.Trim(strings.Replace(strings.TrimPrefix(string(v), "-"), ".", "", 1), "0")
		if len(digits) > exactDigits || len(v) > 300 {
			return AppendString(to, v)
		}
	}
	return append(to, v...)
}

// appendISO appends a timestamp with T between day and time, as ISO 8601 has it.
func appendISO(to, v []byte) []byte {
	start := len(to)
	to = append(to, v...)
	if at := bytes.IndexByte(to[start:], ' '); at >= 0 {
		to[start+at] = 'T'
	}
	return to
}

// appendZoned completes an offset of hours only, too: +00 becomes +00:00.
func appendZoned(to, v []byte) []byte {
	text, era := bytes.CutSuffix(v, []byte(" BC"))
	to = appendISO(to, text)
	if n := len(text); n > 3 && (text[n-3] == '+' || text[n-3] == '-') {
		to = append(to, ":00"...)
	}
	if era {
		to = append(to, " BC"...)
	}
	return to
}

// AppendString appends a JSON string.
func AppendString[T ~string | ~[]byte](to []byte, s T) []byte {
	to = append(to, '"')
	ascii, start, begun := true, len(to), 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			to = append(append(to, s[begun:i]...), '\\')
			begun = i
		case c < ' ':
			return appendQuoted(to[:start-1], string(s))
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	if !ascii && !utf8.ValidString(string(s)) {
		return appendQuoted(to[:start-1], string(s))
	}
	return append(append(to, s[begun:]...), '"')
}

func appendQuoted(to []byte, s string) []byte {
	text, err := json.Marshal(s)
	if err != nil { // a string always has JSON
		panic(err)
	}
	return append(to, text...)
}
