package format

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

// formatting gives format(), which gets its arguments in their output form.
func formatting() []*types.Function {
	many := &types.Function{OID: 3539, Name: "format", Args: entry.Args(types.Text, types.Any), Variadic: true,
		Result: types.Text, Volatility: types.Stable, MayRaise: true, Call: format}
	many.SQL = func(args []types.Arg) string {
		return many.SQLiteName() + "(" + strings.Join(outputs(args), ", ") + ")"
	}
	plain := &types.Function{OID: 3540, Name: "format", Args: entry.Args(types.Text),
		Result: types.Text, Volatility: types.Stable, MayRaise: true, Call: format}
	return []*types.Function{many, plain}
}

// specifier is one %… of a format: %[position][-][width]type, where the width
// may be taken from an argument.
type specifier struct {
	position  int // 0: the next argument
	left      bool
	width     int
	fromArg   bool
	widthArg  int // 0: the next argument
	kind      byte
	remaining string
}

// formatter walks the arguments.
type formatter struct {
	args []sqlite.Value
	next int
	out  strings.Builder
}

func format(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	if args[0].IsNull() {
		return sqlite.Null, nil
	}
	f := formatter{args: args, next: 1}
	rest := args[0].Text()
	for {
		before, after, found := strings.Cut(rest, "%")
		f.out.WriteString(before)
		if !found {
			return sqlite.Text(f.out.String()), nil
		}
		if strings.HasPrefix(after, "%") {
			f.out.WriteByte('%')
			rest = after[1:]
			continue
		}
		spec, err := parseSpecifier(after)
		if err != nil {
			return sqlite.Null, err
		}
		if err := f.write(spec); err != nil {
			return sqlite.Null, err
		}
		rest = spec.remaining
	}
}

func errUnterminated() error {
	return fault.New(fault.InvalidParameter, "unterminated format() type specifier").
		WithHint(`For a single "%%" use "%%%%".`)
}

// digits reads a number; ok tells whether there was one.
func digits(s string) (n int, ok bool, rest string, err error) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	if i == 0 {
		return 0, false, s, nil
	}
	v, convErr := strconv.ParseInt(s[:i], 10, 32)
	if convErr != nil {
		return 0, false, s, fault.New(fault.NumericOutOfRange, "number is out of range")
	}
	if i == len(s) {
		return 0, false, s, errUnterminated()
	}
	return int(v), true, s[i:], nil
}

func parseSpecifier(s string) (spec specifier, err error) {
	if s == "" {
		return spec, errUnterminated()
	}
	n, ok, rest, err := digits(s)
	if err != nil {
		return spec, err
	}
	switch {
	case ok && rest[0] != '$':
		spec.width = n
		return spec, spec.parseKind(rest)
	case ok && n == 0:
		return spec, errArgumentZero()
	case ok:
		spec.position, rest = n, rest[1:]
		if rest == "" {
			return spec, errUnterminated()
		}
	}
	return spec, spec.parseFlags(rest)
}

// parseFlags reads the flag, the width and the type.
func (spec *specifier) parseFlags(s string) error {
	for s[0] == '-' {
		spec.left = true
		if s = s[1:]; s == "" {
			return errUnterminated()
		}
	}
	if s[0] != '*' {
		n, _, rest, err := digits(s)
		if err != nil {
			return err
		}
		spec.width = n
		return spec.parseKind(rest)
	}
	if s = s[1:]; s == "" {
		return errUnterminated()
	}
	spec.fromArg = true
	n, ok, rest, err := digits(s)
	switch {
	case err != nil:
		return err
	case !ok:
		return spec.parseKind(rest)
	case rest[0] != '$':
		return fault.New(fault.InvalidParameter, `width argument position must be ended by "$"`)
	case n == 0:
		return errArgumentZero()
	case len(rest) == 1:
		return errUnterminated()
	}
	spec.widthArg = n
	return spec.parseKind(rest[1:])
}

func errArgumentZero() error {
	return fault.New(fault.InvalidParameter, "format specifies argument 0, but arguments are numbered from 1")
}

func (spec *specifier) parseKind(s string) error {
	_, size := utf8.DecodeRuneInString(s)
	spec.kind, spec.remaining = s[0], s[size:]
	if !strings.Contains("sIL", s[:1]) {
		return fault.New(fault.InvalidParameter, `unrecognized format() type specifier "%s"`, s[:size]).
			WithHint(`For a single "%%" use "%%%%".`)
	}
	return nil
}

// argument returns the argument at a position, 0 for the next one.
func (f *formatter) argument(position int) (sqlite.Value, error) {
	if position == 0 {
		position = f.next
	}
	f.next = position + 1
	if position >= len(f.args) {
		return sqlite.Null, fault.New(fault.InvalidParameter, "too few arguments for format()")
	}
	return f.args[position], nil
}

func (f *formatter) write(spec specifier) error {
	if spec.fromArg {
		v, err := f.argument(spec.widthArg)
		if err != nil {
			return err
		}
		if err := spec.setWidth(v); err != nil {
			return err
		}
	}
	v, err := f.argument(spec.position)
	if err != nil {
		return err
	}
	s, err := converted(spec.kind, v)
	if err != nil {
		return err
	}
	return f.fill(s, spec)
}

// setWidth takes the width from an argument; a negative one flushes left.
func (spec *specifier) setWidth(v sqlite.Value) error {
	if v.IsNull() {
		return nil
	}
	n, err := strconv.ParseInt(strings.TrimSpace(v.Text()), 10, 32)
	if err != nil {
		return entry.Unsupported("a width for format() that is no integer")
	}
	if n < 0 {
		spec.left, n = true, -n
	}
	spec.width = int(n)
	return nil
}

func converted(kind byte, v sqlite.Value) (string, error) {
	switch {
	case v.IsNull() && kind == 'I':
		return "", fault.New("22004", "null values cannot be formatted as an SQL identifier")
	case v.IsNull() && kind == 'L':
		return "NULL", nil
	case v.IsNull():
		return "", nil
	case kind == 'I':
		return quoteIdent(v.Text()), nil
	case kind == 'L':
		return quoteLiteral(v.Text()), nil
	}
	return v.Text(), nil
}

// maxWidth bounds what one specifier may make of nothing.
const maxWidth = 10 << 20

func (f *formatter) fill(s string, spec specifier) error {
	missing := spec.width - utf8.RuneCountInString(s)
	if missing > maxWidth {
		return entry.Unsupported("a width of more than %d for format()", maxWidth)
	}
	padding := strings.Repeat(" ", max(missing, 0))
	if spec.left {
		f.out.WriteString(s + padding)
	} else {
		f.out.WriteString(padding + s)
	}
	return nil
}
