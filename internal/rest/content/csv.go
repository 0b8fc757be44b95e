package content

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/fault"
)

// parseCSV reads a CSV body (RFC 4180): a line of column names, then rows, each with
// as many fields. The text NULL is null, in quotes too. Lines end in LF, CRLF or CR;
// empty ones are passed over, and so is a byte order mark. The payload is the same as
// of a JSON array of objects with strings.
func parseCSV(body []byte) (*Body, error) {
	if !utf8.Valid(body) {
		return nil, badCSV()
	}
	r := csvReader{rest: bytes.TrimPrefix(body, []byte("\ufeff"))}
	header, err := r.record(nil)
	if err != nil {
		return nil, badCSV()
	}
	keys := make([][]byte, len(header))
	for i, name := range header {
		keys[i], _ = json.Marshal(name) // a string always has a JSON form
	}
	out := bytes.NewBufferString("[")
	for row := header; ; {
		if row, err = r.record(row[:0]); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		if len(row) != len(keys) {
			return nil, fault.New("PGRST102", "All lines must have same number of fields")
		}
		if out.Len() > 1 {
			out.WriteByte(',')
		}
		writeObject(out, keys, row)
	}
	out.WriteByte(']')
	return ParseJSON(out.Bytes())
}

func badCSV() error { return fault.New("PGRST102", "Empty or invalid CSV") }

// csvReader reads records. That of the standard library takes the CR out of a CRLF in
// quotes, which belongs to the value.
type csvReader struct{ rest []byte }

// record appends the fields of the next line; io.EOF says that there is none.
func (r *csvReader) record(dst []string) ([]string, error) {
	if r.rest = bytes.TrimLeft(r.rest, "\r\n"); len(r.rest) == 0 {
		return nil, io.EOF
	}
	for {
		field, err := r.field()
		if err != nil {
			return nil, err
		}
		dst = append(dst, field)
		if len(r.rest) == 0 {
			return dst, nil
		}
		end := r.rest[0]
		if r.rest = r.rest[1:]; end != ',' {
			return dst, nil
		}
	}
}

// field reads up to a comma or the end of a line.
func (r *csvReader) field() (string, error) {
	if len(r.rest) > 0 && r.rest[0] == '"' {
		return r.quoted()
	}
	end := bytes.IndexAny(r.rest, ",\r\n\"")
	if end < 0 {
		end = len(r.rest)
	} else if r.rest[end] == '"' {
		return "", badCSV()
	}
	text := string(r.rest[:end])
	r.rest = r.rest[end:]
	return text, nil
}

// quoted reads a field in quotes; two of them within stand for one.
func (r *csvReader) quoted() (string, error) {
	var text []byte
	for {
		end := bytes.IndexByte(r.rest[1:], '"') + 1
		if end == 0 {
			return "", badCSV()
		}
		text = append(text, r.rest[1:end]...)
		if r.rest = r.rest[end+1:]; len(r.rest) == 0 || r.rest[0] != '"' {
			break
		}
		text = append(text, '"')
	}
	if len(r.rest) > 0 && bytes.IndexByte([]byte(",\r\n"), r.rest[0]) < 0 {
		return "", badCSV()
	}
	return string(text), nil
}

func writeObject(out *bytes.Buffer, keys [][]byte, row []string) {
	out.WriteByte('{')
	for i, v := range row {
		if i > 0 {
			out.WriteByte(',')
		}
		out.Write(keys[i])
		out.WriteByte(':')
		if v == "NULL" {
			out.WriteString("null")
			continue
		}
		text, _ := json.Marshal(v)
		out.Write(text)
	}
	out.WriteByte('}')
}

// parseForm reads an application/x-www-form-urlencoded body as one object with
// strings. JSON is what curl -d says to be a form, and no column is named like it.
func parseForm(body []byte) (*Body, error) {
	if text := bytes.TrimSpace(body); len(text) > 1 && (text[0] == '{' || text[0] == '[') && json.Valid(text) {
		return nil, fault.New("PGRST102", "The body is JSON, but its Content-Type says that it is a form").
			WithHint("Send the header Content-Type: application/json.")
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, fault.New("PGRST102", "Invalid form body")
	}
	object := make(map[string]string, len(values))
	for k, v := range values {
		object[k] = v[len(v)-1]
	}
	text, err := json.Marshal(object)
	if err != nil {
		return nil, fault.Internal(err)
	}
	return ParseJSON(text)
}
