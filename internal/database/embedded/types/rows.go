package types

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/fault"
)

// ResultColumn is a column of the rows that a function returns, or that a call
// of one defines: json_to_recordset(…) AS (name type).
type ResultColumn struct {
	Name string `json:"name"`
	Type OID    `json:"type"`
	Mod  int32  `json:"mod"` // type modifier, -1 for none
}

// Names of the table functions that any database has.
const (
	// OneRow(value) is one row of one column.
	OneRow = "galley_row"
	// SideBySide(calls, arguments …) is ROWS FROM: several functions run along
	// with each other; one that ends first gives NULLs. CallsSideBySide writes
	// the first argument.
	SideBySide = "galley_rows_from"
)

// Bounds of table functions: of the columns of SideBySide, and of a record's.
// PostgreSQL's own bound of a record is 1664; SQLite's of a table 2000.
const (
	MaxSideBySide = 64
	MaxRecord     = 1600
	narrowRecord  = 16
)

// FromRecord tells that a call of the function must define the result's columns.
func (f *Function) FromRecord() bool {
	return f.ReturnsSet && f.Result == Record && len(f.Columns) == 0
}

// TableName is the name under which SQLite knows a set-returning function as a
// table, for a result of so many columns.
func (f *Function) TableName(columns int) string {
	if f.FromRecord() && columns > narrowRecord {
		return f.SQLiteName() + "_wide"
	}
	return f.SQLiteName()
}

// TableArgs writes the arguments of a set-returning function as a table of
// SQLite.
func (f *Function) TableArgs(args []Arg, columns []ResultColumn) []string {
	var out []string
	for _, a := range args {
		out = append(out, a.SQL)
	}
	if f.Spec != nil {
		out = append(out, "'"+strings.ReplaceAll(f.Spec(args, columns), "'", "''")+"'")
	}
	return out
}

// RecordSpec is a Spec that hands the columns to Rows; ReadRecordSpec reads it.
func RecordSpec(_ []Arg, columns []ResultColumn) string {
	b, err := json.Marshal(columns)
	if err != nil {
		return "" // not for a struct of a text and numbers
	}
	return string(b)
}

// ReadRecordSpec reads what RecordSpec wrote.
func ReadRecordSpec(spec string) (columns []ResultColumn, err error) {
	if err := json.Unmarshal([]byte(spec), &columns); err != nil {
		return nil, fault.Internal(err)
	}
	return columns, nil
}

// SQLiteTables returns the set-returning functions of the catalogue as SQLite
// registers them.
func (c *Catalogue) SQLiteTables() []sqlite.TableFunction {
	out := []sqlite.TableFunction{{Name: OneRow, Columns: 1, NArgs: 1,
		Open: func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.RowSource, error) { return Values(args[:1]), nil }}}
	for _, f := range c.families {
		for _, fn := range f.Functions {
			if fn.Rows != nil {
				out = append(out, fn.tables()...)
			}
		}
	}
	known := map[string]sqlite.TableFunction{}
	for _, t := range out {
		known[t.Name] = t
	}
	return append(out, sqlite.TableFunction{Name: SideBySide, Columns: MaxSideBySide, NArgs: sqlite.MaxTableArgs, Variadic: true,
		Open: func(c *sqlite.Conn, args []sqlite.Value) (sqlite.RowSource, error) {
			return openSideBySide(c, known, args)
		}})
}

func (f *Function) tables() []sqlite.TableFunction {
	t := sqlite.TableFunction{Name: f.TableName(1), Columns: max(1, len(f.Columns)), NArgs: len(f.Args), Open: f.Rows}
	if f.Spec != nil {
		t.NArgs++
	}
	if f.Strict && !f.OneRow { // which gives a row of NULLs
		t.Open = func(c *sqlite.Conn, args []sqlite.Value) (sqlite.RowSource, error) {
			for _, a := range args[:min(len(args), len(f.Args))] {
				if a.IsNull() {
					return Values(nil), nil
				}
			}
			return f.Rows(c, args)
		}
	}
	if !f.FromRecord() {
		return []sqlite.TableFunction{t}
	}
	wide := t
	t.Columns, wide.Columns, wide.Name = narrowRecord, MaxRecord, f.TableName(MaxRecord)
	return []sqlite.TableFunction{t, wide}
}

