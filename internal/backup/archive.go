package backup

import (
	"archive/tar"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"github.com/galleyhq/galley/internal/backup/frames"
	"github.com/galleyhq/galley/internal/fault"
)

// Format is the version of the archive that this program writes. It reads all up
// to this one.
const Format = 1

const (
	databaseEntry = "data.db"
	manifestEntry = "manifest.json"
	// Logical is the first entry of a backup of PostgreSQL (package dump).
	Logical     = "logical.json"
	maxManifest = 1 << 20
	// window bounds the memory that a backup takes to be read.
	window = 8 << 20
)

// Manifest says what a backup holds. It is the last entry of the archive, so that
// an archive which has one is whole.
type Manifest struct {
	Format   int       `json:"format"`
	Galley   string    `json:"galley,omitempty"` // version of the program
	Engine   string    `json:"engine"`
	Created  time.Time `json:"created"`
	PageSize int64     `json:"page_size"` // bytes
	Size     int64     `json:"size"`      // of data.db, bytes
	SHA256   string    `json:"sha256"`    // of data.db, in hexadecimal
	Log      LogStart  `json:"log,omitzero"`
}

// LogStart says which segments of the write-ahead log follow the base of a
// continuous backup.
type LogStart struct {
	Chain  string `json:"chain"`
	First  uint64 `json:"first"`  // number of the first segment
	Moment int64  `json:"moment"` // of the base, Unix time in ms
}

// content is a database at one moment.
type content interface {
	Size() int64
	io.WriterTo
}

// seal writes the archive of a database, and its size and sum into m.
func seal(m *Manifest, from content, to io.Writer, lock Lock) error {
	p, err := Pack(to, lock)
	if err != nil {
		return err
	}
	err = writeEntries(m, from, p)
	if ended := p.Close(); err == nil { // after a failed write it fails with the same
		err = ended
	}
	return err
}

// Pack returns a writer whose bytes are compressed, encrypted, and written to an
// object of a place. What was written is whole when Close returned nil.
func Pack(to io.Writer, lock Lock) (io.WriteCloser, error) {
	buffered := bufio.NewWriterSize(to, 256<<10)
	closed, err := lock.writer(buffered)
	if err != nil {
		return nil, err
	}
	packed, err := frames.NewWriter(closed)
	return &packing{packed, closed, buffered}, err
}

type packing struct {
	*frames.Writer
	closed   io.Closer
	buffered *bufio.Writer
}

// Close implements io.Closer.
func (p *packing) Close() error {
	for _, end := range []func() error{p.Writer.Close, p.closed.Close, p.buffered.Flush} {
		if err := end(); err != nil {
			return err
		}
	}
	return nil
}

func writeEntries(m *Manifest, from content, to io.Writer) error {
	t := tar.NewWriter(to)
	if err := t.WriteHeader(entry(databaseEntry, m.Created, from.Size())); err != nil {
		return err
	}
	sum := sha256.New()
	// In pieces larger than a page, which tar and SHA-256 take quicker.
	pieces := bufio.NewWriterSize(io.MultiWriter(t, sum), 256<<10)
	_, err := from.WriteTo(pieces)
	if err == nil {
		err = pieces.Flush()
	}
	if err != nil {
		return err
	}
	m.SHA256 = hex.EncodeToString(sum.Sum(nil))
	text, err := json.MarshalIndent(m, "", "  ")
	if err == nil {
		err = t.WriteHeader(entry(manifestEntry, m.Created, int64(len(text))))
	}
	if err == nil {
		_, err = t.Write(text)
	}
	if err == nil {
		err = t.Close()
	}
	return err
}

func entry(name string, at time.Time, size int64) *tar.Header {
	return &tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o600, Size: size, ModTime: at}
}

// unseal writes the database of an archive to w, and compares it with the
// manifest. When it fails, what was written is worth nothing.
func unseal(from io.Reader, key Key, w io.Writer) (m Manifest, err error) {
	err = Unpack(from, key, func(unpacked io.Reader) error {
		m, err = readEntries(tar.NewReader(unpacked), w)
		return err
	})
	return m, err
}

