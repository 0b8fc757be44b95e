package config

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
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
	field := func(name string, set func(*Redirect) func(*Config, any) error) named {
		return named{"redirects", name, func(c *Config, redirect string, v any) error {
			r := c.Redirects[redirect]
			err := set(&r)(nil, v)
			c.Redirects[redirect] = r
			return err
		}}
	}
	str := func(name string, to func(*Redirect) *string) named {
		return field(name, func(r *Redirect) func(*Config, any) error { return text(func(*Config) *string { return to(r) }) })
	}
	return []named{
		str("path", func(r *Redirect) *string { return &r.Path }),
		str("table", func(r *Redirect) *string { return &r.Table }),
		str("key", func(r *Redirect) *string { return &r.Key }),
		str("target", func(r *Redirect) *string { return &r.Target }),
		str("when", func(r *Redirect) *string { return &r.When }),
		field("status", func(r *Redirect) func(*Config, any) error {
			return integer(func(*Config) *int64 { return &r.Status }, http.StatusMovedPermanently, http.StatusPermanentRedirect)
		}),
		str("record", func(r *Redirect) *string { return &r.Record }),
		str("record_key", func(r *Redirect) *string { return &r.RecordKey }),
		str("country_header", func(r *Redirect) *string { return &r.CountryHeader }),
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
		return "", fmt.Errorf("expected a path whose last segment, and no other, is a parameter, such as /:slug or /go/:slug")
	}
	return name, nil
}
