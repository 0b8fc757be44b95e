package config

import (
	"errors"
	"math"
	"net/http"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/config/value"
)

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
