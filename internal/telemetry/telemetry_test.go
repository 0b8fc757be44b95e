package telemetry

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// collector is a loopback OpenTelemetry collector: it takes what the protocol
// says, and nothing else.
type collector struct {
	*httptest.Server
	mu     sync.Mutex
	spans  map[string]map[string]any // by name
	calls  int
	answer int
	header http.Header
}

func newCollector(t *testing.T, answer int) *collector {
	c := &collector{spans: map[string]map[string]any{}, answer: answer}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := c.take(r); err != nil {
			t.Error(err)
		}
		w.WriteHeader(c.answer)
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *collector) take(r *http.Request) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls++
	c.header = r.Header.Clone()
	if r.Method != "POST" || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/json" {
		return fmt.Errorf("%s %s %v", r.Method, r.URL, r.Header)
	}
	z, err := gzip.NewReader(r.Body)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(z)
	if err != nil {
		return err
	}
	var got struct {
		ResourceSpans []struct {
			Resource struct {
				Attributes []struct {
					Key   string
					Value map[string]any
				}
			}
			ScopeSpans []struct{ Spans []map[string]any }
		}
	}
	if err := json.Unmarshal(body, &got); err != nil {
		return err
	}
	named := false
	for _, a := range got.ResourceSpans[0].Resource.Attributes {
		named = named || a.Key == "service.name" && a.Value["stringValue"] == "test"
	}
	if !named {
		return errors.New("no service.name")
	}
	for _, s := range got.ResourceSpans[0].ScopeSpans[0].Spans {
		c.spans[s["name"].(string)] = s
	}
	return nil
}

func (c *collector) seen() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls
}

func closed(t *testing.T, tr *Tracer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tr.Close(ctx)
	if ctx.Err() != nil {
		t.Fatal("the tracer did not close")
	}
}

func TestExport(t *testing.T) {
	c := newCollector(t, 200)
	tr := New(Config{Endpoint: c.URL + "/v1/traces", Ratio: 1, Service: "test", Version: "v1", Headers: map[string]string{"X-Key": "k"}, Interval: time.Hour})
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	ctx, root := tr.Begin(t.Context(), "", parent, Server)
	root.Rename("GET /x")
	inner, span := Start(ctx, "SELECT", Client)
	span.Set("text", "é\xff")
	span.Set("big", int64(1)<<60)
	span.Set("float", 0.5)
	span.Set("yes", true)
	span.Set("other", []int{1}) // of no kind that is sent
	span.Fail("42P01")
	start := time.Unix(1700000000, 1)
	From(inner).Past("wait", start, start.Add(time.Second))
	span.End()
	span.End()
	root.End()
	closed(t, tr)

	if c.calls != 1 || len(c.spans) != 3 || c.header.Get("X-Key") != "k" {
		t.Fatalf("%d calls, %v", c.calls, c.spans)
	}
	top, below, wait := c.spans["GET /x"], c.spans["SELECT"], c.spans["wait"]
	const trace = "0af7651916cd43dd8448eb211c80319c"
	if top["traceId"] != trace || below["traceId"] != trace || top["parentSpanId"] != "b7ad6b7169203331" ||
		below["parentSpanId"] != top["spanId"] || wait["parentSpanId"] != below["spanId"] || len(top["spanId"].(string)) != 16 {
		t.Errorf("%v\n%v\n%v", top, below, wait)
	}
	if top["kind"] != 2.0 || below["kind"] != 3.0 || wait["startTimeUnixNano"] != "1700000000000000001" || wait["endTimeUnixNano"] != "1700000001000000001" {
		t.Errorf("%v\n%v\n%v", top, below, wait)
	}
	if s := fmt.Sprint(below["status"]); s != "map[code:2 message:42P01]" {
		t.Errorf("status %s", s)
	}
	text, _ := json.Marshal(below["attributes"])
	want := `[{"key":"text","value":{"stringValue":"é` + "�" + `"}},{"key":"big","value":{"intValue":"1152921504606846976"}},{"key":"float","value":{"doubleValue":0.5}},{"key":"yes","value":{"boolValue":true}}]`
	if string(text) != want {
		t.Errorf("%s, want\n%s", text, want)
	}
	if tr.sent.Load() != 3 {
		t.Errorf("%d sent", tr.sent.Load())
	}
}

