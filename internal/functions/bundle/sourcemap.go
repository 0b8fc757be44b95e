package bundle

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/go-sourcemap/sourcemap"
)

// SourceMap finds the places in the sources that those in a bundle's script come
// from. It may be used by several at once; a nil one knows none.
type SourceMap struct {
	frame *regexp.Regexp
	text  []byte
	// Most functions never fail, so that the map is decoded when it is first needed.
	decode func() *sourcemap.Consumer
}

func newSourceMap(script string, text []byte) *SourceMap {
	m := &SourceMap{text: text, frame: regexp.MustCompile(`([( ])` + regexp.QuoteMeta(script) + `:(\d+):(\d+)`)}
	m.decode = sync.OnceValue(func() *sourcemap.Consumer {
		c, err := sourcemap.Parse("", text)
		if err != nil {
			return nil
		}
		return c
	})
	return m
}

// Stack replaces the positions in a stack trace of QuickJS, "at name (script:1:2)",
// by those of the sources, relative to the project's folder. What is not of this
// bundle's script is left as it is.
func (m *SourceMap) Stack(stack string) string {
	if m == nil {
		return stack
	}
	return m.frame.ReplaceAllStringFunc(stack, func(frame string) string {
		parts := m.frame.FindStringSubmatch(frame)
		line, _ := strconv.Atoi(parts[2])
		column, _ := strconv.Atoi(parts[3])
		file, line, column, ok := m.Position(line, column)
		if !ok {
			return frame
		}
		return fmt.Sprintf("%s%s:%d:%d", parts[1], file, line, column)
	})
}

// Position gives the place in the sources of one in the script. Lines and columns
// begin at 1.
func (m *SourceMap) Position(line, column int) (file string, sourceLine, sourceColumn int, ok bool) {
	if m == nil || line < 1 || column < 1 {
		return "", 0, 0, false
	}
	c := m.decode()
	if c == nil {
		return "", 0, 0, false
	}
	file, _, sourceLine, sourceColumn, ok = c.Source(line, column-1)
	return strings.TrimPrefix(file, shimNamespace+":"), sourceLine, sourceColumn + 1, ok
}
