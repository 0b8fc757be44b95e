// Package host is what a function can do beyond computing: the Go operations behind
// module galley, fetch, bodies, Deno.env and the console, and the script of the
// module itself (js/galley.js).
//
//	services, err := host.New(host.Config{DB: db, …})
//	ops := loop.Ops{Sync: services.Sync(), Async: services.Async()}
//	ctx, end := services.Begin(ctx, host.Scope{Session: session, RequestID: id, Function: "hello"})
//	defer end()
//	value, err := l.Call(ctx, "handle", …)
//
// An operation finds out in its context for whom it works: all that a call opens,
// spends and sees hangs on its Scope, and ends with it. Nothing passes from one call
// to the next, although they may share an instance.
package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/functions/engine"
	"github.com/galleyhq/galley/internal/functions/host/ai"
	"github.com/galleyhq/galley/internal/functions/host/cache"
	"github.com/galleyhq/galley/internal/functions/host/files"
	"github.com/galleyhq/galley/internal/functions/host/rows"
	"github.com/galleyhq/galley/internal/functions/host/secret"
	"github.com/galleyhq/galley/internal/migrate"
	"github.com/galleyhq/galley/internal/outgoing"
	"github.com/galleyhq/galley/internal/rowcache"
)

// Parts are the parts of Galley's own schema that functions need, for migrate.Own.
func Parts(engine string) []migrate.Part {
	return []migrate.Part{
		{Name: "function_secrets", Steps: secret.Schema()},
		{Name: "function_cache", Steps: cache.Schema(engine)},
		{Name: "function_ai", Steps: ai.Schema()},
	}
}

// Op is an operation. ctx is that of the call it works for.
type Op = func(ctx context.Context, args []engine.Value) (engine.Value, error)

// Config is what functions stand on. Only DB and Secrets are required.
type Config struct {
	DB      database.DB
	Secrets *secret.Store
	Rows    *rowcache.Cache // rows of tables in memory; nil refuses them
	Cache   *cache.Cache    // nil means one with the default bounds
	Mailer  Mailer          // nil refuses to send
	AI      *ai.Client      // nil refuses to ask
	Outside Outside         // nil refuses to ask
	Limiter Limiter         // nil refuses to count
	Files   *files.Files    // beside the code; nil has none
	Guard   outgoing.Config // what fetch may reach
	SelfURL func() string   // where this server is, which fetch may reach too; nil is nowhere
	Limits  Limits          // zero values are the defaults
	Logger  *slog.Logger    // nil means slog.Default
}

// Limits bound what one call may use.
type Limits struct {
	Rows        int64         // of one statement; 10,000 by default
	Result      int64         // bytes of the rows of one statement; 10 MiB by default
	Transaction time.Duration // of one transaction; 5 s by default
	Calls       int64         // outgoing calls; 50 by default, none if negative
	Open        int64         // bodies and streams open at once; 64 by default
	Log         int64         // bytes of log lines; 256 KiB by default
	Statements  int64         // run at once, outside of a transaction; 8 by default
}

func (l Limits) withDefaults() Limits {
	set := func(v *int64, value int64) {
		if *v == 0 {
			*v = value
		}
	}
	set(&l.Rows, 10_000)
	set(&l.Result, 10<<20)
	set(&l.Calls, 50)
	set(&l.Open, 64)
	set(&l.Log, 256<<10)
	set(&l.Statements, 8)
	if l.Transaction <= 0 {
		l.Transaction = 5 * time.Second
	}
	return l
}

// Services are shared by all instances. Their methods may be called from any
// goroutine.
type Services struct {
	config Config
	guard  *outgoing.Guard
	paces  paces
	texts  texts

	mu       sync.Mutex
	self     *outgoing.Guard // that lets endpoint through, too
	endpoint string
}

// New returns the services, or what is wrong with the configuration.
func New(c Config) (*Services, error) {
	if c.DB == nil || c.Secrets == nil {
		return nil, errors.New("functions: no database, or no store of secrets")
	}
	c.Limits = c.Limits.withDefaults()
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Files == nil {
		c.Files = files.New("", nil)
	}
	if c.Cache == nil {
		c.Cache = cache.New(cache.Config{DB: c.DB, Logger: c.Logger})
	}
	guard, err := outgoing.New(c.Guard)
	if err != nil {
		return nil, err
	}
	// a database elsewhere takes longer than anything that could be saved
	return &Services{config: c, guard: guard, paces: paces{on: c.DB.Engine() == "embedded"}}, nil
}

