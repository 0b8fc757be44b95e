package report_test

import (
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/jobs"
	"github.com/galleyhq/galley/internal/jobs/report"
)

// values are a query of one row for each of its values, and what XLSX makes of each.
var values = []struct{ sql, want string }{
	{`1::smallint`, "n 1"}, {`-2147483648`, "n -2147483648"}, {`0`, "n 0"}, {`999999999999999`, "n 999999999999999"},
	{`9007199254740993`, "s 9007199254740993"}, {`-9223372036854775808`, "s -9223372036854775808"},
	{`9000000000000000000`, "n 9000000000000000000"}, {`null::integer`, "null"},
	{`1.50`, "n 1.5"}, {`0.1`, "n 0.1"}, {`123456789012.345`, "n 123456789012.345"}, {`1234567890123.4567`, "s 1234567890123.4567"},
	{`'1e-400'::numeric`, "s 0." + strings.Repeat("0", 399) + "1"}, {`'NaN'::numeric`, "s NaN"}, {`null::numeric`, "null"},
	{`0.1::float8 + 0.2::float8`, "n 0.30000000000000004"}, {`1e308::float8`, "s 1e+308"}, {`1e-310::float8`, "s 1e-310"},
	{`'-0'::float8`, "s -0"}, {`'Infinity'::float8`, "s Infinity"}, {`'NaN'::float8`, "s NaN"}, {`0.1::float4`, "n 0.1"},
	{`true`, "b True"}, {`false`, "b False"}, {`null::boolean`, "null"},
	{`date '2026-02-28'`, "d 2026-02-28T00:00:00 46081"}, {`date '1900-03-01'`, "d 1900-03-01T00:00:00 61"},
	{`date '1900-02-28'`, "s 1900-02-28"}, {`date '9999-12-31'`, "d 9999-12-31T00:00:00 2958465"},
	{`date '10000-01-01'`, "s 10000-01-01"}, {`date '0044-03-15 BC'`, "s 0044-03-15 BC"}, {`'infinity'::date`, "s infinity"},
	{`timestamp '2026-01-02 12:00:00'`, "d 2026-01-02T12:00:00 46024.5"},
	{`timestamp '1850-01-02 12:00:00'`, "s 1850-01-02 12:00:00"},
	{`timestamptz '2026-07-01 22:30:00+00'`, "d 2026-07-02T00:30:00 46205.020833333336"}, // in Berlin
	{`'-infinity'::timestamptz`, "s -infinity"},
	{`time '06:00'`, "d 06:00:00 0.25"}, {`time '24:00'`, "s 24:00:00"}, {`interval '-1 day'`, "s -1 days"},
	{`'=1+1'`, "s =1+1"}, {`'+1'`, "s +1"}, {`'-1'`, "s -1"}, {`'@sum(a1)'`, "s @sum(a1)"}, {`''`, "s "}, {`' a '`, "s  a "},
	{`E'two\nlines'`, "s two\nlines"}, {`'Zoë Ångström 漢字 🙂'`, "s Zoë Ångström 漢字 🙂"}, {`'<a> & "b"'`, `s <a> & "b"`},
	{`E'a\x01b'`, "s a␁b"}, {`'{"a": [1]}'::jsonb`, `s {"a": [1]}`}, {`array[1,2]`, "s {1,2}"}, {`'\x00ff'::bytea`, `s \x00ff`},
	{`'00000000-0000-4000-8000-000000000001'::uuid`, "s 00000000-0000-4000-8000-000000000001"}, {`'12345'`, "s 12345"},
}

