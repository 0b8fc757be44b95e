package store

import "sync/atomic"

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
}

type stats struct {
	groups, members, failed, largest, lost, rerun, checkpoints, truncated, frames atomic.Int64
}

// Stats returns the counters.
func (s *Store) Stats() Stats {
	t := &s.stats
	return Stats{Groups: t.groups.Load(), Members: t.members.Load(), Failed: t.failed.Load(),
		Largest: t.largest.Load(), Lost: t.lost.Load(), Rerun: t.rerun.Load(),
		Checkpoints: t.checkpoints.Load(), Truncated: t.truncated.Load(), WALFrames: t.frames.Load()}
}
