package config

import (
	"math"
	"path/filepath"
	"time"
)

// Reports is the section [reports].
type Reports struct {
	Dir     string        // folder of the files; reports in database.data by default
	KeepFor time.Duration // files that are older are deleted; 0 keeps them
	MaxRows int64         // of a report
	MaxSize int64         // bytes of a file
	MaxMail int64         // bytes of an attachment
	Timeout time.Duration // of one attempt
	Font    string        // TrueType file for PDF; "" is Galley's own
}

func reportDefaults() Reports {
	return Reports{KeepFor: 30 * 24 * time.Hour, MaxRows: 1_000_000, MaxSize: 1 << 30, MaxMail: 10 << 20, Timeout: 10 * time.Minute}
}

func reportKeys() []key {
	return []key{
		{"reports.dir", text(func(c *Config) *string { return &c.Reports.Dir })},
		{"reports.keep_for", duration(func(c *Config) *time.Duration { return &c.Reports.KeepFor })},
		{"reports.max_rows", integer(func(c *Config) *int64 { return &c.Reports.MaxRows }, 1, math.MaxInt64)},
		{"reports.max_size", size(func(c *Config) *int64 { return &c.Reports.MaxSize })},
		{"reports.max_mail", size(func(c *Config) *int64 { return &c.Reports.MaxMail })},
		{"reports.timeout", duration(func(c *Config) *time.Duration { return &c.Reports.Timeout })},
		{"reports.font", text(func(c *Config) *string { return &c.Reports.Font })},
	}
}

func (r *Reports) absolute(project, data string) {
	if r.Dir == "" {
		r.Dir = filepath.Join(data, "reports")
	}
	r.Dir = under(project, r.Dir)
	r.Font = under(project, r.Font)
}

// maxMailed is how large a file a mail can bring, beside its text.
const maxMailed = 10 << 20

// reports looks at [reports]. Old reports are deleted from the folder, so it is
// none that holds anything else.
func (l *loader) reports() {
	c := l.config
	if r := c.Reports; r.MaxMail > maxMailed {
		l.wrong("reports.max_mail", "a mail brings 10MiB at most")
	} else if r.Timeout == 0 {
		l.wrong("reports.timeout", "every report needs a time to end at")
	}
	dir, public := filepath.Clean(c.Reports.Dir), filepath.Clean(c.Server.Public)
	if inside(filepath.Clean(c.Project), dir) {
		l.wrong("reports.dir", "expected a folder of its own: it holds the project")
	}
	if c.Server.Public != "" && !inside(dir, filepath.Clean(c.Database.Data)) && (inside(dir, public) || inside(public, dir)) {
		l.wrong("reports.dir", "everybody could read the reports: it is in server.public, or holds it")
	}
}

// inside tells whether a path is dir or lies in it.
func inside(path, dir string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel)
}