func TestXLSX(t *testing.T) {
	onEngines(t, nil, func(f *fixture) {
		var list []string
		for i, v := range values {
			list = append(list, fmt.Sprintf("%s as c%d", v.sql, i))
		}
		sql := "select " + strings.Join(list, ", ")
		_, path := f.made(map[string]any{"sql": sql, "format": "xlsx", "timezone": "Europe/Berlin", "title": "Q1: [new]", "to": map[string]any{"file": "deep/er/values"}})
		if want := filepath.Join(f.dir, "deep", "er", "values.xlsx"); path != want {
			t.Errorf("the file is %s, want %s", path, want)
		}
		var got [][][]string
		f.cells(path, &got)
		if len(got) != 2 {
			f.Fatalf("%d rows", len(got))
		}
		for i, v := range values {
			cell := strings.Join(got[1][i], " ")
			if got[1][i] == nil {
				cell = "null"
			}
			if cell != v.want && !sameNumber(cell, v.want) {
				f.Errorf("%s is %q, want %q", v.sql, cell, v.want)
			}
			if title := strings.Join(got[0][i], " "); title != fmt.Sprintf("s c%d", i) {
				f.Errorf("title %q", title)
			}
		}
	})
}

// sameNumber compares cells that are numbers, which Python may write otherwise.
func sameNumber(a, b string) bool {
	x, isNumber := strings.CutPrefix(a, "n ")
	y, alike := strings.CutPrefix(b, "n ")
	m, ok := new(big.Rat).SetString(x)
	n, also := new(big.Rat).SetString(y)
	return isNumber && alike && ok && also && m.Cmp(n) == 0
}

// people makes a table of rows of several types; words have no space at their ends.
func (f *fixture) people(n int) {
	for _, sql := range []string{
		"create table public.people (id bigint primary key, name text, city text, born date, seen timestamptz, balance numeric(12,2), active boolean)",
		`insert into public.people select i,
			(array['Zoë Ångström', 'Müller, "Jörg"', 'Иван Петров', 'Ελένη Παππά', E'Anne\nMarie', '=cmd()', ''])[1 + i % 7] || case when i % 7 = 6 then '' else ' ' || i::text end,
			case when i % 5 = 0 then null else 'City of ' || repeat('x', (i % 30)::int) end, date '1970-01-01' + (i % 20000)::int,
			timestamptz '2026-01-01 00:00:00.123456+00' + i * interval '1 hour 1 microsecond', (i * 37 % 100000)::numeric / 100 - 500, i % 3 = 0
			from generate_series(1::bigint, ` + fmt.Sprint(n) + `) as i`,
		"grant select on public.people to service_role",
	} {
		f.rows(sql)
	}
}

const everybody = "select * from public.people order by id"

// TestEveryCell compares all cells of some thousand rows with the database's.
func TestEveryCell(t *testing.T) {
	const n = 3000
	onEngines(t, nil, func(f *fixture) {
		f.people(n)
		want := f.rows("select id::text, name, city, born::text, (extract(epoch from seen) * 1000000)::bigint, balance, active from public.people order by people.id")
		_, path := f.made(map[string]any{"sql": everybody, "format": "csv", "to": map[string]any{"file": "all.csv"}})
		var lines [][]string
		f.cells(path, &lines)
		f.compare(lines[1:], want, func(row []string) []string {
			row[4] = micros(row[4])
			return row
		})
		o, path := f.made(map[string]any{"sql": everybody, "format": "xlsx", "to": map[string]any{"file": "all"}})
		var cells [][][]string
		f.cells(path, &cells)
		lines = nil
		for _, row := range cells[1:] {
			var out []string
			for i, c := range row {
				switch {
				case c == nil:
					out = append(out, "")
				case i == 3:
					out = append(out, strings.TrimSuffix(c[1], "T00:00:00"))
				case i == 4:
					out = append(out, serialMicros(c[2]))
				case i == 6:
					out = append(out, strings.ToLower(c[1]))
				default:
					out = append(out, c[1])
				}
			}
			lines = append(lines, out)
		}
		f.compare(lines, want, func(row []string) []string { return row })
		if o.result.Rows != n {
			f.Errorf("%d rows", o.result.Rows)
		}
	})
}

// compare compares rows with the database's, numbers by their value.
func (f *fixture) compare(got, want [][]string, read func([]string) []string) {
	f.Helper()
	if len(got) != len(want) {
		f.Fatalf("%d rows, want %d", len(got), len(want))
	}
	for i, row := range got {
		row = read(row)
		for c, v := range want[i] {
			switch {
			case v == "null":
				v = ""
			case c == 5:
				v, row[c] = rational(v), rational(row[c])
			case c == 6:
				v = map[string]string{"t": "true", "f": "false"}[v]
			}
			if row[c] != v {
				f.Fatalf("row %d, column %d: %q, want %q", i+1, c, row[c], v)
			}
		}
	}
}

