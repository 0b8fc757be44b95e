// Package metrics counts what the server does and writes it for Prometheus, in
// its text format (prometheus.io/docs/instrumenting/exposition_formats, version
// 0.0.4). Nothing is gathered until somebody asks: each part of the program keeps
// numbers anyway, and hands them over when it is called.
//
//	var all metrics.Registry
//	all.Add(func(w *metrics.Writer) { w.Gauge("galley_queue", "Writers in line.", float64(n)) })
//	http.Handle("GET /metrics", &all)
//
// Labels come from closed sets (routes, methods, states), never from what clients
// send, so the number of series is bounded.
package metrics

import (
	"bytes"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Source writes what a part of the program has counted. It runs at each scrape,
// several at once, and must not block.
type Source func(w *Writer)

// Registry is the sources of a server. The zero value is ready for use.
type Registry struct {
	mu      sync.Mutex
	sources []Source
}

// Add adds a source.
func (r *Registry) Add(s Source) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sources = append(r.sources, s)
}

// ContentType is that of the text format.
const ContentType = "text/plain; version=0.0.4; charset=utf-8"

// ServeHTTP implements http.Handler.
func (r *Registry) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	text := r.Text()
	w.Header().Set("Content-Type", ContentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(text) // a scraper that left is no error
}

// Text is what all sources say.
func (r *Registry) Text() []byte {
	r.mu.Lock()
	sources := slices.Clone(r.sources)
	r.mu.Unlock()
	w := &Writer{families: map[string]*family{}}
	for _, s := range sources {
		s(w)
	}
	return w.text()
}

// Writer takes the samples of one scrape. Labels are names and values in turn.
type Writer struct {
	families map[string]*family
	label    []byte
}

// family is the samples of one name, which stand together.
type family struct {
	help, kind string
	samples    []byte
}

// Counter writes a number that only grows; its name ends in _total.
func (w *Writer) Counter(name, help string, value float64, labels ...string) {
	w.family(name, help, "counter").sample(name, "", w.labels(labels), value)
}

// Gauge writes a number that comes and goes.
func (w *Writer) Gauge(name, help string, value float64, labels ...string) {
	w.family(name, help, "gauge").sample(name, "", w.labels(labels), value)
}

// Histogram writes a distribution, in the base unit of its name.
func (w *Writer) Histogram(name, help string, h *Histogram, labels ...string) {
	f := w.family(name, help, "histogram")
	base := string(w.labels(labels))
	counts, sum := h.read()
	total := int64(0)
	for i, n := range counts {
		total += n
		le := "+Inf"
		if i < len(h.bounds) {
			le = number(float64(h.bounds[i]) / h.unit)
		}
		inner := `le="` + le + `"}`
		if base == "" {
			inner = "{" + inner
		} else {
			inner = strings.TrimSuffix(base, "}") + "," + inner
		}
		f.sample(name, "_bucket", []byte(inner), float64(total))
	}
	f.sample(name, "_sum", []byte(base), float64(sum)/h.unit)
	f.sample(name, "_count", []byte(base), float64(total))
}

// Summary writes quantiles that were computed elsewhere, with their number and
// sum.
func (w *Writer) Summary(name, help string, quantiles map[float64]float64, sum, count float64) {
	f := w.family(name, help, "summary")
	for _, q := range slices.Sorted(maps.Keys(quantiles)) {
		f.sample(name, "", w.labels([]string{"quantile", number(q)}), quantiles[q])
	}
	f.sample(name, "_sum", nil, sum)
	f.sample(name, "_count", nil, count)
}

func (w *Writer) family(name, help, kind string) *family {
	f := w.families[name]
	if f == nil {
		f = &family{help: help, kind: kind}
		w.families[name] = f
	}
	return f
}

func (f *family) sample(name, suffix string, labels []byte, value float64) {
	f.samples = append(f.samples, name...)
	f.samples = append(f.samples, suffix...)
	f.samples = append(f.samples, labels...)
	f.samples = append(f.samples, ' ')
	f.samples = append(f.samples, number(value)...)
	f.samples = append(f.samples, '\n')
}

// labels writes names and values as {name="value",…}.
func (w *Writer) labels(pairs []string) []byte {
	if len(pairs) < 2 {
		return nil
	}
	b := append(w.label[:0], '{')
	for i := 0; i+1 < len(pairs); i += 2 {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, pairs[i]...)
		b = append(b, '=', '"')
		b = appendEscaped(b, strings.ToValidUTF8(pairs[i+1], "�"), true)
		b = append(b, '"')
	}
	w.label = append(b, '}')
	return w.label
}

func appendEscaped(b []byte, s string, quotes bool) []byte {
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\\':
			b = append(b, `\\`...)
		case c == '\n':
			b = append(b, `\n`...)
		case c == '"' && quotes:
			b = append(b, `\"`...)
		default:
			b = append(b, c)
		}
	}
	return b
}

// number writes a value as Go and Prometheus do: +Inf, NaN and the shortest form.
func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// text puts the families together, by name.
func (w *Writer) text() []byte {
	var b bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(w.families)) {
		f := w.families[name]
		b.WriteString("# HELP " + name + " ")
		b.Write(appendEscaped(nil, f.help, false))
		b.WriteString("\n# TYPE " + name + " " + f.kind + "\n")
		b.Write(f.samples)
	}
	return b.Bytes()
}
