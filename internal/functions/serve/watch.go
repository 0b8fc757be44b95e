package serve

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// quiet is how long nothing must have changed before functions are loaded anew: an
// editor writes a file in several steps, a checkout many files.
const quiet = 80 * time.Millisecond

// again is how often the folder of the functions is looked for while there is none,
// and files are compared in any case: some file systems tell nobody of changes.
const again = 30 * time.Second

// maxWatched bounds the folders that are watched.
const maxWatched = 5000

// watch loads functions anew when their files change, until ctx is done.
func (p *Project) watch(ctx context.Context) error {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return err
	}
	defer func() { _ = w.Close() }()
	p.watchFolders(w)
	timer := time.NewTimer(quiet) // for what has changed before it was watched
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err, ok := <-w.Errors:
			if !ok {
				return errors.New("the watcher has ended")
			}
			if !errors.Is(err, fsnotify.ErrEventOverflow) {
				p.config.Logger.WarnContext(ctx, "functions: watching their files", "error", err)
			}
			timer.Reset(quiet)
		case e, ok := <-w.Events:
			if !ok {
				return errors.New("the watcher has ended")
			}
			if relevant(e) {
				timer.Reset(quiet)
			}
		case <-timer.C:
			if err := p.scan(ctx); err != nil && ctx.Err() == nil {
				p.config.Logger.ErrorContext(ctx, "functions: they cannot be loaded anew", "error", err)
			}
			next := again
			if p.watchFolders(w) {
				next = quiet
			}
			timer.Reset(next)
		}
	}
}

// relevant tells changes of sources from what editors and file systems do besides.
func relevant(e fsnotify.Event) bool {
	name := filepath.Base(e.Name)
	return !e.Has(fsnotify.Chmod) && !strings.HasSuffix(name, "~") && !strings.HasPrefix(name, ".#") &&
		!strings.HasSuffix(name, ".swp") && !strings.HasSuffix(name, ".tmp")
}

// watchFolders watches the folder of the functions, those in it, and those of all files
// that functions are built of. Packages are watched by the files that are used of them.
// It tells whether there was a new one, in which something may have changed before.
func (p *Project) watchFolders(w *fsnotify.Watcher) (added bool) {
	folders := map[string]bool{}
	add := func(path string) {
		if len(folders) < maxWatched {
			folders[path] = true
		}
	}
	_ = filepath.WalkDir(p.config.Dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return fs.SkipDir
		case !e.IsDir():
		case e.Name() == "node_modules" || strings.HasPrefix(e.Name(), ".") && path != p.config.Dir:
			return fs.SkipDir
		default:
			add(path)
		}
		return nil
	})
	if len(folders) == 0 { // the folder may come to be
		add(filepath.Dir(p.config.Dir))
	}
	for _, v := range p.Versions() {
		for path := range v.marks {
			add(filepath.Dir(path))
		}
	}
	known := map[string]bool{}
	for _, path := range w.WatchList() {
		known[path] = true
		if _, err := os.Stat(path); err != nil || !folders[path] {
			_ = w.Remove(path) // it may be gone already
		}
	}
	for path := range folders {
		if !known[path] && w.Add(path) == nil { // where that fails, the files are compared now and then
			added = true
		}
	}
	return added
}
