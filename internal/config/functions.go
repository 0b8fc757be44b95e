package config

import (
	"errors"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
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
}

// Function is a section [functions.NAME], as in supabase/config.toml.
type Function struct {
	Disabled   bool
	VerifyJWT  *bool  // nil: what the function says, or else true
	Entrypoint string // "" is index.* in the function's folder
	ImportMap  string // "" is what is found
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
	}
}

// absolute resolves paths against the folder that the configuration is about.
func (f *Functions) absolute(base string) {
	f.Dir = under(base, f.Dir)
	for name, one := range f.Named {
		one.Entrypoint = under(base, one.Entrypoint)
		one.ImportMap = under(base, one.ImportMap)
		f.Named[name] = one
	}
}

// Stripe is the section [stripe].
type Stripe struct {
	SecretKey     string // "" leaves it to the secret STRIPE_SECRET_KEY of functions
	WebhookSecret string // "" leaves it to STRIPE_WEBHOOK_SECRET
	WebhookPath   string // where the sandbox sends events
	Sandbox       bool   // without a key, also where --dev is not given
	BaseURL       string // of Stripe's API; "" is Stripe's
	Timeout       time.Duration
}

// Shipping is the section [shipping].
type Shipping struct {
	Sandbox bool // the sandbox makes labels, also where --dev is not given
}

func stripeDefaults() Stripe {
	return Stripe{WebhookPath: "/functions/v1/stripe-webhook", Timeout: 20 * time.Second}
}

func integrationKeys() []key {
	return []key{
		{"stripe.secret_key", text(func(c *Config) *string { return &c.Stripe.SecretKey })},
		{"stripe.webhook_secret", text(func(c *Config) *string { return &c.Stripe.WebhookSecret })},
		{"stripe.webhook_path", text(func(c *Config) *string { return &c.Stripe.WebhookPath })},
		{"stripe.sandbox", boolean(func(c *Config) *bool { return &c.Stripe.Sandbox })},
		{"stripe.base_url", text(func(c *Config) *string { return &c.Stripe.BaseURL })},
		{"stripe.timeout", duration(func(c *Config) *time.Duration { return &c.Stripe.Timeout })},
		{"shipping.sandbox", boolean(func(c *Config) *bool { return &c.Shipping.Sandbox })},
	}
}

// integrations looks at [stripe].
func (l *loader) integrations() {
	s := l.config.Stripe
	if s.SecretKey != "" {
		if !strings.HasPrefix(s.SecretKey, "sk_") && !strings.HasPrefix(s.SecretKey, "rk_") {
			l.wrong("stripe.secret_key", "expected a secret key, which begins with sk_ or rk_; pk_ is the public one")
		}
		if s.Sandbox {
			l.wrong("stripe.sandbox", "the sandbox takes no payments, and stripe.secret_key is set: take one of them away")
		}
	}
	if !strings.HasPrefix(s.WebhookPath, "/") || strings.HasPrefix(s.WebhookPath, "//") {
		l.wrong("stripe.webhook_path", "expected a path of this server, such as /functions/v1/stripe-webhook")
	}
	if s.Timeout <= 0 {
		l.wrong("stripe.timeout", "every call needs a time to end at")
	}
	if s.BaseURL == "" {
		return
	}
	u, err := url.Parse(s.BaseURL)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Host)) {
		l.wrong("stripe.base_url", "expected an https URL, or http on this machine: the secret key goes there")
	}
}

// Cache is the section [cache]: rows of tables in memory.
type Cache struct {
	Rows int64 // at most
	Size int64 // bytes of them, about
}

// Redirect is a section [redirects.NAME]: addresses of a table.
type Redirect struct {
	Path          string // with a parameter
	Table         string // name, or schema.name
	Key           string // column of the table that the parameter is looked up in; "" is the parameter's name
	Target        string // column with where it leads; "" is target
	When          string // column that tells which rows redirect; "" is all
	Status        int64  // 0 is 302
	Record        string // table of visits; "" records none
	RecordKey     string // its column that refers to the row; "" is its foreign key to Table
	CountryHeader string // "" records no countries
}

func cacheKeys() []key {
	return []key{
		{"cache.rows", integer(func(c *Config) *int64 { return &c.Cache.Rows }, 1, math.MaxInt32)},
		{"cache.size", size(func(c *Config) *int64 { return &c.Cache.Size })},
	}
}

// redirectNamed are the keys of [redirects.NAME].
func redirectNamed() []named {
	field := namedIn("redirects", func(c *Config) map[string]Redirect { return c.Redirects })
	return []named{
		field("path", func(r *Redirect, v any) error { return put(&r.Path, v, value.Text) }),
		field("table", func(r *Redirect, v any) error { return put(&r.Table, v, value.Text) }),
		field("key", func(r *Redirect, v any) error { return put(&r.Key, v, value.Text) }),
		field("target", func(r *Redirect, v any) error { return put(&r.Target, v, value.Text) }),
		field("when", func(r *Redirect, v any) error { return put(&r.When, v, value.Text) }),
		field("status", func(r *Redirect, v any) error {
			return put(&r.Status, v, value.Integer(http.StatusMovedPermanently, http.StatusPermanentRedirect))
		}),
		field("record", func(r *Redirect, v any) error { return put(&r.Record, v, value.Text) }),
		field("record_key", func(r *Redirect, v any) error { return put(&r.RecordKey, v, value.Text) }),
		field("country_header", func(r *Redirect, v any) error { return put(&r.CountryHeader, v, value.Text) }),
	}
}

// redirects looks at [redirects.NAME], and fills in what is left out.
func (l *loader) redirects() {
	for name, r := range l.config.Redirects {
		section := "redirects." + name
		parameter, err := parameterOf(r.Path)
		if err != nil {
			l.wrong(section+".path", err.Error())
		}
		if r.Table == "" || strings.Count(r.Table, ".") > 1 {
			l.wrong(section+".table", "expected the name of a table, such as links")
		}
		if r.Key == "" {
			r.Key = parameter
		}
		if r.Target == "" {
			r.Target = "target"
		}
		if r.Status == 0 {
			r.Status = http.StatusFound
		}
		if !slices.Contains([]int64{301, 302, 303, 307, 308}, r.Status) {
			l.wrong(section+".status", "expected 301, 302, 303, 307 or 308")
		}
		if r.Record == "" && (r.RecordKey != "" || r.CountryHeader != "") {
			l.wrong(section+".record", "expected the table of the visits, as more is said of them")
		}
		l.config.Redirects[name] = r
	}
}

// parameterOf is the one parameter of a path, which is its last segment.
func parameterOf(path string) (string, error) {
	segments := strings.Split(path, "/")
	last := segments[len(segments)-1]
	name, ok := strings.CutPrefix(last, ":")
	if !strings.HasPrefix(path, "/") || !ok || name == "" || strings.ContainsAny(strings.TrimSuffix(path, last), ":*?#") {
		return "", errors.New("expected a path whose last segment, and no other, is a parameter, such as /:slug or /go/:slug")
	}
	return name, nil
}
