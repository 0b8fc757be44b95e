package telemetry

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"strconv"
	"time"
)

// The message ExportTraceServiceRequest in JSON: ids in hex, 64-bit numbers as
// strings, enums as numbers.
type (
	otlpRequest struct {
		ResourceSpans []otlpResourceSpans `json:"resourceSpans"`
	}
	otlpResourceSpans struct {
		Resource   otlpResource     `json:"resource"`
		ScopeSpans []otlpScopeSpans `json:"scopeSpans"`
	}
	otlpResource struct {
		Attributes []otlpAttribute `json:"attributes"`
	}
	otlpScopeSpans struct {
		Scope otlpScope  `json:"scope"`
		Spans []otlpSpan `json:"spans"`
	}
	otlpScope struct {
		Name    string `json:"name"`
		Version string `json:"version,omitempty"`
	}
	otlpSpan struct {
		TraceID      string          `json:"traceId"`
		SpanID       string          `json:"spanId"`
		ParentSpanID string          `json:"parentSpanId,omitempty"`
		Name         string          `json:"name"`
		Kind         Kind            `json:"kind"`
		Start        string          `json:"startTimeUnixNano"`
		End          string          `json:"endTimeUnixNano"`
		Attributes   []otlpAttribute `json:"attributes,omitempty"`
		Status       otlpStatus      `json:"status"`
	}
	otlpAttribute struct {
		Key   string         `json:"key"`
		Value map[string]any `json:"value"`
	}
	otlpStatus struct {
		Code    int    `json:"code,omitempty"` // 2 is an error, 0 is unset
		Message string `json:"message,omitempty"`
	}
)

// encode writes a batch.
func (t *Tracer) encode(batch []*Span) []byte {
	resource := []attribute{{"service.name", t.config.Service}, {"service.version", t.config.Version},
		{"telemetry.sdk.name", "galley"}, {"telemetry.sdk.language", "go"}, {"process.pid", int64(os.Getpid())}}
	if host, err := os.Hostname(); err == nil {
		resource = append(resource, attribute{"host.name", host})
	}
	spans := make([]otlpSpan, len(batch))
	for i, s := range batch {
		spans[i] = s.otlp()
	}
	body, err := json.Marshal(otlpRequest{[]otlpResourceSpans{{
		Resource:   otlpResource{otlpAttributes(resource)},
		ScopeSpans: []otlpScopeSpans{{Scope: otlpScope{"github.com/galleyhq/galley", t.config.Version}, Spans: spans}},
	}}})
	if err != nil { // an attribute that JSON cannot hold: NaN
		return []byte(`{"resourceSpans":[]}`)
	}
	return body
}

func (s *Span) otlp() otlpSpan {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := otlpSpan{TraceID: hex.EncodeToString(s.trace[:]), SpanID: hex.EncodeToString(s.id[:]), Name: s.name, Kind: s.kind,
		Start: nanoseconds(s.start), End: nanoseconds(s.end), Attributes: otlpAttributes(s.attributes)}
	if s.parent != [8]byte{} {
		out.ParentSpanID = hex.EncodeToString(s.parent[:])
	}
	if s.failed {
		out.Status = otlpStatus{2, s.message}
	}
	return out
}

func nanoseconds(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }

func otlpAttributes(list []attribute) []otlpAttribute {
	out := make([]otlpAttribute, 0, len(list))
	for _, a := range list {
		value := map[string]any{}
		switch v := a.value.(type) {
		case string:
			value["stringValue"] = v
		case int64:
			value["intValue"] = strconv.FormatInt(v, 10)
		case float64:
			value["doubleValue"] = v
		case bool:
			value["boolValue"] = v
		default:
			continue
		}
		out = append(out, otlpAttribute{a.key, value})
	}
	return out
}
