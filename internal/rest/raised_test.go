package rest_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/galleyhq/galley/internal/database"
)

// saying is a schema whose functions speak about the response, in SQL, which both
// engines know.
const saying = `
	create table notes (id integer primary key, body text);
	insert into notes values (1, 'a'), (2, 'b');
	create function teapot() returns text language sql as $$ select set_config('response.status', '418', true) $$;
	create function status(code text) returns text language sql as $$ select set_config('response.status', code, true) $$;
	create function headers(list text) returns text language sql as $$ select set_config('response.headers', list, true) $$;
	create function plain() returns text language sql as $$ select 'x' $$`

func TestFunctionsSayHowToAnswer(t *testing.T) {
	onEngines(t, saying, func(t *testing.T, h http.Handler, _ database.DB) {
		for range 2 { // what one call said must not be taken for the word of the next
			if w := ask(h, "POST", "/rpc/teapot", ""); w.Code != http.StatusTeapot || w.Body.String() != `"418"` {
				t.Errorf("a status: %d %s", w.Code, w.Body)
			}
			if w := ask(h, "POST", "/rpc/plain", ""); w.Code != http.StatusOK || w.Header().Get("X-Note") != "" {
				t.Errorf("the call after it: %d %s", w.Code, w.Body)
			}
			w := ask(h, "POST", "/rpc/headers", `{"list":"[{\"X-Note\": \"a, b\"}, {\"Set-Cookie\": \"x=1\"}, {\"set-cookie\": \"y=2\"}, {\"Content-Type\": \"text/x-note\"}]"}`)
			got := fmt.Sprint(w.Code, w.Header().Values("X-Note"), w.Header().Values("Set-Cookie"), w.Header().Values("Content-Type"))
			if want := "200 [a, b] [x=1 y=2] [text/x-note]"; got != want {
				t.Errorf("headers: got %s, want %s", got, want)
			}
		}
		for _, c := range [][3]string{
			{"status", `{"code":"x"}`, "PGRST112"}, {"status", `{"code":"99"}`, "PGRST112"}, {"status", `{"code":"100"}`, "PGRST112"}, {"status", `{"code":"1000"}`, "PGRST112"},
			{"headers", `{"list":"x"}`, "PGRST111"}, {"headers", `{"list":"{}"}`, "PGRST111"}, {"headers", `{"list":"[{}]"}`, "PGRST111"}, {"headers", `{"list":"[{\"a\":1}]"}`, "PGRST111"},
			{"headers", `{"list":"[{\"a\":\"b\",\"c\":\"d\"}]"}`, "PGRST111"}, {"headers", `{"list":"[{\"a\":\"b\\nc: d\"}]"}`, "PGRST111"}, {"headers", `{"list":"[\"a\"]"}`, "PGRST111"},
		} {
			if w := ask(h, "POST", "/rpc/"+c[0], c[1]); w.Code != http.StatusInternalServerError || code(w) != c[2] {
				t.Errorf("%s: %d %s", c[1], w.Code, w.Body)
			}
		}
	})
}

// TestRaisedStatuses maps what PL/pgSQL raises, which only PostgreSQL runs.
func TestRaisedStatuses(t *testing.T) {
	h, _ := onPostgres(t, `
		create table notes (id integer primary key);
		create function raise(state text, message text, detail text) returns void language plpgsql as $$
			begin raise exception using errcode = state, message = message, detail = detail; end $$;
		create function said() returns trigger language plpgsql as $$
			begin perform set_config('response.headers', '[{"Location": "/elsewhere"}]', false); perform set_config('response.status', '202', false); return new; end $$;
		create trigger said before insert on notes for each row execute function said()`)
	for _, c := range []struct {
		body   string
		status int
		code   string
	}{
		{`{"state":"PT402","message":"pay","detail":"x"}`, 402, "PT402"}, {`{"state":"PT40A","message":"m","detail":"x"}`, 500, "PT40A"}, {`{"state":"PT099","message":"m","detail":"x"}`, 500, "PT099"},
		{`{"state":"PGRST","message":"{\"code\":\"c\",\"message\":\"m\"}","detail":"{\"status\":444,\"headers\":{\"X-A\":\"b\"}}"}`, 444, "c"},
		{`{"state":"PGRST","message":"{\"code\":\"c\"}","detail":"{\"status\":444,\"headers\":{}}"}`, 500, "PGRST121"},
		{`{"state":"PGRST","message":"m","detail":"{\"status\":444,\"headers\":{}}"}`, 500, "PGRST121"},
		{`{"state":"PGRST","message":"{\"code\":\"c\",\"message\":\"m\"}","detail":"{\"headers\":{}}"}`, 500, "PGRST121"},
		{`{"state":"PGRST","message":"{\"code\":\"c\",\"message\":\"m\"}","detail":"{\"status\":44,\"headers\":{}}"}`, 500, "PGRST121"},
		{`{"state":"PGRST","message":"{\"code\":\"c\",\"message\":\"m\"}","detail":""}`, 500, "PGRST121"},
		{`{"state":"P0001","message":"m","detail":"x"}`, 400, "P0001"},
	} {
		if w := ask(h, "POST", "/rpc/raise", c.body); w.Code != c.status || code(w) != c.code || (c.status == 444) != slices.Equal(w.Header().Values("X-A"), []string{"b"}) {
			t.Errorf("%s: %d %s %v", c.body, w.Code, w.Body, w.Header())
		}
	}
	for i := range 3 { // the trigger's settings outlast its transaction, and say nothing of the next request
		if w := ask(h, "POST", "/notes", fmt.Sprintf(`{"id":%d}`, i)); w.Code != http.StatusAccepted || w.Header().Get("Location") != "/elsewhere" {
			t.Errorf("a trigger: %d %s %v", w.Code, w.Body, w.Header())
		}
		if w := ask(h, "PATCH", fmt.Sprintf("/notes?id=eq.%d", i), fmt.Sprintf(`{"id":%d}`, i)); w.Code != http.StatusNoContent || w.Header().Get("Location") != "" {
			t.Errorf("the write after it: %d %s %v", w.Code, w.Body, w.Header())
		}
	}
}

func TestTimezone(t *testing.T) {
	onEngines(t, `create table times (at timestamptz); insert into times values ('2026-07-01 12:00:00+00')`, func(t *testing.T, h http.Handler, db database.DB) {
		for zone, want := range map[string]string{
			"America/Los_Angeles": `[{"at":"2026-07-01T05:00:00-07:00"}]`, "utc": `[{"at":"2026-07-01T12:00:00+00:00"}]`, "Nowhere/City": "22023", "": `[{"at":"2026-07-01T12:00:00+00:00"}]`,
		} {
			w := ask(h, "GET", "/times", "", "Prefer", "handling=lenient, timezone="+zone)
			switch {
			case w.Code == http.StatusOK && w.Body.String() == want:
				if got := w.Header().Get("Preference-Applied"); zone != "" && got != "handling=lenient, timezone="+zone {
					t.Errorf("%s: applied is %q", zone, got)
				}
			case code(w) == want, db.Engine() == "embedded" && zone == "America/Los_Angeles" && isRefusal(w):
			default:
				t.Errorf("%s: %d %s", zone, w.Code, w.Body)
			}
		}
		if w := ask(h, "GET", "/times", ""); w.Body.String() != `[{"at":"2026-07-01T12:00:00+00:00"}]` {
			t.Errorf("the request after it: %s", w.Body)
		}
	})
}
