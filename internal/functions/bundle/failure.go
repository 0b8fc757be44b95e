package bundle

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/galleyhq/galley/internal/fault"
)

// Code is that of a function that cannot be built, as Supabase's runtime calls it.
const Code = "BOOT_ERROR"

// failure says what is wrong with the sources: the first mistake is the message, the
// detail shows where each stands.
func (b *build) failure(mistakes []api.Message) *fault.Error {
	mistakes = b.ours(mistakes)
	message := "function " + b.name + " cannot be built: " + mistakes[0].Text
	if n := len(mistakes) - 1; n > 0 {
		message += fmt.Sprintf(" (and %d more)", n)
	}
	var detail strings.Builder
	for i, m := range mistakes {
		if i > 0 {
			detail.WriteString("\n\n")
		}
		b.describe(&detail, m)
	}
	err := fault.New(Code, "%s", message).WithDetail("%s", detail.String())
	err.HTTPStatus = http.StatusServiceUnavailable
	return err
}

// describe writes a mistake as compilers do: place and text, the line, a mark below.
func (b *build) describe(w *strings.Builder, m api.Message) {
	at := m.Location
	if at == nil || at.File == "galley:start" {
		w.WriteString(m.Text)
		return
	}
	fmt.Fprintf(w, "%s:%d:%d: %s", filepath.ToSlash(at.File), at.Line, at.Column+1, m.Text)
	number := strconv.Itoa(at.Line)
	fmt.Fprintf(w, "\n%s | %s\n%s | %s^", number, at.LineText, strings.Repeat(" ", len(number)), blank(at.LineText, at.Column))
	for _, note := range m.Notes {
		if note.Location == nil && note.Text != "" && !aboutBuilding(note.Text) {
			fmt.Fprintf(w, "\n%s", note.Text)
		}
	}
}

// aboutBuilding tells a note for those who call esbuild themselves.
func aboutBuilding(note string) bool {
	for _, word := range []string{"esbuild", "plugin", "as external"} {
		if strings.Contains(note, word) {
			return true
		}
	}
	return false
}

// ours leaves out what is said of files that are no part of the project, which would
// show what is in them: esbuild reads package.json itself, in folders above and behind
// symbolic links too.
func (b *build) ours(mistakes []api.Message) []api.Message {
	var ours []api.Message
	for _, m := range mistakes {
		if m.Location == nil || m.Location.File == "galley:start" || m.Location.Namespace == shimNamespace || b.isOurs(m.Location.File) {
			ours = append(ours, m)
		}
	}
	if len(ours) == 0 {
		return []api.Message{{Text: "a package.json outside the project's folder is not valid"}}
	}
	return ours
}

func (b *build) isOurs(file string) bool {
	real, err := realPath(filepath.Join(b.root, filepath.FromSlash(file)))
	if err != nil {
		return false
	}
	_, inside := relativeTo(b.root, real)
	return inside
}

// blank keeps the tabs of a line, so that the mark stands below its place.
func blank(line string, column int) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, line[:min(column, len(line))])
}
