// Package statement writes the text of a SQL statement whose parameters take the values
// of a request, in the order in which it brings them, or values of the statement's own.
//
//	var b statement.Builder
//	b.Put("SELECT * FROM todos WHERE done = ")
//	b.Value()
//	sql, parameters := b.Done()
//	args, err := parameters.Bind([]database.Arg{database.Text("false")})
package statement

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// Parameters tell where the values of a statement's parameters come from. They are never
// changed.
type Parameters struct {
	sources []source
	values  int  // how many a request brings
	direct  bool // they are the request's values as they come
}

// source says where a parameter's value comes from: from the request's values by
// index, or from the statement itself.
type source struct {
	index int // -1 for a constant
	text  string
}

// Bind returns the arguments of a statement from the values of a request. It may return
// the same slice.
func (p *Parameters) Bind(values []database.Arg) ([]database.Arg, error) {
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

// Builder writes a statement. Its zero value is an empty one.
type Builder struct {
	text    strings.Builder
	sources []source
	values  int
}

// Put writes text.
func (b *Builder) Put(parts ...string) {
	for _, p := range parts {
		b.text.WriteString(p)
	}
}

// List writes n things with commas between them.
func (b *Builder) List(n int, each func(i int) error) error {
	for i := range n {
		if i > 0 {
			b.Put(", ")
		}
		if err := each(i); err != nil {
			return err
		}
	}
	return nil
}

// Capture returns what fn writes instead of writing it. The parameters in it are the
// statement's all the same.
func (b *Builder) Capture(fn func() error) (string, error) {
	start := b.text.Len()
	if err := fn(); err != nil {
		return "", err
	}
	all := b.text.String()
	b.text.Reset()
	b.text.WriteString(all[:start])
	return all[start:], nil
}

// Value writes the parameter for the request's next value.
func (b *Builder) Value() {
	b.parameter(source{index: b.values})
	b.values++
}

// Ahead writes a parameter for the request's next value, which a later one takes too.
func (b *Builder) Ahead() { b.parameter(source{index: b.values}) }

// Constant writes a parameter whose value belongs to the statement.
func (b *Builder) Constant(text string) { b.parameter(source{index: -1, text: text}) }

func (b *Builder) parameter(s source) {
	b.sources = append(b.sources, s)
	b.Put("$", strconv.Itoa(len(b.sources)))
}

// Done returns the statement and its parameters.
func (b *Builder) Done() (string, Parameters) {
	sql, sources := used(b.text.String(), b.sources)
	p := Parameters{sources: sources, values: b.values, direct: len(sources) == b.values}
	for i, s := range sources {
		p.direct = p.direct && s.index == i
	}
	return sql, p
}

// used drops the parameters that a statement does not mention, which
// PostgreSQL could give no type, and numbers the others anew: conditions on a
// relation that is embedded for nothing.
func used(sql string, sources []source) (string, []source) {
	numbers := make([]int, len(sources))
	var kept []source
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
				kept = append(kept, sources[n-1])
				numbers[n-1] = len(kept)
			}
			b.WriteString("$" + strconv.Itoa(numbers[n-1]))
			i = end
			continue
		}
		b.WriteString(sql[i:end])
		i = end
	}
	if len(kept) == len(sources) {
		return sql, sources // in the order of the request's values
	}
	return b.String(), kept
}
