package rest_test

import (
	"encoding/hex"
	"net/http"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
)

// TestRawBodies sends bodies that are one value, and takes values as they are.
func TestRawBodies(t *testing.T) {
	onEngines(t, `create function shout(text) returns text language sql immutable as 'select upper($1)';
		create function back(bytea) returns bytea language sql immutable as 'select $1';
		create function size(bytea) returns integer language sql immutable as 'select length($1)';
		create function named(body text) returns text language sql immutable as 'select body';
		create function absent() returns text language sql immutable as 'select null::text';
		create function several() returns setof text language sql immutable as $$ select 'a' union all select 'b' $$;
		create function object() returns jsonb language sql immutable as $$ select null::jsonb $$;
		create function many(json) returns text language sql immutable as $$ select 'json' $$;
		create function many(text) returns text language sql immutable as $$ select 'text' $$;
		create function many(bytea) returns text language sql immutable as $$ select 'bytea' $$;
		create function many() returns text language sql immutable as $$ select 'nothing' $$`, testRawBodies)
}

func testRawBodies(t *testing.T, h http.Handler, _ database.DB) {
	const text, octets, object = "text/plain", "application/octet-stream", "application/json"
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for _, c := range []struct {
		method, target, contentType, accept, body string
		status                                    int
		want, answered                            string
	}{
		{"POST", "/rpc/shout", text, text, "a \"b\"\n\\c é", 200, "A \"B\"\n\\C É", text + "; charset=utf-8"},
		{"POST", "/rpc/shout", text + "; charset=utf-8", "", "a\n", 200, `"A\n"`, object + "; charset=utf-8"},
		{"POST", "/rpc/shout", "TEXT/Plain", "text/plain;q=0.5, application/json;q=0.4", "", 200, "", text + "; charset=utf-8"},
		{"POST", "/rpc/shout", text, "application/json, text/plain", "x", 200, `"X"`, object + "; charset=utf-8"},
		{"POST", "/rpc/shout", text, "text/csv", "x", 200, "shout\nX", "text/csv; charset=utf-8"},
		{"POST", "/rpc/shout", text, "text/xml", "x", 406, "PGRST107", ""},
		{"POST", "/rpc/shout", text, octets, "x", 406, "PGRST107", ""},
		{"POST", "/rpc/shout", text, text, "a\x00b", 400, "22021", ""},
		{"POST", "/rpc/shout", text, text, "a\xff", 400, "22021", ""},
		{"POST", "/rpc/shout", octets, text, "x", 404, "with a single unnamed bytea parameter", ""},
		{"POST", "/rpc/shout", object, text, `{"a":1}`, 404, "unnamed json/jsonb parameter", ""},
		{"POST", "/rpc/named", text, text, `x`, 404, "Could not find the function public.named in the schema cache", ""},
		{"POST", "/rpc/named", object, text, `{"body":"x"}`, 200, "x", text + "; charset=utf-8"},
		{"GET", "/rpc/named?body=a%20b", "", text, ``, 200, "a b", text + "; charset=utf-8"},
		{"HEAD", "/rpc/named?body=a%20b", "", text, ``, 200, "", text + "; charset=utf-8"},
		{"GET", "/rpc/absent", "", text, ``, 200, "", text + "; charset=utf-8"},
		{"GET", "/rpc/absent", "", "", ``, 200, "null", object + "; charset=utf-8"},
		{"GET", "/rpc/object", "", object, ``, 200, "null", object + "; charset=utf-8"},
		{"GET", "/rpc/object", "", text, ``, 406, "PGRST107", ""},
		{"GET", "/rpc/several", "", text, ``, 406, "PGRST107", ""},
		{"POST", "/rpc/back", octets, octets, string(all), 200, string(all), octets},
		{"POST", "/rpc/back", octets, "", string(all), 200, `"\\x` + hex.EncodeToString(all) + `"`, object + "; charset=utf-8"},
		{"POST", "/rpc/back", octets, octets, "", 200, "", octets},
		{"POST", "/rpc/size", octets, "", `\x4142`, 200, "6", object + "; charset=utf-8"},
		{"POST", "/rpc/many", octets, text, "x", 200, "bytea", text + "; charset=utf-8"},
		{"POST", "/rpc/many", text, text, "x", 200, "text", text + "; charset=utf-8"},
		{"POST", "/rpc/many", text, text, "", 200, "text", text + "; charset=utf-8"},
		{"POST", "/rpc/many", object, text, "[1]", 200, "nothing", text + "; charset=utf-8"},
		{"POST", "/rpc/many", object, text, `{"a":1}`, 200, "json", text + "; charset=utf-8"},
		{"GET", "/rpc/many", "", text, "", 200, "nothing", text + "; charset=utf-8"},
		{"POST", "/rpc/many", "image/png", text, "x", 400, "PGRST102", ""},
		{"POST", "/rpc/many", object, text, "{\"a\":\"\xff\"}", 400, "PGRST102", ""},
	} {
		w := ask(h, c.method, c.target, c.body, "Content-Type", c.contentType, "Accept", c.accept)
		got := w.Body.String()
		if w.Code != c.status || c.status == 200 && (got != c.want || w.Header().Get("Content-Type") != c.answered) || !strings.Contains(got, c.want) {
			t.Errorf("%s %s %s as %s %q: %d %s %q, want %d %s %q", c.method, c.target, c.contentType, c.accept, c.body, w.Code, w.Header().Get("Content-Type"), got, c.status, c.answered, c.want)
		}
	}
}