func rational(s string) string {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return "no number: " + s
	}
	return r.String()
}

// micros is a timestamptz in UTC as microseconds since 1970.
func micros(text string) string {
	at, err := parseTime(text)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(at.UnixMicro())
}

// serialMicros is a day number of XLSX as microseconds since 1970.
func serialMicros(text string) string {
	stored, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return err.Error()
	}
	r := new(big.Rat).SetFloat64(stored)
	r.Sub(r, big.NewRat(25569, 1)).Mul(r, big.NewRat(86_400_000_000, 1))
	return r.FloatString(0)
}

// TestPDF reads the text of pages back.
func TestPDF(t *testing.T) {
	onEngines(t, nil, func(f *fixture) {
		f.people(400)
		o, path := f.made(map[string]any{"sql": everybody, "format": "pdf", "title": "Ελένη & Зоя",
			"columns": []any{
				map[string]any{"name": "id"}, map[string]any{"name": "name", "title": "Größe"}, map[string]any{"name": "born", "format": "dd.mm.yyyy"},
				map[string]any{"name": "balance", "format": "#,##0.0"}, map[string]any{"name": "active"},
			}, "to": map[string]any{"file": "people.pdf"}})
		if o.result.Unprinted != 0 {
			f.Errorf("%d characters were not printed", o.result.Unprinted)
		}
		want := f.rows(`select id, name, to_char(born, 'DD.MM.YYYY'), round(balance, 1), active from public.people order by people.id`)
		pages := strings.Split(strings.TrimSuffix(string(f.office("pdftotext", "-layout", path, "-")), "\f"), "\f")
		var got []string
		for i, page := range pages {
			lines := strings.Split(page, "\n")
			if i == 0 {
				if strings.TrimSpace(lines[0]) != "Ελένη & Зоя" {
					f.Errorf("title %q", lines[0])
				}
				lines = lines[1:]
			}
			all := strings.Join(strings.Fields(strings.Join(lines, " ")), " ")
			head, foot := "id Größe born balance active ", fmt.Sprintf(" UTC %d/%d", i+1, len(pages)) // the space of small letters is none to the reader
			if !strings.HasPrefix(all, head) || !strings.HasSuffix(all, foot) {
				f.Fatalf("page %d: %s … %s", i+1, all[:50], all[max(0, len(all)-50):])
			}
			words := strings.Fields(strings.TrimSuffix(strings.TrimPrefix(all, head), foot))
			got = append(got, words[:len(words)-2]...) // the foot begins with a date and an hour
		}
		var all []string
		for _, r := range want {
			first, second, broken := strings.Cut(r[1], "\n")
			all = append(all, r[0]+" "+first, r[2], thousands(r[3]), map[string]string{"t": "true", "f": "false"}[r[4]])
			if broken {
				all = append(all, second)
			}
		}
		if words := strings.Fields(strings.Join(all, " ")); !reflect.DeepEqual(got, words) {
			for i := range words {
				if i >= len(got) || got[i] != words[i] {
					f.Fatalf("word %d is %q, want %q", i, got[max(0, i-5):min(len(got), i+5)], words[max(0, i-5):i+5])
				}
			}
			f.Fatalf("%d words, want %d", len(got), len(words))
		}
	})
}

// thousands is a number below a million with its comma.
func thousands(s string) string {
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	if len(whole) > 3 {
		whole = whole[:len(whole)-3] + "," + whole[len(whole)-3:]
	}
	if strings.HasPrefix(s, "-") {
		whole = "-" + whole
	}
	return whole + "." + fraction
}

