package config

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestReports keeps reports out of folders that hold anything else, above all of
// the one that everybody can read.
func TestReports(t *testing.T) {
	for env, want := range map[string]string{
		"GALLEY_REPORTS_DIR=":               "",
		"GALLEY_REPORTS_DIR=data/reports":   "",
		"GALLEY_REPORTS_DIR=public-reports": "", // no part of public
		"GALLEY_REPORTS_DIR=public":         "everybody could read",
		"GALLEY_REPORTS_DIR=public/a/b":     "everybody could read",
		"GALLEY_REPORTS_DIR=x/../public":    "everybody could read",
		"GALLEY_REPORTS_DIR=.":              "it holds the project",
		"GALLEY_REPORTS_DIR=..":             "it holds the project",
		"GALLEY_REPORTS_MAX_MAIL=10MiB":     "",
		"GALLEY_REPORTS_MAX_MAIL=11MiB":     "10MiB at most",
		"GALLEY_REPORTS_TIMEOUT=0s":         "needs a time to end at",
		"GALLEY_REPORTS_MAX_ROWS=0":         "whole number from 1",
	} {
		project := t.TempDir()
		c, _, err := Load(Source{Project: project, Env: []string{env}})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", env, err, want)
		}
		if env == "GALLEY_REPORTS_DIR=" && c.Reports.Dir != filepath.Join(project, ".galley", "reports") {
			t.Errorf("the default is %s", c.Reports.Dir)
		}
	}
}
