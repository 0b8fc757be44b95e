package typestest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// TestRows evaluates the functions of a whole row over rows of one column of each
// type, and of all types together.
func TestRows(t *testing.T) {
	c := catalogue(t)
	a := readArguments(t, c)
	server, own := connect(t), open(t)
	for _, family := range c.Families() {
		for _, f := range family.Functions {
			if !slices.Contains(f.Args, types.Record) || f.Session != nil || f.ReturnsSet {
				continue
			}
			entry := a.names.function(f.Name, f.Args)
			if f.Args[0] != types.Record || len(f.Args) > 2 || len(f.Args) == 2 && f.Args[1] != types.Bool {
				t.Errorf("%s: this test knows no such arguments", entry)
				continue
			}
			same := 0
			for _, row := range rows(t, a) {
				same += sameRow(t, server, own, f, entry, row)
			}
			if same == 0 {
				t.Errorf("%s: no row gave a value", entry)
			}
			t.Logf("%s: %d values", entry, same)
		}
	}
}

// rows returns, for each n, the n-th values of all types, and the first values of
// each type alone.
func rows(t *testing.T, a *arguments) (all [][]argument) {
	t.Helper()
	var columns [][]argument
	for _, family := range a.cat.Families() {
		for _, typ := range family.Types {
			values := a.values(t, typ)
			columns = append(columns, values)
			for _, v := range values[:min(len(values), 6)] {
				all = append(all, []argument{v})
			}
		}
	}
	for n := range 20 {
		var row []argument
		for _, values := range columns {
			row = append(row, values[n%len(values)])
		}
		all = append(all, row)
	}
	return all
}

// columnNames are the names of a row's columns, odd ones among them.
func columnNames(n int) []string {
	names := []string{"a", `with "quotes"`, "Ä", "a b", `back\slash`, "it's"}
	for i := len(names); i < n; i++ {
		names = append(names, fmt.Sprintf("c%d", i))
	}
	return names[:n]
}

// sameRow compares a function of one row and returns how many values agreed.
func sameRow(t *testing.T, server *postgres, own *engine, f *types.Function, entry string, row []argument) (same int) {
	t.Helper()
	names := columnNames(len(row))
	selected := make([]string, len(row))
	whole := types.Arg{}
	values, err := stored(row)
	if err != nil {
		return 0 // refused on input
	}
	for i, arg := range row {
		selected[i] = arg.literal() + ` as "` + strings.ReplaceAll(names[i], `"`, `""`) + `"`
		whole.Fields = append(whole.Fields, types.Field{Name: names[i], SQL: fmt.Sprintf("?%d", i+1), Type: arg.typ})
	}
	for _, pretty := range []string{"false", "true"}[:len(f.Args)] {
		args, list := []types.Arg{whole}, "r"
		bound := values
		if len(f.Args) == 2 {
			args = append(args, types.Arg{SQL: fmt.Sprintf("?%d", len(row)+1)})
			bound = append(slices.Clone(values), sqlite.Bool(pretty == "true"))
			list += ", " + pretty
		}
		want := server.try(t, []string{"select v is null, concat(v) from (select pg_catalog." + quoteName(f.Name) +
			"(" + list + ") as v from (select " + strings.Join(selected, ", ") + ") r offset 0) s"})[0]
		if got := own.plain("SELECT "+call(f, args), bound); got == want {
			same++
		} else if !refused(got) {
			t.Errorf("%s over (%s): %s, in PostgreSQL %s", entry, literals(row), got, want)
		}
	}
	return same
}

// plain answers a query whose result is its own text form.
func (e *engine) plain(sql string, bound []sqlite.Value) answer {
	v, err := e.query(sql, bound)
	switch {
	case err != nil:
		return failed(err)
	case v.IsNull():
		return answer{null: true}
	}
	return answer{text: v.Text()}
}
