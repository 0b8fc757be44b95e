package typestest

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// engine is one SQLite connection with the whole catalogue registered.
type engine struct {
	conn     *sqlite.Conn
	refusals int
}

// The forms in which an argument reaches an entry.
const (
	asParameter = "parameters"
	asLiteral   = "literals"
	asColumn    = "columns"
)

var forms = []string{asParameter, asLiteral, asColumn}

// failed turns an error of our side into an answer.
func failed(err error) answer {
	e := fault.From(err)
	message := e.Message
	if e.Code == fault.InternalError {
		message = err.Error()
	}
	return answer{code: e.Code, message: message}
}

// refused tells whether the engine refused, which is allowed where answering
// differently is not.
func refused(a answer) bool { return a.code == fault.FeatureNotSupported }

// shown is the output form of a stored value.
func shown(typ *types.Type, v sqlite.Value) answer {
	if v.IsNull() {
		return answer{null: true}
	}
	return answer{text: string(typ.Out(nil, v))}
}

// stored reads the texts of a tuple into storage form.
func stored(tuple []argument) ([]sqlite.Value, error) {
	values := make([]sqlite.Value, len(tuple))
	for i, arg := range tuple {
		if arg.text == nil {
			continue
		}
		v, err := arg.typ.In(*arg.text, -1)
		if err != nil {
			return nil, err
		}
		values[i] = v
	}
	return values, nil
}

// evaluate answers the probes of an entry in one form of arguments. Statement and
// table are made once for all probes with the same types.
func (e *engine) evaluate(t *testing.T, list []probe, form string) []answer {
	t.Helper()
	answers := make([]answer, len(list))
	for start := 0; start < len(list); {
		end := start + 1
		for end < len(list) && slices.Equal(typesOf(list[end].tuple), typesOf(list[start].tuple)) {
			end++
		}
		e.evaluateAlike(t, list[start:end], form, answers[start:end])
		start = end
	}
	return answers
}

// evaluateAlike answers probes whose arguments have the same types.
func (e *engine) evaluateAlike(t *testing.T, list []probe, form string, answers []answer) {
	t.Helper()
	typs := typesOf(list[0].tuple)
	args := make([]types.Arg, len(typs))
	for i, typ := range typs {
		args[i] = types.Arg{SQL: "?" + strconv.Itoa(i+1), Type: typ}
		if form == asColumn {
			args[i].SQL = "v.c" + strconv.Itoa(i+1)
		}
	}
	query := "SELECT " + call(list[0].fn, args)
	if form == asColumn {
		query += " FROM v"
		e.makeTable(t, typs)
	}
	for i, p := range list {
		values, err := stored(p.tuple)
		if err != nil {
			answers[i] = failed(err)
			continue
		}
		sql, bound := query, values
		switch form {
		case asLiteral:
			for k, v := range values {
				args[k].SQL = sqliteLiteral(v)
			}
			sql, bound = "SELECT "+call(p.fn, args), nil
		case asColumn:
			e.insert(t, typs, values)
			bound = nil
		}
		v, err := e.query(sql, bound)
		if err != nil {
			answers[i] = failed(err)
			continue
		}
		answers[i] = shown(p.result, v)
	}
}

func typesOf(tuple []argument) []*types.Type {
	list := make([]*types.Type, len(tuple))
	for i, arg := range tuple {
		list[i] = arg.typ
	}
	return list
}

// call writes an entry's SQLite expression.
func call(f *types.Function, args []types.Arg) string {
	if f.SQL != nil {
		return f.SQL(args)
	}
	return f.CallSQL(args)
}

// sqliteLiteral writes a stored value as the emitter writes constants.
func sqliteLiteral(v sqlite.Value) string {
	switch v.Kind() {
	case sqlite.KindNull:
		return "NULL"
	case sqlite.KindInt:
		if v.Int() == -1<<63 {
			return "(-9223372036854775807 - 1)"
		}
		return "(" + strconv.FormatInt(v.Int(), 10) + ")"
	case sqlite.KindFloat:
		s := strconv.FormatFloat(v.Float(), 'e', -1, 64)
		if strings.HasSuffix(s, "Inf") {
			s = strings.Replace(strings.TrimPrefix(s, "+"), "Inf", "9e999", 1)
		}
		return "(" + s + ")"
	case sqlite.KindBlob:
		return "x'" + hex.EncodeToString(v.Blob()) + "'"
	}
	return "'" + strings.ReplaceAll(v.Text(), "'", "''") + "'"
}

// fill makes table v with columns c1… of the types, and puts rows in.
func (e *engine) fill(t *testing.T, list []*types.Type, rows [][]sqlite.Value) {
	t.Helper()
	e.makeTable(t, list)
	for _, r := range rows {
		e.add(t, list, r)
	}
}

func (e *engine) makeTable(t *testing.T, list []*types.Type) {
	t.Helper()
	defs := []string{"n INTEGER PRIMARY KEY"}
	for i, typ := range list {
		def := "c" + strconv.Itoa(i+1) + " " + typ.Column
		if typ.Collation != "" {
			def += " COLLATE " + typ.Collation
		}
		defs = append(defs, def)
	}
	e.run(t, "DROP TABLE IF EXISTS v", nil)
	e.run(t, "CREATE TABLE v ("+strings.Join(defs, ", ")+") STRICT", nil)
}

