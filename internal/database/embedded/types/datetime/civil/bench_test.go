package civil

import "testing"

// The sinks keep results from being optimized away.
var (
	sinkBytes []byte
	sinkInt   int
	sinkTime  Timestamp
)

func BenchmarkOut(b *testing.B) {
	for b.Loop() {
		sinkBytes = AppendText(sinkBytes[:0], "2026-01-02T12:34:56.789012+00:00")
	}
}

func BenchmarkIn(b *testing.B) {
	for b.Loop() {
		t, _ := ParseTimestamptz("2026-01-02 12:34:56.789012+00", -1, nil)
		sinkTime = t
	}
}

func BenchmarkStored(b *testing.B) {
	for b.Loop() {
		sinkTime = Stored("2026-01-02T12:34:56.789012+00:00")
	}
}

func BenchmarkFormat(b *testing.B) {
	t := Stored("2026-01-02T12:34:56.789012+00:00")
	for b.Loop() {
		sinkBytes = t.append(sinkBytes[:0], ' ')
	}
}

func BenchmarkCompareIntervals(b *testing.B) {
	for b.Loop() {
		sinkInt += CompareIntervals("1 year 2 mons 3 days 04:05:06.7", "10 days 01:00:00")
	}
}

func BenchmarkCompareZonedTimes(b *testing.B) {
	for b.Loop() {
		sinkInt += CompareZonedTimes("12:34:56.7+02", "12:34:56-05:30")
	}
}
