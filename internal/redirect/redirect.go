// Package redirect answers addresses that a table of the project holds, such as short
// links, from rows in memory, and records who followed them. See docs/redirects.md.
//
//	service, err := redirect.New(redirect.Config{DB: db, Rows: rows, Rules: c.Redirects, …})
//	service.Start()
//	defer service.Stop()
//	handler = service.Before(files, exacter, handler)
package redirect

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/metrics"
	"github.com/galleyhq/galley/internal/rowcache"
)

// Config is what redirects need. DB, Rows and Rules are required.
type Config struct {
	DB     database.DB
	Rows   *rowcache.Cache
	Rules  map[string]config.Redirect
	Origin func(*http.Request) netip.Addr // where a request came from
	Logger *slog.Logger
}

// Service answers redirects.
type Service struct {
	config   Config
	rules    []*rule // the most exact path first
	recorder recorder

	answered, left atomic.Int64
}

// New returns a service whose recording has not started.
func New(c Config) *Service {
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	s := &Service{config: c}
	s.recorder.init(c)
	for name, r := range c.Rules {
		cut := strings.LastIndexByte(r.Path, '/') + 1
		s.rules = append(s.rules, &rule{name: name, Redirect: r, prefix: r.Path[:cut], service: s})
	}
	slices.SortFunc(s.rules, func(a, b *rule) int {
		return cmp.Or(cmp.Compare(strings.Count(b.prefix, "/"), strings.Count(a.prefix, "/")), strings.Compare(a.Path, b.Path))
	})
	return s
}

// Start begins to record visits, and looks once whether all tables are as they should
// be, which the log tells.
func (s *Service) Start(ctx context.Context) {
	if len(s.rules) == 0 {
		return
	}
	for _, r := range s.rules {
		if _, err := r.resolve(ctx); err != nil {
			s.config.Logger.ErrorContext(ctx, "redirects do not work", "redirects", r.name, "error", err)
		}
	}
	s.recorder.start()
}

// Stop writes down what was recorded, for a few seconds at most.
func (s *Service) Stop() {
	if len(s.rules) > 0 {
		s.recorder.stop()
	}
}

// Before answers redirects, and leaves all else to next. files tells which paths are
// those of files, which come first; exacter whether something else has a more exact
// path for a request than a pattern.
func (s *Service) Before(files func(path string) bool, exacter func(r *http.Request, than string) bool, next http.Handler) http.Handler {
	if len(s.rules) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rule, key := s.match(r)
		if rule == nil || exacter(r, rule.Path) || files(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		if !rule.answer(w, r, key) {
			s.left.Add(1)
			next.ServeHTTP(w, r)
		}
	})
}

// match finds the rule of a request, and its parameter.
func (s *Service) match(r *http.Request) (*rule, string) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return nil, ""
	}
	path := r.URL.EscapedPath()
	for _, rule := range s.rules {
		escaped, ok := strings.CutPrefix(path, rule.prefix)
		if !ok || escaped == "" || strings.IndexByte(escaped, '/') >= 0 {
			continue
		}
		key, err := url.PathUnescape(escaped)
		if err != nil || !utf8.ValidString(key) || strings.IndexByte(key, 0) >= 0 {
			return nil, ""
		}
		return rule, key
	}
	return nil, ""
}

// answer redirects, unless there is no such row, or none for it.
func (u *rule) answer(w http.ResponseWriter, r *http.Request, key string) bool {
	shape, err := u.resolve(r.Context())
	if err != nil {
		return false // the log has it; a function may do without
	}
	value, found, err := shape.view.Get(r.Context(), key)
	if fault.Code(err) == fault.InvalidText || fault.Code(err) == fault.NumericOutOfRange {
		return false // no value of the key's type
	}
	if err != nil {
		httpapi.WriteError(w, r, err)
		return true
	}
	t, _ := value.(*target)
	if !found || t == nil || t.location == nil {
		return false
	}
	r.Pattern = u.Path
	h := w.Header()
	h["Location"] = t.location
	h["Cache-Control"] = u.caching()
	w.WriteHeader(int(u.Status))
	u.service.answered.Add(1)
	if shape.insert != nil && r.Method == http.MethodGet && !prefetched(r) {
		u.service.recorder.add(visit{shape: shape, key: t.id, at: time.Now(), from: u.service.config.Origin(r),
			agent: kept(r.Header["User-Agent"]), referrer: referrer(kept(r.Header["Referer"]), r.Host), country: country(r, u.CountryHeader)})
	}
	return true
}

var (
	never  = []string{"no-store"}
	little = []string{"private, max-age=60"}
)

// caching is how long browsers may keep an answer: a permanent one they would keep for
// ever, whatever becomes of the link.
func (u *rule) caching() []string {
	if u.Status == http.StatusMovedPermanently || u.Status == http.StatusPermanentRedirect {
		return little
	}
	return never
}

// prefetched tells that nobody has followed the link yet (Fetch standard, Sec-Purpose).
func prefetched(r *http.Request) bool {
	return strings.Contains(first(r.Header["Sec-Purpose"]), "prefetch") || first(r.Header["Purpose"]) == "prefetch" || first(r.Header["X-Moz"]) == "prefetch"
}

// first is the first value of a header, "" for none.
func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// maxKept bounds what of a header waits to be written, in bytes.
const maxKept = 1 << 10

// kept is the beginning of a header's value.
func kept(values []string) string {
	value := first(values)
	if len(value) > maxKept {
		return strings.Clone(value[:maxKept])
	}
	return value
}

// country is what a proxy says, two letters.
func country(r *http.Request, header string) string {
	if header == "" {
		return ""
	}
	code := strings.ToUpper(r.Header.Get(header))
	if len(code) != 2 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" || code == "XX" {
		return ""
	}
	return code
}

// WriteMetrics is a metrics.Source.
func (s *Service) WriteMetrics(w *metrics.Writer) {
	if len(s.rules) == 0 {
		return
	}
	w.Counter("galley_redirects_total", "Requests that were redirected.", float64(s.answered.Load()))
	w.Counter("galley_redirects_left_total", "Requests on paths of redirects that were left to others.", float64(s.left.Load()))
	w.Counter("galley_visits_written_total", "Visits written down.", float64(s.recorder.written.Load()))
	w.Counter("galley_visits_dropped_total", "Visits lost, since they could not be written down in time.", float64(s.recorder.dropped.Load()))
}