// TestPDFLosesNothing sets what is hard to set: long words, a row of several pages,
// characters that the font lacks.
func TestPDFLosesNothing(t *testing.T) {
	onEngines(t, nil, func(f *fixture) {
		sql := `select 1 as n, repeat('abcdefghij', 3000) as long, 'x' || E'\u6F22' || E'\U0001F642' || 'y {nb}' as odd, 'Zoe' || E'\u0308' as composed
			union all select 2, '', '', ''`
		o, path := f.made(map[string]any{"sql": sql, "format": "pdf", "to": map[string]any{"file": "odd.pdf"}})
		all := string(f.office("pdftotext", "-layout", path, "-"))
		joined := strings.Join(strings.Fields(all), "")
		if n := strings.Count(joined, "abcdefghij"); n < 2000 { // where a line breaks they are apart
			f.Errorf("%d of 3000 are whole", n)
		}
		letters := 0
		for _, r := range all {
			if strings.ContainsRune("bcfhij", r) {
				letters++
			}
		}
		if letters < 6*3000 {
			f.Errorf("%d letters", letters)
		}
		for _, want := range []string{"x[U+6F22]", "1F642]y", "{nb}", "Zoë", "2 characters that the font does not have"} {
			if !strings.Contains(strings.Join(strings.Fields(all), " "), want) {
				f.Errorf("%q is not there", want)
			}
		}
		if o.result.Unprinted != 2 {
			f.Errorf("%d characters were not printed", o.result.Unprinted)
		}
		first, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		if len(first) == 0 || !strings.HasPrefix(string(first), "%PDF-") {
			f.Error("it is no PDF")
		}
	})
}

func TestCSV(t *testing.T) {
	onEngines(t, nil, func(f *fixture) {
		const sql = `select null::text as "=a", '' as b, E'x"y\n,z' as c, '-2+3' as d, -5 as e, '＝1' as f, true as g, E'\t1' as h`
		file := map[string]any{"file": "x"}
		for name, c := range map[string]struct {
			csv  map[string]any
			want string
		}{
			"as it is": {nil, "=a,b,c,d,e,f,g,h\r\n,\"\",\"x\"\"y\n,z\",-2+3,-5,＝1,true,\t1\r\n"},
			"escaped":  {map[string]any{"escape_formulas": true}, "'=a,b,c,d,e,f,g,h\r\n,\"\",\"x\"\"y\n,z\",'-2+3,-5,'＝1,true,'\t1\r\n"},
			"excel":    {map[string]any{"bom": true, "delimiter": ";"}, "\ufeff=a;b;c;d;e;f;g;h\r\n;\"\";\"x\"\"y\n,z\";-2+3;-5;＝1;true;\t1\r\n"},
		} {
			_, path := f.made(map[string]any{"sql": sql, "format": "csv", "csv": c.csv, "to": file})
			if got, _ := os.ReadFile(path); string(got) != c.want {
				f.Errorf("%s: %q, want %q", name, got, c.want)
			}
		}
		_, path := f.made(map[string]any{"sql": "select null::text as a union all select ''", "format": "csv", "to": file})
		if got, _ := os.ReadFile(path); string(got) != "a\r\n\"\"\r\n\"\"\r\n" { // lines of nothing are no rows
			f.Errorf("%q", got)
		}
	})
}

