package static

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/galleyhq/galley/internal/httpapi"
)

const (
	// maxCachedFile is the length up to which a file is kept in memory, with
	// its compressed forms. A longer one is read from disk.
	maxCachedFile = 2 << 20
	// maxCached bounds what is kept of all files, compressed forms apart.
	maxCached = 32 << 20
	// maxCachedFiles bounds their number.
	maxCachedFiles = 10_000
)

// fileCache keeps files by name. A changed file is read again.
type fileCache struct {
	mu    sync.Mutex
	files map[string]*file
	bytes int64
}

// file is a file as it was at one time.
type file struct {
	name    string
	size    int64
	changed time.Time
	tag     string // of its content
	content []byte // nil when it is too long to keep
	gzip    func() []byte
	zstd    func() []byte
}

func (c *fileCache) get(root *os.Root, name string, info fs.FileInfo) (*file, error) {
	c.mu.Lock()
	f := c.files[name]
	c.mu.Unlock()
	if f != nil && f.size == info.Size() && f.changed.Equal(info.ModTime()) {
		return f, nil
	}
	f, err := readFile(root, name, info)
	if err == nil {
		c.put(f)
	}
	return f, err
}

// put keeps a file. When there is no room all others are dropped: what is in use
// comes back with the next requests.
func (c *fileCache) put(f *file) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.files[f.name]; old != nil {
		c.bytes -= int64(len(old.content))
		delete(c.files, f.name)
	}
	if c.files == nil || c.bytes+int64(len(f.content)) > maxCached || len(c.files) >= maxCachedFiles {
		c.files, c.bytes = make(map[string]*file), 0
	}
	c.files[f.name] = f
	c.bytes += int64(len(f.content))
}

func readFile(root *os.Root, name string, info fs.FileInfo) (*file, error) {
	f := &file{name: name, size: info.Size(), changed: info.ModTime()}
	in, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }()
	sum := sha256.New()
	if f.size > maxCachedFile {
		_, err = io.Copy(sum, in)
	} else {
		f.content = make([]byte, f.size)
		_, err = io.ReadFull(in, f.content) // what was appended meanwhile changes the time, too
		sum.Write(f.content)
	}
	if err != nil {
		return nil, err
	}
	f.tag = hex.EncodeToString(sum.Sum(nil)[:16])
	f.gzip = sync.OnceValue(func() []byte { return compressGzip(f.content) })
	f.zstd = sync.OnceValue(func() []byte { return compressZstd(f.content) })
	return f, nil
}

// open returns the content of a file as it is.
func (f *file) open(root *os.Root) (io.ReadSeeker, func(), error) {
	if f.content != nil || f.size == 0 {
		return bytes.NewReader(f.content), func() {}, nil
	}
	in, err := root.Open(f.name)
	if err != nil {
		return nil, nil, err
	}
	return in, func() { _ = in.Close() }, nil
}

func (f *file) compressible() bool {
	return httpapi.WorthCompressing(contentType(f.name), len(f.content))
}

// choose returns the coding for a request, "" for none. A range is of the file
// as it is.
func (f *file) choose(r *http.Request) string {
	if r.Header.Get("Range") != "" {
		return ""
	}
	for _, name := range []string{"zstd", "gzip"} {
		if httpapi.AcceptsCoding(r, name) && len(f.encoded(name)) < len(f.content) {
			return name
		}
	}
	return ""
}

// encoded is the content in a coding, made when it is first asked for.
func (f *file) encoded(name string) []byte {
	if name == "zstd" {
		return f.zstd()
	}
	return f.gzip()
}

func compressGzip(content []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.DefaultCompression)
	_, _ = w.Write(content)
	_ = w.Close()
	return b.Bytes()
}

func compressZstd(content []byte) []byte {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return content
	}
	return w.EncodeAll(content, nil)
}
