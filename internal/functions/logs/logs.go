// Package logs keeps what functions write, in a table of the project's database that
// all nodes share, so that it can be looked at without the nodes' own logs. It is
// bounded: by age, by number of lines, and by what one node may have waiting.
//
//	store := logs.New(logs.Config{DB: db})
//	store.Start()
//	defer store.Stop()
//	log := slog.New(store.Handler(base))   // lines with "function" are kept, all go on to base
//	lines, err := store.List(ctx, logs.Filter{Function: "hello", Limit: 100})
package logs

import (
	"context"
	_ "embed" // the table
	"encoding/json"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/migrate"
)

//go:embed tables.sql
var tables string

// Part is the part of Galley's own schema that the lines are kept in.
func Part() migrate.Part { return migrate.Part{Name: "function_logs", Steps: []string{tables}} }

// Line is a line that a function wrote, or that was written about it.
type Line struct {
	ID        int64           `json:"id"`
	At        time.Time       `json:"at"`
	Function  string          `json:"function"`
	RequestID string          `json:"request_id,omitempty"`
	Level     string          `json:"level"` // debug, info, warn or error
	Message   string          `json:"message"`
	Fields    json.RawMessage `json:"fields,omitempty"` // an object
}

// Config is what a store needs to know. Only DB is required.
type Config struct {
	DB     database.DB
	Keep   time.Duration // 7 days
	Lines  int64         // that are kept at most; 100,000
	Logger *slog.Logger  // for the store's own troubles; nil means slog.Default
}

// Bounds of what waits to be written.
const (
	maxWaiting = 5000
	maxBatch   = 500
	maxMessage = 16 << 10 // bytes
)

// every is how long a line waits at most until it is written.
const every = 300 * time.Millisecond

// Store writes lines in the background. Its methods may be called from any goroutine.
type Store struct {
	config  Config
	lines   chan Line
	wake    chan struct{} // of one place: there are lines
	writing sync.Mutex    // held by who takes lines until they are written
	dropped atomic.Int64
	stop    chan struct{}
	once    sync.Once
	done    sync.WaitGroup
}

