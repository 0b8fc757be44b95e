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
	maps.Copy(all, internationalization())
	maps.Copy(all, (&packers{open: map[int]packer{}}).operations())
	maps.Copy(all, map[string]Operation{
		"clock": func(context.Context, []engine.Value) (engine.Value, error) {
			return float64(time.Since(started).Microseconds()) / 1000, nil
		},
		"random":       random,
		"url.parse":    parseURL,
		"url.plain":    plainURL,
		"url.host":     plainHost,
		"url.first":    firstOf,
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
	n := int(engine.Args(given).Number(0))
	if n < 0 || n > mostRandom {
		return nil, fmt.Errorf("random: %d bytes", n)
	}
	b := make([]byte, n)
	_, err := rand.Read(b)
	return b, err
}
