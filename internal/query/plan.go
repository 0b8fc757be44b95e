package query

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// Plan is a compiled statement. It is never changed after it was made.
type Plan struct {
	SQL      string
	ReadOnly bool

	// Columns are the names of what is selected or returned, in order.
	Columns []string
	// Labels, unless empty, tells that each of them comes as a JSON value of
	// its own, NULL for null; a label is the name as a JSON key, `"id":`. JSON
	// comes as one column otherwise.
	Labels []string
	// First is the number of columns that stand before them: the exact count
	// when Counted, and a mark that is NULL when there is no row when Marked.
	First   int
	Counted bool
	Marked  bool
	// Bare tells that the result is one value or object, not an array.
	Bare bool
	// Hex tells that the value comes as hexadecimal digits.
	Hex bool
	// Fresh tells that the first column says whether the row is new, one of an
	// upsert that did not exist before.
	Fresh bool

	// Keys are the names, among Columns, of the values by which the rows are
	// ordered, in that order, which no two rows share; none when it was not asked
	// for or cannot be.
	Keys []string

	// Embedded are the embedded relations in the order in which their values
	// come: those of the conditions of each, then limit and offset.
	Embedded []Embedded

	sources []source
	values  int // how many values a request brings
	direct  bool
}

// source says where a parameter's value comes from: from the request's values
// by index, or from the plan itself.
type source struct {
	index int // -1 for a constant
	text  string
}

// Bind returns the arguments of a statement from the values of a request. It
// may return the same slice.
func (p *Plan) Bind(values []database.Arg) ([]database.Arg, error) {
	if len(values) != p.values {
		return nil, fault.Internal(fmt.Errorf("query: plan takes %d values, request brings %d", p.values, len(values)))
	}
	if p.direct {
		return values, nil
	}
	args := make([]database.Arg, len(p.sources))
	for i, s := range p.sources {
		if s.index < 0 {
			args[i] = database.Text(s.text)
			continue
		}
		args[i] = values[s.index]
	}
	return args, nil
}

// label returns a name as a key of a JSON object, escaped as PostgreSQL does.
func label(name string) string {
	b := append(make([]byte, 0, len(name)+3), '"')
	for i := range len(name) {
		switch c := name[i]; c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\b':
			b = append(b, `\b`...)
		case '\f':
			b = append(b, `\f`...)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\t':
			b = append(b, `\t`...)
		default:
			if c < ' ' {
				b = fmt.Appendf(b, `\u%04x`, c)
			} else {
				b = append(b, c)
			}
		}
	}
	return string(append(b, '"', ':'))
}

// usedParameters drops the parameters that a statement does not mention, which
// PostgreSQL could give no type, and numbers the others anew: conditions on a
// relation that is embedded for nothing.
func usedParameters(sql string, sources []source) (string, []source) {
	numbers := make([]int, len(sources))
	var used []source
	var b strings.Builder
	for i := 0; i < len(sql); {
		end := i + 1
		switch sql[i] {
		case '"', '\'':
			end = i + 1 + strings.IndexByte(sql[i+1:], sql[i]) + 1
		case '$':
			for end < len(sql) && '0' <= sql[end] && sql[end] <= '9' {
				end++
			}
			n, _ := strconv.Atoi(sql[i+1 : end]) // written by us
			if numbers[n-1] == 0 {
				used = append(used, sources[n-1])
				numbers[n-1] = len(used)
			}
			b.WriteString("$" + strconv.Itoa(numbers[n-1]))
			i = end
			continue
		}
		b.WriteString(sql[i:end])
		i = end
	}
	if len(used) == len(sources) {
		return sql, sources // in the order of the request's values
	}
	return b.String(), used
}