// Unpack passes what Pack was given to read, and then sees that nothing is missing
// at its end. Damage is XX001, a wrong key 28P01.
func Unpack(from io.Reader, key Key, read func(io.Reader) error) error {
	opened, err := key.reader(bufio.NewReaderSize(from, 256<<10))
	if err != nil {
		return err
	}
	unpacked, err := zstd.NewReader(opened, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(window), zstd.WithDecoderLowmem(true))
	if err != nil {
		return damaged(err, "it cannot be read")
	}
	defer unpacked.Close()
	if err := read(unpacked); err != nil {
		return err
	}
	// To the very end: age and zstd tell there that nothing is missing.
	for _, r := range []io.Reader{unpacked, opened} {
		if _, err := io.Copy(io.Discard, r); err != nil {
			return damaged(err, "its end cannot be read")
		}
	}
	return nil
}

func readEntries(t *tar.Reader, w io.Writer) (Manifest, error) {
	h, err := next(t, databaseEntry)
	if err != nil {
		return Manifest{}, err
	}
	sum := sha256.New()
	to := &keepError{w: io.MultiWriter(w, sum)}
	if _, err := io.Copy(to, t); err != nil {
		if to.err != nil { // it is the disk, not the backup
			return Manifest{}, fmt.Errorf("write the database: %w", to.err)
		}
		return Manifest{}, damaged(err, "its data cannot be read")
	}
	if _, err := next(t, manifestEntry); err != nil {
		return Manifest{}, err
	}
	text, err := io.ReadAll(io.LimitReader(t, maxManifest))
	if err != nil {
		return Manifest{}, damaged(err, "its manifest cannot be read")
	}
	return compare(text, h.Size, hex.EncodeToString(sum.Sum(nil)))
}

// compare holds what was read against the manifest.
func compare(text []byte, size int64, sum string) (m Manifest, err error) {
	if err := json.Unmarshal(text, &m); err != nil {
		return m, damaged(err, "its manifest cannot be read")
	}
	switch {
	case m.Format < 1:
		return m, damaged(nil, "its manifest has the format %d", m.Format)
	case m.Format > Format:
		return m, fault.New(fault.ObjectNotInPrerequisite, "the backup has format %d, this Galley knows formats up to %d", m.Format, Format).
			WithHint("A newer Galley made it: use that one.")
	case m.Size != size || m.SHA256 != sum:
		return m, damaged(nil, "data.db has %d bytes and the SHA-256 %s; the manifest says %d and %s", size, sum, m.Size, m.SHA256)
	}
	return m, nil
}

func next(t *tar.Reader, name string) (*tar.Header, error) {
	h, err := t.Next()
	if err != nil {
		return nil, damaged(err, "%s is missing", name)
	}
	if h.Name == Logical {
		return nil, fault.New(fault.ObjectNotInPrerequisite, "this is a backup of a PostgreSQL database").
			WithHint("Restore it into an empty one: set DATABASE_URL to it.")
	}
	if h.Name != name {
		return nil, damaged(nil, "it holds %q where %s should be", h.Name, name)
	}
	return h, nil
}

// keepError remembers that it was the writer that failed.
type keepError struct {
	w   io.Writer
	err error
}

func (k *keepError) Write(p []byte) (int, error) {
	n, err := k.w.Write(p)
	if err != nil {
		k.err = err
	}
	return n, err
}

// Lock is whom a backup is encrypted for; the zero value encrypts nothing.
type Lock struct{ Recipients []age.Recipient }

func (l Lock) closed() bool { return len(l.Recipients) > 0 }

func (l Lock) writer(w io.Writer) (io.WriteCloser, error) {
	if !l.closed() {
		return unlocked{w}, nil
	}
	return age.Encrypt(w, l.Recipients...)
}

type unlocked struct{ io.Writer }

func (unlocked) Close() error { return nil }

// Key opens encrypted backups.
type Key struct{ Identities []age.Identity }

// ageIntro is how every encrypted file begins (c2sp.org/age).
var ageIntro = []byte("age-encryption.org/")

func (k Key) reader(r *bufio.Reader) (io.Reader, error) {
	start, err := r.Peek(len(ageIntro))
	if err != nil {
		return nil, damaged(err, "it is too short")
	}
	if !bytes.Equal(start, ageIntro) {
		return r, nil
	}
	if len(k.Identities) == 0 {
		return nil, fault.New(fault.InvalidPassword, "the backup is encrypted, and no key was given").
			WithHint("Give --identity with the file of the age key, or --passphrase-file.")
	}
	opened, err := age.Decrypt(r, k.Identities...)
	if _, wrong := errors.AsType[*age.NoIdentityMatchError](err); wrong {
		return nil, fault.New(fault.InvalidPassword, "the key or passphrase does not open this backup").WithCause(err)
	}
	if err != nil {
		return nil, damaged(err, "its encryption cannot be read")
	}
	return opened, nil
}
