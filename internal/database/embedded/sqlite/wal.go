package sqlite

import (
	"sync/atomic"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// watchWAL keeps the size of the write-ahead log known after each commit.
func (c *Conn) watchWAL() {
	hook := func(_ *libc.TLS, _, _, _ uintptr, frames int32) int32 {
		c.walFrames = int(frames)
		return lib.SQLITE_OK
	}
	lib.Xsqlite3_wal_hook(c.tls, c.db, c.hold(&hook), 0)
}

// WALFrames returns how many pages the write-ahead log held after the
// connection's last commit or checkpoint.
func (c *Conn) WALFrames() int { return c.walFrames }

// Checkpoint moves the write-ahead log into the file as far as readers allow.
// With truncate it first waits for them, up to the busy timeout, and then
// empties the log; busy tells that they did not go away in time
// (sqlite.org/c3ref/wal_checkpoint_v2.html). frames is what the log still
// holds, done how much of it has been moved.
func (c *Conn) Checkpoint(truncate bool) (busy bool, frames, done int, err error) {
	mode := int32(lib.SQLITE_CHECKPOINT_PASSIVE)
	if truncate {
		mode = lib.SQLITE_CHECKPOINT_TRUNCATE
	}
	out := c.tls.Alloc(8)
	defer c.tls.Free(8)
	rc := lib.Xsqlite3_wal_checkpoint_v2(c.tls, c.db, 0, mode, out, out+4)
	frames, done = int(*(*int32)(pointer(out))), int(*(*int32)(pointer(out + 4)))
	if rc == lib.SQLITE_BUSY {
		return true, frames, done, nil
	}
	if rc != lib.SQLITE_OK {
		return false, frames, done, c.fail(rc)
	}
	c.walFrames = max(0, frames)
	return false, frames, done, nil
}

// LogPosition is where the snapshot of a read transaction ends in the write-ahead
// log (sqlite.org/walformat.html, "The WAL-Index File Format").
type LogPosition struct {
	Salt     [2]uint32 // of the log, which has others after each new beginning
	Frame    uint32    // the last one of the snapshot, counted from 1; 0 for none
	Sum      [2]uint32 // the checksum in that frame
	Pages    uint32    // of the database
	PageSize int       // bytes
	// Free tells that the snapshot needs nothing of the log: the writer may begin
	// it anew, and nobody can then move what is in it until the snapshot ends.
	Free bool
}

// LogPosition tells where the snapshot of the open read transaction ends. ok is
// false when the file has no write-ahead log.
func (c *Conn) LogPosition() (p LogPosition, ok bool) {
	wal := c.wal()
	if wal == nil {
		return p, false
	}
	h := wal.Fhdr
	return LogPosition{Salt: h.FaSalt, Frame: h.FmxFrame, Sum: h.FaFrameCksum, Pages: h.FnPage,
		PageSize: int(h.FszPage&0xfe00) | int(h.FszPage&1)<<16, Free: wal.FreadLock == 0}, true
}

// LogState tells two states of a file with a write-ahead log apart: it is another
// after each commit, and the same when the log was only moved or begun anew
// (sqlite.org/walformat.html, "The WAL-Index Header": iChange and aFrameCksum).
type LogState struct {
	change uint32
	sum    [2]uint32
}

// LogState is that of the snapshot which the connection saw last.
func (c *Conn) LogState() (LogState, bool) {
	w := c.wal()
	if w == nil {
		return LogState{}, false
	}
	return LogState{w.Fhdr.FiChange, w.Fhdr.FaFrameCksum}, true
}

// SharedLog is where all processes see the state of the log. It must not be read
// after its connection was closed.
type SharedLog struct{ header *[12]uint32 }

// SharedLog is that of the connection's file. ok is false until it has read or
// written something.
func (c *Conn) SharedLog() (s SharedLog, ok bool) {
	w := c.wal()
	if w == nil || w.FapWiData == 0 || w.FnWiData == 0 {
		return s, false
	}
	page := *(*uintptr)(pointer(w.FapWiData))
	if page == 0 {
		return s, false
	}
	return SharedLog{(*[12]uint32)(pointer(page))}, true
}

// State is the state of the log at this moment. While a commit is being made known
// it may be one that never was; it is that of the commit when that returns.
func (s SharedLog) State() LogState {
	return LogState{atomic.LoadUint32(&s.header[2]), [2]uint32{atomic.LoadUint32(&s.header[6]), atomic.LoadUint32(&s.header[7])}}
}

func (c *Conn) wal() *lib.TWal {
	db := (*lib.Tsqlite3)(pointer(c.db))
	tree := (*lib.TDb)(pointer(db.FaDb)).FpBt // the first is main
	if tree == 0 {
		return nil
	}
	shared := (*lib.TBtShared)(pointer((*lib.TBtree)(pointer(tree)).FpBt))
	log := (*lib.TPager)(pointer(shared.FpPager)).FpWal
	if log == 0 {
		return nil
	}
	return (*lib.TWal)(pointer(log))
}
