package web

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/galleyhq/galley/internal/functions/engine"
)

// Operation is what a script reaches by host.call: it runs at once, on the script's
// goroutine. Errors are thrown in the script.
type Operation = func(ctx context.Context, args []engine.Value) (engine.Value, error)

// Operations are the Go half of the Web APIs, for one instance. All are pure but
// "random" and "clock". The host adds those that reach out: log, fetch, body.read,
// body.write, body.end, body.cancel, fetch.abort.
func Operations() map[string]Operation {
	started := time.Now()
	return map[string]Operation{
		"clock": func(context.Context, []engine.Value) (engine.Value, error) {
			return float64(time.Since(started).Microseconds()) / 1000, nil
		},
		"random":       random,
		"url.parse":    parseURL,
		"url.set":      setURL,
		"url.unescape": unescape,
		"utf8.encode":  encodeUTF8,
		"utf8.decode":  decodeUTF8,
		"text.label":   encodingLabel,
		"text.decode":  decodeText,
	}
}

const mostRandom = 65536 // bytes of one call, as the Web's API allows

func random(_ context.Context, args []engine.Value) (engine.Value, error) {
	n := int(number(args, 0))
	if n < 0 || n > mostRandom {
		return nil, fmt.Errorf("random: %d bytes", n)
	}
	b := make([]byte, n)
	_, err := rand.Read(b)
	return b, err
}

// Arguments that our own scripts give; one of another type is read as empty.

func text(args []engine.Value, i int) string {
	if i >= len(args) {
		return ""
	}
	switch v := args[i].(type) {
	case string:
		return v
	case engine.JSON:
		return string(v)
	}
	return ""
}

func octets(args []engine.Value, i int) []byte {
	if i >= len(args) {
		return nil
	}
	b, _ := args[i].([]byte)
	return b
}

func number(args []engine.Value, i int) float64 {
	if i >= len(args) {
		return 0
	}
	n, _ := args[i].(float64)
	return n
}

func truth(args []engine.Value, i int) bool {
	if i >= len(args) {
		return false
	}
	b, _ := args[i].(bool)
	return b
}
