package store

import "time"

// The write-ahead log is moved into the file by the writer between groups, after
// their callers have been answered.
const (
	// checkpointFrames is the size of the log, in pages, from which it is moved
	// as far as readers allow. It costs nobody a wait but the next writer.
	checkpointFrames = 1000
	// truncateFrames is the size from which the log is emptied. Readers that
	// come one after the other would else keep it growing for ever.
	truncateFrames = 8000
	// truncateWait is how long that waits for readers of older snapshots.
	truncateWait = 100 * time.Millisecond
	// shortPause and longPause are the times between two attempts: each that
	// fails doubles it, so that a reader who stays does not cost every writer
	// the wait.
	shortPause = 200 * time.Millisecond
	longPause  = 10 * time.Second
)

// checkpoint remembers how far the log has been moved.
type checkpoint struct {
	done     int           // pages that need not be moved again
	pause    time.Duration // after the next attempt to empty the log that fails
	notUntil time.Time     // when emptying may be tried again
}

func (w *writer) checkpointIfDue() {
	frames := w.conn.WALFrames()
	w.store.stats.frames.Store(int64(frames))
	if frames < w.checkpoint.done { // the log began anew
		w.checkpoint.done = 0
	}
	if frames >= truncateFrames && time.Now().After(w.checkpoint.notUntil) {
		w.truncate()
		return
	}
	if frames-w.checkpoint.done >= checkpointFrames {
		w.moveLog(false)
	}
}

func (w *writer) truncate() {
	w.conn.SetBusyTimeout(truncateWait)
	emptied := w.moveLog(true)
	w.conn.SetBusyTimeout(w.store.busyTimeout())
	if emptied {
		w.store.stats.truncated.Add(1)
		w.checkpoint.pause = 0
		return
	}
	w.checkpoint.pause = min(longPause, max(shortPause, 2*w.checkpoint.pause))
	w.checkpoint.notUntil = time.Now().Add(w.checkpoint.pause)
}

// moveLog moves the log into the file. It tells whether nothing was in the way.
func (w *writer) moveLog(truncate bool) (ok bool) {
	follower := w.store.options.Follower
	if follower == nil {
		return w.moveOnce(truncate)
	}
	// It reads from the log, and lets go of what it has seen. Only then can the
	// log be moved to its end, and only after that be begun anew.
	follower.Follow()
	ok = w.moveOnce(false)
	follower.Follow()
	if ok && truncate {
		ok = w.moveOnce(true)
	}
	return ok
}

func (w *writer) moveOnce(truncate bool) (ok bool) {
	busy, frames, done, err := w.conn.Checkpoint(truncate)
	w.store.stats.checkpoints.Add(1)
	if err != nil {
		w.store.options.Logger.Error("checkpoint of the write-ahead log", "error", err)
	}
	// Where readers held it back it is tried again after as many pages more.
	w.checkpoint.done = max(0, frames, done)
	return !busy && err == nil
}
