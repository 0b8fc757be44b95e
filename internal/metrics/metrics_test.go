package metrics

import (
	"bytes"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	runtimemetrics "runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// parse reads a text as Prometheus does.
func parse(t *testing.T, text []byte) map[string]*dto.MetricFamily {
	t.Helper()
	p := expfmt.NewTextParser(model.LegacyValidation)
	out, err := p.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return out
}

func TestText(t *testing.T) {
	var all Registry
	h := Durations(time.Millisecond, time.Second)
	for _, d := range []time.Duration{0, time.Millisecond, time.Millisecond + 1, time.Second, time.Hour} {
		h.Observe(int64(d))
	}
	odd := "a \"b\" \\ c\nd \xff é"
	all.Add(func(w *Writer) { w.Gauge("g", "A gauge\nof \\ two \"lines\".", math.Inf(1), "odd", odd, "plain", "") })
	all.Add(func(w *Writer) {
		w.Histogram("h_seconds", "A histogram.", h, "k", "v")
		w.Histogram("bare", "Another.", Sizes(1, 2))
		w.Counter("c_total", "A counter.", 1<<53, "n", "1")
		w.Gauge("g", "", math.NaN(), "odd", "", "plain", "x")
		w.Summary("s", "A summary.", map[float64]float64{0.5: 2, 0: 1}, 7, 3)
	})
	all.Add(func(w *Writer) { w.Counter("c_total", "", 0.25, "n", "2") })
	got := parse(t, all.Text())

	gauge := got["g"]
	if gauge.GetHelp() != "A gauge\nof \\ two \"lines\"." || gauge.GetType() != dto.MetricType_GAUGE || len(gauge.Metric) != 2 {
		t.Errorf("%v", gauge)
	}
	if l := gauge.Metric[0].Label; l[0].GetValue() != strings.ToValidUTF8(odd, "�") || l[1].GetValue() != "" || !math.IsInf(gauge.Metric[0].Gauge.GetValue(), 1) {
		t.Errorf("%v", gauge.Metric[0])
	}
	if !math.IsNaN(gauge.Metric[1].Gauge.GetValue()) {
		t.Errorf("%v", gauge.Metric[1])
	}
	if c := got["c_total"]; c.GetType() != dto.MetricType_COUNTER || len(c.Metric) != 2 || c.Metric[0].Counter.GetValue() != 1<<53 {
		t.Errorf("samples of one name do not stand together: %v", c)
	}
	hist := got["h_seconds"].Metric[0].Histogram
	want := "[0.001:2 1:4 +Inf:5]"
	var buckets []string
	for _, b := range hist.Bucket {
		buckets = append(buckets, fmt.Sprintf("%v:%d", b.GetUpperBound(), b.GetCumulativeCount()))
	}
	if fmt.Sprint(buckets) != want || hist.GetSampleCount() != 5 || math.Abs(hist.GetSampleSum()-3601.002) > 1e-6 {
		t.Errorf("%v, want %s; %v", buckets, want, hist)
	}
	if b := got["bare"].Metric[0]; len(b.Label) != 0 || len(b.Histogram.Bucket) != 3 {
		t.Errorf("%v", b)
	}
	if s := got["s"].Metric[0].Summary; s.GetSampleCount() != 3 || s.GetSampleSum() != 7 || len(s.Quantile) != 2 || s.Quantile[1].GetValue() != 2 {
		t.Errorf("%v", s)
	}
}

func TestServe(t *testing.T) {
	var all Registry
	all.Add(Process(time.Unix(1700000000, 0)))
	all.Add(Version("version", "v1"))
	w := httptest.NewRecorder()
	all.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	got := parse(t, w.Body.Bytes())
	if w.Header().Get("Content-Type") != ContentType {
		t.Errorf("%v", w.Header())
	}
	for _, name := range []string{"go_goroutines", "go_memstats_heap_alloc_bytes", "go_memstats_sys_bytes"} {
		if m := got[name]; m == nil || m.Metric[0].Gauge.GetValue() <= 0 {
			t.Errorf("%s: %v", name, m)
		}
	}
	if s := got["process_start_time_seconds"].Metric[0].Gauge.GetValue(); s != 1700000000 {
		t.Errorf("start %v", s)
	}
	if got["go_gc_duration_seconds"].GetType() != dto.MetricType_SUMMARY || got["galley_build_info"] == nil {
		t.Errorf("%v", got)
	}
}

func TestQuantiles(t *testing.T) {
	h := &runtimemetrics.Float64Histogram{Buckets: []float64{math.Inf(-1), 1, 2, math.Inf(1)}, Counts: []uint64{1, 2, 1}}
	at, sum, count := quantiles(h)
	if count != 4 || sum != 1+4+2 || at[0] != 1 || at[0.5] != 2 || at[1] != 2 {
		t.Errorf("%v, %v, %v", at, sum, count)
	}
	if at, _, count := quantiles(&runtimemetrics.Float64Histogram{Buckets: []float64{0, 1}, Counts: []uint64{0}}); count != 0 || at[1] != 0 {
		t.Errorf("nothing observed: %v", at)
	}
}

// TestRequests counts from many goroutines, while others scrape.
func TestRequests(t *testing.T) {
	q := NewRequests()
	var all Registry
	all.Add(q.Write)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 1000 {
				q.Begin()
				q.Done("/a", http.MethodGet, 200+i%2, 10, time.Duration(i)*time.Millisecond)
			}
		})
		wg.Go(func() {
			for range 20 {
				parse(t, all.Text())
			}
		})
	}
	wg.Wait()
	q.Begin()
	got := parse(t, all.Text())
	if n := got["galley_http_requests_in_flight"].Metric[0].Gauge.GetValue(); n != 1 {
		t.Errorf("%v in flight", n)
	}
	if n := got["galley_http_request_duration_seconds"].Metric[0].Histogram.GetSampleCount(); n != 8000 {
		t.Errorf("%d requests", n)
	}
	if n := got["galley_http_response_bytes_total"].Metric[0].Counter.GetValue(); n != 80000 {
		t.Errorf("%v bytes", n)
	}
	for _, m := range got["galley_http_requests_total"].Metric {
		if m.Counter.GetValue() != 4000 {
			t.Errorf("%v", m)
		}
	}
}

// TestSeriesAreBounded has a client make up whatever it can.
func TestSeriesAreBounded(t *testing.T) {
	q := NewRequests()
	var all Registry
	all.Add(q.Write)
	for i := range 3 * maxRoutes {
		q.Done("/a", fmt.Sprint("VERB", i), 1000+i, 0, 0)
		q.Done("/a", http.MethodGet, -i, 0, 0)
	}
	if n := len(parse(t, all.Text())["galley_http_requests_total"].Metric); n != 2 {
		t.Errorf("%d series of methods and statuses", n)
	}
	for i := range 3 * maxRoutes {
		q.Done(fmt.Sprint("/", i), http.MethodGet, 200, 0, 0)
	}
	if n := len(parse(t, all.Text())["galley_http_requests_total"].Metric); n > maxRoutes+1 {
		t.Errorf("%d series of routes", n)
	}
}

func BenchmarkDone(b *testing.B) {
	q := NewRequests()
	b.ReportAllocs()
	for b.Loop() {
		q.Begin()
		q.Done("/rest/v1/{relation}", http.MethodGet, 200, 100, 3*time.Millisecond)
	}
}
