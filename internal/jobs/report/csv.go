package report

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"unicode/utf8"
)

// csvWriter writes CSV (RFC 4180, in UTF-8). encoding/csv would do but for NULL,
// which has to be another thing than an empty text: NULL is nothing, an empty text
// is "", as PostgreSQL's COPY has it.
type csvWriter struct {
	to        *bufio.Writer
	columns   []column
	delimiter byte
	escape    bool
}

func newCSV(p *payload, columns []column, to io.Writer) (*csvWriter, error) {
	w := &csvWriter{to: bufio.NewWriterSize(to, 64<<10), columns: columns, delimiter: ',', escape: p.To.File == ""}
	if p.CSV.Delimiter != "" {
		w.delimiter = p.CSV.Delimiter[0]
	}
	if p.CSV.EscapeFormulas != nil {
		w.escape = *p.CSV.EscapeFormulas
	}
	if p.CSV.BOM {
		if _, err := w.to.WriteString("\ufeff"); err != nil {
			return nil, err
		}
	}
	titles := make([][]byte, len(columns))
	for i, c := range columns {
		titles[i] = w.safe([]byte(c.title))
	}
	return w, w.line(titles)
}

// row implements writer.
func (w *csvWriter) row(values [][]byte) error {
	for i, v := range values {
		switch c := w.columns[i]; {
		case v == nil:
		case c.kind == boolean:
			values[i] = []byte(map[string]string{"t": "true", "f": "false"}[string(v)])
		case !c.isNumber():
			values[i] = w.safe(v)
		}
	}
	return w.line(values)
}

// formulaSigns begin what a spreadsheet takes for a formula, the wide ones too.
const formulaSigns = "=+-@\t\r\n＝＋－＠"

// safe has a text begin with ' that a spreadsheet would take for a formula
// (https://owasp.org/www-community/attacks/CSV_Injection).
func (w *csvWriter) safe(v []byte) []byte {
	if r, _ := utf8.DecodeRune(v); !w.escape || len(v) == 0 || !strings.ContainsRune(formulaSigns, r) {
		return v
	}
	return append([]byte("'"), v...)
}

func (w *csvWriter) line(values [][]byte) error {
	for i, v := range values {
		if i > 0 {
			_ = w.to.WriteByte(w.delimiter) // the last write tells of an error
		}
		w.field(v, v != nil || len(values) == 1)
	}
	_, err := w.to.WriteString("\r\n")
	return err
}

// field writes a value, an empty one as "" where it is something: a line of nothing
// would be no row to most readers.
func (w *csvWriter) field(v []byte, something bool) {
	quoted := len(v) == 0 && something ||
		len(v) > 0 && (v[0] == ' ' || v[len(v)-1] == ' ' || bytes.IndexByte(v, w.delimiter) >= 0 || bytes.ContainsAny(v, "\"\r\n"))
	if !quoted {
		_, _ = w.to.Write(v)
		return
	}
	_ = w.to.WriteByte('"')
	_, _ = w.to.Write(bytes.ReplaceAll(v, []byte(`"`), []byte(`""`)))
	_ = w.to.WriteByte('"')
}

// end implements writer.
func (w *csvWriter) end() error { return w.to.Flush() }

func (w *csvWriter) close() {}
