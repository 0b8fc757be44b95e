package serve

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/hooks"
)

// Declared is what a function's module says of itself by its exports.
type Declared struct {
	Handler   bool       `json:"handler"` // it has a default export to call, or called Deno.serve
	Served    bool       `json:"served"`  // it called Deno.serve
	Paths     list       `json:"path"`
	Methods   list       `json:"methods"`
	VerifyJWT *bool      `json:"verifyJwt"`
	Schedules []Schedule `json:"-"`
	Job       *Job       `json:"-"`
	RPC       *RPC       `json:"-"`
	Hooks     []Hook     `json:"-"`
}

// Schedule is an entry of export const schedule: a cron expression, or an object.
type Schedule struct {
	Name     string `json:"name"`
	Cron     string `json:"cron"`
	TimeZone string `json:"timeZone"`
	Missed   string `json:"missed"`
	Overlap  *bool  `json:"overlap"`
}

// Job is export const job: the name of a queue, or an object.
type Job struct {
	Queue       string  `json:"queue"`
	Concurrency *int    `json:"concurrency"`
	Timeout     seconds `json:"timeout"`
}

// RPC is export const rpc.
type RPC struct {
	Name    string          `json:"name"`
	Args    json.RawMessage `json:"args"`
	Returns json.RawMessage `json:"returns"`
	Role    string          `json:"role"`
	// Volatility is "volatile" unless it says "stable" or "immutable", which lets GET
	// call it.
	Volatility string `json:"volatility"`
}

// Hook is export const hook.
type Hook struct {
	Table  string `json:"table"` // schema.table, or a table of public
	Before list   `json:"before"`
	After  list   `json:"after"`
}

// list is a text or several.
type list []string

// UnmarshalJSON implements json.Unmarshaler.
func (l *list) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*l = list{one}
		return nil
	}
	var several []string
	if err := json.Unmarshal(text, &several); err != nil {
		return fmt.Errorf("expected a text or a list of texts, got %s", clip(string(text)))
	}
	*l = several
	return nil
}

// seconds is a time, as a number of seconds.
type seconds time.Duration

// UnmarshalJSON implements json.Unmarshaler.
func (s *seconds) UnmarshalJSON(text []byte) error {
	var n float64
	if err := json.Unmarshal(text, &n); err != nil || n < 0 || n > 1e6 {
		return fmt.Errorf("expected a number of seconds, got %s", clip(string(text)))
	}
	*s = seconds(n * float64(time.Second))
	return nil
}

func clip(s string) string {
	if len(s) > 100 {
		return strings.ToValidUTF8(s[:100], "") + "…"
	}
	return s
}

// methods that a function may name.
var httpMethods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

// maxDeclared bounds the JSON of the exports in bytes.
const maxDeclared = 256 << 10

// parseDeclared reads what a module said. Every export that makes no sense is an
// error that names it.
func parseDeclared(text string) (Declared, error) {
	var d Declared
	if len(text) > maxDeclared {
		return d, fmt.Errorf("the exports take %d bytes as JSON, at most %d are allowed", len(text), maxDeclared)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		return d, fmt.Errorf("the exports are no JSON: %w", err)
	}
	for name, into := range map[string]any{"handler": &d.Handler, "served": &d.Served, "path": &d.Paths, "methods": &d.Methods, "verifyJwt": &d.VerifyJWT} {
		if err := decode(raw, name, into); err != nil {
			return d, err
		}
	}
	for i, m := range d.Methods {
		d.Methods[i] = strings.ToUpper(m)
		if !slices.Contains(httpMethods, d.Methods[i]) {
			return d, fmt.Errorf("export methods: %q is none of %s", m, strings.Join(httpMethods, ", "))
		}
	}
	return d, d.work(raw)
}

func decode(raw map[string]json.RawMessage, name string, into any) error {
	text, ok := raw[name]
	if !ok {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("export %s: %w", name, err)
	}
	return nil
}

// work reads the exports of those who are not called by HTTP.
func (d *Declared) work(raw map[string]json.RawMessage) error {
	each(raw, "schedule", "cron")
	each(raw, "job", "queue")
	var job Job
	for name, read := range map[string]func() error{
		"schedule": func() error { return decode(raw, "schedule", &d.Schedules) },
		"job": func() error {
			if raw["job"] == nil {
				return nil
			}
			d.Job = &job
			return decode(single(raw, "job"), "job", &job)
		},
		"rpc": func() error {
			if raw["rpc"] == nil {
				return nil
			}
			d.RPC = &RPC{}
			return decode(raw, "rpc", d.RPC)
		},
		"hook": func() error { each(raw, "hook", ""); return decode(raw, "hook", &d.Hooks) },
	} {
		if err := read(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return d.check()
}

// each makes a list of one value, and an object of a text.
func each(raw map[string]json.RawMessage, name, field string) {
	text := bytes.TrimSpace(raw[name])
	if len(text) == 0 {
		return
	}
	if text[0] != '[' {
		text = slices.Concat([]byte("["), text, []byte("]"))
	}
	var items []json.RawMessage
	if field == "" || json.Unmarshal(text, &items) != nil {
		raw[name] = text
		return
	}
	for i, item := range items {
		if len(item) > 0 && item[0] == '"' {
			items[i] = slices.Concat([]byte(`{"`+field+`":`), item, []byte("}"))
		}
	}
	raw[name], _ = json.Marshal(items) // they were JSON
}

// single is the one item of a list that each has made.
func single(raw map[string]json.RawMessage, name string) map[string]json.RawMessage {
	var items []json.RawMessage
	if json.Unmarshal(raw[name], &items) == nil && len(items) == 1 {
		return map[string]json.RawMessage{name: items[0]}
	}
	return raw
}

func (d *Declared) check() error {
	for _, s := range d.Schedules {
		if s.Cron == "" {
			return fmt.Errorf("export schedule: it has no cron")
		}
	}
	if d.Job != nil && d.Job.Queue == "" {
		return fmt.Errorf("export job: it names no queue")
	}
	for _, h := range d.Hooks {
		if h.Table == "" {
			return fmt.Errorf("export hook: it names no table")
		}
		if len(h.Before)+len(h.After) == 0 {
			return fmt.Errorf("export hook: before or after has to be a list of insert, update and delete; the default export is what runs")
		}
		for _, op := range slices.Concat(h.Before, h.After) {
			if op != hooks.Insert && op != hooks.Update && op != hooks.Delete {
				return fmt.Errorf("export hook: %q is none of insert, update, delete", op)
			}
		}
	}
	if (d.Job != nil || d.RPC != nil || len(d.Hooks) > 0) && !d.Handler {
		return fmt.Errorf("there is no default export to call")
	}
	return nil
}

// Private tells whether the function is not for requests: its default export handles
// something else.
func (v *Version) Private() bool {
	d := &v.Declared
	return !d.Served && (d.Job != nil || d.RPC != nil || len(d.Hooks) > 0)
}

// table splits the name of a hook's table.
func (h Hook) table() (schema, name string) {
	if schema, name, ok := strings.Cut(h.Table, "."); ok {
		return schema, name
	}
	return "public", h.Table
}
