package rest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/galleyhq/galley/internal/fault"
)

const agreeSchema = `
	create table v (id integer primary key, i integer, b bigint, t text, ok boolean, u uuid, at timestamptz, j jsonb);
	insert into v values
		(1, 1, 9223372036854775807, 'abc', true, 'b0ed8cb9-3a5b-4c6e-9d8f-0a1b2c3d4e5f', '2020-01-02 03:04:05.678+02', '{"a": 1, "b": [1, "x", null]}'),
		(2, -5, -9223372036854775808, 'Ab%_\', false, '00000000-0000-0000-0000-000000000000', '1999-12-31 23:59:59+00', '[1, 2.50]'),
		(3, 0, 0, '', null, null, 'infinity', 'null'),
		(4, 2147483647, 1, 'ÄÖ é😀 "q", ''x''', true, 'ffffffff-ffff-ffff-ffff-ffffffffffff', '0944-03-15 00:00:00+00', '"text"'),
		(5, null, null, null, null, null, null, null)`

// TestEnginesAgree sends the same reads to every engine: each must give the first
// one's answer, or refuse the request with 0A000.
func TestEnginesAgree(t *testing.T) {
	var handlers []http.Handler
	for _, e := range engines {
		handlers = append(handlers, serve(t, e.open(t), agreeSchema))
	}
	targets, answered, lost := agreeTargets(), 0, map[string]int{}
	for _, target := range targets {
		want := ask(handlers[0], "GET", target, "")
		if want.Code < 300 {
			answered++
		}
		for i, h := range handlers[1:] {
			got := ask(h, "GET", target, "")
			switch {
			case got.Code == want.Code && got.Body.String() == want.Body.String():
			case !isRefusal(got):
				t.Errorf("%s\n %-9s %d %s\n %-9s %d %s", target, engines[0].name, want.Code, want.Body, engines[i+1].name, got.Code, got.Body)
			case want.Code < 300:
				lost[fmt.Sprintf("%s: %s", engines[i+1].name, got.Body)]++
			}
		}
	}
	refused := 0
	for what, n := range lost {
		t.Logf("refused %d times by %s", n, what)
		refused += n
	}
	t.Logf("%d requests, %d answered by %s, of which others refused %d", len(targets), answered, engines[0].name, refused)
	if answered < 1000 || refused > answered/4 {
		t.Errorf("%d of %d requests answered, %d refused: the test says little", answered, len(targets), refused)
	}
}

func isRefusal(w *httptest.ResponseRecorder) bool {
	var e struct{ Code string }
	return w.Code >= 400 && json.Unmarshal(w.Body.Bytes(), &e) == nil && e.Code == fault.FeatureNotSupported
}

// agreeTargets are every operator on every column with every value, and a few
// shapes of selecting and ordering.
func agreeTargets() []string {
	operators := []string{"eq", "neq", "gt", "gte", "lt", "lte", "like", "ilike", "match", "imatch", "is", "isdistinct", "in", "not.eq", "not.in", "not.is", "eq(any)", "like(any)", "like(all)", "cs", "cd", "ov"}
	values := []string{"1", "-5", "0", "9223372036854775807", "9223372036854775808", "1.5", "abc", "ab*", "*%*", `*\*`, "", "null", "true", "not_null", "unknown",
		"(1,2)", "(abc,)", "(null)", "{1,0}", "{ab*,A*}", "b0ed8cb9-3a5b-4c6e-9d8f-0a1b2c3d4e5f", "2020-01-02T01:04:05.678Z", "infinity", "Ä*", `{"a":1}`, "[1,2.5]", "null "}
	var out []string
	for _, column := range []string{"i", "b", "t", "ok", "u", "at", "j", "j->>a", "j->a", "j->b->0", "j->0", "none"} {
		for _, op := range operators {
			for _, v := range values {
				out = append(out, fmt.Sprintf("/v?select=id&order=id&%s=%s", url.QueryEscape(column), url.QueryEscape(op+"."+v)))
			}
		}
		for _, order := range []string{"", ".desc", ".nullsfirst", ".desc.nullslast"} {
			out = append(out, fmt.Sprintf("/v?select=id&order=%s%s,id", url.QueryEscape(column), order))
		}
		for _, cast := range []string{"", "::text", "::integer", "::bigint", "::boolean", "::jsonb", "::json", "::uuid", "::numeric", "::date"} {
			out = append(out, "/v?order=id&select=x:"+url.QueryEscape(column)+cast, "/v?id=in.(1,3)&order=id&select=x:"+url.QueryEscape(column)+cast)
		}
	}
	return out
}
