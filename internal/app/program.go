package app

import (
	"context"
	"fmt"
	"net/http"

	"github.com/galleyhq/galley/internal/app/site"
	"github.com/galleyhq/galley/internal/auth/token"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/hooks"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/jobs"
	"github.com/galleyhq/galley/internal/schedule"
)

// Program is what a program in Go adds to a server: package galley makes it.
type Program struct {
	// Routes are asked after Galley's own paths, before the project's files.
	Routes     []ProgramRoute
	Middleware httpapi.Middleware // around everything; nil for none
	Jobs       map[string]jobs.Handler
	Schedules  []schedule.Spec // their names begin with ProgramSchedules
	Hooks      []hooks.Entry
}

// extensions are what stands between the data APIs and the tables: hooks and
// functions in Go and in scripts, which those who bring them register.
type extensions struct {
	hooks     *hooks.Registry
	functions *hooks.Functions
}

// extensions begins with those of the program.
func (p Program) extensions(c config.Config) (extensions, error) {
	x := extensions{functions: hooks.NewFunctions(),
		hooks: hooks.NewRegistry(hooks.Limits{Time: c.Functions.HookTime, Rows: int(c.Functions.HookRows),
			Apart: c.Database.URL != ""})} // the embedded engine has one writer, for whom others wait
	return x, x.hooks.Set("program", p.Hooks)
}

// ProgramSchedules is what the names of a program's schedules begin with.
const ProgramSchedules = "go:"

// ProgramRoute is a route of a program.
type ProgramRoute struct {
	Pattern string // of http.ServeMux
	Handler http.Handler
	Public  bool // callers show no key: whatever is in Authorization is the handler's
}

// routes are those of the program, and what it puts around everything.
func (p Program) routes(v *token.Verifier) ([]site.Route, error) {
	var out []site.Route
	if p.Middleware != nil {
		out = append(out, site.Route{Around: p.Middleware})
	}
	if len(p.Routes) == 0 {
		return out, nil
	}
	mux := http.NewServeMux()
	for _, r := range p.Routes {
		h := r.Handler
		if r.Public {
			h = anonymous(v, h)
		} else {
			h = httpapi.Chain(h, v.Middleware)
		}
		if err := register(mux, r.Pattern, h); err != nil {
			return nil, err
		}
	}
	return append(out, site.Route{Before: func(files http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, pattern := mux.Handler(r); pattern != "" {
				mux.ServeHTTP(w, r)
				return
			}
			files.ServeHTTP(w, r)
		})
	}}), nil
}

// anonymous serves everyone as the anonymous role.
func anonymous(v *token.Verifier, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if id, err := v.Anonymous(); err == nil { // without that role there is nobody to be
			r = r.WithContext(httpapi.WithIdentity(r.Context(), id))
		}
		h.ServeHTTP(w, r)
	})
}

// register makes an error of the panic of a pattern that is wrong or taken.
func register(mux *http.ServeMux, pattern string, h http.Handler) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.New(fault.InvalidParameter, "the route %q cannot be had: %s", pattern, fmt.Sprint(p))
		}
	}()
	mux.Handle(pattern, h)
	return nil
}

// addJobs adds the program's handlers to those of Galley itself.
func (p Program) addJobs(handlers map[string]jobs.Handler) error {
	for kind, h := range p.Jobs {
		if _, taken := handlers[kind]; taken || kind == jobs.StatementKind {
			return fault.New(fault.DuplicateObject, "jobs of kind %q are done by Galley itself", kind)
		}
		handlers[kind] = h
	}
	return nil
}

// keepSchedules makes the program's schedules what it says. A server without a
// program leaves those of others that share the database alone.
func (p Program) keepSchedules(ctx context.Context, db database.DB) error {
	if p.Schedules == nil {
		return nil
	}
	return schedule.Manager{DB: db}.Keep(ctx, ProgramSchedules, p.Schedules)
}
