package host

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"

	"github.com/galleyhq/galley/internal/functions/engine"
)

// Bounds of one line of the log.
const (
	maxMessage = 8 << 10 // bytes
	maxFields  = 50
	maxField   = 4 << 10 // bytes of one, as JSON
)

var levels = map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}

// log is log(level, message, fields): a line of the structured log, with the
// function's name and the request's id. fields is a JSON object, or null. More than
// a call may write is dropped, and that it was is said once.
func (s *Services) log(ctx context.Context, args []engine.Value) (engine.Value, error) {
	a := engine.Args(args)
	level, ok := levels[a.Text(0)]
	if !ok {
		level = slog.LevelInfo
	}
	logger := s.config.Logger
	message, fields := clip(a.Text(1), maxMessage), a.Text(2)
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		logger = c.logger()
		if c.scope.Tracer != nil {
			message = c.scope.Tracer.Traced(message)
		}
		if !c.mayLog(ctx, int64(len(message)+min(len(fields), maxFields*maxField)+50)) {
			return nil, nil
		}
	}
	attributes := []slog.Attr{slog.String("source", "function")}
	if group := fieldsOf(fields); len(group) > 0 {
		attributes = append(attributes, slog.Attr{Key: "fields", Value: slog.GroupValue(group...)})
	}
	logger.LogAttrs(ctx, level, message, attributes...)
	return nil, nil
}

// mayLog counts the bytes of a line.
func (c *call) mayLog(ctx context.Context, size int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	most := c.services.config.Limits.Log
	before := c.logged
	c.logged += size
	if before <= most && c.logged > most {
		c.logger().WarnContext(ctx, "the function writes more to the log than one call may: the rest is dropped", "bytes", most)
	}
	return c.logged <= most
}

// fieldsOf reads a JSON object, in the order of its names.
func fieldsOf(text string) []slog.Attr {
	var object map[string]json.RawMessage
	if text == "" || json.Unmarshal([]byte(text), &object) != nil {
		return nil
	}
	var out []slog.Attr
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if len(out) == maxFields {
			break
		}
		var value any
		if raw := object[name]; len(raw) > maxField {
			value = clip(string(raw), maxField)
		} else if json.Unmarshal(raw, &value) != nil {
			continue
		}
		out = append(out, slog.Any(clip(name, 100), value))
	}
	return out
}

// envGet is env.get(name): a secret, or null.
func (s *Services) envGet(ctx context.Context, args []engine.Value) (engine.Value, error) {
	value, ok := s.secrets(ctx)[engine.Args(args).Text(0)]
	if !ok {
		return nil, nil
	}
	return value, nil
}

// fileRead is file.read(path): the bytes of a file beside the function's code. It may be
// read while the module is loaded, too.
func (s *Services) fileRead(ctx context.Context, args []engine.Value) (engine.Value, error) {
	name := ""
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		name = c.scope.Function
	}
	return s.config.Files.Read(name, engine.Args(args).Text(0))
}

// envAll is env.all(): every secret, as an object.
func (s *Services) envAll(ctx context.Context, _ []engine.Value) (engine.Value, error) {
	return toJSON(s.secrets(ctx))
}

// secrets are those by name, not to be changed. Within a transaction they are not
// read again: that would take another connection while this one is held.
func (s *Services) secrets(ctx context.Context) map[string]string {
	if c, err := callOf(ctx); err == nil && (c.scope.Tx != nil || c.open() != nil) {
		return s.config.Secrets.Known(ctx)
	}
	return s.config.Secrets.Values(ctx)
}
