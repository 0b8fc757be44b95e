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
	// truncatePause keeps a reader that stays from costing every writer the wait.
	truncatePause = 2 * time.Second
)

// checkpoint remembers how far the log has been moved.
type checkpoint struct {
	done     int       // pages known to be in the file
	notUntil time.Time // when emptying may be tried again
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
	busy := w.moveLog(true)
	w.conn.SetBusyTimeout(w.store.busyTimeout())
	if !busy {
		w.store.stats.truncated.Add(1)
		return
	}
	w.checkpoint.notUntil = time.Now().Add(truncatePause)
}

func (w *writer) moveLog(truncate bool) (busy bool) {
	busy, frames, done, err := w.conn.Checkpoint(truncate)
	w.store.stats.checkpoints.Add(1)
	if err != nil {
		w.store.options.Logger.Error("checkpoint of the write-ahead log", "error", err)
		w.checkpoint.notUntil = time.Now().Add(truncatePause)
	}
	// Where readers held it back it is tried again after as many pages more.
	w.checkpoint.done = max(0, frames, done)
	return busy
}
