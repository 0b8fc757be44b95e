package admin_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/admin"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/jobs"
	"github.com/galleyhq/galley/internal/migrate"
	"github.com/galleyhq/galley/internal/schedule"
	"github.com/galleyhq/galley/test/contract"
)

func onEngines(t *testing.T, test func(t *testing.T, db database.DB)) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		t.Parallel()
		if err := migrate.Own(t.Context(), db, migrate.Part{Name: "jobs", Steps: jobs.Schema(db.Engine())},
			migrate.Part{Name: "schedules", Steps: schedule.Schema()}, migrate.Part{Name: "cron", Steps: schedule.Cron(db.Engine())}); err != nil {
			t.Fatal(err)
		}
		test(t, db)
	})
}

// call makes a request as somebody and returns the status and the body.
func call(t *testing.T, h http.Handler, id httpapi.Identity, method, path, body string) string {
	t.Helper()
	r := httptest.NewRequestWithContext(httpapi.WithIdentity(t.Context(), id), method, "/admin/v1/"+path, strings.NewReader(body))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	text, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d %s", w.Code, text)
}

func service() httpapi.Identity { return httpapi.Identity{Role: "service_role", Authenticated: true} }

func run(t *testing.T, db database.DB, sql string) {
	t.Helper()
	if _, err := database.Exec(db.Query(t.Context(), database.Session{}, database.Statement{SQL: sql})); err != nil {
		t.Fatal(err)
	}
}

// TestClosed: every path is closed to all but the service role.
func TestClosed(t *testing.T) {
	h := admin.New(nil) // whoever is let through makes it panic
	for _, c := range []struct {
		id   httpapi.Identity
		want string
	}{
		{httpapi.Identity{}, "401"}, {httpapi.Identity{Role: "anon"}, "401"},
		{httpapi.Identity{Role: "authenticated", Authenticated: true}, "403"}, {httpapi.Identity{Role: "postgres", Authenticated: true}, "403"},
	} {
		for _, path := range []string{"GET queues", "PATCH queues/a", "GET jobs", "POST jobs", "POST jobs/1/cancel", "GET schedules", "DELETE schedules/1", "GET nothing"} {
			method, path, _ := strings.Cut(path, " ")
			if got := call(t, h, c.id, method, path, "{}"); !strings.HasPrefix(got, c.want+` {"code":"42501"`) {
				t.Errorf("%s %s as %s: %s", method, path, c.id.Role, got)
			}
		}
	}
}

// try makes a request as the service role, whose answer begins with want and is as
// the document says.
func try(t *testing.T, h http.Handler, described *contract.Contract, request, body, want string) {
	t.Helper()
	method, path, _ := strings.Cut(request, " ")
	got := call(t, h, service(), method, path, body)
	if !strings.HasPrefix(got, want) {
		t.Errorf("%s %s: %s, want %s", request, body, got, want)
	}
	code, answer, _ := strings.Cut(got, " ")
	status, err := strconv.Atoi(code)
	if err != nil {
		t.Fatal(err)
	}
	described.Check(method, "/admin/v1/"+path, status, answer)
}

