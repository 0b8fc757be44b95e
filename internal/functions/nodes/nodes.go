// Package nodes tells when the nodes that share a database serve different versions of a
// function: each loads the files of its own disk.
//
//	store := nodes.New(nodes.Config{DB: db})
//	store.Start()
//	defer store.Stop()
//	store.Set(map[string]string{"hello": digest})
//	differing, err := nodes.Differing(ctx, db)
package nodes

import (
	"context"
	"crypto/rand"
	_ "embed" // the table
	"encoding/json"
	"log/slog"
	"maps"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/migrate"
)

//go:embed tables.sql
var tables string

// Part is the part of Galley's own schema that the nodes write to.
func Part() migrate.Part { return migrate.Part{Name: "function_nodes", Steps: []string{tables}} }

// Config is what a store needs to know. Only DB is required.
type Config struct {
	DB     database.DB
	Every  time.Duration // between two signs of life; a minute
	Logger *slog.Logger  // nil means slog.Default
}

// Store tells the others what this node serves. A nil Store tells nobody.
type Store struct {
	config Config
	node   string
	wake   chan struct{}
	stop   context.CancelFunc
	done   sync.WaitGroup

	mu       sync.Mutex
	versions map[string]string // nil until the functions are known

	last, told string // what differed when it was last looked at, and what the log was told
}

// New returns a store that tells nothing until it is started.
func New(c Config) *Store {
	if c.Every <= 0 {
		c.Every = time.Minute
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return &Store{config: c, node: host + "/" + rand.Text()[:6], wake: make(chan struct{}, 1)}
}

// Start begins to tell.
func (s *Store) Start() {
	if s == nil {
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.done.Go(func() { s.run(ctx) })
}

// Stop takes the node from the list.
func (s *Store) Stop() {
	if s == nil || s.stop == nil {
		return
	}
	s.stop()
	s.done.Wait()
}

// Set is what the node serves from now on: a digest for each function.
func (s *Store) Set(versions map[string]string) {
	if s == nil {
		return
	}
	s.mu.Lock()
	s.versions = maps.Clone(versions)
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *Store) run(ctx context.Context) {
	t := time.NewTicker(s.config.Every)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			defer cancel()
			_ = s.do(leaving, func(ctx context.Context) error { // others forget it in time, too
				return database.Run(ctx, s.owner(), `DELETE FROM galley.function_nodes WHERE node = $1`, s.node)
			})
			return
		case <-s.wake:
			s.report(s.do(ctx, s.say))
		case <-t.C:
			s.report(s.do(ctx, func(ctx context.Context) error {
				if err := s.say(ctx); err != nil {
					return err
				}
				return s.look(ctx)
			}))
		}
	}
}

func (s *Store) owner() database.Owner { return database.Owner{DB: s.config.DB} }

// do bounds what is asked of the database, and survives a panic of it.
func (s *Store) do(ctx context.Context, fn func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.config.Logger.Error("functions: the list of nodes", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return fn(ctx)
}

func (s *Store) report(err error) {
	if err != nil {
		s.config.Logger.Debug("functions: the list of nodes is not up to date", "error", err)
	}
}

// say writes what this node serves, and drops nodes that are long gone.
func (s *Store) say(ctx context.Context) error {
	s.mu.Lock()
	versions := s.versions
	s.mu.Unlock()
	if versions == nil {
		return nil
	}
	text, err := json.Marshal(versions)
	if err != nil {
		return err
	}
	err = database.Run(ctx, s.owner(), `INSERT INTO galley.function_nodes (node, versions, seen) VALUES ($1, $2::jsonb, now())
		ON CONFLICT (node) DO UPDATE SET versions = excluded.versions, seen = now()`, s.node, string(text))
	if err != nil {
		return err
	}
	return database.Run(ctx, s.owner(), `DELETE FROM galley.function_nodes WHERE seen < now() - interval '1 day'`)
}

// look tells the log of what differs at two looks in a row: while a new version is being
// rolled out, nodes differ for a moment.
func (s *Store) look(ctx context.Context) error {
	differing, err := Differing(ctx, s.config.DB)
	if err != nil {
		return err
	}
	now := ""
	if len(differing) > 0 {
		text, _ := json.Marshal(differing) // of texts
		now = string(text)
	}
	if now != "" && now == s.last && now != s.told {
		for _, d := range differing {
			s.config.Logger.WarnContext(ctx, "functions: nodes serve different versions", "function", d.Function, "nodes", d.Nodes)
		}
		s.told = now
	}
	s.last = now
	return nil
}

// Difference is a function of which nodes serve different versions.
type Difference struct {
	Function string
	Nodes    [][]string // those with the same version together
}

// alive is how long after its last sign of life a node counts.
const alive = `3 minutes`

// Differing lists the functions of which nodes serve different versions, or only some
// serve any.
func Differing(ctx context.Context, db database.DB) ([]Difference, error) {
	rows, err := database.Records(ctx, database.Owner{DB: db}, `SELECT node, versions::text FROM galley.function_nodes
		WHERE seen > now() - interval '`+alive+`' ORDER BY node`)
	if err != nil {
		return nil, err
	}
	by := map[string]map[string][]string{} // function, digest, nodes
	var all []map[string]string
	for _, r := range rows {
		var versions map[string]string
		if err := json.Unmarshal([]byte(r.Text(1)), &versions); err != nil {
			return nil, err
		}
		all = append(all, versions)
		for function := range versions {
			by[function] = map[string][]string{}
		}
	}
	for i, r := range rows {
		for function, groups := range by {
			groups[all[i][function]] = append(groups[all[i][function]], r.Text(0))
		}
	}
	var out []Difference
	for _, function := range slices.Sorted(maps.Keys(by)) {
		if groups := by[function]; len(groups) > 1 {
			nodes := slices.SortedFunc(maps.Values(groups), func(a, b []string) int { return strings.Compare(a[0], b[0]) })
			out = append(out, Difference{function, nodes})
		}
	}
	return out, nil
}
