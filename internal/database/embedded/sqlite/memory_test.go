package sqlite

import (
	"testing"

	lib "modernc.org/sqlite/lib"
)

// TestOwnPages reads much by one connection, which takes no page of another's.
func TestOwnPages(t *testing.T) {
	path := t.TempDir() + "/db"
	conn := func() *Conn {
		c, err := Open(path, Options{CacheKiB: 256})
		must(t, err)
		t.Cleanup(func() { _ = c.Close() })
		if !ownsPages(c.pages()) {
			t.Error("its pages are everybody's")
		}
		return c
	}
	big, small := conn(), conn()
	must(t, big.Exec(`create table little (x); insert into little values (1);
		create table much (x); with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000) insert into much select zeroblob(1000) from n`))
	for range 3 {
		query(t, small, "select sum(x) from little")
		before := small.misses(t)
		query(t, big, "select sum(length(x)) from much")
		query(t, small, "select sum(x) from little")
		if after := small.misses(t); after != before {
			t.Errorf("it reads %d pages again", after-before)
		}
	}
}

// misses is how many pages a connection has read that were not in its cache.
func (c *Conn) misses(t *testing.T) int32 {
	t.Helper()
	pair := c.tls.Alloc(8)
	defer c.tls.Free(8)
	if code := lib.Xsqlite3_db_status(c.tls, c.db, lib.SQLITE_DBSTATUS_CACHE_MISS, pair, pair+4, 0); code != lib.SQLITE_OK {
		t.Fatal(code)
	}
	return *(*int32)(pointer(pair))
}
