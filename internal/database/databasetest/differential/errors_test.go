package differential

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// badValue is text that is no value of a type.
type badValue struct{ text, code string }

// badInputs lists for each type text that it refuses, and with which SQLSTATE.
// A type with a modifier refuses on assignment only what a cast may cut off;
// those have codes in badAssignments.
var badInputs = map[string][]badValue{
	"smallint": {{"", "22P02"}, {"x", "22P02"}, {"1.5", "22P02"}, {"1e2", "22P02"}, {"0x1", "22P02"}, {"1 2", "22P02"}, {"--1", "22P02"},
		{"32768", "22003"}, {"-32769", "22003"}, {"99999999999999999999", "22003"}},
	"integer": {{"", "22P02"}, {"x", "22P02"}, {"1.0", "22P02"}, {"+", "22P02"}, {"1_000", "22P02"}, {"NaN", "22P02"},
		{"2147483648", "22003"}, {"-2147483649", "22003"}},
	"bigint": {{"", "22P02"}, {" ", "22P02"}, {"1,000", "22P02"}, {"infinity", "22P02"}, {"9223372036854775808", "22003"}, {"-9223372036854775809", "22003"}},
	"real": {{"", "22P02"}, {"x", "22P02"}, {"1.2.3", "22P02"}, {"1e", "22P02"}, {"inf inity", "22P02"},
		{"1e39", "22003"}, {"-1e39", "22003"}, {"1e-50", "22003"}},
	"double precision": {{"", "22P02"}, {"x", "22P02"}, {"1d", "22P02"}, {"1e309", "22003"}, {"-1e400", "22003"}, {"1e-400", "22003"}},
	"numeric":          {{"", "22P02"}, {"x", "22P02"}, {"1.2.3", "22P02"}, {"1e", "22P02"}, {"1e400000000000", "22003"}, {"1 2", "22P02"}, {"0x1", "22P02"}},
	"numeric(4,2)":     {{"x", "22P02"}, {"100", "22003"}, {"-100", "22003"}, {"99.995", "22003"}, {"infinity", "22003"}},
	"boolean":          {{"", "22P02"}, {"2", "22P02"}, {"maybe", "22P02"}, {"tr ue", "22P02"}, {"o", "22P02"}},
	"date": {{"", "22007"}, {"x", "22007"}, {"2023-02-29", "22008"}, {"2023-13-01", "22008"}, {"2023-00-01", "22008"}, {"99/99/9999", "22008"},
		{"5874898-01-01", "22008"}, {"10000-01-01 BC", "22008"}},
	"time":      {{"", "22007"}, {"x", "22007"}, {"25:00", "22008"}, {"12:60", "22008"}, {"12:00:61", "22008"}, {"24:00:01", "22008"}},
	"timetz":    {{"", "22007"}, {"x", "22007"}, {"25:00+00", "22008"}, {"12:00+99", "22009"}, {"12:00 nowhere", "22007"}},
	"timestamp": {{"", "22007"}, {"x", "22007"}, {"2023-02-30", "22008"}, {"2023-02-28 24:01", "22008"}, {"294277-01-01", "22008"}, {"4714-11-23 BC", "22008"}},
	"timestamptz": {{"", "22007"}, {"x", "22007"}, {"2023-02-30 12:00+00", "22008"}, {"2023-01-01 00:00 Nowhere/City", "22023"},
		{"2023-01-01 00:00+25", "22009"}, {"294277-01-01 00:00+00", "22008"}},
	"interval":  {{"", "22007"}, {"x", "22007"}, {"1 fortnight", "22007"}, {"1 day 1 day", "22007"}, {"178956971 years", "22008"}, {"99999999999 days", "22015"}},
	"uuid":      {{"", "22P02"}, {"x", "22P02"}, {"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1", "22P02"}, {"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a111", "22P02"}, {"g0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "22P02"}},
	"json":      {{"", "22P02"}, {"{", "22P02"}, {"nul", "22P02"}, {`{"a":1,}`, "22P02"}, {"[1 2]", "22P02"}, {"01", "22P02"}, {"'a'", "22P02"}, {`"\x"`, "22P02"}},
	"jsonb":     {{"", "22P02"}, {"[", "22P02"}, {`{"a"}`, "22P02"}, {"1 2", "22P02"}, {"+1", "22P02"}, {`"\u0000"`, "22P05"}, {`"\udc00"`, "22P02"}},
	"bytea":     {{`\x0`, "22023"}, {`\xzz`, "22023"}, {`a\9`, "22P02"}, {`\`, "22P02"}},
	"integer[]": {{"", "22P02"}, {"1", "22P02"}, {"{1", "22P02"}, {"{1,x}", "22P02"}, {"{1}}", "22P02"}, {"{99999999999}", "22003"}},
}

// badAssignments are values of a type that do not fit a column of it.
var badAssignments = map[string][]badValue{
	"varchar(3)": {{"abcd", "22001"}, {"ab  x", "22001"}, {"äöüß", "22001"}},
	"char(3)":    {{"abcd", "22001"}, {"    x", "22001"}},
}

// badExpressions are expressions that fail, by the family of what fails.
var badExpressions = map[string][]badValue{
	"integers": {{"32767::smallint + 1::smallint", "22003"}, {"-32768::smallint - 1::smallint", "22003"}, {"200::smallint * 200::smallint", "22003"},
		{"(-32768)::smallint / (-1)::smallint", "22003"}, {"2147483647 + 1", "22003"}, {"-2147483648 - 1", "22003"}, {"65536 * 65536", "22003"},
		{"(-2147483648) / (-1)", "22003"}, {"- (-2147483648)", ""}, {"-(x.i) from (values (-2147483648)) x(i)", "22003"}, {"abs((-2147483648)::int)", "22003"},
		{"9223372036854775807 + 1", "22003"}, {"(-9223372036854775807) - 2", "22003"}, {"9223372036854775807 * 2", "22003"}, {"(-9223372036854775808) / (-1)", "22003"},
		{"1 / 0", "22012"}, {"1 % 0", "22012"}, {"0 / 0", "22012"}, {"1::bigint / 0", "22012"}, {"1::smallint % 0::smallint", "22012"}, {"mod(1, 0)", "22012"},
		{"70000::smallint", "22003"}, {"3000000000::integer", "22003"}, {"3e9::integer", "22003"}, {"1e19::bigint", "22003"}, {"1e20::numeric::bigint", "22003"},
		{"'NaN'::float8::integer", "22003"}, {"'infinity'::float4::smallint", "22003"}, {"'NaN'::numeric::integer", "0A000"}, {"2147483647.5::integer", "22003"},
		{"lcm(2147483647, 2147483646)", "22003"}, {"gcd(-2147483648, -2147483648)", "22003"}, {"factorial(-1)", "22003"}, {"width_bucket(1, 2, 2, 3)", "2201G"}, {"width_bucket(1, 0, 2, 0)", "2201G"}},
	"floats": {{"1::float8 / 0", "22012"}, {"1::float4 / 0::float4", "22012"}, {"1e308::float8 * 10", "22003"}, {"1e-308::float8 * 1e-308::float8", "22003"},
		{"1e38::float4 * 10::float4", "22003"}, {"1e300::float8::float4", "22003"}, {"1e-300::float8::float4", "22003"}, {"sqrt(-1::float8)", "2201F"},
		{"ln(0::float8)", "2201E"}, {"ln(-1::float8)", "2201E"}, {"log(0::float8)", "2201E"}, {"power(0::float8, -1)", "2201F"}, {"power(-1::float8, 0.5)", "2201F"},
		{"exp(1000::float8)", "22003"}, {"exp(-1000::float8)", "22003"}, {"acos(2)", "22003"}, {"asin(-2)", "22003"}, {"'x'::float8", "22P02"}},
	"numerics": {{"1.0 / 0", "22012"}, {"1.0 % 0", "22012"}, {"div(1.0, 0)", "22012"}, {"sqrt(-1.0)", "2201F"}, {"ln(0.0)", "2201E"}, {"ln(-1.0)", "2201E"}, {"log(2.0, -1)", "2201E"},
		{"power(0.0, -1)", "2201F"}, {"power(-1.0, 0.5)", "2201F"}, {"1000::numeric(3)", "22003"}, {"0.999::numeric(2,2)", "22003"}, {"1::numeric(3,5)", "22003"},
		{"1e1000::numeric::float8", "22003"}, {"1e50::numeric::float4", "22003"}, {"1::numeric(0)", "22023"}, {"1::numeric(1001)", "22023"}, {"1::numeric(5,2000)", "22023"}},
	"texts": {{"chr(-1)", "22023"}, {"chr(0)", "54000"}, {"chr(2000000)", "54000"}, {"repeat('x', 2000000000)", "54000"}, {"lpad('x', 2000000000)", "54000"},
		{"substring('abc' from 2 for -1)", "22011"}, {"left('abc', 'x')", "22P02"}, {"split_part('a', ',', 0)", "22023"}, {"'ab' like 'a\\'", "22025"}, {"'a' like 'b' escape 'xy'", "22025"},
		{"'a' ~ '('", "2201B"}, {"'a' ~ '[a'", "2201B"}, {"'a' ~ 'a{2,1}'", "2201B"}, {"regexp_replace('a', '*', 'b')", "2201B"}, {"'a' similar to 'b' escape 'xy'", "22025"},
		{"decode('zz', 'hex')", "22023"}, {"decode('a', 'hex')", "22023"}, {"decode('@@', 'base64')", "22023"}, {"encode('a', 'nope')", "22023"}, {"format('%s')", "22023"},
		{"format('%z', 1)", "22023"}, {"format('%I', null)", "22004"}, {"format('%0$s', 1)", "22023"}, {"'x'::varchar(0)", "22023"}, {"'x'::char(10485761)", "22023"},
		{"get_byte('abc'::bytea, 3)", "2202E"}, {"set_byte('abc'::bytea, -1, 0)", "2202E"}, {"get_bit('a'::bytea, 8)", "2202E"}, {"set_bit('a'::bytea, 0, 2)", "22023"},
		{"convert_from('\\xff'::bytea, 'UTF8')", "22021"}, {"overlay('abc' placing 'x' from 0)", "22011"}, {"upper(1)", "42883"}, {"length(1)", "42883"}, {"'a' + 'b'", "42725"}, {"'a' || 1 + 'x'", "22P02"}},
	"dates": {{"make_date(2023, 2, 30)", "22008"}, {"make_date(0, 1, 1)", "22008"}, {"make_time(25, 0, 0)", "22008"}, {"make_timestamp(2023, 13, 1, 0, 0, 0)", "22008"},
		{"date '2023-01-01' + 2147483647", "22008"}, {"date '4713-01-01 BC' - 1000000", "22008"}, {"timestamp '2023-01-01' + interval '300000 years'", "22008"},
		{"date_trunc('nope', timestamp '2023-01-01')", "22023"}, {"date_part('nope', timestamp '2023-01-01')", "22023"}, {"extract(nope from timestamp '2023-01-01')", "22023"},
		{"extract(hour from date '2023-01-01')", "0A000"}, {"timestamptz '2023-01-01 00:00+00' at time zone 'Nowhere/City'", "22023"}, {"timezone('nope', timestamp '2023-01-01')", "22023"},
		{"interval '1 day' / 0", "22012"}, {"interval '178000000 years' * 10", "22008"}, {"date 'infinity' - date '2023-01-01'", "22008"}, {"to_date('x', 'YYYY')", "22007"},
		{"to_date('2023-02-30', 'YYYY-MM-DD')", "22008"}, {"to_timestamp('2023-13', 'YYYY-MM')", "22008"}, {"to_timestamp('NaN'::float8)", "22008"}, {"to_number('x', '999')", "22P02"}, {"date '2023-01-01' + date '2023-01-01'", "42883"}},
	"json": {{"'[1]'::jsonb::integer", "22023"}, {"'\"x\"'::jsonb::boolean", "22023"}, {"'99999999999'::jsonb::integer", "22003"}, {"'{}'::json = '{}'::json", "42883"},
		{"jsonb_set('[]', '{a}', '1')", "22P02"}, {"jsonb_set('1', '{a}', '1')", "22023"}, {"jsonb_insert('{\"a\":1}', '{a}', '2')", "22023"}, {"'{\"a\":1}'::jsonb - 1", "22023"}, {"'1'::jsonb - 'a'", "22023"},
		{"jsonb_array_length('{}')", "22023"}, {"json_array_length('1')", "22023"}, {"jsonb_build_object('a')", "22023"}, {"json_build_object(null, 1)", "22023"}, {"'x'::jsonb", "22P02"}, {"min(j) from (values ('1'::jsonb)) x(j)", "42883"}},
	"booleans": {{"not 1", "42804"}, {"true and 1", "42804"}, {"1 = true", "42883"}, {"true + true", "42883"}, {"case when 1 then 2 end", "42804"}, {"2.5::boolean", "42846"}, {"true::numeric", "42846"}, {"'2'::boolean", "22P02"}, {"sum(b) from (values (true)) x(b)", "42883"}},
	"resolution": {{"coalesce(1, 'x')", "22P02"}, {"case when true then 1 else 'x' end", "22P02"}, {"coalesce(1, true)", "42804"}, {"greatest(1, true)", "42804"}, {"nullif(1, 'x')", "22P02"}, {"1 in ('x')", "22P02"}, {"1 in (true)", "42883"},
		{"1 between 'a' and 2", "22P02"}, {"nope(1)", "42883"}, {"nope", "42703"}, {"1::nope", "42704"}, {"date '2023-01-01'::integer", "42846"}, {"1::uuid", "42846"}, {"1::date", "42846"}, {"now()::integer", "42846"}, {"$1 from nope", "42P01"}},
	"subqueries": {{"(select 1 union select 2)", "21000"}, {"(select 1, 2)", "42601"}, {"1 in (select 1, 2)", "42601"}, {"1 = (values (1), (2))", "21000"}, {"(select 1 limit -1)", "2201W"}, {"(select 1 offset -1)", "2201X"}},
}

// errorCase is a statement that must fail with a code on both engines.
type errorCase struct {
	Case
	code string
}

// errorCases makes the statements of the tables. Each bad value is tried as a
// literal, as a cast of text, as a parameter, in INSERT and in UPDATE.
func errorCases() []errorCase {
	var out []errorCase
	add := func(code, sql string, args ...string) {
		c := errorCase{Case: Case{SQL: sql}, code: code}
		for _, a := range args {
			c.Args = append(c.Args, database.Text(a))
		}
		out = append(out, c)
	}
	for typ, list := range badInputs {
		for _, v := range list {
			quoted := "'" + strings.ReplaceAll(v.text, "'", "''") + "'"
			add(v.code, "select "+quoted+"::"+typ)
			add(v.code, "select "+quoted+"::text::"+typ)
			add(v.code, "select cast("+quoted+" as "+typ+") from "+table(typ)+" where false")
			add(v.code, "select x::"+typ+" from (values ("+quoted+"::text)) v(x)")
			if !strings.Contains(typ, "(") { // a parameter has no modifier
				add(v.code, "select $1::"+typ, v.text)
			}
			out = append(out, assignments(typ, v, quoted)...)
		}
	}
	for typ, list := range badAssignments {
		for _, v := range list {
			out = append(out, assignments(typ, v, "'"+v.text+"'")...)
		}
	}
	for _, list := range badExpressions {
		for _, v := range list {
			add(v.code, "select "+v.text)
		}
	}
	return out
}

func assignments(typ string, v badValue, quoted string) []errorCase {
	t := table(typ)
	return []errorCase{
		{Case{SQL: "insert into " + t + " values (1, " + quoted + ")"}, v.code},
		{Case{SQL: "insert into " + t + " values (1, null), (2, " + quoted + ")"}, v.code},
		{Case{SQL: "insert into " + t + " values (1, $1)", Args: []database.Arg{database.Text(v.text)}}, v.code},
		{Case{SQL: "update " + t + " set v = " + quoted + " where id = 0"}, v.code},
		{Case{SQL: "select * from " + t + " where v = $1", Args: []database.Arg{database.Text(v.text)}}, whereCode(typ, v)},
	}
}

// whereCode is the code of comparing a column with a bad value: "" where the
// comparison is with a type that takes it.
func whereCode(typ string, v badValue) string {
	switch {
	case typ == "json":
		return "42883"
	case v.code == "22001", strings.HasPrefix(typ, "numeric(") && v.text != "x":
		return ""
	}
	return v.code
}

// table is the table with a column of a type.
func table(typ string) string {
	return "t_" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, typ)
}

// errorTables makes the tables and returns those that the engine refuses.
func errorTables(t *testing.T, db database.DB) (refused []string) {
	t.Helper()
	for _, tables := range []map[string][]badValue{badInputs, badAssignments} {
		for typ := range tables {
			sql := fmt.Sprintf("create table %s (id integer, v %s)", table(typ), typ)
			c := &Case{SQL: sql + "; insert into " + table(typ) + " values (0, null)", Tx: "commit"}
			o, err := Run(t.Context(), db, c)
			switch {
			case err != nil:
				t.Fatal(err)
			case o[0].Code == fault.FeatureNotSupported:
				refused = append(refused, table(typ))
			case o[0].Code != "":
				t.Fatalf("%s: %s", sql, describe(o[0]))
			}
		}
	}
	return refused
}

// maxRefused bounds the cases that the embedded engine refuses. It may only fall.
const maxRefused = 10

// TestErrors holds both engines against one table of what must fail, and with
// which SQLSTATE; with PostgreSQL at hand messages are compared too.
func TestErrors(t *testing.T) {
	cases := errorCases()
	embedded := runErrors(t, openEmbedded(t), cases)
	refused := 0
	for i, o := range embedded {
		switch c := cases[i]; {
		case o.Code == fault.FeatureNotSupported && c.code != o.Code:
			refused++
			t.Logf("refused: %s: %s", c.SQL, o.Message)
		case o.Code != c.code:
			t.Errorf("embedded: %s %v: %s, want %s", c.SQL, c.Args, describe(o), c.code)
		}
	}
	if t.Logf("%d cases, %d of them refused", len(cases), refused); refused > maxRefused {
		t.Errorf("%d cases are refused, at most %d were", refused, maxRefused)
	}
	t.Run("postgres", func(t *testing.T) {
		for i, o := range runErrors(t, openPostgres(t), cases) {
			if c := cases[i]; o.Code != c.code {
				t.Errorf("PostgreSQL: %s %v: %s, want %s", c.SQL, c.Args, describe(o), c.code)
			} else if e := embedded[i]; e.Code == o.Code && e.Message != o.Message {
				t.Errorf("%s %v:\n PostgreSQL: %s\n embedded:   %s", c.SQL, c.Args, o.Message, e.Message)
			}
		}
	})
}

func runErrors(t *testing.T, db database.DB, cases []errorCase) []Outcome {
	t.Helper()
	missing := errorTables(t, db)
	out := make([]Outcome, len(cases))
	for i := range cases {
		o, err := Run(t.Context(), db, &cases[i].Case)
		if err != nil {
			t.Fatal(err)
		}
		out[i] = o[0]
		of := func(table string) bool { return strings.Contains(cases[i].SQL, table+" ") }
		if o[0].Code == fault.UndefinedTable && slices.ContainsFunc(missing, of) {
			out[i].Code = fault.FeatureNotSupported
		}
	}
	return out
}
