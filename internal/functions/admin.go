package functions

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/functions/host/secret"
	"github.com/galleyhq/galley/internal/functions/logs"
	"github.com/galleyhq/galley/internal/functions/nodes"
	"github.com/galleyhq/galley/internal/functions/serve"
	"github.com/galleyhq/galley/internal/httpapi"
)

// status is a function as the API at /admin/v1 shows it.
type status struct {
	Name      string      `json:"name"`
	Status    string      `json:"status"` // ready, or failed
	Error     string      `json:"error,omitempty"`
	File      string      `json:"file"`
	URL       string      `json:"url,omitempty"` // the path that calls it
	Paths     []string    `json:"paths,omitempty"`
	Methods   []string    `json:"methods,omitempty"`
	VerifyJWT bool        `json:"verify_jwt"`
	Queue     string      `json:"queue,omitempty"`
	Schedules []string    `json:"schedules,omitempty"`
	RPC       string      `json:"rpc,omitempty"`
	Hooks     []string    `json:"hooks,omitempty"`
	LoadedAt  time.Time   `json:"loaded_at"`
	LoadMS    float64     `json:"load_ms"`
	Instances int         `json:"instances"` // of this node, as the calls
	Calls     serve.Calls `json:"calls"`
}

func (s *Service) status(v *serve.Version) status {
	d := v.Declared
	out := status{Name: v.Name, Status: "ready", File: v.Entry, Paths: d.Paths, Methods: d.Methods, VerifyJWT: v.Verifies(),
		LoadedAt: v.LoadedAt.UTC(), LoadMS: float64(v.Took.Microseconds()) / 1000, Instances: v.Instances(), Calls: v.Calls()}
	if v.Err != nil {
		out.Status, out.Error = "failed", v.Problem()
		return out
	}
	s.mu.Lock()
	out.Error = s.problems[v.Name]
	s.mu.Unlock()
	if !v.Private() {
		out.URL = Prefix + v.Name
	}
	if d.Job != nil {
		out.Queue = d.Job.Queue
	}
	for _, one := range d.Schedules {
		out.Schedules = append(out.Schedules, strings.TrimSpace(one.Cron+" "+one.TimeZone))
	}
	if f := v.RPC(); f != nil {
		out.RPC = "/rest/v1/rpc/" + f.Name.Name
	}
	for _, h := range d.Hooks {
		for when, ops := range map[string][]string{"before": h.Before, "after": h.After} {
			for _, op := range ops {
				out.Hooks = append(out.Hooks, when+" "+op+" on "+h.Table)
			}
		}
	}
	slices.Sort(out.Hooks)
	return out
}

// Admin is the API at /admin/v1/functions, for the service role.
func (s *Service) Admin() http.Handler {
	return httpapi.ForService(map[string]httpapi.Handler{
		"GET /admin/v1/functions":                  s.listFunctions,
		"GET /admin/v1/functions/{name}":           s.showFunction,
		"GET /admin/v1/functions/{name}/logs":      s.showLogs,
		"GET /admin/v1/function-logs":              s.showLogs,
		"GET /admin/v1/function-secrets":           s.listSecrets,
		"PATCH /admin/v1/function-secrets":         s.setSecrets,
		"DELETE /admin/v1/function-secrets/{name}": s.unsetSecret,
	})
}

func (s *Service) listFunctions(w http.ResponseWriter, r *http.Request) error {
	if err := s.Ready(r.Context()); err != nil {
		return err
	}
	list := []status{}
	for _, v := range s.project.Versions() {
		list = append(list, s.status(v))
	}
	return httpapi.WriteJSON(w, http.StatusOK, list)
}

func (s *Service) showFunction(w http.ResponseWriter, r *http.Request) error {
	v, err := s.project.Find(r.Context(), r.PathValue("name"))
	if err != nil {
		return noFunction(err)
	}
	return httpapi.WriteJSON(w, http.StatusOK, s.status(v))
}

func noFunction(cause error) error {
	return fault.New("PGRST116", "There is no such function").WithStatus(http.StatusNotFound).WithCause(cause)
}

// showLogs answers with lines that functions wrote: ?level=, ?request_id=, ?since= (a
// time), ?after= (an id: those written after it, the oldest first), ?limit=.
func (s *Service) showLogs(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f := logs.Filter{Function: r.PathValue("name"), RequestID: q.Get("request_id"), Level: q.Get("level")}
	for name, into := range map[string]func(string) error{
		"limit": func(v string) (err error) { f.Limit, err = strconv.Atoi(v); return err },
		"after": func(v string) (err error) { f.After, err = strconv.ParseInt(v, 10, 64); return err },
		"since": func(v string) (err error) { f.Since, err = time.Parse(time.RFC3339, v); return err },
	} {
		if v := q.Get(name); v != "" {
			if err := into(v); err != nil {
				return fault.New(fault.InvalidParameter, "%s is no value for %s", v, name).WithStatus(http.StatusBadRequest)
			}
		}
	}
	if err := s.logs.Flush(r.Context()); err != nil {
		return err
	}
	lines, err := s.logs.List(r.Context(), f)
	if err != nil {
		return err
	}
	return httpapi.WriteJSON(w, http.StatusOK, lines)
}

// ReadSecrets reads a file of secrets: lines of NAME=value as dotenv has them. Those that
// Galley sets itself, which files of other servers have, are left out; reserved are their
// names. An error is a *fault.Error that names the line.
func ReadSecrets(text string) (values map[string]string, reserved []string, err error) {
	if values, err = secret.Parse(text); err != nil {
		return nil, nil, err
	}
	reserved = slices.DeleteFunc(slices.Sorted(maps.Keys(values)), func(name string) bool { return !secret.Reserved(name) })
	for _, name := range reserved {
		delete(values, name)
	}
	return values, reserved, nil
}

// listSecrets answers with the names of secrets and when they were set, never with
// their values.
func (s *Service) listSecrets(w http.ResponseWriter, r *http.Request) error {
	list, err := s.secrets.List(r.Context())
	if err != nil {
		return err
	}
	return httpapi.WriteJSON(w, http.StatusOK, list)
}

// setSecrets takes {"NAME": "value"}.
func (s *Service) setSecrets(w http.ResponseWriter, r *http.Request) error {
	body, err := httpapi.ReadBody(r)
	if err != nil {
		return err
	}
	var values map[string]string
	if err := json.Unmarshal(body, &values); err != nil {
		return fault.New("PGRST102", "The body must be a JSON object of names and texts").WithStatus(http.StatusBadRequest)
	}
	if err := s.secrets.Set(r.Context(), values); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Service) unsetSecret(w http.ResponseWriter, r *http.Request) error {
	if err := s.secrets.Unset(r.Context(), r.PathValue("name")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func jsonOf(v any) json.RawMessage {
	text, _ := json.Marshal(v) // of our own types
	return text
}

// Differing lists the functions of which the nodes on a database serve different
// versions, with the nodes of each version.
func Differing(ctx context.Context, db database.DB) (map[string][][]string, error) {
	list, err := nodes.Differing(ctx, db)
	if fault.Code(err) == fault.UndefinedTable { // no server of this version has run
		return nil, nil
	}
	out := map[string][][]string{}
	for _, d := range list {
		out[d.Function] = d.Nodes
	}
	return out, err
}
