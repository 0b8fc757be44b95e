package sqlite

import (
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
