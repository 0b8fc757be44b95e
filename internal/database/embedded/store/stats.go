package store

import (
	"sync/atomic"
	"time"

	"github.com/galleyhq/galley/internal/metrics"
)

// Stats counts what a Store has done since it was opened.
type Stats struct {
	Groups      int64 // commits of groups
	Members     int64 // writes committed in them
	Failed      int64 // writes rolled back, alone
	Largest     int64 // most members of one commit
	Lost        int64 // transactions that failed as a whole
	Rerun       int64 // writes run again alone
	Checkpoints int64 // of the write-ahead log
	Truncated   int64 // checkpoints that emptied it
	WALFrames   int64 // pages in the log after the last commit

	Queued        int           // writers in line
	Busy          time.Duration // for how long the writer has been at its present work; 0 when it has none
	ReadersOpen   int           // connections for reading
	ReadersInUse  int
	ReadersWait   int64 // callers that wait for one
	ReadersMost   int   // that may be open
	ReadersWaited int64 // callers that had to wait, ever
}

type stats struct {
	groups, members, failed, largest, lost, rerun, checkpoints, truncated, frames atomic.Int64

	began         atomic.Int64 // the writer's present work, Unix time in ns; 0 when it has none
	wait, waited  atomic.Int64 // of readers
	hits, misses  atomic.Int64 // of the readers' caches of pages, as far as they were asked
	groupSize     *metrics.Histogram
	groupDuration *metrics.Histogram // from the first member's beginning to the end of the commit
	commit        *metrics.Histogram // COMMIT alone: the sync of the log
}

func newStats() stats {
	const ms = time.Millisecond
	return stats{
		groupSize:     metrics.Sizes(1, 2, 4, 8, 16, 32, 64, 128),
		groupDuration: metrics.Durations(ms/4, ms/2, ms, 2*ms, 5*ms, 10*ms, 25*ms, 50*ms, 100*ms, 500*ms, 1000*ms, 5000*ms),
		commit:        metrics.Durations(ms/8, ms/4, ms/2, ms, 2*ms, 5*ms, 10*ms, 25*ms, 50*ms, 100*ms, 500*ms, 1000*ms),
	}
}

// Stats returns the counters.
func (s *Store) Stats() Stats {
	t := &s.stats
	out := Stats{Groups: t.groups.Load(), Members: t.members.Load(), Failed: t.failed.Load(),
		Largest: t.largest.Load(), Lost: t.lost.Load(), Rerun: t.rerun.Load(),
		Checkpoints: t.checkpoints.Load(), Truncated: t.truncated.Load(), WALFrames: t.frames.Load(),
		Queued: len(s.queue), ReadersWait: t.wait.Load(), ReadersWaited: t.waited.Load()}
	if began := t.began.Load(); began != 0 {
		out.Busy = max(0, time.Since(time.Unix(0, began)))
	}
	out.ReadersMost = cap(s.readers.slots)
	out.ReadersInUse = out.ReadersMost - len(s.readers.slots)
	s.readers.mu.Lock()
	idle := len(s.readers.idle)
	s.readers.mu.Unlock()
	out.ReadersOpen = idle + out.ReadersInUse
	return out
}

// caches asks the connections that nobody uses for what their caches did. One that
// is lent out is counted when it is asked next.
func (s *Store) caches() (hits, misses, bytes int64) {
	s.readers.mu.Lock()
	defer s.readers.mu.Unlock()
	for _, c := range s.readers.idle {
		h, m, b := c.CacheStatus()
		s.stats.hits.Add(h)
		s.stats.misses.Add(m)
		bytes += b
	}
	return s.stats.hits.Load(), s.stats.misses.Load(), bytes
}

// WriteMetrics is a metrics.Source.
func (s *Store) WriteMetrics(w *metrics.Writer) {
	t := s.Stats()
	hits, misses, bytes := s.caches()
	w.Counter("galley_embedded_page_cache_hits_total", "Pages that readers found in their caches.", float64(hits))
	w.Counter("galley_embedded_page_cache_misses_total", "Pages that readers had to read.", float64(misses))
	w.Gauge("galley_embedded_page_cache_bytes", "Memory of the page caches of readers that are not lent out.", float64(bytes))
	w.Gauge("galley_embedded_readers_in_use", "Connections for reading that are lent out.", float64(t.ReadersInUse))
	w.Gauge("galley_embedded_readers_open", "Connections for reading that are open.", float64(t.ReadersOpen))
	w.Gauge("galley_embedded_readers_max", "Connections for reading that may be open.", float64(t.ReadersMost))
	w.Gauge("galley_embedded_readers_waiting", "Statements that wait for a connection for reading.", float64(t.ReadersWait))
	w.Counter("galley_embedded_reader_waits_total", "Statements that had to wait for a connection for reading.", float64(t.ReadersWaited))
	w.Gauge("galley_embedded_writer_queue", "Writes in line for the writer.", float64(t.Queued))
	w.Gauge("galley_embedded_writer_queue_max", "Writes that may be in line for the writer.", float64(cap(s.queue)))
	w.Gauge("galley_embedded_writer_busy_seconds", "For how long the writer has been at its present work.", t.Busy.Seconds())
	w.Histogram("galley_embedded_group_size", "Writes in one commit.", s.stats.groupSize)
	w.Histogram("galley_embedded_group_duration_seconds", "Time from a group's first write to the end of its commit.", s.stats.groupDuration)
	w.Histogram("galley_embedded_commit_duration_seconds", "Time of a commit, which syncs the write-ahead log to the disk.", s.stats.commit)
	w.Counter("galley_embedded_writes_total", "Writes by what became of them.", float64(t.Members), "result", "committed")
	w.Counter("galley_embedded_writes_total", "Writes by what became of them.", float64(t.Failed), "result", "rolled_back")
	w.Counter("galley_embedded_transactions_lost_total", "Transactions of the writer that failed as a whole.", float64(t.Lost))
	w.Counter("galley_embedded_writes_rerun_total", "Writes run again alone, after their group was lost.", float64(t.Rerun))
	w.Counter("galley_embedded_checkpoints_total", "Moves of the write-ahead log into the file.", float64(t.Checkpoints))
	w.Counter("galley_embedded_checkpoints_truncating_total", "Checkpoints that emptied the write-ahead log.", float64(t.Truncated))
	w.Gauge("galley_embedded_wal_pages", "Pages in the write-ahead log after the last commit.", float64(t.WALFrames))
}
