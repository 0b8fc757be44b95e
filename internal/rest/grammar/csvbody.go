package grammar

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/fault"
)

// ParseCSV reads a CSV body (RFC 4180): a line of column names, then rows. The
// text NULL is null. The payload is the same as of a JSON array of objects with
// strings.
func ParseCSV(body []byte) (*Payload, error) {
	if !utf8.Valid(body) {
		return nil, badCSV()
	}
	r := csv.NewReader(bytes.NewReader(body))
	header, err := r.Read()
	if err != nil {
		return nil, badCSV()
	}
	keys := make([][]byte, len(header))
	for i, name := range header {
		keys[i], _ = json.Marshal(name)
	}
	out := bytes.NewBufferString("[")
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, csvError(err)
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

func csvError(err error) error {
	if errors.Is(err, csv.ErrFieldCount) {
		return fault.New("PGRST102", "All lines must have same number of fields")
	}
	return badCSV()
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

// ParseForm reads an application/x-www-form-urlencoded body as one object with
// strings.
func ParseForm(body []byte) (*Payload, error) {
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
