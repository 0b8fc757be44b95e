package logs

import (
	"context"
	"encoding/json"
	"log/slog"
)

// Handler keeps lines that have an attribute "function", and hands all of them on to
// base.
func (s *Store) Handler(base slog.Handler) slog.Handler { return handler{base: base, store: s} }

type handler struct {
	base                slog.Handler
	store               *Store
	function, requestID string
}

// Enabled implements slog.Handler. Lines of functions are kept whatever base wants to
// see, but for those that only help to find mistakes.
func (h handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.base.Enabled(ctx, level) || h.function != "" && level >= slog.LevelInfo
}

// WithAttrs implements slog.Handler.
func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	h.base = h.base.WithAttrs(attrs)
	for _, a := range attrs {
		h.note(a)
	}
	return h
}

func (h *handler) note(a slog.Attr) {
	switch a.Key {
	case "function":
		h.function = a.Value.String()
	case "request_id":
		h.requestID = a.Value.String()
	}
}

// WithGroup implements slog.Handler.
func (h handler) WithGroup(name string) slog.Handler {
	h.base = h.base.WithGroup(name)
	return h
}

// Handle implements slog.Handler.
func (h handler) Handle(ctx context.Context, r slog.Record) error {
	l := Line{At: r.Time, Level: levelOf(r.Level), Message: r.Message}
	var fields []slog.Attr
	r.Attrs(func(a slog.Attr) bool {
		h.note(a) // of this copy
		switch a.Key {
		case "function", "request_id", "source":
		case "fields":
			fields = append(fields, a.Value.Group()...)
		default:
			fields = append(fields, a)
		}
		return true
	})
	if l.Function = h.function; l.Function != "" && h.store != nil {
		l.RequestID, l.Fields = h.requestID, jsonOf(fields)
		h.store.Add(l)
	}
	if !h.base.Enabled(ctx, r.Level) {
		return nil
	}
	return h.base.Handle(ctx, r)
}

func levelOf(l slog.Level) string {
	switch {
	case l < slog.LevelInfo:
		return "debug"
	case l < slog.LevelWarn:
		return "info"
	case l < slog.LevelError:
		return "warn"
	}
	return "error"
}

func jsonOf(fields []slog.Attr) json.RawMessage {
	if len(fields) == 0 {
		return nil
	}
	object := map[string]any{}
	for _, a := range fields {
		value := a.Value.Resolve().Any()
		if err, ok := value.(error); ok {
			value = err.Error()
		}
		object[a.Key] = value
	}
	text, err := json.Marshal(object)
	if err != nil {
		return nil
	}
	return text
}
