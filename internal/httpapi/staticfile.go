package httpapi

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
	gzip    func() encoded
	zstd    func() encoded
}

// seeker is what http.ServeContent reads.
type seeker = io.ReadSeeker

// encoded is the content of a file in a content coding.
type encoded []byte

func (e encoded) reader() seeker { return bytes.NewReader(e) }

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
	f.gzip = sync.OnceValue(func() encoded { return compressGzip(f.content) })
	f.zstd = sync.OnceValue(func() encoded { return compressZstd(f.content) })
	return f, nil
}

// open returns the content of a file as it is.
func (f *file) open(root *os.Root) (seeker, func(), error) {
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
	return len(f.content) >= minCompressed && isText(contentType(f.name))
}

// choose returns the coding for a request, "" for none. A range is of the file
// as it is.
func (f *file) choose(r *http.Request) string {
	if r.Header.Get("Range") != "" {
		return ""
	}
	header := r.Header.Get("Accept-Encoding")
	for _, name := range []string{"zstd", "gzip"} {
		if accepts(header, name) && len(f.encoded(name)) < len(f.content) {
			return name
		}
	}
	return ""
}

func (f *file) encoded(name string) encoded {
	if name == "zstd" {
		return f.zstd()
	}
	return f.gzip()
}

func compressGzip(content []byte) encoded {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.DefaultCompression)
	_, _ = w.Write(content)
	_ = w.Close()
	return b.Bytes()
}

func compressZstd(content []byte) encoded {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return content
	}
	return w.EncodeAll(content, nil)
}

// Asset serves a file that is part of the program, with a strong entity tag
// (RFC 9110, section 8.8.3) that browsers ask for each time: an upgraded server has
// other files under the same names.
func Asset(content []byte, contentType string) http.Handler {
	sum := sha256.Sum256(content)
	etag := `"` + hex.EncodeToString(sum[:12]) + `"`
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("ETag", etag)
		h.Set("Cache-Control", "no-cache")
		h.Set("Content-Type", contentType)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	})
}