// TestAPI walks through the API, one step after the other.
func TestAPI(t *testing.T) {
	onEngines(t, func(t *testing.T, db database.DB) {
		h, described := admin.New(db), contract.New(t, admin.Document())
		for _, c := range []struct{ request, body, want string }{
			{"PATCH queues/db", `{"paused":true,"concurrency":3,"rate":0.5}`, `200 {"name":"db","paused":true,"concurrency":3,"rate":0.5,`},
			{"PATCH queues/db", `{"concurrency":null}`, `200 {"name":"db","paused":true,"concurrency":null,"rate":0.5,`},
			{"PATCH queues/db", `{"paused":null}`, `400 {"code":"23502"`},
			{"PATCH queues/db", `{"concurrency":0}`, `400 {"code":"23514","details":null,"hint":"null takes the bound away; paused holds the whole queue.","message":"the concurrency of a queue is above 0"}`},
			{"PATCH queues/db", `{"rate":-1}`, `400 {"code":"23514","details":null,"hint":"null takes the bound away; paused holds the whole queue.","message":"the rate of a queue is above 0"}`},
			{"PATCH queues/db", `{"name":"x"}`, `400 {"code":"22023"`},
			{"PATCH queues/db", `{}`, `400 {"code":"22023"`},
			{"POST jobs", `{"queue":"db","payload":{"a":1},"unique_key":"k"}`, `201 {"ids":[1]}`},
			{"POST jobs", `[{"queue":"db","kind":"o"},{"queue":"x","delay":"1 hour"}]`, `201 {"ids":[2,3]}`},
			{"POST jobs", `[]`, `400 {"code":"22023"`},
			{"POST jobs", `{"queue":"db","color":1}`, `400 {"code":"PGRST102"`},
			{"POST jobs", `{"queue":"db"} {}`, `400 {"code":"PGRST102"`},
			{"GET queues", "", `200 {"queues":[{"name":"db","paused":true,"concurrency":null,"rate":0.5,"available":2,"scheduled":0,`},
			{"GET jobs?limit=2", "", `200 {"jobs":[{"id":3,`},
			{"GET jobs?limit=2&after=2", "", `200 {"jobs":[{"id":1,"queue":"db","kind":"db","state":"available",`},
			{"GET jobs?kind=o&until=2000-01-01T00:00:00Z", "", `200 {"jobs":[],"next":null}`},
			{"GET jobs?kind=o&queue=db&state=available&since=2000-01-01T00:00:00%2B02:00", "", `200 {"jobs":[{"id":2,`},
			{"GET jobs?state=new", "", `400 {"code":"22023"`},
			{"GET jobs?limit=1001", "", `400 {"code":"22023"`},
			{"GET jobs?since=2000", "", `400 {"code":"22007"`},
			{"GET jobs/1", "", `200 {"id":1,"queue":"db","kind":"db","state":"available","priority":5,"payload":{"a":1},`},
			{"GET jobs/9", "", `404 {"code":"PGRST116"`},
			{"GET openapi.json", "", `200 {`},
			{"GET schedules/preview?schedule=@daily&n=2", "", `200 {"times":["2`},
			{"POST jobs/replay", `{"queue":1}`, `400 {"code":"PGRST102"`},
			{"SQL", `update galley.jobs set timeout = '90 seconds', deadline = '2030-01-01', lease_until = now(), started_at = now(), node = 'n', progress = 0.5, note = 'half',
				result = '{"a":1}', errors = '[{"at":"2026-01-02T03:04:05.6Z","attempt":1,"error":"e"}]' where id = 2`, ""},
			{"GET jobs/2", "", `200 {"id":2,`},
			{"GET jobs/x", "", `400 {"code":"22P02"`},
			{"POST jobs/3/retry", "", `200 {"id":3,"state":"available"}`},
			{"POST jobs/3/cancel", "", `200 {"id":3,"state":"cancelled"}`},
			{"POST jobs/3/cancel", "", `409 {"code":"55000","details":null,"hint":null,"message":"the job is cancelled"}`},
			{"POST jobs/9/retry", "", `404 {"code":"PGRST116"`},
			{"SQL", "update galley.jobs set state = 'discarded', finished_at = now(), attempt = 25 where id < 3", ""},
			{"POST jobs/replay", `{"queue":"nothing"}`, `200 {"ids":[],"replayed":0}`},
			{"POST jobs/replay", `{"limit":1001}`, `400 {"code":"22023"`},
			{"POST jobs", `{"queue":"db","unique_key":"k"}`, `201 {"ids":[4`},
			{"POST jobs/replay", `{}`, `200 {"ids":[2],"replayed":1}`}, // 4 has the key of 1
			{"POST schedules", `{"name":"n","schedule":"0 3 * * *","timezone":"Europe/Berlin","queue":"db","payload":{"a":2}}`, `201 {"id":1,"name":"n","role":"","schedule":"0 3 * * *","timezone":"Europe/Berlin","missed":"once",`},
			{"POST schedules", `{"name":"n","schedule":"0 3 * * *","queue":"db"}`, `409 {"code":"23505"`},
			{"POST schedules", `{"name":"m","schedule":"0 25 * * *","queue":"db"}`, `400 {"code":"22023"`},
			{"POST schedules", `{"name":"m","schedule":"0 3 * * *","timezone":"Mars","queue":"db"}`, `400 {"code":"22023"`},
			{"POST schedules", `{"schedule":"0 3 * * *","queue":"db"}`, `400 {"code":"22023"`},
			{"POST schedules", `{"name":"m","schedule":"0 3 * * *","queue":"db","missed":"never"}`, `400 {"code":"23514"`},
			{"GET schedules", "", `200 {"schedules":[{"id":1,`},
			{"GET schedules?after=1", "", `200 {"schedules":[]}`},
			{"GET schedules/1/preview?n=1001", "", `400 {"code":"22023"`},
			{"GET schedules/preview?schedule=nonsense", "", `400 {"code":"22023"`},
			{"POST schedules/1/pause", "", `200 {"id":1,"name":"n","role":"","schedule":"0 3 * * *","timezone":"Europe/Berlin","missed":"once","missed_limit":100,"overlap":true,"active":false,`},
			{"POST schedules/1/resume", "", `200 {"id":1,"name":"n","role":"","schedule":"0 3 * * *","timezone":"Europe/Berlin","missed":"once","missed_limit":100,"overlap":true,"active":true,`},
			{"PUT schedules/1", `{"name":"n","schedule":"@daily","queue":"q","overlap":false}`, `200 {"id":1,"name":"n","role":"","schedule":"@daily","timezone":"UTC","missed":"once","missed_limit":100,"overlap":false,`},
			{"GET schedules/1", "", `200 {"id":1,`},
			{"GET schedules/1/preview?n=2", "", `200 {"times":["2`},
			{"POST schedules/1/run", "", `201 {"job":`},
			{"GET jobs?queue=q", "", `200 {"jobs":[{"id":`},
			{"DELETE schedules/1", "", "204 "},
			{"DELETE schedules/1", "", `404 {"code":"PGRST116"`},
			{"SQL", "select cron.schedule('c', '@daily', 'select 1')", ""},
			{"PUT schedules/2", `{"name":"n","schedule":"@daily","queue":"q"}`, `404 {"code":"PGRST116"`},
			{"POST schedules/9/run", "", `404 {"code":"PGRST116"`},
			{"DELETE jobs", "", `404 {"code":"PGRST125"`},
		} {
			if c.request == "SQL" {
				run(t, db, c.body)
				continue
			}
			try(t, h, described, c.request, c.body, c.want)
		}
		described.Complete(func(path string) bool { return !strings.HasPrefix(path, "/admin/v1/mail/") })
		times := call(t, h, service(), "GET", "schedules/preview?schedule=30+2+*+*+*&timezone=Europe/Berlin&n=3", "")
		if strings.Count(times, `:30:00Z"`)+strings.Count(times, `T01:00:00Z"`) != 3 {
			t.Errorf("preview %s", times)
		}
	})
}
