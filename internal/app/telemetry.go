package app

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/telemetry"
	"github.com/galleyhq/galley/internal/watch"
)

// newTracer returns the tracer that the configuration asks for, nil for none.
func newTracer(c config.Config, version string, log *slog.Logger) *telemetry.Tracer {
	t := c.Telemetry
	if t.Endpoint == "" {
		return nil
	}
	headers := map[string]string{}
	for _, h := range t.Headers {
		name, value, _ := strings.Cut(h, "=")
		if plain, err := url.PathUnescape(value); err == nil { // OTEL_EXPORTER_OTLP_HEADERS is encoded so
			value = plain
		}
		headers[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	return telemetry.New(telemetry.Config{
		Endpoint: tracesURL(t.Endpoint), Headers: headers, Ratio: t.SampleRatio, Service: t.ServiceName, Version: version, Logger: log,
	})
}

// tracesURL is where a collector takes traces: below its address, as
// OTEL_EXPORTER_OTLP_ENDPOINT is meant.
func tracesURL(endpoint string) string {
	const path = "/v1/traces"
	if strings.HasSuffix(endpoint, path) {
		return endpoint
	}
	return strings.TrimSuffix(endpoint, "/") + path
}

// closeTimeout bounds the wait for the last spans to be sent.
const closeTimeout = 3 * time.Second

func (m *monitor) close() {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	m.tracer.Close(ctx)
}

// beginTrace begins the span of a request. The id of a trace that the caller
// belongs to is in the log, whether it is traced here or not.
func (m *monitor) beginTrace(ctx context.Context, r *http.Request) context.Context {
	parent := r.Header.Get("Traceparent")
	if parent == "" && m.tracer == nil {
		return ctx
	}
	ctx, span := m.tracer.Begin(ctx, r.Method, parent, telemetry.Server)
	id := span.TraceID()
	if p, ok := telemetry.ParseParent(parent); ok && id == "" {
		id = p.TraceID()
	}
	httpapi.NoteTrace(ctx, id)
	return ctx
}

// endTrace completes it, by OpenTelemetry's conventions for HTTP.
func (m *monitor) endTrace(r *http.Request, route string, o httpapi.Outcome) {
	if m.tracer == nil {
		return
	}
	span := telemetry.From(r.Context())
	if span == nil {
		return
	}
	span.Rename(r.Method + " " + route)
	span.Set("http.request.method", r.Method)
	span.Set("http.route", route)
	span.Set("url.path", r.URL.Path)
	span.Set("http.response.status_code", int64(o.Status))
	span.Set("http.response.body.size", o.Bytes)
	span.Set("galley.request_id", o.ID)
	if o.Role != "" {
		span.Set("galley.role", o.Role)
	}
	if o.Status >= 500 || o.Aborted {
		span.Fail(http.StatusText(o.Status))
	}
	span.End()
}

// slowLog logs slow statements.
func slowLog(log *slog.Logger) func(context.Context, watch.Statement) {
	return func(ctx context.Context, s watch.Statement) {
		role := s.Role
		if role == "" {
			role = "postgres"
		}
		attributes := []slog.Attr{
			slog.Float64("duration_ms", float64(s.Took.Microseconds())/1000), slog.String("role", role),
			slog.Int64("rows", s.Rows), slog.String("statement", s.Shape),
		}
		for _, a := range []struct{ key, value string }{
			{"request_id", httpapi.RequestID(ctx)}, {"trace_id", httpapi.TraceID(ctx)}, {"code", s.Code},
			{"sqlite", strings.Join(s.Emitted, ";\n")}, {"plan", strings.Join(s.Plan, "\n")},
		} {
			if a.value != "" {
				attributes = append(attributes, slog.String(a.key, a.value))
			}
		}
		log.LogAttrs(ctx, slog.LevelWarn, "slow statement", attributes...)
	}
}
