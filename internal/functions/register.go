package functions

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/functions/bundle"
	"github.com/galleyhq/galley/internal/functions/host"
	"github.com/galleyhq/galley/internal/functions/host/files"
	"github.com/galleyhq/galley/internal/functions/pool"
	"github.com/galleyhq/galley/internal/functions/serve"
	"github.com/galleyhq/galley/internal/functions/source"
	"github.com/galleyhq/galley/internal/hooks"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/jobs"
	"github.com/galleyhq/galley/internal/schedule"
)

// envFile is a file of secrets for a developer's machine, "" for others.
func envFile(c config.Config) string {
	if !c.Dev {
		return ""
	}
	return cmp.Or(c.Functions.EnvFile, filepath.Join(c.Functions.Dir, ".env"))
}

// staticFiles are the files that functions may read, by the configuration.
func staticFiles(c config.Config) *files.Files {
	all := map[string]files.Function{}
	for name, one := range c.Functions.Named {
		folder := filepath.Join(c.Functions.Dir, name)
		if one.Entrypoint != "" {
			folder = filepath.Dir(one.Entrypoint)
		}
		f := files.Function{Folder: files.Relative(c.Project, folder)}
		for _, pattern := range one.Static {
			f.Patterns = append(f.Patterns, files.Relative(c.Project, pattern))
		}
		all[name] = f
	}
	return files.New(c.Project, all)
}

func (s *Service) projectConfig() serve.Config {
	c := s.config.Settings
	f := c.Functions
	schemaName := "public"
	if len(c.API.Schemas) > 0 {
		schemaName = c.API.Schemas[0]
	}
	maps := map[string]string{}
	settings := map[string]source.Settings{}
	for name, one := range f.Named {
		settings[name] = source.Settings{Disabled: one.Disabled, VerifyJWT: one.VerifyJWT, Entrypoint: one.Entrypoint}
		if one.ImportMap != "" {
			maps[name] = one.ImportMap
			if entry, err := filepath.Rel(f.Dir, one.Entrypoint); one.Entrypoint != "" && err == nil {
				maps[filepath.ToSlash(entry)] = one.ImportMap
			}
		}
	}
	return serve.Config{
		Dir: f.Dir, Settings: settings, Schema: schemaName,
		Bundle:  &bundle.Project{Dir: f.Dir, Root: c.Project, ImportMaps: maps},
		Runtime: s.runtime, Begin: s.begin, Reader: host.AddReader, Modules: s.modules, Secret: s.secrets.Get,
		Limits: serve.Limits{Memory: f.Memory, CPU: f.CPUTime, Wall: f.Timeout, MaxResponse: f.MaxResponse, Uses: int(f.Uses)},
		// One function alone leaves room for others.
		Pool:   pool.Config{Total: int(f.Concurrency), PerGroup: int(max(1, f.Concurrency*3/4)), Wait: f.QueueTimeout, Idle: f.IdleTimeout},
		Verify: s.config.Verify, Origins: c.Server.CORSOrigins, Changed: s.changed, Dev: c.Dev, Log: s.note, Logger: s.config.Logger,
		Anonymous: func() httpapi.Identity {
			id, err := s.config.Anonymous()
			if err != nil { // there is no anonymous role: statements are refused then
				return httpapi.Identity{Role: "anon"}
			}
			return id
		},
	}
}

// sourceName is what hooks, remote procedures and schedules of functions are known by.
const sourceName = "functions"

