package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"
)

// tempPrefix begins the names of files that are not whole yet: its number of the
// job, and of the attempt.
const tempPrefix = ".report-"

// file is a report that is being written, in the folder of reports and under a name
// of its own until it is whole. The folder is an os.Root: no name, and no symbolic
// link in it, leads out of it.
type file struct {
	*os.File
	root *os.Root
	temp string
	done bool
}

// createFile begins a file. What an earlier attempt at the job left is deleted, so
// that an attempt which lost its lease and goes on regardless can publish nothing.
func createFile(dir string, job int64, attempt int) (*file, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the folder of reports: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("the folder of reports: %w", err)
	}
	f := &file{root: root, temp: fmt.Sprintf("%s%d-%d", tempPrefix, job, attempt)}
	if err = removeAttempts(root, job); err == nil {
		f.File, err = root.OpenFile(f.temp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	}
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return f, nil
}

func removeAttempts(root *os.Root, job int64) error {
	names, err := fs.Glob(root.FS(), fmt.Sprintf("%s%d-*", tempPrefix, job))
	for _, name := range names {
		if gone := root.Remove(name); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
}

// publish gives the file its name, durably, in the place of an older one.
func (f *file) publish(name string) error {
	err := f.Sync()
	if closed := f.File.Close(); err == nil {
		err = closed
	}
	folder := path.Dir(name)
	if err == nil {
		err = f.root.MkdirAll(folder, 0o700)
	}
	if err == nil {
		err = f.root.Rename(f.temp, name)
	}
	if err != nil {
		return fmt.Errorf("the report %s: %w", name, err)
	}
	f.done = true
	if d, err := f.root.Open(folder); err == nil {
		_ = d.Sync() // not every file system has it
		_ = d.Close()
	}
	return f.root.Close()
}

// abort deletes the file unless it was published.
func (f *file) abort() {
	if f.done {
		return
	}
	_ = f.File.Close()
	_ = f.root.Remove(f.temp)
	_ = f.root.Close()
}

// Times of cleaning up.
const (
	cleanEvery = time.Hour
	maxTempAge = 24 * time.Hour // nothing is written for as long
)

// clean deletes reports that are older than they are kept, and what crashes left.
// It looks once an hour at most.
func (s *Service) clean(now time.Time) {
	last := s.cleaned.Load()
	if now.Unix()-last < int64(cleanEvery/time.Second) || !s.cleaned.CompareAndSwap(last, now.Unix()) {
		return
	}
	root, err := os.OpenRoot(s.config.Dir)
	if err != nil {
		return // nothing has been written yet
	}
	defer func() { _ = root.Close() }()
	_ = fs.WalkDir(root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return nil // what cannot be read stays
		}
		if info, err := e.Info(); err == nil && s.old(e.Name(), now.Sub(info.ModTime())) {
			_ = root.Remove(name) // the next time, then
		}
		return nil
	})
}

// old tells whether a file is one of ours, and is not kept any longer.
func (s *Service) old(name string, age time.Duration) bool {
	if strings.HasPrefix(name, tempPrefix) || strings.HasPrefix(name, "excelize-") {
		return age > max(maxTempAge, 2*s.config.Timeout)
	}
	ending := strings.TrimPrefix(strings.ToLower(path.Ext(name)), ".")
	return s.config.KeepFor > 0 && age > s.config.KeepFor && mediaTypes[ending] != ""
}