func TestParseParent(t *testing.T) {
	const trace, span = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	for header, want := range map[string]bool{
		"00-" + trace + "-" + span + "-01":                    true,
		"00-" + trace + "-" + span + "-00":                    true,
		"cc-" + trace + "-" + span + "-01-what":               true,
		"cc-" + trace + "-" + span + "-01what":                false,
		"00-" + trace + "-" + span + "-01-what":               false,
		"ff-" + trace + "-" + span + "-01":                    false,
		"00-" + strings.ToUpper(trace) + "-" + span + "-01":   false,
		"00-" + strings.Repeat("0", 32) + "-" + span + "-01":  false,
		"00-" + trace + "-" + strings.Repeat("0", 16) + "-01": false,
		"00-" + trace + "-" + span + "-0g":                    false,
		"00-" + trace + "-" + span:                            false,
		"":                                                    false,
		strings.Repeat("-", 55):                               false,
	} {
		p, ok := ParseParent(header)
		if ok != want || ok && (p.TraceID() != trace || p.Sampled != strings.Contains(header, "-01")) {
			t.Errorf("%q: %v, %+v", header, ok, p)
		}
	}
}

func TestSampling(t *testing.T) {
	tr := &Tracer{config: Config{Ratio: 0.25}}
	n := 0
	for range 4000 {
		if _, s := tr.Begin(t.Context(), "x", "", Server); s != nil {
			n++
		}
	}
	if n < 800 || n > 1200 {
		t.Errorf("%d of 4000", n)
	}
	tr.config.Ratio = 0
	if _, s := tr.Begin(t.Context(), "x", "", Server); s != nil {
		t.Error("sampled at 0")
	}
	if _, s := tr.Begin(t.Context(), "x", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", Server); s == nil {
		t.Error("the caller's decision to trace is not followed")
	}
	tr.config.Ratio = 1
	if _, s := tr.Begin(t.Context(), "x", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", Server); s != nil {
		t.Error("the caller's decision not to trace is not followed")
	}
}

// TestOff does with no tracer whatever is done with one.
func TestOff(t *testing.T) {
	var tr *Tracer
	if n := testing.AllocsPerRun(100, func() {
		ctx, span := tr.Begin(t.Context(), "x", "", Server)
		_, inner := Start(ctx, "y", Client)
		inner.Fail("x")
		inner.Past("x", time.Time{}, time.Time{})
		inner.End()
		span.Rename("z")
		span.End()
		if span.TraceID() != "" {
			t.Error("a trace")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	tr.Close(t.Context())
}

// TestCollectorIsGone has more spans than there is room for, and nobody to take
// them: whoever makes them never waits.
func TestCollectorIsGone(t *testing.T) {
	c := newCollector(t, 503)
	tr := New(Config{Endpoint: c.URL + "/v1/traces", Ratio: 1, Service: "test", Interval: 20 * time.Millisecond, Timeout: time.Second})
	const n = 3 * maxQueue
	for range n {
		_, s := tr.Begin(t.Context(), "x", "", Server)
		s.End()
	}
	closed(t, tr)
	if tr.sent.Load() != 0 || tr.full.Load()+tr.failed.Load() != n || tr.full.Load() == 0 || tr.failed.Load() == 0 {
		t.Errorf("sent %d, no room for %d, %d failed", tr.sent.Load(), tr.full.Load(), tr.failed.Load())
	}
	if c.seen() == 0 {
		t.Error("the collector was never asked")
	}
}

// TestCollectorComesBack tries again where the collector asks for it.
func TestCollectorComesBack(t *testing.T) {
	var mu sync.Mutex
	calls := 0
	done := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if calls++; calls == 1 {
			w.WriteHeader(429)
			return
		}
		close(done)
	}))
	defer s.Close()
	tr := New(Config{Endpoint: s.URL, Ratio: 1, Interval: 10 * time.Millisecond})
	_, span := tr.Begin(t.Context(), "x", "", Server)
	span.End()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("not tried again")
	}
	closed(t, tr)
	if tr.sent.Load() != 1 || tr.failed.Load() != 0 {
		t.Errorf("sent %d, failed %d", tr.sent.Load(), tr.failed.Load())
	}
}
