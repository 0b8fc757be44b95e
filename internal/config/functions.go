package config

import (
	"math"
	"net/url"
	"time"

	"github.com/galleyhq/galley/internal/config/value"
)

// Functions is the section [functions].
type Functions struct {
	Dir          string        // folder of the functions
	Memory       int64         // bytes of one instance
	CPUTime      time.Duration // that one call may compute
	Timeout      time.Duration // of one call
	Concurrency  int64         // calls at once, of this node
	MaxResponse  int64         // bytes of one response; a stream's too
	MaxCalls     int64         // outgoing calls of one call
	MaxRows      int64         // of one statement
	MaxResult    int64         // bytes of the rows of one statement
	Transaction  time.Duration // of one transaction
	HookTime     time.Duration // of the hooks of one write together
	HookRows     int64         // of one write to a table with hooks
	CacheEntries int64         // of module galley's cache, of all nodes
	CacheSize    int64         // bytes of all of them
	QueueTimeout time.Duration // that a call waits for an instance
	IdleTimeout  time.Duration // after which an instance that nobody wants is closed
	KeepLogs     time.Duration // what functions write
	Uses         int64         // calls that one instance serves
	Named        map[string]Function
	EnvFile      string // what a developer's machine reads secrets from, of the command line; "" is .env in Dir
}

// Function is a section [functions.NAME], as in supabase/config.toml.
type Function struct {
	Disabled   bool
	VerifyJWT  *bool    // nil: what the function says, or else true
	Entrypoint string   // "" is index.* in the function's folder
	ImportMap  string   // "" is what is found
	Static     []string // files that it may read, which may be patterns
}

// AI is the section [ai]: any server with OpenAI's interface.
type AI struct {
	BaseURL     string // up to /v1; "" is none
	APIKey      string
	Model       string // of chat, when the function names none
	EmbedModel  string // of embeddings
	Timeout     time.Duration
	MaxTokens   int64 // of an answer, when the function says nothing
	DailyTokens int64 // of all nodes together, by days of UTC; 0 does not bound them
}

func functionDefaults() Functions {
	return Functions{Dir: "functions", Memory: 128 << 20, CPUTime: 2 * time.Second, Timeout: 150 * time.Second, Concurrency: 64,
		MaxResponse: 20 << 20, MaxCalls: 50, MaxRows: 10_000, MaxResult: 10 << 20, Transaction: 5 * time.Second, HookTime: 100 * time.Millisecond, HookRows: 10_000,
		CacheEntries: 10_000, CacheSize: 64 << 20,
		QueueTimeout: 10 * time.Second, IdleTimeout: time.Minute, KeepLogs: 7 * 24 * time.Hour, Uses: 10_000, Named: map[string]Function{}}
}

func aiDefaults() AI { return AI{Timeout: time.Minute, MaxTokens: 1024} }

