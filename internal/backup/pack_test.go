package backup_test

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/backup"
	"github.com/galleyhq/galley/internal/fault"
)

// objects counts the segments and packs of a place.
func objects(t *testing.T, in backup.Place) (segments, packs int) {
	t.Helper()
	folders, err := in.List(t.Context(), "continuous")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		if !f.Folder {
			continue
		}
		all, err := in.List(t.Context(), "continuous/"+f.Name)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range all {
			if strings.HasSuffix(o.Name, ".seg") {
				segments++
			}
			if strings.HasPrefix(o.Name, "pack-") {
				packs++
			}
		}
	}
	return segments, packs
}

// packedStream writes a load until its segments are packed, and stops.
func packedStream(t *testing.T, place backup.Place, lock backup.Lock, key backup.Key) (s *streamed, all []ack, began, ended time.Time) {
	t.Helper()
	s = newStreamed(t, place)
	s.config.Lock, s.key = lock, key
	s.config.Interval, s.config.PackEvery, s.config.PackLeast = 20*time.Millisecond, 300*time.Millisecond, 3
	s.start()
	s.until("a base", based(1))
	began = time.Now()
	stop := s.load()
	s.until("packs", func(backup.StreamStatus) bool { _, packs := objects(t, place); return packs >= 2 })
	all = stop()
	ended = time.Now()
	s.until("all", shipped)
	s.stop()
	return s, all, began, ended
}

// TestPackedMoments restores to moments inside of packs, between them and after
// them, of a folder and a store, plain and encrypted: none is lost by packing.
func TestPackedMoments(t *testing.T) {
	lock, key := keys(t)
	for name, c := range map[string]struct {
		place func(*testing.T) backup.Place
		lock  backup.Lock
	}{
		"folder":    {func(t *testing.T) backup.Place { return backup.Folder(t.TempDir()) }, backup.Lock{}},
		"encrypted": {func(t *testing.T) backup.Place { return newStore(t, httptest.NewTLSServer).place(t, t.TempDir()) }, lock},
	} {
		t.Run(name, func(t *testing.T) {
			s, all, began, ended := packedStream(t, c.place(t), c.lock, key)
			segments, packs := objects(t, s.config.Place)
			spans, err := backup.Spans(t.Context(), s.config.Place)
			if err != nil || len(spans) != 1 || spans[0].Segments < segments+3*packs {
				t.Fatalf("%d segments, %d packs, spans %+v, %v", segments, packs, spans, err)
			}
			t.Logf("%d transactions in %d segments, kept as %d and %d packs", len(all), spans[0].Segments, segments, packs)
			seen := map[time.Time]bool{}
			for range 12 {
				at := began.Add(rand.N(ended.Sub(began)))
				db, p := s.restored(at)
				if p.Moment.After(at) || at.Sub(p.Moment) > 20*time.Second {
					t.Errorf("%s for %s", p, at)
				}
				seen[p.Moment] = true
				holds(t, db, all, p.Moment.Add(-s.config.Interval), at)
			}
			if len(seen) < 4 {
				t.Errorf("12 moments became %d", len(seen))
			}
			db, _ := s.restored(time.Time{})
			holds(t, db, all, ended, ended)
		})
	}
}

