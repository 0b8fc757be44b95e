package template

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Plain is the text of HTML, for readers that show none: what is hidden left out,
// a line for each block, links with their address after them.
func Plain(source string) string {
	w := plainWriter{}
	for z := html.NewTokenizer(strings.NewReader(source)); ; {
		kind := z.Next()
		if kind == html.ErrorToken {
			return w.done()
		}
		w.token(kind, z.Token())
	}
}

// plainWriter gathers text. White space becomes one space, as browsers show it.
type plainWriter struct {
	b      strings.Builder
	hidden int
	link   string // where the open link leads
	label  int    // where its text began
	lines  int    // breaks that come before what follows
	space  bool
}

func (w *plainWriter) token(kind html.TokenType, t html.Token) {
	switch kind {
	case html.TextToken:
		if w.hidden == 0 {
			w.text(t.Data)
		}
	case html.StartTagToken:
		w.open(t)
	case html.SelfClosingTagToken:
		if t.DataAtom == atom.Br || t.DataAtom == atom.Hr || t.DataAtom == atom.Img {
			w.open(t)
		}
	case html.EndTagToken:
		w.close(t.DataAtom)
	}
}

func (w *plainWriter) open(t html.Token) {
	switch t.DataAtom {
	case atom.Style, atom.Script, atom.Title, atom.Template:
		w.hidden++
	case atom.Br:
		w.lines++
	case atom.A:
		w.link, w.label = attribute(t, "href"), w.b.Len()
	case atom.Img:
		w.text(attribute(t, "alt"))
	case atom.Li:
		w.lines = max(w.lines, 1)
		w.text("- ")
	default:
		w.lines = max(w.lines, breaks(t.DataAtom))
	}
}

func (w *plainWriter) close(tag atom.Atom) {
	switch tag {
	case atom.Style, atom.Script, atom.Title, atom.Template:
		w.hidden = max(w.hidden-1, 0)
	case atom.A:
		if w.link != "" && strings.TrimSpace(w.b.String()[min(w.label, w.b.Len()):]) != w.link {
			w.text(" (" + w.link + ")")
		}
		w.link = ""
	default:
		w.lines = max(w.lines, breaks(tag))
	}
}

// breaks is how many line breaks a block has around it.
func breaks(tag atom.Atom) int {
	switch tag {
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Table, atom.Ul, atom.Ol, atom.Blockquote, atom.Hr:
		return 2
	case atom.Div, atom.Tr, atom.Li, atom.Section, atom.Header, atom.Footer, atom.Main, atom.Article, atom.Pre:
		return 1
	}
	return 0
}

func (w *plainWriter) text(s string) {
	for i, word := range strings.Fields(s) {
		if w.lines > 0 {
			w.newLines()
		} else if i > 0 || w.space || strings.TrimLeft(s, " \t\r\n\f") != s {
			w.blank()
		}
		w.b.WriteString(word)
		w.space = false
	}
	if s != "" && strings.TrimRight(s, " \t\r\n\f") != s {
		w.space = true
	}
}

func (w *plainWriter) blank() {
	if w.b.Len() > 0 && !strings.HasSuffix(w.b.String(), "\n") {
		w.b.WriteByte(' ')
	}
}

func (w *plainWriter) newLines() {
	if w.b.Len() > 0 {
		w.b.WriteString(strings.Repeat("\n", min(w.lines, 2)))
	}
	w.lines, w.space = 0, false
}

func (w *plainWriter) done() string {
	if w.b.Len() == 0 {
		return ""
	}
	return strings.TrimSpace(w.b.String()) + "\n"
}

func attribute(t html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
