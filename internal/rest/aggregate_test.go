package rest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/rest"
)

// TestAggregatesAgree sends every aggregate over every kind of column, grouped by
// its own relation's columns and by those of others, to both engines.
func TestAggregatesAgree(t *testing.T) {
	var probes []probe
	add := func(targets ...string) {
		for _, target := range targets {
			probes = append(probes, probe{"GET", target, "", ""}, probe{"GET", target, "", "text/csv"})
		}
	}
	for _, f := range []string{"sum", "avg", "count", "max", "min"} {
		for table, columns := range columnsOf {
			for _, c := range columns {
				add("/"+table+"?select="+c+"."+f+"()", "/"+table+"?id=gt.99&select=x:"+c+"."+f+"()::text", "/"+table+"?select="+c+"::text."+f+"()")
			}
		}
		add("/projects?select=client_id,rating."+f+"()&order=client_id", "/projects?select=rating."+f+"(),clients(name)&order=client_id&client_id=eq.1",
			"/clients?select=id,name,projects(rating."+f+"())&order=id", "/clients?select=id,projects(client_id,rating."+f+"()),name&order=id.desc",
			"/tasks?select=id."+f+"(),...projects(client_id,rating."+f+"())&order=projects(client_id)",
			"/tasks?select=...projects(total:rating."+f+"(),...clients(client:name))&order=projects(client)",
			"/users?select=name,tasks(done,id."+f+"())&order=id&tasks.order=done.desc.nullslast&tasks.limit=1",
			"/clients?select=...projects(rating."+f+"())")
	}
	add("/projects?select=count()", "/projects?select=n:count()::text&id=gt.100", "/projects?select=count", "/projects?select=name,count&order=name", "/tasks?select=done,count()&order=done.desc",
		"/tasks?select=done,count()&order=name", "/tasks?select=id,count()&order=name.desc", "/tasks?select=done,count()&order=done&limit=1&offset=1", "/tasks?select=done,count()&done=is.null",
		"/tasks?select=...projects(count())", "/tasks?select=d:done,count()&order=done", "/tasks?select=count()&order=id", "/projects?select=*,count()&order=id", "/clients?select=name,projects(count)&order=id",
		"/users?select=id,users_tasks(count())&order=id", "/projects?select=rating.median()", "/projects?select=none.sum()", "/projects?select=rating.sum()::none", "/projects?select=count().sum()",
		"/clients?select=projects(rating.sum())&projects.order=id", "/profiles?select=user_id,users(count())&order=user_id")
	agree(t, embedSchema, probes)
}

func TestAggregates(t *testing.T) {
	onEngines(t, embedSchema, func(t *testing.T, h http.Handler, db database.DB) {
		for target, want := range map[string]string{
			"/tasks?select=count()":          `[{"count":6}]`,
			"/tasks?select=count()&id=gt.99": `[{"count":0}]`,
			"/projects?select=client_id,n:count(),rating.sum()&order=client_id.desc.nullsfirst": `[{"client_id":null,"n":1,"sum":1.5},{"client_id":2,"n":2,"sum":3.5},{"client_id":1,"n":2,"sum":1.50}]`,
			"/tasks?select=count(),...projects(...clients(client:name))&order=projects(client)": `[{"count":1,"client":"Apple"},{"count":4,"client":"Microsoft"},{"count":1,"client":null}]`,
			"/clients?select=id,projects(rating.max())&order=id":                                `[{"id":1,"projects":[{"max":1.50}]},{"id":2,"projects":[{"max":3}]},{"id":3,"projects":[{"max":null}]}]`,
			"/tasks?select=count(),projects(name)&project_id=gte.2&order=projects(name)":        `{"code":"42803"`,
			"/clients?select=name,...projects(rating.sum())":                                    `{"code":"PGRST127"`,
		} {
			if got := ask(h, "GET", target, "").Body.String(); !strings.HasPrefix(got, want) {
				t.Errorf("%s\n got %s\nwant %s", target, got, want)
			}
		}
		w := ask(h, "GET", "/tasks?select=done,count()&order=done&limit=2", "", "Prefer", "count=exact")
		if got := w.Header().Get("Content-Range"); w.Code != http.StatusPartialContent || got != "0-1/3" {
			t.Errorf("a count of groups: %d %s %s", w.Code, got, w.Body)
		}
		if w := ask(h, "POST", "/clients?select=count()", `[{"id":7},{"id":8}]`, "Prefer", "return=representation"); w.Body.String() != `[{"count":2}]` {
			t.Errorf("of rows inserted: %d %s", w.Code, w.Body)
		}
		plain := rest.New(rest.Config{DB: db, AnonRole: "service_role"})
		for _, target := range []string{"/tasks?select=count()", "/clients?select=id,projects(rating.sum())", "/tasks?select=...projects(rating.avg())"} {
			if w := ask(plain, "GET", target, ""); code(w) != "PGRST123" {
				t.Errorf("%s where aggregates are off: %d %s", target, w.Code, w.Body)
			}
		}
	})
}