func TestRefused(t *testing.T) {
	small := func(c *report.Config) { c.MaxRows, c.MaxSize, c.MaxMail = 100, 4000, 2000 }
	onEngines(t, small, func(f *fixture) {
		f.people(5)
		f.rows("create table public.secrets (s text)")
		f.rows("insert into public.secrets values ('hidden')")
		f.rows("revoke all on public.secrets from anon")
		file := map[string]any{"file": "x"}
		mailed := map[string]any{"mail": map[string]any{"to": "ada@example.org", "subject": "s", "text": "t"}}
		const one = "select 1 as a"
		for name, c := range map[string]struct {
			payload map[string]any
			want    string // of the error
		}{
			"no sql":           {map[string]any{"format": "csv", "to": file}, `there is no \"sql\"`},
			"no format":        {map[string]any{"sql": one, "to": file}, "one of csv, xlsx, pdf"},
			"unknown field":    {map[string]any{"sql": one, "format": "csv", "to": file, "tittle": "x"}, "unknown field"},
			"nowhere":          {map[string]any{"sql": one, "format": "csv"}, "names a file or a mail"},
			"two places":       {map[string]any{"sql": one, "format": "csv", "to": map[string]any{"file": "x", "mail": mailed["mail"]}}, "names a file or a mail"},
			"above":            {map[string]any{"sql": one, "format": "csv", "to": map[string]any{"file": "../x.csv"}}, "no name of a report"},
			"within, above":    {map[string]any{"sql": one, "format": "csv", "to": map[string]any{"file": "a/../../x.csv"}}, "no name of a report"},
			"absolute":         {map[string]any{"sql": one, "format": "csv", "to": map[string]any{"file": "/etc/x.csv"}}, "no name of a report"},
			"backslash":        {map[string]any{"sql": one, "format": "csv", "to": map[string]any{"file": `..\x.csv`}}, "no name of a report"},
			"hidden":           {map[string]any{"sql": one, "format": "csv", "to": map[string]any{"file": ".report-1-1.csv"}}, "no name of a report"},
			"no column":        {map[string]any{"sql": one, "format": "csv", "to": file, "columns": []any{map[string]any{"name": "b"}}}, `no column \"b\"`},
			"format of column": {map[string]any{"sql": one, "format": "csv", "to": file, "columns": []any{map[string]any{"name": "a", "format": "yyyy"}}}, "none of the type int4"},
			"zone":             {map[string]any{"sql": one, "format": "csv", "to": file, "timezone": "Mars/Olympus"}, "no time zone"},
			"role":             {map[string]any{"sql": one, "format": "csv", "to": file, "role": "forbidden"}, "not this role"},
			"no right":         {map[string]any{"sql": "select * from public.secrets", "format": "csv", "to": file, "role": "anon"}, "permission denied"},
			"default role":     {map[string]any{"sql": "select s from galley.secrets", "format": "csv", "to": file}, "galley.secrets"},
			"a write":          {map[string]any{"sql": "insert into public.people (id) values (99) returning id", "format": "csv", "to": file, "role": "service_role"}, ""},
			"no columns":       {map[string]any{"sql": "set local work_mem = '1MB'", "format": "csv", "to": file}, ""},
			"two statements":   {map[string]any{"sql": "select 1; select 2", "format": "csv", "to": file}, ""},
			"rows":             {map[string]any{"sql": "select * from generate_series(1, 101)", "format": "csv", "to": file}, "more than 100 rows (reports.max_rows)"},
			"streamed":         {map[string]any{"sql": "select generate_series(1, 1000000000)", "format": "csv", "to": file}, "more than 100 rows (reports.max_rows)"},
			"bytes":            {map[string]any{"sql": "select repeat('x', 5000)", "format": "csv", "to": file}, "more than 4000 bytes (reports.max_size)"},
			"bytes of a sheet": {map[string]any{"sql": "select repeat('x', 5000)", "format": "xlsx", "to": file}, "reports.max_size"},
			"bytes of a mail":  {map[string]any{"sql": "select repeat('x', 3000)", "format": "csv", "to": mailed}, "more than 2000 bytes (reports.max_mail)"},
			"a long cell":      {map[string]any{"sql": "select repeat('x', 32768)", "format": "xlsx", "to": file}, ""},
			"no recipient":     {map[string]any{"sql": one, "format": "csv", "to": map[string]any{"mail": map[string]any{"subject": "s", "text": "t"}}}, "recipient"},
			"mail's field":     {map[string]any{"sql": one, "format": "csv", "to": map[string]any{"mail": map[string]any{"too": "a@example.org"}}}, "unknown field"},
		} {
			o := f.report(c.payload)
			if o.state != jobs.Discarded || !strings.Contains(o.errors, c.want) {
				f.Errorf("%s: %s, %s", name, o.state, o.errors)
			}
		}
		if n := f.rows("select count(*) from public.people where id = 99")[0][0]; n != "0" {
			f.Error("a report has written to the database")
		}
		names, _ := filepath.Glob(filepath.Join(f.dir, "*"))
		hidden, _ := filepath.Glob(filepath.Join(f.dir, ".*"))
		if len(names)+len(hidden) > 0 {
			f.Errorf("files were left: %v %v", names, hidden)
		}
	})
}