// New returns a store that writes nothing until it is started.
func New(c Config) *Store {
	if c.Keep <= 0 {
		c.Keep = 7 * 24 * time.Hour
	}
	if c.Lines <= 0 {
		c.Lines = 100_000
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return &Store{config: c, lines: make(chan Line, maxWaiting), wake: make(chan struct{}, 1), stop: make(chan struct{})}
}

// Start begins to write.
func (s *Store) Start() {
	s.done.Go(s.run)
}

// Stop writes what waits, and ends.
func (s *Store) Stop() {
	s.once.Do(func() { close(s.stop) })
	s.done.Wait()
}

// Add has a line written soon. When too many wait, it is dropped, which is told later.
func (s *Store) Add(l Line) {
	if len(l.Message) > maxMessage {
		l.Message = l.Message[:maxMessage] + "…"
	}
	l.Message = strings.ToValidUTF8(strings.ReplaceAll(l.Message, "\x00", ""), "�")
	select {
	case s.lines <- l:
	default:
		s.dropped.Add(1)
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Flush writes what waits now, for who wants to read it at once.
func (s *Store) Flush(ctx context.Context) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	for range maxWaiting / maxBatch { // those who go on writing are not waited for
		batch := s.take()
		if len(batch) == 0 {
			return nil
		}
		if err := s.write(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}

// run writes and cleans up. Nobody waits for a line, so none is worth waking up for
// more than a few times a second.
func (s *Store) run() {
	clean := time.NewTicker(10 * time.Minute)
	defer clean.Stop()
	for {
		select {
		case <-s.stop:
			s.protected(s.Flush)
			return
		case <-clean.C:
			s.protected(s.clean)
		case <-s.wake:
			select {
			case <-s.stop:
			case <-time.After(every):
			}
			s.protected(s.Flush)
		}
	}
}

// protected does something with a deadline, and survives it.
func (s *Store) protected(fn func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			s.config.Logger.Error("functions: the log cannot be written", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	if err := fn(ctx); err != nil {
		s.config.Logger.Error("functions: the log cannot be written", "error", err)
	}
}

// take returns what waits, a batch at most.
func (s *Store) take() (batch []Line) {
	for len(batch) < maxBatch {
		select {
		case l := <-s.lines:
			batch = append(batch, l)
			continue
		default:
		}
		break
	}
	if n := s.dropped.Swap(0); n > 0 && len(batch) > 0 {
		l := batch[len(batch)-1]
		fields, _ := json.Marshal(map[string]int64{"dropped": n}) // a number
		batch = append(batch, Line{At: l.At, Function: l.Function, Level: "warn", Message: "lines were dropped: functions write faster than the log is kept", Fields: fields})
	}
	return batch
}

func (s *Store) write(ctx context.Context, batch []Line) error {
	type row struct {
		At        string          `json:"at"`
		Function  string          `json:"function"`
		RequestID string          `json:"request_id"`
		Level     string          `json:"level"`
		Message   string          `json:"message"`
		Fields    json.RawMessage `json:"fields"`
	}
	rows := make([]row, len(batch))
	for i, l := range batch {
		rows[i] = row{l.At.UTC().Format(time.RFC3339Nano), l.Function, l.RequestID, l.Level, l.Message, l.Fields}
		if len(l.Fields) == 0 {
			rows[i].Fields = json.RawMessage("null")
		}
	}
	text, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	return database.Run(ctx, database.Owner{DB: s.config.DB}, `
		INSERT INTO galley.function_logs (at, function, request_id, level, message, fields)
		SELECT (e->>'at')::timestamptz, e->>'function', e->>'request_id', e->>'level', e->>'message', nullif(e->'fields', 'null'::jsonb)
		FROM jsonb_array_elements($1::jsonb) AS e`, string(text))
}

// clean removes what is too old or too much.
func (s *Store) clean(ctx context.Context) error {
	owner := database.Owner{DB: s.config.DB}
	if err := database.Run(ctx, owner, `DELETE FROM galley.function_logs WHERE at < now() - make_interval(secs => $1::float8)`, s.config.Keep.Seconds()); err != nil {
		return err
	}
	return database.Run(ctx, owner, `DELETE FROM galley.function_logs WHERE id <= (SELECT max(id) FROM galley.function_logs) - $1::bigint`, s.config.Lines)
}

// Filter says which lines are wanted. The zero value wants the last 100 of all.
type Filter struct {
	Function, RequestID string
	Level               string    // this one and worse
	Since               time.Time // or later
	After               int64     // lines with higher ids, the oldest first; 0: the newest first
	Limit               int
}

// MaxLimit bounds the lines of one answer.
const MaxLimit = 1000

// levels from the least to the worst.
var levels = []string{"debug", "info", "warn", "error"}

// List returns lines in the order of their writing.
func (s *Store) List(ctx context.Context, f Filter) ([]Line, error) {
	if f.Limit <= 0 {
		f.Limit = 100
	}
	order := "DESC"
	if f.After > 0 {
		order = "ASC"
	}
	rows, err := database.Records(ctx, database.Owner{DB: s.config.DB}, `
		SELECT id, at, function, request_id, level, message, fields FROM galley.function_logs
		WHERE ($1 = '' OR function = $1) AND ($2 = '' OR request_id = $2) AND position(level in $3) > 0
			AND ($4::timestamptz IS NULL OR at >= $4::timestamptz) AND id > $5::bigint
		ORDER BY id `+order+` LIMIT $6::bigint`,
		f.Function, f.RequestID, worse(f.Level), database.Stamp(f.Since), f.After, min(f.Limit, MaxLimit))
	if err != nil {
		return nil, err
	}
	list := make([]Line, len(rows))
	for i, r := range rows {
		l := Line{ID: r.Int(0), At: r.Time(1), Function: r.Text(2), RequestID: r.Text(3), Level: r.Text(4), Message: r.Text(5)}
		if r[6] != nil {
			l.Fields = json.RawMessage(r.Text(6))
		}
		if f.After > 0 {
			list[i] = l
		} else {
			list[len(rows)-1-i] = l
		}
	}
	return list, nil
}

// worse lists a level and those that are worse, as a text.
func worse(level string) string {
	for i, l := range levels {
		if l == level {
			return strings.Join(levels[i:], " ")
		}
	}
	return strings.Join(levels, " ")
}