// insert makes a row the only one of table v.
func (e *engine) insert(t *testing.T, list []*types.Type, values []sqlite.Value) {
	t.Helper()
	e.run(t, "DELETE FROM v", nil)
	e.add(t, list, values)
}

func (e *engine) add(t *testing.T, list []*types.Type, values []sqlite.Value) {
	t.Helper()
	sql := "INSERT INTO v DEFAULT VALUES"
	if len(list) > 0 {
		marks := strings.TrimSuffix(strings.Repeat("?, ", len(list)), ", ")
		sql = "INSERT INTO v (" + strings.Join(columns(list), ", ") + ") VALUES (" + marks + ")"
	}
	e.run(t, sql, values)
}

func (e *engine) run(t *testing.T, sql string, values []sqlite.Value) {
	t.Helper()
	if _, err := e.query(sql, values); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// text reads a text and writes it in one of its forms.
func (e *engine) text(t *testing.T, typ *types.Type, text, form string) answer {
	t.Helper()
	v, err := typ.In(text, -1)
	if err != nil {
		return failed(err)
	}
	if form == "text" {
		a := shown(typ, v)
		if typ.TextSQL != nil {
			e.same(t, typ, typ.TextSQL("?1"), v, a.text)
		} else if v.Kind() == sqlite.KindText && v.Text() != a.text {
			t.Errorf("type %s: no TextSQL, but stored %q is written %q", typ.Name, v.Text(), a.text)
		}
		e.null(t, typ)
		return a
	}
	if typ.JSONSQL == nil {
		t.Errorf("type %s has no JSONSQL", typ.Name)
		return answer{}
	}
	j, err := e.query("SELECT "+typ.JSONSQL("?1"), []sqlite.Value{v})
	if err != nil {
		return failed(err)
	}
	return answer{text: j.Text()}
}

// same checks that a SQLite expression over v gives a text.
func (e *engine) same(t *testing.T, typ *types.Type, sql string, v sqlite.Value, want string) {
	t.Helper()
	got, err := e.query("SELECT "+sql, []sqlite.Value{v})
	if err != nil || got.Text() != want {
		t.Errorf("type %s: TextSQL gives %q (%v), Out %q", typ.Name, got.Text(), err, want)
	}
}

// null checks that NULL has no text and no JSON.
func (e *engine) null(t *testing.T, typ *types.Type) {
	t.Helper()
	for _, f := range []func(string) string{typ.TextSQL, typ.JSONSQL} {
		if f == nil {
			continue
		}
		if v, err := e.query("SELECT "+f("?1"), []sqlite.Value{sqlite.Null}); err != nil || !v.IsNull() {
			t.Errorf("type %s: %s of NULL is not NULL (%v)", typ.Name, f("NULL"), err)
		}
	}
}

// order sorts the texts' stored forms and returns their positions.
func (e *engine) order(t *testing.T, typ *types.Type, texts []string, direction string) string {
	t.Helper()
	var rows [][]sqlite.Value
	for _, text := range texts {
		v, err := typ.In(text, -1)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, []sqlite.Value{v})
	}
	e.fill(t, []*types.Type{typ}, rows)
	collate := ""
	if typ.Collation != "" {
		collate = " COLLATE " + typ.Collation
	}
	v, err := e.query("SELECT group_concat(n, ',') FROM (SELECT n FROM v ORDER BY c1"+collate+" "+direction+", n)", nil)
	if err != nil {
		t.Fatal(err)
	}
	return v.Text()
}

// aggregate answers an aggregate over a group.
func (e *engine) aggregate(t *testing.T, agg *types.Aggregate, g group, s shape) answer {
	t.Helper()
	var rows [][]sqlite.Value
	for _, r := range g.rows {
		values, err := stored(r)
		if err != nil {
			return failed(err)
		}
		rows = append(rows, values)
	}
	e.fill(t, g.list, rows)
	args := make([]types.Arg, len(g.list))
	for i, name := range columns(g.list) {
		args[i] = types.Arg{SQL: "v." + name, Type: g.list[i]}
	}
	sql, ok := agg.Write(aggregateCall(args, s))
	if !ok {
		return answer{code: fault.FeatureNotSupported}
	}
	v, err := e.query("SELECT "+sql+" FROM v", nil)
	if err != nil {
		return failed(err)
	}
	return shown(resultOf(t, agg, g), v)
}

// aggregateCall is what the emitter would write.
func aggregateCall(args []types.Arg, s shape) types.AggregateCall {
	c := types.AggregateCall{Args: args, Distinct: s.distinct}
	for i, a := range args {
		key := a.SQL
		if a.Type.Collation != "" {
			key += " COLLATE " + a.Type.Collation
			if s.distinct || i == 0 {
				c.Args[i].SQL = "(" + key + ")"
			}
		}
		if s.ordered {
			c.Order, c.ArgKeys = append(c.Order, key+" DESC NULLS FIRST"), append(c.ArgKeys, "")
		} else {
			c.ArgKeys = append(c.ArgKeys, key+" NULLS LAST")
		}
	}
	return c
}

// resultOf is the type of an aggregate's result; a polymorphic one has that of
// its argument.
func resultOf(t *testing.T, agg *types.Aggregate, g group) *types.Type {
	t.Helper()
	return standIn(catalogue(t), agg.Result, elementIn(agg.Args, g.list))
}
