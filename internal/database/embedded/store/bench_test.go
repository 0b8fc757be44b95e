package store

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
)

// BenchmarkInsert measures acknowledged inserts of one row.
func BenchmarkInsert(b *testing.B) {
	for _, callers := range []int{1, 32, 128} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			s := open(b, Options{})
			before := s.Stats()
			var next atomic.Int64
			var wg sync.WaitGroup
			b.ResetTimer()
			for range callers {
				wg.Go(func() {
					for {
						id := next.Add(1)
						if id > int64(b.N) {
							return
						}
						if err := s.Write(b.Context(), insert(int(id))); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			after := s.Stats()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "inserts/s")
			b.ReportMetric(float64(after.Members-before.Members)/float64(after.Groups-before.Groups), "members/commit")
		})
	}
}

// BenchmarkReader measures borrowing a reader for a point read.
func BenchmarkReader(b *testing.B) {
	s := open(b, Options{})
	for i := range 1000 {
		must(b, s.Write(b.Context(), insert(i)))
	}
	b.RunParallel(func(p *testing.PB) {
		for i := int64(0); p.Next(); i++ {
			c, release, err := s.Reader(b.Context())
			must(b, err)
			q, err := c.Prepare(`SELECT v FROM t WHERE id = ?`)
			must(b, err)
			must(b, q.Bind(1, sqlite.Int(i%1000)))
			if more, err := q.Step(); !more || len(q.ColumnBytes(0)) == 0 {
				b.Error(err)
			}
			q.Reset()
			release()
		}
	})
}
