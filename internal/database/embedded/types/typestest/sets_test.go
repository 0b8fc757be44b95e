package typestest

import (
	"strconv"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

const (
	perSet  = 400
	setRows = 30 // looked at of one call; some have no end
)

// TestSets calls every set-returning function on both sides and compares the rows
// of its result, in their order.
func TestSets(t *testing.T) {
	c := catalogue(t)
	a := readArguments(t, c)
	server, own := connect(t), open(t)
	for _, family := range c.Families() {
		for _, f := range family.Functions {
			if f.ReturnsSet && !f.FromRecord() && f.Schema == "" { // records: json's own test
				t.Run(a.names.function(f.Name, f.Args), func(t *testing.T) { compareSet(t, server, own, a, f) })
			}
		}
	}
}

func compareSet(t *testing.T, server *postgres, own *engine, a *arguments, f *types.Function) {
	var statements []string
	tuples := a.tuples(t, a.names.function(f.Name, f.Args), f.Args, f.Variadic, perSet)
	for _, tuple := range tuples {
		statements = append(statements, "select false, string_agg(case when v is null then 'no value' else concat(v) end, ';') from (select pg_catalog."+
			quoteName(f.Name)+"("+literals(tuple)+") as v limit "+strconv.Itoa(setRows)+") s")
	}
	same, wrong := 0, 0
	for i, want := range server.try(t, statements) {
		got := own.set(t, f, tuples[i])
		if want.code != "" && !f.MayRaise {
			t.Errorf("PostgreSQL raises %s for (%s), so MayRaise must be set", want, literals(tuples[i]))
		}
		switch {
		case got == want && want.code == "" && want.text != "":
			same++
		case got != want && !refused(got):
			if wrong++; wrong <= printed {
				t.Errorf("over (%s): %s, in PostgreSQL %s", literals(tuples[i]), got, want)
			}
		}
	}
	if same == 0 {
		t.Error("no call gave a row: add tuples")
	}
	t.Logf("%d calls, %d gave rows", len(tuples), same)
}

// set calls a function and returns its rows as one text.
func (e *engine) set(t *testing.T, f *types.Function, tuple []argument) answer {
	t.Helper()
	values, err := stored(tuple)
	if err != nil {
		return failed(err)
	}
	columns := f.Columns
	if len(columns) == 0 {
		result := f.Result
		if isPseudo(result) {
			result = elementOf(tuple[0].typ)
		}
		columns = []types.ResultColumn{{Type: result}}
	}
	args := make([]types.Arg, len(tuple))
	names := make([]string, len(columns))
	for i, arg := range tuple {
		args[i] = types.Arg{SQL: "?" + strconv.Itoa(i+1), Type: arg.typ}
	}
	for i := range columns {
		names[i] = "c" + strconv.Itoa(i)
	}
	rows, err := e.rows("SELECT "+strings.Join(names, ", ")+" FROM "+f.TableName(len(columns))+
		"("+strings.Join(f.TableArgs(args, columns), ", ")+") LIMIT "+strconv.Itoa(setRows), values)
	if err != nil {
		return failed(err)
	}
	texts := make([]string, len(rows))
	for i, row := range rows {
		texts[i] = rowText(catalogue(t), columns, row, f.Result == types.Record)
	}
	return answer{text: strings.Join(texts, ";")}
}

// elementOf is the type of the elements of an array type, or the type itself.
func elementOf(t *types.Type) types.OID {
	if t.Elem != nil {
		return t.Elem.OID
	}
	return t.OID
}

// rows runs a statement to its end.
func (e *engine) rows(sql string, args []sqlite.Value) (rows [][]sqlite.Value, err error) {
	s, err := e.conn.Prepare(sql)
	if err != nil {
		return nil, err
	}
	defer s.Reset()
	for i, v := range args {
		if err := s.Bind(i+1, v); err != nil {
			return nil, err
		}
	}
	for {
		more, err := s.Step()
		if err != nil || !more {
			return rows, err
		}
		row := make([]sqlite.Value, s.ColumnCount())
		for i := range row {
			row[i] = s.Column(i)
		}
		rows = append(rows, row)
	}
}

// rowText writes a value, or a row as PostgreSQL's record_out does.
func rowText(c *types.Catalogue, columns []types.ResultColumn, row []sqlite.Value, record bool) string {
	texts := make([]string, len(row))
	for i, v := range row {
		if v.IsNull() {
			if !record {
				return "no value"
			}
			continue
		}
		texts[i] = string(c.Type(columns[i].Type).Out(nil, v))
		if record && (texts[i] == "" || strings.ContainsAny(texts[i], "\"\\(), \t\n\v\f\r")) {
			texts[i] = `"` + strings.NewReplacer(`"`, `""`, `\`, `\\`).Replace(texts[i]) + `"`
		}
	}
	if record {
		return "(" + strings.Join(texts, ",") + ")"
	}
	return texts[0]
}