// Close gives up the connections that no call uses.
func (s *Services) Close() {
	s.guard.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.self != nil {
		s.self.Close()
	}
}

// guardOf is what a fetch of a URL goes through. Where this server is may be known
// only once it listens; a redirect from elsewhere leads to it no more than to any
// other address of this machine.
func (s *Services) guardOf(address string) (*outgoing.Guard, error) {
	if s.config.SelfURL == nil {
		return s.guard, nil
	}
	endpoint := outgoing.Endpoint(s.config.SelfURL())
	if endpoint == "" || outgoing.Endpoint(address) != endpoint {
		return s.guard, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.self == nil || s.endpoint != endpoint {
		c := s.config.Guard
		c.Allow = append(slices.Clone(c.Allow), endpoint)
		self, err := outgoing.New(c)
		if err != nil {
			return nil, err
		}
		if s.self != nil {
			s.self.Close()
		}
		s.self, s.endpoint = self, endpoint
	}
	return s.self, nil
}

// Sync are the operations that answer at once.
func (s *Services) Sync() map[string]Op {
	return map[string]Op{
		"log":           s.log,
		"qr":            s.qr,
		"env.get":       s.envGet,
		"env.all":       s.envAll,
		"file.read":     s.fileRead,
		"body.cancel":   s.bodyCancel,
		"body.open":     s.bodyOpen,
		"body.end":      s.bodyEnd,
		"fetch.abort":   s.fetchAbort,
		"outside.local": s.outsideLocal,
	}
}

// Quick are the operations whose time is not the script's.
func (s *Services) Quick() map[string]Op {
	return map[string]Op{"sql.now": s.queryNow}
}

// Async are the operations that a script waits for.
func (s *Services) Async() map[string]Op {
	return map[string]Op{
		"sql.query":       s.query,
		"tx.begin":        s.txBegin,
		"tx.commit":       s.txCommit,
		"tx.rollback":     s.txRollback,
		"enqueue":         s.enqueue,
		"mail.send":       s.mailSend,
		"cached":          s.cached,
		"cache.get":       s.cacheGet,
		"cache.set":       s.cacheSet,
		"cache.delete":    s.cacheDelete,
		"cache.increment": s.cacheIncrement,
		"fetch":           s.fetch,
		"body.read":       s.bodyRead,
		"body.write":      s.bodyWrite,
		"ai.chat":         s.aiChat,
		"ai.stream":       s.aiStream,
		"ai.next":         s.aiNext,
		"ai.object":       s.aiObject,
		"ai.embed":        s.aiEmbed,
		"outside.call":    s.outsideCall,
		"limit":           s.limit,
	}
}

// object reads the text of a JSON object into v; a field that v does not have is a mistake of
// the function's author, and told.
func object(text, what string, v any) error {
	if text == "" {
		return nil
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return invalid("%s: %s", what, strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

func invalid(format string, args ...any) *fault.Error {
	return fault.New(fault.InvalidParameter, format, args...)
}

// toJSON is a value for a script.
func toJSON(v any) (engine.Value, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fault.Internal(err)
	}
	return engine.JSON(text), nil
}

// rowLimits are those of one statement.
func (s *Services) rowLimits() rows.Limits {
	return rows.Limits{Rows: s.config.Limits.Rows, Bytes: s.config.Limits.Result}
}

// seconds is a number of seconds of a script as a duration.
func seconds(n float64) time.Duration {
	const most = float64(1<<62) / float64(time.Second)
	return time.Duration(min(max(n, -most), most) * float64(time.Second))
}

// known tells whether a text is one of those allowed.
func known(what, text string, allowed ...string) error {
	if !slices.Contains(allowed, text) {
		return invalid("%s is %q, expected one of %s", what, clip(text, 100), strings.Join(allowed, ", "))
	}
	return nil
}

func clip(s string, most int) string {
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + fmt.Sprintf("… (%d bytes more)", len(s)-most)
	}
	return s
}