// TestDamagedPacks: every byte of a pack counts, and segments that a killed process
// left beside their pack go and disturb nothing.
func TestDamagedPacks(t *testing.T) {
	dir := t.TempDir()
	s, all, _, ended := packedStream(t, backup.Folder(dir), backup.Lock{}, backup.Key{})
	verify := func() error {
		p, err := backup.FindPoint(t.Context(), s.config.Place, time.Time{})
		if err == nil {
			_, _, err = p.Verify(t.Context(), backup.Key{}, t.TempDir())
		}
		return err
	}
	packs, err := filepath.Glob(filepath.Join(dir, "continuous", "*", "pack-*"))
	if err != nil || len(packs) == 0 {
		t.Fatal(packs, err)
	}
	whole, err := os.ReadFile(packs[0])
	if err != nil {
		t.Fatal(err)
	}
	for range 12 {
		changed := []byte(string(whole))
		at := rand.N(len(whole) - 1024 - 512) // after that tar ends with zeros, which mean nothing
		changed[at] ^= 0x10
		if err := os.WriteFile(packs[0], changed, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := verify(); fault.Code(err) != fault.DataCorrupted && !padding(whole, at) {
			t.Errorf("byte %d changed: %v", at, err)
		}
		if err := os.WriteFile(packs[0], whole[:at], 0o600); err != nil {
			t.Fatal(err)
		}
		if err := verify(); fault.Code(err) != fault.DataCorrupted {
			t.Errorf("cut at %d: %v", at, err)
		}
	}
	if err := os.WriteFile(packs[0], whole, 0o600); err != nil {
		t.Fatal(err)
	}
	first := strings.Split(filepath.Base(packs[0]), "-")[1]
	left := filepath.Join(filepath.Dir(packs[0]), first+"-1700000000000.seg")
	if err := os.WriteFile(left, []byte("left by a killed process"), 0o600); err != nil {
		t.Fatal(err)
	}
	db, _ := s.restored(time.Time{})
	holds(t, db, all, ended, ended)
	s.start()
	s.until("what was left is gone", func(backup.StreamStatus) bool { _, err := os.Stat(left); return os.IsNotExist(err) })
	s.stop()
}

// padding tells whether a byte is one that tar does not read, or not for what it is.
func padding(archive []byte, at int) bool {
	return archive[at] == 0 || at%512 >= 100 && strings.HasPrefix(string(archive[at/512*512+257:min(len(archive), at/512*512+262)]), "ustar")
}

// packing is a place whose segments are packed while a restore is at work.
type packing struct {
	backup.Place
	pack func()
}

// Open implements backup.Place.
func (p packing) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if strings.HasSuffix(name, ".seg") {
		p.pack()
	}
	return p.Place.Open(ctx, name)
}

// TestPackedWhileRestoring: a restore that began with segments ends with packs.
func TestPackedWhileRestoring(t *testing.T) {
	place := backup.Folder(t.TempDir())
	s := newStreamed(t, place)
	s.config.Interval = 20 * time.Millisecond
	s.start()
	s.until("a base", based(1))
	stop := s.load()
	s.until("segments", func(st backup.StreamStatus) bool { return st.Segments >= 25 })
	all := stop()
	ended := time.Now()
	s.until("all", shipped)
	s.stop()
	var once atomic.Bool
	p, err := backup.FindPoint(t.Context(), packing{place, func() {
		if !once.CompareAndSwap(false, true) {
			return
		}
		s.config.PackEvery, s.config.PackLeast = time.Millisecond, 3
		s.start()
		s.until("a pack", func(backup.StreamStatus) bool { _, packs := objects(t, place); return packs > 0 })
		s.stop()
	}}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "data.db")
	if _, err := p.Restore(t.Context(), backup.Key{}, backup.Target{Path: to}); err != nil {
		t.Fatal(err)
	}
	if !once.Load() {
		t.Error("no segment was opened")
	}
	holds(t, open(t, to), all, ended, time.Now())
}

// slowBase is a place where the upload of a base takes long.
type slowBase struct {
	backup.Place
	wait chan struct{}
}

func (p slowBase) Create(ctx context.Context, name string) (backup.Upload, error) {
	up, err := p.Place.Create(ctx, name)
	if strings.Contains(name, "/base") {
		up = slowUpload{up, p.wait}
	}
	return up, err
}

type slowUpload struct {
	backup.Upload
	wait chan struct{}
}

// Commit implements backup.Upload.
func (u slowUpload) Commit(ctx context.Context) error {
	<-u.wait
	return u.Upload.Commit(ctx)
}

// TestLeaseOfALongUpload: a place stays claimed while an upload takes longer than
// the claim lasts.
func TestLeaseOfALongUpload(t *testing.T) {
	place, wait := backup.Folder(t.TempDir()), make(chan struct{})
	a, b := newStreamed(t, slowBase{place, wait}), newStreamed(t, place)
	a.config.Lease, b.config.Lease = 2*time.Second, 2*time.Second
	a.start()
	a.until("a claim", func(backup.StreamStatus) bool {
		r, err := place.Open(t.Context(), "continuous/lease.json")
		if err != nil {
			return false
		}
		return r.Close() == nil
	})
	b.start()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if st := b.stream.Status(); st.Bases > 0 {
			t.Fatal("the second took the place while the first was at an upload")
		}
	}
	close(wait)
	a.until("a base", based(1))
	a.stop()
	b.until("a base", based(1))
	b.stop()
}
