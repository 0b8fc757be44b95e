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

func writeResults(file string, all figures) error {
	var out []result
	for _, e := range entries {
		out = append(out,
			newResult(string(e), unit(e), all[e], func(f figure) float64 { return math.Round(f.rate) }),
			newResult(string(e)+", p50", "ms", all[e], func(f figure) float64 { return milliseconds(f.p50) }),
			newResult(string(e)+", p99", "ms", all[e], func(f figure) float64 { return milliseconds(f.p99) }))
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

func printTable(w io.Writer, o options, all figures) {
	fmt.Fprintf(w, "%d rows, %d connections, median of %d rounds of %v\n\n", o.rows, o.connections, o.rounds, o.measure)
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\tunit\tgalley\thand-written\tPocketBase\tgalley p50\tp99\thand-written p50\tp99\tPocketBase p50\tp99\t")
	for _, e := range entries {
		fmt.Fprintf(t, "%s\t%s\t", e, unit(e))
		servers := []string{"galley", "handwritten", "pocketbase"}
		for _, s := range servers {
			fmt.Fprint(t, cell(all[e][s], func(f figure) string { return fmt.Sprintf("%.0f", f.rate) }))
		}
		for _, s := range servers {
			fmt.Fprint(t, cell(all[e][s], func(f figure) string { return fmt.Sprintf("%.2f ms", milliseconds(f.p50)) }))
			fmt.Fprint(t, cell(all[e][s], func(f figure) string { return fmt.Sprintf("%.2f ms", milliseconds(f.p99)) }))
		}
		fmt.Fprintln(t)
	}
	_ = t.Flush()
}

func cell(f figure, text func(figure) string) string {
	if !f.set {
		return "–\t"
	}
	return text(f) + "\t"
}
