package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Place is where backups lie: a folder, or a prefix in a bucket. A name may have
// folders in it, divided by slashes.
type Place interface {
	// Create begins a new object. It is there when Commit has returned nil, and
	// durable; until then, and after Abort, nothing is.
	Create(ctx context.Context, name string) (Upload, error)
	// Open reads an object; fs.ErrNotExist when there is none.
	Open(ctx context.Context, name string) (io.ReadCloser, error)
	// List returns what lies directly in a folder of the place, "" for the
	// place itself, by name. There need not be such a folder.
	List(ctx context.Context, folder string) ([]Object, error)
	// Remove removes an object, if there is one.
	Remove(ctx context.Context, name string) error
	// String is how a person calls the place.
	String() string
}

// Upload is an object that is being written.
type Upload interface {
	io.Writer
	Commit(ctx context.Context) error
	Abort() error
}

// Object is what lies in a place.
type Object struct {
	Name     string // without its folder
	Folder   bool
	Size     int64 // bytes
	Modified time.Time
}

// Folder is a folder of the file system. It is made when it is first written to.
type Folder string

// partPrefix begins the names of files that are not whole yet.
const partPrefix = ".galley-part-"

// String implements Place.
func (d Folder) String() string { return string(d) }

func (d Folder) path(name string) string { return filepath.Join(string(d), filepath.FromSlash(name)) }

// Create implements Place.
func (d Folder) Create(_ context.Context, name string) (Upload, error) {
	path := d.path(name)
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(dir, partPrefix+"*") // readable by its owner only
	if err != nil {
		return nil, err
	}
	return &part{File: f, path: path}, nil
}

type part struct {
	*os.File
	path string
}

// Commit implements Upload.
func (p *part) Commit(context.Context) error {
	err := p.Sync()
	if err := errors.Join(err, p.Close()); err != nil {
		return errors.Join(err, os.Remove(p.Name()))
	}
	if err := os.Rename(p.Name(), p.path); err != nil {
		return errors.Join(err, os.Remove(p.Name()))
	}
	return syncDir(filepath.Dir(p.path))
}

// Abort implements Upload.
func (p *part) Abort() error { return errors.Join(p.Close(), os.Remove(p.Name())) }

// Open implements Place.
func (d Folder) Open(_ context.Context, name string) (io.ReadCloser, error) {
	return os.Open(d.path(name))
}

// List implements Place.
func (d Folder) List(_ context.Context, folder string) ([]Object, error) {
	entries, err := os.ReadDir(d.path(folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []Object
	for _, e := range entries {
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) { // gone since
			continue
		}
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(e.Name(), partPrefix) {
			continue
		}
		out = append(out, Object{Name: e.Name(), Folder: e.IsDir(), Size: info.Size(), Modified: info.ModTime()})
	}
	return out, nil
}

// Remove implements Place.
func (d Folder) Remove(_ context.Context, name string) error {
	err := os.Remove(d.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// clean removes what a process left that was killed while it wrote.
func (d Folder) clean(before time.Time) error {
	entries, err := os.ReadDir(string(d))
	if err != nil {
		return err
	}
	var all error
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && strings.HasPrefix(e.Name(), partPrefix) && info.ModTime().Before(before) {
			all = errors.Join(all, d.Remove(context.Background(), e.Name()))
		}
	}
	return all
}

// syncDir makes names in a folder durable, where the system can.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("the folder of the backup: %w", err)
	}
	_ = d.Sync() // not every file system has it
	return d.Close()
}
