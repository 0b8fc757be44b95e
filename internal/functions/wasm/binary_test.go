package wasm

import (
	"encoding/binary"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/fault"
)

// Sections of a module by hand (WebAssembly specification, 5.5).
func section(id byte, body ...byte) []byte {
	return append(binary.AppendUvarint([]byte{id}, uint64(len(body))), body...)
}

// hand is a module with one function () → (), _start, of a body, and other sections in
// between.
func hand(body []byte, more ...[]byte) []byte {
	m := []byte("\x00asm\x01\x00\x00\x00")
	m = append(m, section(1, 1, 0x60, 0, 0)...)
	m = append(m, section(3, 1, 0)...)
	for _, s := range more {
		m = append(m, s...)
	}
	m = append(m, section(7, append([]byte{1, 6}, "_start\x00\x00"...)...)...)
	code := append([]byte{0}, body...)
	code = append(binary.AppendUvarint(nil, uint64(len(code))), code...)
	return append(m, section(10, append([]byte{1}, code...)...)...)
}

func number(n int64) []byte { // i32.const
	out := []byte{0x41}
	for {
		b := byte(n & 0x7f)
		n >>= 7
		if n == 0 && b&0x40 == 0 || n == -1 && b&0x40 != 0 {
			return append(out, b)
		}
		out = append(out, b|0x80)
	}
}

func join(parts ...[]byte) (out []byte) {
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

var (
	loops  = []byte{0x03, 0x40, 0x0c, 0, 0x0b, 0x0b}
	memory = func(pages ...byte) []byte { return section(5, append([]byte{1}, pages...)...) }
	table  = func(limits ...byte) []byte { return section(4, append([]byte{1, 0x70}, limits...)...) }
	// trapIfNot traps unless the number on the stack is n.
	trapUnless = func(n int64) []byte { return join(number(n), []byte{0x47, 0x04, 0x40, 0x00, 0x0b}) }
)

// TestHandMade runs tiny modules: what they may have, they get (and then there is no
// head), what they may not, they do not.
func TestHandMade(t *testing.T) {
	null, end := []byte{0xd0, 0x70}, []byte{0x0b}
	grow := func(n, want int64) []byte { return join(number(n), []byte{0x40, 0}, trapUnless(want)) }
	growTable := func(n, want int64) []byte { return join(null, number(n), []byte{0xfc, 0x0f, 0}, trapUnless(want)) }
	const pages = 16 << 20 / pageSize
	for name, c := range map[string]struct {
		module []byte
		status int
		want   string // in the cause
	}{
		"nothing":                 {hand(end), 502, ""},
		"an endless loop":         {hand(loops), 546, "computed"},
		"a trap":                  {hand([]byte{0x00, 0x0b}), 500, "unreachable"},
		"recursion":               {hand([]byte{0x10, 0, 0x0b}), 500, "stack overflow"},
		"memory up to its limit":  {hand(join(grow(pages-1, 1), grow(1, -1), end), memory(0, 1)), 502, ""},
		"memory beyond its limit": {hand(join(grow(pages, -1), end), memory(0, 1)), 502, ""},
		"memory from the start":   {hand(end, memory(0, 0x81, 0x02)), 503, "memory"},
		"a table up to its limit": {hand(join(growTable(maxTable, 0), growTable(1, -1), end), table(0, 0)), 502, ""},
		"a table beyond it":       {hand(join(growTable(maxTable+1, -1), end), table(0, 0)), 502, ""},
		"a table's own limit":     {hand(join(growTable(5, -1), growTable(3, 1), end), table(1, 1, 4)), 502, ""},
		"a table from the start":  {hand(end, table(0, 0xff, 0xff, 0xff, 0x7f)), 503, "too many elements"},
		"no start":                {[]byte("\x00asm\x01\x00\x00\x00"), 503, "_start"},
		"no module":               {[]byte("#!/bin/sh"), 503, "no WebAssembly"},
		"nothing at all":          {nil, 503, "no WebAssembly"},
		"cut off":                 {hand(end)[:20], 503, ""},
		"a component":             {[]byte("\x00asm\x0d\x00\x01\x00"), 503, "no WebAssembly"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "main.wasm")
			if err := os.WriteFile(file, c.module, 0o600); err != nil {
				t.Fatal(err)
			}
			limits := Limits{Memory: 16 << 20, CPU: time.Minute, Wall: 2 * time.Minute}
			if c.want == "computed" { // the others take their time on a busy machine
				limits.CPU = time.Second
			}
			r := New(Config{Limits: limits, Logger: slog.New(slog.DiscardHandler)})
			defer func() { _ = r.Close() }()
			err := r.Load("hand", file, Manifest{}).Serve(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil), Call{})
			if got := fault.From(err).HTTPStatus; got != c.status || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%d: %v", got, err)
			}
		})
	}
}

