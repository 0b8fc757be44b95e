package migrate

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/sqltext"
)

// File is a migration or seed on disk.
type File struct {
	Path    string
	Version string // the digits its name begins with
	Name    string // the rest of its name, without .sql
	SQL     string
}

// Base is the file's name without its folder.
func (f *File) Base() string { return filepath.Base(f.Path) }

// Checksum identifies the content: SHA-256, line ends of Windows counted as \n so
// that a checkout there is no edit.
func (f *File) Checksum() string {
	sum := sha256.Sum256([]byte(strings.ReplaceAll(f.SQL, "\r\n", "\n")))
	return hex.EncodeToString(sum[:])
}

// rlsOff is what a migration says that leaves its new tables unprotected.
var rlsOff = regexp.MustCompile(`(?mi)^[ \t]*--[ \t]*galley:[ \t]*rls[ \t]+off[ \t]*\r?$`)

func (f *File) rlsOff() bool { return rlsOff.MatchString(f.SQL) }

var fileName = regexp.MustCompile(`^(\d+)_(.+)\.sql$`)

// ReadDir reads the migrations of a folder, in order, and lists the paths of other
// .sql files. A folder that is missing has none. Two files of one version are an
// error.
func ReadDir(dir string) (files []*File, others []string, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".sql") {
			continue
		}
		path, m := filepath.Join(dir, e.Name()), fileName.FindStringSubmatch(e.Name())
		if m == nil {
			others = append(others, path)
			continue
		}
		f, err := readFile(path)
		if err != nil {
			return nil, nil, err
		}
		f.Version, f.Name = m[1], m[2]
		files = append(files, f)
	}
	slices.SortStableFunc(files, func(a, b *File) int { return cmp.Compare(a.Version, b.Version) })
	return files, others, checkVersions(files)
}

func misnamed(path string) *Error {
	return &Error{File: path, Message: "the name of a migration is <timestamp>_<name>.sql",
		Hint: "Make one with galley migrate new NAME."}
}

func readFile(path string) (*File, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return &File{Path: path, SQL: strings.TrimPrefix(string(raw), "\ufeff")}, nil
}

func checkVersions(files []*File) error {
	for i := 1; i < len(files); i++ {
		if a, b := files[i-1], files[i]; a.Version == b.Version {
			return &Error{File: b.Path, Message: "has the same timestamp as " + a.Base(), Hint: "Rename one of them."}
		}
	}
	return nil
}

// Create makes an empty migration named after the time and what it does, and
// returns its path. A name of the same second is moved to the next free one. In a folder
// of numbers (001, 002) it gets the next: a time would come before them, or they after it.
func Create(dir, name string, now time.Time) (string, error) {
	clean := strings.Trim(notName.ReplaceAllString(strings.ToLower(name), "_"), "_")
	if clean == "" {
		return "", fmt.Errorf("%q holds no letter or digit to name a migration by", name)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	files, _, err := ReadDir(dir)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, nextVersion(files, now.UTC())+"_"+clean+".sql")
	return path, os.WriteFile(path, nil, 0o644)
}

// timestamp is how versions are written that are times.
const timestamp = "20060102150405"

// nextVersion is the version of a new file behind those that are there, which are in order.
func nextVersion(files []*File, now time.Time) string {
	if len(files) > 0 {
		last := files[len(files)-1].Version
		n, err := strconv.ParseUint(last, 10, 63)
		if next := fmt.Sprintf("%0*d", len(last), n+1); err == nil && len(last) < len(timestamp) && len(next) == len(last) {
			return next
		}
	}
	for slices.ContainsFunc(files, func(f *File) bool { return f.Version == now.Format(timestamp) }) {
		now = now.Add(time.Second)
	}
	return now.Format(timestamp)
}

var notName = regexp.MustCompile(`[^\p{L}\p{N}]+`)

// statements are the file's statements, and the script with an enclosing BEGIN …
// COMMIT blanked out: a migration is a transaction anyway, and files written for
// other tools often say so. Any other transaction control is an error, since it
// would end ours.
func (f *File) statements() (string, []sqltext.Statement, error) {
	all := sqltext.Split(f.SQL)
	script := f.SQL
	if n := len(all); n >= 2 && begins(all[0]) && commits(all[n-1]) {
		script = blank(blank(script, all[0]), all[n-1])
		all = all[1 : n-1]
	}
	for _, st := range all {
		if controlsTransaction(st) {
			return "", nil, &Error{File: f.Path, Line: st.Line,
				Message: strings.ToUpper(st.Keyword) + " is not allowed: the file runs in a transaction of its own"}
		}
	}
	return script, all, nil
}

func begins(st sqltext.Statement) bool { return st.Keyword == "begin" || st.Keyword == "start" }

func commits(st sqltext.Statement) bool { return st.Keyword == "commit" || st.Keyword == "end" }

func controlsTransaction(st sqltext.Statement) bool {
	switch st.Keyword {
	case "begin", "start", "commit", "end", "abort":
		return true
	case "rollback":
		words := strings.Fields(strings.ToLower(st.Text))
		return !slices.Contains(words, "to")
	case "prepare":
		words := strings.Fields(strings.ToLower(st.Text))
		return len(words) > 1 && words[1] == "transaction"
	}
	return false
}

// blank overwrites a statement and its semicolon with spaces, so that positions
// stay what they were.
func blank(script string, st sqltext.Statement) string {
	end := st.Offset + len(st.Text)
	b := []byte(script)
	for i := st.Offset; i < end; i++ {
		if b[i] != '\n' {
			b[i] = ' '
		}
	}
	if st.Terminated {
		i := end
		for b[i] != ';' { // comments and white space may stand between
			i++
		}
		b[i] = ' '
	}
	return string(b)
}
