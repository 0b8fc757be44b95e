package web

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/functions/engine"
)

// cut makes parts as js/url.js does.
func cut(u string, at int64) address {
	ends, _ := plainHost(context.Background(), []engine.Value{u})
	query, path, host, name := at%places, at/places, int64(ends.(float64))%places, int64(ends.(float64))/places
	start := strings.Index(u, "://") + 3
	port, _ := strings.CutPrefix(u[name:host], ":")
	part := func(s string) string {
		if len(s) == 1 {
			return ""
		}
		return s
	}
	return address{Href: u, Protocol: u[:start-2], Hostname: u[start:name], Port: port, Pathname: u[host:path],
		Search: part(u[path:query]), Hash: part(u[query:])}
}

// TestPlainIsPlain takes addresses apart that were put together of pieces, plain ones
// and others: what is taken for plain is what the URL standard's parser makes of it.
func TestPlainIsPlain(t *testing.T) {
	pieces := [][]string{
		{"http://", "https://", "HTTP://", "ftp://", "http:/", "", "http://u@", "https:///"},
		{"localhost", "127.0.0.1", "a.example.org", "1.2.3", "1.2.3.4.5", "127.0.0.01", "256.1.1.1", "a.1", "a.0x1", "A.b", "a..b", "a.b.", ".a", "xn--a", "a.xn--b", "ä.de", "a_b", "-a", "a-", "a--b.c", "1a.com", "[::1]", "a%41", "0x7f.1", ""},
		{"", ":", ":80", ":443", ":8080", ":54321", ":65535", ":65536", ":99999", ":0", ":080", ":a", ":1:2"},
		{"/", "", "/a", "/a/b.c/", "//", "/a//b", "/.", "/..", "/a/../b", "/a/.b", "/%2e", "/a b", "/a%20b", "/ä", "/a\\b", "/~a!$&()*+,;=:@_-9", "/a|b", "/a\tb", "\\a"},
		{"", "?", "?a=b", "?a=b&c=%20d+e", "?a?b/c", "?a'b", "?a\"b", "?ä", "?<", "?a b"},
		{"", "#", "#a", "#a?b", "#a#b", "#`", "#a b", "#%"},
		{"", "\n", " ", "\x00"},
	}
	plain := 0
	for range 100_000 {
		var u string
		for _, choices := range pieces {
			k := 0
			if rand.IntN(3) == 0 {
				k = rand.IntN(len(choices))
			}
			u += choices[k]
		}
		at, _ := plainURL(context.Background(), []engine.Value{u})
		if at == nil {
			continue
		}
		plain++
		parsed, err := parseURL(context.Background(), []engine.Value{u, nil})
		if err != nil || parsed == nil {
			t.Fatalf("%q: %v, %v", u, parsed, err)
		}
		var want address
		if err := json.Unmarshal([]byte(parsed.(engine.JSON)), &want); err != nil {
			t.Fatal(err)
		}
		if got := cut(u, int64(at.(float64))); got != want {
			t.Fatalf("%q:\n%+v\nwant\n%+v", u, got, want)
		}
	}
	if plain < 10_000 {
		t.Error("only", plain, "were plain")
	}
}

func TestLongAddressIsNotPlain(t *testing.T) {
	u := "http://a.b/" + strings.Repeat("c", places)
	if at, _ := plainURL(context.Background(), []engine.Value{u}); at != nil {
		t.Error(at)
	}
}