// changed makes hooks, remote procedures, schedules and queues those that the
// functions export. What one of them exports wrongly is told in its log, and leaves
// the others alone.
func (s *Service) changed(ctx context.Context, versions []*serve.Version) {
	problems := map[string]string{}
	note := func(name, problem string) {
		problems[name] = problem
		s.note(serve.Entry{At: time.Now(), Function: name, Level: "error", Message: problem})
	}
	digests := map[string]string{}
	for _, v := range versions {
		digests[v.Name] = v.Digest()
	}
	s.nodes.Set(digests)
	s.registerHooks(versions, note)
	s.registerRPC(versions, note)
	if s.config.Settings.Jobs.Workers > 0 {
		s.keepSchedules(ctx, versions, note)
		s.keepQueues(ctx, versions, note)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.problems = problems
}

func (s *Service) registerHooks(versions []*serve.Version, note func(name, problem string)) {
	if s.config.Hooks == nil {
		return
	}
	entries := serve.Hooks(versions)
	if err := s.config.Hooks.Set(sourceName, entries); err != nil {
		for _, e := range entries {
			note(e.Name, err.Error())
		}
	}
}

func (s *Service) registerRPC(versions []*serve.Version, note func(name, problem string)) {
	if s.config.RPC == nil {
		return
	}
	var list []hooks.Function
	seen := map[string]string{}
	for _, f := range serve.Functions(versions) {
		if first := seen[f.Name.Name]; first != "" {
			note(f.Name.Name, fmt.Sprintf("the remote procedure %s is there twice", f.Name.Name))
			continue
		}
		seen[f.Name.Name] = f.Name.Name
		list = append(list, f)
	}
	if err := s.config.RPC.Set(sourceName, list); err != nil {
		for _, f := range list {
			note(f.Name.Name, err.Error())
		}
	}
}

// schedulePrefix is what the names of functions' schedules begin with, and the kind of
// their jobs.
const schedulePrefix = "function:"

// scheduleQueue is the queue of runs of functions that name none.
const scheduleQueue = "functions"

// keepSchedules makes the schedules of functions what they export. While a function
// cannot be loaded, those that it had stay.
func (s *Service) keepSchedules(ctx context.Context, versions []*serve.Version, note func(name, problem string)) {
	m := schedule.Manager{DB: s.config.DB}
	var specs []schedule.Spec
	for _, v := range versions {
		own := specsOf(v)
		for _, spec := range own {
			if _, err := schedule.Parse(spec.Expression, zone(spec.Timezone)); err != nil {
				note(v.Name, "export schedule: "+err.Error())
				own = nil
				break
			}
		}
		specs = append(specs, own...)
	}
	failed := broken(versions)
	if len(failed) > 0 {
		kept, err := s.lastSchedules(ctx, failed)
		if err != nil {
			s.config.Logger.ErrorContext(ctx, "functions: their schedules are not brought up to date", "error", err)
			return
		}
		specs = append(specs, kept...)
	}
	if err := m.Keep(ctx, schedulePrefix, specs); err != nil {
		s.config.Logger.ErrorContext(ctx, "functions: their schedules are not brought up to date", "error", err)
	}
}

func zone(name string) string {
	if name == "" {
		return "UTC"
	}
	return name
}

func broken(versions []*serve.Version) map[string]bool {
	out := map[string]bool{}
	for _, v := range versions {
		if v.Err != nil {
			out[v.Name] = true
		}
	}
	return out
}

// specsOf are the schedules that a function exports. A function with a queue of its
// own has its runs there.
func specsOf(v *serve.Version) []schedule.Spec {
	var out []schedule.Spec
	for i, d := range v.Declared.Schedules {
		name := schedulePrefix + v.Name
		if d.Name != "" {
			name += ":" + d.Name
		} else if i > 0 {
			name += fmt.Sprintf(":%d", i+1)
		}
		spec := schedule.Spec{Name: name, Expression: d.Cron, Timezone: d.TimeZone, Missed: d.Missed, Overlap: d.Overlap,
			Queue: scheduleQueue, Kind: schedulePrefix + v.Name, MaxAttempts: 5, Payload: jsonOf(map[string]string{"schedule": d.Cron, "name": d.Name})}
		if v.Declared.Job != nil {
			spec.Queue, spec.Kind, spec.MaxAttempts = v.Declared.Job.Queue, v.Declared.Job.Queue, 0
		}
		out = append(out, spec)
	}
	return out
}

// lastSchedules are the schedules that functions had when they could last be loaded.
func (s *Service) lastSchedules(ctx context.Context, of map[string]bool) ([]schedule.Spec, error) {
	rows, err := database.Records(ctx, database.Owner{DB: s.config.DB}, `SELECT name, expression, timezone, missed, missed_limit, overlap, queue, kind, payload, max_attempts
		FROM galley.schedules WHERE role = '' AND starts_with(name, $1)`, schedulePrefix)
	if err != nil {
		return nil, err
	}
	var out []schedule.Spec
	for _, r := range rows {
		name, _, _ := strings.Cut(strings.TrimPrefix(r.Text(0), schedulePrefix), ":")
		if !of[name] {
			continue
		}
		overlap := r.Text(5) == "t"
		out = append(out, schedule.Spec{Name: r.Text(0), Expression: r.Text(1), Timezone: r.Text(2), Missed: r.Text(3), MissedLimit: int(r.Int(4)),
			Overlap: &overlap, Queue: r.Text(6), Kind: r.Text(7), Payload: []byte(r.Text(8)), MaxAttempts: int(r.Int(9))})
	}
	return out, nil
}

// keepQueues bounds the queues whose functions say how many of their jobs may run at
// once, on all nodes together.
func (s *Service) keepQueues(ctx context.Context, versions []*serve.Version, note func(name, problem string)) {
	for _, v := range versions {
		j := v.Declared.Job
		if j == nil || j.Concurrency == nil {
			continue
		}
		err := database.Run(ctx, database.Owner{DB: s.config.DB}, `INSERT INTO galley.queues (name, concurrency) VALUES ($1, $2::integer)
			ON CONFLICT (name) DO UPDATE SET concurrency = excluded.concurrency`, j.Queue, *j.Concurrency)
		if err != nil {
			note(v.Name, "export job: "+err.Error())
		}
	}
}

// Job does the jobs whose kind no other part of the program knows: those of functions.
func (s *Service) Job(ctx context.Context, j *jobs.Job) error {
	if err := s.Ready(ctx); err != nil {
		return err
	}
	if name, ok := strings.CutPrefix(j.Kind, schedulePrefix); ok {
		v, err := s.project.Find(ctx, name)
		if err != nil {
			return err
		}
		return v.Scheduled(ctx, j)
	}
	for _, v := range s.project.Versions() {
		if d := v.Declared.Job; d != nil && d.Queue == j.Kind {
			return v.Job(ctx, j)
		}
	}
	return fmt.Errorf("this node has no handler for jobs of kind %q", j.Kind)
}
