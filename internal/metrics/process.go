package metrics

import (
	"math"
	"os"
	"runtime"
	runtimemetrics "runtime/metrics"
	"strconv"
	"strings"
	"time"
)

// Process is a Source of the Go runtime and the process, under the names that
// Prometheus' own library for Go gives them, so that dashboards for it work. What
// the system does not tell (it is read from /proc, as Linux has it) is left out.
func Process(started time.Time) Source {
	return func(w *Writer) {
		goRuntime(w)
		process(w, started)
	}
}

// Version is a Source of what runs here: labels are names and values in turn.
func Version(labels ...string) Source {
	all := append([]string{"goversion", runtime.Version()}, labels...)
	return func(w *Writer) { w.Gauge("galley_build_info", "What runs here; always 1.", 1, all...) }
}

// runtimeNames are the gauges taken from the runtime, which gives them without
// stopping the world.
var runtimeNames = []struct{ from, name, help string }{
	{"/sched/goroutines:goroutines", "go_goroutines", "Goroutines that exist."},
	{"/sched/gomaxprocs:threads", "go_sched_gomaxprocs_threads", "Threads that may run Go code at once."},
	{"/memory/classes/heap/objects:bytes", "go_memstats_heap_alloc_bytes", "Bytes of objects on the heap, dead ones not yet swept included."},
	{"/memory/classes/heap/unused:bytes", "go_memstats_heap_unused_bytes", "Bytes of the heap's spans in use that hold no object."},
	{"/memory/classes/heap/free:bytes", "go_memstats_heap_free_bytes", "Bytes of the heap that are free and could be given back."},
	{"/memory/classes/heap/released:bytes", "go_memstats_heap_released_bytes", "Bytes given back to the system."},
	{"/memory/classes/heap/stacks:bytes", "go_memstats_stack_inuse_bytes", "Bytes of goroutines' stacks."},
	{"/memory/classes/total:bytes", "go_memstats_sys_bytes", "Bytes of memory mapped by the runtime."},
	{"/gc/heap/goal:bytes", "go_memstats_next_gc_bytes", "Heap size at which the next collection begins."},
	{"/gc/gomemlimit:bytes", "go_gc_gomemlimit_bytes", "The runtime's memory limit."},
}

func goRuntime(w *Writer) {
	const pauses, cycles, allocated = "/sched/pauses/total/gc:seconds", "/gc/cycles/total:gc-cycles", "/gc/heap/allocs:bytes"
	samples := []runtimemetrics.Sample{{Name: pauses}, {Name: cycles}, {Name: allocated}}
	for _, g := range runtimeNames {
		samples = append(samples, runtimemetrics.Sample{Name: g.from})
	}
	runtimemetrics.Read(samples)
	w.Gauge("go_info", "The version of Go.", 1, "version", runtime.Version())
	if samples[0].Value.Kind() == runtimemetrics.KindFloat64Histogram {
		q, sum, count := quantiles(samples[0].Value.Float64Histogram())
		w.Summary("go_gc_duration_seconds", "Pauses of garbage collection (from a histogram: to its buckets' ends).", q, sum, count)
	}
	if v, ok := sampleValue(samples[1]); ok {
		w.Counter("go_gc_cycles_total", "Garbage collections.", v)
	}
	if v, ok := sampleValue(samples[2]); ok {
		w.Counter("go_memstats_alloc_bytes_total", "Bytes allocated on the heap since the start.", v)
	}
	for i, g := range runtimeNames {
		if v, ok := sampleValue(samples[3+i]); ok {
			w.Gauge(g.name, g.help, v)
		}
	}
}

func sampleValue(s runtimemetrics.Sample) (float64, bool) {
	switch s.Value.Kind() {
	case runtimemetrics.KindUint64:
		return float64(s.Value.Uint64()), true
	case runtimemetrics.KindFloat64:
		return s.Value.Float64(), true
	}
	return 0, false
}

// quantiles are those of a histogram of the runtime, each the upper end of its
// bucket.
func quantiles(h *runtimemetrics.Float64Histogram) (at map[float64]float64, sum, count float64) {
	total := uint64(0)
	for i, n := range h.Counts {
		total += n
		sum += float64(n) * upper(h, i)
	}
	at = map[float64]float64{0: 0, 0.25: 0, 0.5: 0, 0.75: 0, 1: 0}
	if total == 0 {
		return at, 0, 0
	}
	for q := range at {
		seen, want := uint64(0), max(1, uint64(math.Ceil(q*float64(total))))
		for i, n := range h.Counts {
			if seen += n; seen >= want {
				at[q] = upper(h, i)
				break
			}
		}
	}
	return at, sum, float64(total)
}

// upper is the upper end of a bucket, or the lower one where it has no end.
func upper(h *runtimemetrics.Float64Histogram, i int) float64 {
	if end := h.Buckets[i+1]; !math.IsInf(end, 0) {
		return end
	}
	return max(0, h.Buckets[i])
}

// ticks is the unit of times in /proc: USER_HZ, 100 on every Linux that Go runs
// on.
const ticks = 100

func process(w *Writer, started time.Time) {
	w.Gauge("process_start_time_seconds", "When the process started, Unix time.", float64(started.UnixMilli())/1000)
	if stat, err := os.ReadFile("/proc/self/stat"); err == nil {
		// The name in parentheses may hold spaces; what follows begins with field 3.
		_, rest, _ := strings.Cut(string(stat), ") ")
		f := strings.Fields(rest)
		if len(f) > 21 {
			w.Counter("process_cpu_seconds_total", "User and system time.", (decimal(f[11])+decimal(f[12]))/ticks)
			w.Gauge("process_threads", "Threads of the process.", decimal(f[17]))
			w.Gauge("process_virtual_memory_bytes", "Virtual memory.", decimal(f[20]))
			w.Gauge("process_resident_memory_bytes", "Resident memory.", decimal(f[21])*float64(os.Getpagesize()))
		}
	}
	if files, err := os.ReadDir("/proc/self/fd"); err == nil {
		w.Gauge("process_open_fds", "Open files.", float64(len(files)-1)) // less the folder just read
	}
	if limit, ok := openFilesLimit(); ok {
		w.Gauge("process_max_fds", "Files that may be open.", limit)
	}
}

// openFilesLimit reads the soft limit from /proc/self/limits.
func openFilesLimit() (float64, bool) {
	text, err := os.ReadFile("/proc/self/limits")
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "Max open files"); ok {
			if f := strings.Fields(rest); len(f) > 0 && f[0] != "unlimited" {
				return decimal(f[0]), true
			}
		}
	}
	return 0, false
}

// decimal reads a number of /proc, which is one.
func decimal(s string) float64 {
	v, _ := strconv.ParseFloat(s, 64)
	return v
}
