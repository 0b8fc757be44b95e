// Package disk asks about the disk that a folder is on: how much room it has, and
// how long it takes to make a write durable.
package disk

import (
	"fmt"
	"os"
	"slices"
	"time"
)

// Room is the room on a disk, in bytes.
type Room struct {
	Free  uint64 // for this user
	Total uint64
}

// SyncTime writes a page n times to a file of its own in a folder, syncs it each
// time as the write-ahead log is, and returns the median and the longest time.
// The file is removed.
func SyncTime(dir string, n int) (median, longest time.Duration, err error) {
	f, err := os.CreateTemp(dir, ".sync-*")
	if err != nil {
		return 0, 0, fmt.Errorf("measure the disk: %w", err)
	}
	defer func() {
		_ = f.Close()
		_ = os.Remove(f.Name())
	}()
	page := make([]byte, 4096)
	var times []time.Duration
	for range max(1, n) {
		start := time.Now()
		if _, err := f.Write(page); err != nil {
			return 0, 0, fmt.Errorf("measure the disk: %w", err)
		}
		if err := f.Sync(); err != nil {
			return 0, 0, fmt.Errorf("measure the disk: %w", err)
		}
		times = append(times, time.Since(start))
	}
	slices.Sort(times)
	return times[len(times)/2], times[len(times)-1], nil
}