// TestMediaTypeDomains calls functions that return a domain named like a media type.
func TestMediaTypeDomains(t *testing.T) {
	h, _ := onPostgres(t, `create domain "text/html" as text; create domain "Image/X" as bytea; create domain inner_bytes as bytea; create domain "app/deep" as inner_bytes;
		create domain "*/*" as bytea; create domain "application/json" as json; create domain plain as text;
		create function page() returns "text/html" language sql as $$ select '<p>"é"</p>'::"text/html" $$;
		create function pages() returns setof "text/html" language sql as $$ select 'x'::"text/html" $$;
		create function image() returns "Image/X" language sql as $$ select '\x00ff'::"Image/X" $$;
		create function deep() returns "app/deep" language sql as $$ select '\x41'::bytea::"app/deep" $$;
		create function anything() returns "*/*" language sql as $$ select 'any'::"*/*" $$;
		create function own() returns "application/json" language sql as $$ select '{"a" : 1}'::"application/json" $$;
		create function other() returns plain language sql as $$ select 'x'::plain $$;
		create function shut(xml) returns xml language sql as $$ select $1 $$`)
	for _, c := range []struct {
		method, target, accept, body string
		status                       int
		want, answered               string
	}{
		{"GET", "/rpc/page", "text/html,application/xhtml+xml,*/*;q=0.8", "", 200, `<p>"é"</p>`, "text/html"},
		{"GET", "/rpc/page", "*/*", "", 200, `"<p>\"é\"</p>"`, "application/json; charset=utf-8"},
		{"GET", "/rpc/page", "text/plain", "", 406, "PGRST107", ""},
		{"GET", "/rpc/pages", "text/html", "", 406, "PGRST107", ""},
		{"GET", "/rpc/image", "image/png, image/x", "", 200, "\x00\xff", "image/x"},
		{"GET", "/rpc/deep", "app/deep", "", 200, "A", "app/deep"},
		{"GET", "/rpc/anything", "", "", 200, "any", "application/octet-stream"},
		{"GET", "/rpc/anything", "app/bingo", "", 200, "any", "application/octet-stream"},
		{"GET", "/rpc/anything", "application/vnd.pgrst.object+json", "", 200, `"\\x616e79"`, "application/vnd.pgrst.object+json; charset=utf-8"},
		{"GET", "/rpc/own", "", "", 200, `{"a" : 1}`, "application/json; charset=utf-8"},
		{"GET", "/rpc/other", "text/plain", "", 406, "PGRST107", ""},
		{"POST", "/rpc/shut", "text/xml", "<a>é</a>", 200, "<a>é</a>", "text/xml; charset=utf-8"},
		{"POST", "/rpc/shut", "", "<a>", 400, "2200N", ""},
	} {
		w := ask(h, c.method, c.target, c.body, "Content-Type", "text/xml", "Accept", c.accept)
		got := w.Body.String()
		if w.Code != c.status || c.status == 200 && (got != c.want || w.Header().Get("Content-Type") != c.answered) || !strings.Contains(got, c.want) {
			t.Errorf("%s %s as %s: %d %s %q, want %d %s %q", c.method, c.target, c.accept, w.Code, w.Header().Get("Content-Type"), got, c.status, c.answered, c.want)
		}
	}
}
