package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestFunctions reads [functions] and [ai], and finds their mistakes.
func TestFunctions(t *testing.T) {
	for env, want := range map[string]string{
		"GALLEY_FUNCTIONS_MEMORY=64MiB":               "",
		"GALLEY_FUNCTIONS_MEMORY=1MiB":                "at least 8MiB",
		"GALLEY_FUNCTIONS_TIMEOUT=0s":                 "a time to end at",
		"GALLEY_FUNCTIONS_TRANSACTION_TIMEOUT=0s":     "a time to end at",
		"GALLEY_FUNCTIONS_CONCURRENCY=0":              "whole number from 1",
		"GALLEY_AI_BASE_URL=http://127.0.0.1:11434/v": "",
		"GALLEY_AI_BASE_URL=ftp://x/v1":               "expected a URL",
		"GALLEY_AI_BASE_URL=https://u:p@x/v1":         "expected a URL",
		"GALLEY_AI_BASE_URL=api.openai.com/v1":        "expected a URL",
		"GALLEY_AI_DAILY_TOKENS=-1":                   "whole number from 0",
	} {
		_, _, err := Load(Source{Project: t.TempDir(), Env: []string{env}})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", env, err, want)
		}
	}
}

// TestVerifyJWT reads which functions are open, from each place that says so.
func TestVerifyJWT(t *testing.T) {
	project := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(project, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("supabase/config.toml", "[functions.stripe-webhook]\nverify_jwt = false\nimport_map = './x.json'\nstatic_files = ['./functions/stripe-webhook/*.html']\n[functions.Other]\nverify_jwt = false\n")
	write("galley.toml", "[functions]\ntimeout = '5s'\n[functions.Other]\nverify_jwt = true\n")
	c, _, err := Load(Source{Project: project, Env: []string{"GALLEY_FUNCTIONS_HELLO_VERIFY_JWT=false"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"stripe-webhook": false, "Other": true, "hello": false} {
		if got := c.Functions.Named[name].VerifyJWT; got == nil || *got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if f := c.Functions.Named["stripe-webhook"]; f.ImportMap != filepath.Join(project, "supabase", "x.json") || f.Disabled ||
		!slices.Equal(f.Static, []string{filepath.Join(project, "supabase", "functions", "stripe-webhook", "*.html")}) {
		t.Errorf("%+v", f)
	}
	if c.Functions.Dir != filepath.Join(project, "supabase", "functions") || c.Functions.Timeout.Seconds() != 5 {
		t.Errorf("%+v", c.Functions)
	}
	write("galley.toml", "[functions.hello]\nverify_jwt = 'maybe'\n")
	if _, _, err := Load(Source{Project: project}); err == nil {
		t.Error("maybe is neither")
	}
}
