package dump

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/galleyhq/galley/internal/rowsum"
)

// lines takes what COPY writes, in whatever pieces, and adds each line: a line
// break within a value is written as \n, so that a line is a row.
type lines struct {
	rowsum.Sum        // of each row as COPY writes it
	begun      []byte // of a line that has not ended
}

// Write implements io.Writer.
func (l *lines) Write(p []byte) (int, error) {
	n := len(p)
	for {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			l.begun = append(l.begun, p...)
			return n, nil
		}
		if len(l.begun) > 0 {
			l.begun = append(l.begun, p[:i]...)
			l.Add(l.begun)
			l.begun = l.begun[:0]
		} else {
			l.Add(p[:i])
		}
		p = p[i+1:]
	}
}

// partSize is how many bytes of rows an entry of the archive has at least, but for
// the last of a table. An entry's size comes before it, so it is kept meanwhile.
const partSize = 1 << 20

// parts writes the rows of a table into entries of the archive.
type parts struct {
	lines
	w     *writer
	table int
	count int
	kept  bytes.Buffer
}

// Write implements io.Writer.
func (p *parts) Write(b []byte) (int, error) {
	_, _ = p.lines.Write(b)
	_, _ = p.kept.Write(b)
	if p.kept.Len() < partSize {
		return len(b), nil
	}
	return len(b), p.flush()
}

func (p *parts) flush() error {
	if p.kept.Len() == 0 {
		return nil
	}
	p.count++
	err := p.w.file(fmt.Sprintf("%s%06d/%06d", dataFolder, p.table+1, p.count), p.kept.Bytes())
	p.kept.Reset()
	return err
}

func sum(text []byte) string {
	h := sha256.Sum256(text)
	return hex.EncodeToString(h[:])
}
