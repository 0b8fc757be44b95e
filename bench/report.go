package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"text/tabwriter"
	"time"
)

// result is one figure in results.json; null where a server cannot do it.
type result struct {
	Name        string   `json:"name"`
	Unit        string   `json:"unit"`
	Galley      *float64 `json:"galley"`
	Handwritten *float64 `json:"handwritten"`
	PocketBase  *float64 `json:"pocketbase"`
}

func writeResults(file string, all results) error {
	var out []result
	for _, r := range all.rows {
		out = append(out,
			newResult(r.name, unit(r.entry), r.servers, func(f figure) float64 { return math.Round(f.rate) }),
			newResult(r.name+", p50", "ms", r.servers, func(f figure) float64 { return milliseconds(f.p50) }),
			newResult(r.name+", p99", "ms", r.servers, func(f figure) float64 { return milliseconds(f.p99) }),
			newResult(r.name+", CPU", "ms", r.servers, func(f figure) float64 { return milliseconds(f.cpu) }))
	}
	for _, r := range all.resources {
		out = append(out, result{Name: r.name, Unit: r.unit, Galley: &r.value})
	}
	b, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(b, '\n'), 0o644)
}

func newResult(name, unit string, of map[string]figure, value func(figure) float64) result {
	get := func(server string) *float64 {
		f := of[server]
		if !f.set {
			return nil
		}
		v := value(f)
		return &v
	}
	return result{name, unit, get("galley"), get("handwritten"), get("pocketbase")}
}

func unit(e entry) string {
	if e == bulk {
		return "rows/s"
	}
	return "requests/s"
}

func milliseconds(d time.Duration) float64 {
	return math.Round(d.Seconds()*1e6) / 1e3
}

// peers are the servers in the order of the table's columns.
var peers = []string{"galley", "handwritten", "pocketbase"}

func printTable(w io.Writer, o options, all results) {
	fmt.Fprintf(w, "%d rows, %d connections, median of %d rounds of %v\n\n", o.rows, o.connections, o.rounds, o.measure)
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "\tunit\tGalley\thand-written\tPocketBase\tGalley/hand-written\t")
	for _, name := range []string{"Galley", "hand-written", "PocketBase"} {
		fmt.Fprintf(t, "%s p50\tp99\tCPU\t", name)
	}
	fmt.Fprintln(t)
	for _, r := range all.rows {
		fmt.Fprintf(t, "%s\t%s\t", r.name, unit(r.entry))
		for _, s := range peers {
			fmt.Fprint(t, cell(r.servers[s], func(f figure) string { return fmt.Sprintf("%.0f", f.rate) }))
		}
		fmt.Fprint(t, ratio(r))
		for _, s := range peers {
			for _, value := range []func(f figure) time.Duration{
				func(f figure) time.Duration { return f.p50 },
				func(f figure) time.Duration { return f.p99 },
				func(f figure) time.Duration { return f.cpu },
			} {
				fmt.Fprint(t, cell(r.servers[s], func(f figure) string { return fmt.Sprintf("%.3g ms", milliseconds(value(f))) }))
			}
		}
		fmt.Fprintln(t)
	}
	_ = t.Flush()
	fmt.Fprintln(w)
	for _, r := range all.resources {
		fmt.Fprintf(w, "%s: %.1f %s\n", r.name, r.value, r.unit)
	}
}

func ratio(r row) string {
	ours, theirs := r.servers["galley"], r.servers["handwritten"]
	if !ours.set || !theirs.set {
		return "–\t"
	}
	return fmt.Sprintf("%.2f\t", ours.rate/theirs.rate)
}

func cell(f figure, text func(figure) string) string {
	if !f.set {
		return "–\t"
	}
	return text(f) + "\t"
}
