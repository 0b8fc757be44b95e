package web

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
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
	all := cryptography()
	maps.Copy(all, nodeHashes())
	maps.Copy(all, (&packers{open: map[int]packer{}}).operations())
	maps.Copy(all, map[string]Operation{
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
	})
	return all
}

const mostRandom = 65536 // bytes of one call, as the Web's API allows

func random(_ context.Context, given []engine.Value) (engine.Value, error) {
	n := args(given).whole(0)
	if n < 0 || n > mostRandom {
		return nil, fmt.Errorf("random: %d bytes", n)
	}
	b := make([]byte, n)
	_, err := rand.Read(b)
	return b, err
}

// args are arguments that our own scripts give; one of another type is read as empty.
type args []engine.Value

func (a args) at(i int) engine.Value {
	if i < len(a) {
		return a[i]
	}
	return nil
}

func (a args) text(i int) string {
	switch v := a.at(i).(type) {
	case string:
		return v
	case engine.JSON:
		return string(v)
	}
	return ""
}

func (a args) octets(i int) []byte {
	b, _ := a.at(i).([]byte)
	return b
}

func (a args) whole(i int) int {
	n, _ := a.at(i).(float64)
	return int(n)
}

func (a args) truth(i int) bool {
	b, _ := a.at(i).(bool)
	return b
}