// Values is a RowSource of one column whose rows are at hand.
func Values(list []sqlite.Value) sqlite.RowSource { return &valueRows{list: list} }

type valueRows struct {
	list []sqlite.Value
	at   int
}

func (v *valueRows) Next() (bool, error)     { v.at++; return v.at <= len(v.list), nil }
func (v *valueRows) Column(int) sqlite.Value { return v.list[v.at-1] }

// RowsOf is a RowSource whose rows are at hand.
func RowsOf(list [][]sqlite.Value) sqlite.RowSource { return &listRows{list: list} }

type listRows struct {
	list [][]sqlite.Value
	at   int
}

func (r *listRows) Next() (bool, error)       { r.at++; return r.at <= len(r.list), nil }
func (r *listRows) Column(i int) sqlite.Value { return r.list[r.at-1][i] }

// SideBySideCall is one function of ROWS FROM.
type SideBySideCall struct {
	Table         string
	Args, Columns int
}

// CallsSideBySide writes the first argument of SideBySide.
func CallsSideBySide(calls []SideBySideCall) string {
	var parts []string
	for _, k := range calls {
		parts = append(parts, k.Table+" "+strconv.Itoa(k.Args)+" "+strconv.Itoa(k.Columns))
	}
	return strings.Join(parts, ",")
}

// sideBySide runs several sources along with each other.
type sideBySide struct {
	sources []sqlite.RowSource
	done    []bool
	columns []place // of the result
}

type place struct{ source, column int }

func openSideBySide(c *sqlite.Conn, known map[string]sqlite.TableFunction, args []sqlite.Value) (sqlite.RowSource, error) {
	s := &sideBySide{}
	rest := args[1:]
	for call := range strings.SplitSeq(args[0].Text(), ",") {
		words := strings.Fields(call)
		table, found := known[words[0]]
		nargs, _ := strconv.Atoi(words[1])
		columns, _ := strconv.Atoi(words[2])
		if !found || nargs > len(rest) {
			return nil, fault.New(fault.InternalError, "no function %s for ROWS FROM", words[0])
		}
		source, err := table.Open(c, rest[:nargs])
		if err != nil {
			return nil, err
		}
		rest = rest[nargs:]
		for i := range columns {
			s.columns = append(s.columns, place{len(s.sources), i})
		}
		s.sources = append(s.sources, source)
	}
	s.done = make([]bool, len(s.sources))
	return s, nil
}

// Next implements sqlite.RowSource.
func (s *sideBySide) Next() (bool, error) {
	some := false
	for i, source := range s.sources {
		if s.done[i] {
			continue
		}
		more, err := source.Next()
		if err != nil {
			return false, err
		}
		s.done[i] = !more
		some = some || more
	}
	return some, nil
}

// Column implements sqlite.RowSource.
func (s *sideBySide) Column(i int) sqlite.Value {
	if i >= len(s.columns) || s.done[s.columns[i].source] {
		return sqlite.Null
	}
	return s.sources[s.columns[i].source].Column(s.columns[i].column)
}

// Series is a RowSource of one column whose rows next makes one by one, until it
// says that there are no more.
func Series(next func() (v sqlite.Value, more bool, err error)) sqlite.RowSource {
	return &series{next: next}
}

type series struct {
	next  func() (sqlite.Value, bool, error)
	value sqlite.Value
}

func (s *series) Next() (more bool, err error) {
	s.value, more, err = s.next()
	return more, err
}

func (s *series) Column(int) sqlite.Value { return s.value }

// ErrStepZero is generate_series' error of a step that leads nowhere.
func ErrStepZero() error {
	return fault.New(fault.InvalidParameter, "step size cannot equal zero")
}
