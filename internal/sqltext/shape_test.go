package sqltext

import (
	"strings"
	"testing"
)

func TestShape(t *testing.T) {
	for sql, want := range map[string]string{
		"": "",
		"select  1\n, 'secret' -- 'comment'\n from t /* x */ where a=$1":    "select ? , ? from t where a=$1",
		"select 'it''s', E'a\\'b', \"it's a name\", $$body$$, $x$ 'y' $x$":  `select ?, ?, "it's a name", ?, ?`,
		"select 1.5e-3, .5, 0xff, 1_000, a1, t.c2":                          "select ?.?-?, .?, ?, ?, a1, t.c2",
		"insert into t values (42,'x'),(-7,null)":                           "insert into t values (?,?),(-?,null)",
		"select 'secret that does not end":                                  "select ?",
		"select $tag$ secret that does not end":                             "select ?",
		"SELECT r0.\"a\" FROM \"t_1\" AS r0 WHERE r0.\"id\" = ?1 AND x'ab'": `SELECT r0."a" FROM "t_1" AS r0 WHERE r0."id" = ? AND x?`,
		"select u&'\\0073ecret', b'101', n'secret'":                         "select u&?, b?, n?",
	} {
		if got := Shape(sql); got != want {
			t.Errorf("%s:\n%s, want\n%s", sql, got, want)
		}
	}
	long := Shape("select " + strings.Repeat("'secret', x, ", 10000))
	if len(long) > maxShape+100 || strings.Contains(long, "secret") {
		t.Errorf("%d bytes", len(long))
	}
}

func FuzzShape(f *testing.F) {
	f.Add("select ", "x", " from t")
	f.Fuzz(func(t *testing.T, before, value, after string) {
		// What a shape puts in the place of something else may look like a value.
		if len(value) < 4 || strings.ContainsAny(value, "'\\? …") || strings.Contains(before+after, value) || strings.ContainsAny(before, `'"$/-`) {
			return
		}
		if got := Shape(before + "'" + value + "'" + after); strings.Contains(got, value) {
			t.Errorf("%q shows %q", got, value)
		}
	})
}