func functionKeys() []key {
	return []key{
		{"functions.dir", text(func(c *Config) *string { return &c.Functions.Dir })},
		{"functions.memory", size(func(c *Config) *int64 { return &c.Functions.Memory })},
		{"functions.cpu_time", duration(func(c *Config) *time.Duration { return &c.Functions.CPUTime })},
		{"functions.timeout", duration(func(c *Config) *time.Duration { return &c.Functions.Timeout })},
		{"functions.concurrency", integer(func(c *Config) *int64 { return &c.Functions.Concurrency }, 1, 10_000)},
		{"functions.max_response", size(func(c *Config) *int64 { return &c.Functions.MaxResponse })},
		{"functions.max_calls", integer(func(c *Config) *int64 { return &c.Functions.MaxCalls }, 0, 10_000)},
		{"functions.max_rows", integer(func(c *Config) *int64 { return &c.Functions.MaxRows }, 1, math.MaxInt64)},
		{"functions.max_result", size(func(c *Config) *int64 { return &c.Functions.MaxResult })},
		{"functions.transaction_timeout", duration(func(c *Config) *time.Duration { return &c.Functions.Transaction })},
		{"functions.hook_time", duration(func(c *Config) *time.Duration { return &c.Functions.HookTime })},
		{"functions.hook_rows", integer(func(c *Config) *int64 { return &c.Functions.HookRows }, 1, 100_000)},
		{"functions.cache_entries", integer(func(c *Config) *int64 { return &c.Functions.CacheEntries }, 1, 10_000_000)},
		{"functions.cache_size", size(func(c *Config) *int64 { return &c.Functions.CacheSize })},
		{"functions.queue_timeout", duration(func(c *Config) *time.Duration { return &c.Functions.QueueTimeout })},
		{"functions.idle_timeout", duration(func(c *Config) *time.Duration { return &c.Functions.IdleTimeout })},
		{"functions.uses", integer(func(c *Config) *int64 { return &c.Functions.Uses }, 1, math.MaxInt32)},
		{"functions.keep_logs", duration(func(c *Config) *time.Duration { return &c.Functions.KeepLogs })},
		{"ai.base_url", text(func(c *Config) *string { return &c.AI.BaseURL })},
		{"ai.api_key", text(func(c *Config) *string { return &c.AI.APIKey })},
		{"ai.model", text(func(c *Config) *string { return &c.AI.Model })},
		{"ai.embed_model", text(func(c *Config) *string { return &c.AI.EmbedModel })},
		{"ai.timeout", duration(func(c *Config) *time.Duration { return &c.AI.Timeout })},
		{"ai.max_tokens", integer(func(c *Config) *int64 { return &c.AI.MaxTokens }, 1, 10_000_000)},
		{"ai.daily_tokens", integer(func(c *Config) *int64 { return &c.AI.DailyTokens }, 0, math.MaxInt64)},
	}
}

// leastMemory is what an instance needs to begin at all.
const leastMemory = 8 << 20

// functions looks at [functions] and [ai].
func (l *loader) functions() {
	f := l.config.Functions
	if f.Memory < leastMemory {
		l.wrong("functions.memory", "expected at least 8MiB")
	}
	for name, d := range map[string]time.Duration{"functions.cpu_time": f.CPUTime, "functions.timeout": f.Timeout,
		"functions.transaction_timeout": f.Transaction, "functions.hook_time": f.HookTime, "ai.timeout": l.config.AI.Timeout} {
		if d == 0 {
			l.wrong(name, "it needs a time to end at")
		}
	}
	if a := l.config.AI; a.BaseURL != "" {
		u, err := url.Parse(a.BaseURL)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.User != nil {
			l.wrong("ai.base_url", "expected a URL such as https://api.openai.com/v1")
		}
	}
}

// functionNamed are the keys of [functions.NAME].
func functionNamed() []named {
	field := namedIn("functions", func(c *Config) map[string]Function { return c.Functions.Named })
	return []named{
		field("enabled", func(f *Function, v any) error {
			enabled, err := value.Boolean(v)
			f.Disabled = !enabled
			return err
		}),
		field("verify_jwt", func(f *Function, v any) error { f.VerifyJWT = new(bool); return put(f.VerifyJWT, v, value.Boolean) }),
		field("entrypoint", func(f *Function, v any) error { return put(&f.Entrypoint, v, value.Text) }),
		field("import_map", func(f *Function, v any) error { return put(&f.ImportMap, v, value.Text) }),
		field("static_files", func(f *Function, v any) error { return put(&f.Static, v, value.List) }),
	}
}

// absolute resolves paths against the folder that the configuration is about.
func (f *Functions) absolute(base string) {
	f.Dir = under(base, f.Dir)
	for name, one := range f.Named {
		one.Entrypoint = under(base, one.Entrypoint)
		one.ImportMap = under(base, one.ImportMap)
		static := make([]string, len(one.Static))
		for i, name := range one.Static {
			static[i] = under(base, name)
		}
		one.Static = static
		f.Named[name] = one
	}
}