// TestStartSection has a loop in the function that runs before _start.
func TestStartSection(t *testing.T) {
	m := hand(loops)
	i := strings.Index(string(m), "_start") + 8
	m = join(m[:i:i], section(8, 0), m[i:])
	file := filepath.Join(t.TempDir(), "main.wasm")
	if err := os.WriteFile(file, m, 0o600); err != nil {
		t.Fatal(err)
	}
	r := New(Config{Limits: Limits{CPU: time.Second, Wall: time.Minute}})
	defer func() { _ = r.Close() }()
	err := r.Load("hand", file, Manifest{}).Serve(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil), Call{})
	if fault.From(err).HTTPStatus != 546 {
		t.Errorf("%v", err)
	}
}

// TestImports refuses a module that wants what is not there.
func TestImports(t *testing.T) {
	m := []byte("\x00asm\x01\x00\x00\x00")
	m = append(m, section(1, 1, 0x60, 0, 0)...)
	m = append(m, section(2, append([]byte{1, 3}, "env\x04evil\x00\x00"...)...)...)
	m = append(m, section(7, append([]byte{1, 6}, "_start\x00\x00"...)...)...)
	file := filepath.Join(t.TempDir(), "main.wasm")
	if err := os.WriteFile(file, m, 0o600); err != nil {
		t.Fatal(err)
	}
	r := New(Config{})
	defer func() { _ = r.Close() }()
	if err := r.Load("hand", file, Manifest{}).Check(t.Context()); err == nil || !strings.Contains(err.Error(), `evil of "env"`) {
		t.Errorf("%v", err)
	}
}

func TestManifest(t *testing.T) {
	for text, ok := range map[string]bool{
		"": true, "{}": true, `{"path": "/x", "methods": ["GET"], "verifyJwt": false, "env": {"A": "b"}, "secrets": ["S"]}`: true,
		`{"path": ["/x", "/y"]}`: true, `{"path": 1}`: false, `{"paths": []}`: false, `{"env": {"HTTP_X": "y"}}`: false, `{"env": {"PATH_INFO": "y"}}`: false, "{": false,
	} {
		dir := t.TempDir()
		if text != "" {
			if err := os.WriteFile(filepath.Join(dir, ManifestFile), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		m, err := ReadManifest(dir)
		if (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
		if strings.Contains(text, `"S"`) && (m.Path[0] != "/x" || *m.VerifyJWT || m.Env["A"] != "b" || m.Secrets[0] != "S") {
			t.Errorf("%+v", m)
		}
	}
}

// FuzzBounded holds that what comes out is a module with the same sections, and bounded.
func FuzzBounded(f *testing.F) {
	f.Add(hand([]byte{0x0b}, table(0, 0), memory(0, 1)))
	f.Add(hand([]byte{0x0b}, table(1, 1, 4)))
	f.Fuzz(func(t *testing.T, module []byte) {
		once, err := bounded(module)
		if err != nil {
			return
		}
		twice, err := bounded(once)
		if err != nil || string(once) != string(twice) {
			t.Errorf("not the same when it is done again: %v", err)
		}
	})
}
