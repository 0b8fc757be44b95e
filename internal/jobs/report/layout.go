package report

import (
	"strings"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/jobs"
)

// Widths of columns, in the sizes of letters.
const (
	mostNatural = 32.0 // of a text that is not asked to be wider
	leastWidth  = 4.0
	perChar     = 0.56 // of a character that a payload's width counts
)

// layout decides by the titles and the first rows how wide the columns are, whether
// the page lies, and how large the letters are.
func (w *pdfWriter) layout() {
	natural := w.natural()
	if lies := w.payload.Landscape; lies != nil && *lies || lies == nil && sum(natural) > w.room() {
		w.pdf = w.document("L")
	}
	if s := sum(natural); s > w.room() { // smaller letters first, then narrower texts
		w.size = max(leastSize, bodySize*w.room()/s)
		for i := range natural {
			natural[i] *= w.size / bodySize
		}
	}
	w.widths = w.squeeze(natural)
}

// natural is how wide each column would be at the usual size.
func (w *pdfWriter) natural() []float64 {
	out := make([]float64, len(w.columns))
	for i, c := range w.columns {
		if c.width > 0 {
			out[i] = c.width*perChar*bodySize + 2*padding
			continue
		}
		w.pdf.SetFont(fontFamily, "B", bodySize)
		longest := w.longest(w.titles[i])
		w.pdf.SetFont(fontFamily, "", bodySize)
		for _, texts := range w.waiting {
			longest = max(longest, w.longest(texts[i]))
		}
		if c.kind == text {
			longest = min(longest, mostNatural*bodySize)
		}
		out[i] = max(longest*1.02, leastWidth*bodySize) + 2*padding // a little air, as widths are rounded
	}
	return out
}

func (w *pdfWriter) longest(s string) float64 {
	out := 0.0
	for line := range strings.SplitSeq(s, "\n") {
		out = max(out, w.pdf.GetStringWidth(line))
	}
	return out
}

// squeeze takes what is too much from the texts, the widest first, and where that is
// not enough from all columns alike.
func (w *pdfWriter) squeeze(widths []float64) []float64 {
	least := leastWidth * 2 * w.size
	for over := sum(widths) - w.room(); over > 0.01; over = sum(widths) - w.room() {
		widest := -1
		for i, c := range w.columns {
			if c.kind == text && widths[i] > least && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		widths[widest] = max(least, widths[widest]-min(over, w.size))
	}
	if s := sum(widths); s > w.room() {
		for i := range widths {
			widths[i] *= w.room() / s
		}
	}
	return widths
}

func sum(list []float64) (out float64) {
	for _, f := range list {
		out += f
	}
	return out
}

// wrap breaks a text into lines of a width, between words where it can. A character
// that is wider than the line stands alone.
func (w *pdfWriter) wrap(s string, width float64) []string {
	var out []string
	for line := range strings.SplitSeq(s, "\n") {
		for {
			n := w.fitting(line, width)
			if n == len(line) {
				break
			}
			out = append(out, strings.TrimRight(line[:n], " "))
			line = strings.TrimLeft(line[n:], " ")
		}
		out = append(out, line)
	}
	return out
}

// fitting is how many bytes of a text fit into a line: up to a space if there is
// one, at least one character.
func (w *pdfWriter) fitting(s string, width float64) int {
	used, space := 0.0, 0
	for i, r := range s {
		used += w.pdf.GetStringWidth(string(r))
		if used > width && i > 0 {
			if space > 0 && r != ' ' {
				return space
			}
			return i
		}
		if r == ' ' || r == '-' {
			space = i + utf8.RuneLen(r)
		}
	}
	return len(s)
}

// head sets the titles of the columns.
func (w *pdfWriter) head() error {
	w.pdf.SetFont(fontFamily, "B", w.size)
	cells, most := w.cells(func(i int) string { return w.titles[i] })
	if w.pdf.GetY()+float64(most+1)*w.line()+2*padding > w.bottom() {
		return jobs.Discard(errNoRoom)
	}
	w.pdf.SetFillColor(232, 236, 240)
	w.lines(cells, 0, most, true)
	w.pdf.SetFont(fontFamily, "", w.size)
	return nil
}

// set sets a row, on several pages if it is too high for one.
func (w *pdfWriter) set(texts []string) error {
	cells, most := w.cells(func(i int) string { return texts[i] })
	for from := 0; from < most; {
		fit := int((w.bottom() - w.pdf.GetY()) / w.line())
		if fit < most-from && (from == 0 && most <= w.perPage() || fit < 1) {
			if err := w.page(); err != nil {
				return err
			}
			fit = int((w.bottom() - w.pdf.GetY()) / w.line())
		}
		to := min(most, from+max(fit, 1))
		w.lines(cells, from, to, false)
		from = to
	}
	return w.pdf.Error()
}

// perPage is how many lines a page has that begins with the row.
func (w *pdfWriter) perPage() int {
	return int((w.bottom()-2*margin)/w.line()) - 4
}

// cells are the lines of each cell of a row, and how many the highest has.
func (w *pdfWriter) cells(text func(i int) string) (cells [][]string, most int) {
	cells = make([][]string, len(w.columns))
	for i := range cells {
		cells[i] = w.wrap(text(i), w.widths[i]-2*padding)
		most = max(most, len(cells[i]))
	}
	return cells, most
}

// lines sets some lines of a row, and a rule below its last one.
func (w *pdfWriter) lines(cells [][]string, from, to int, filled bool) {
	x, y := margin, w.pdf.GetY()
	height := float64(to-from) * w.line()
	if filled {
		w.pdf.Rect(margin, y, sum(w.widths), height, "F")
	}
	for i, lines := range cells {
		for n := from; n < min(to, len(lines)); n++ {
			w.pdf.SetXY(x+padding, y+float64(n-from)*w.line())
			w.pdf.CellFormat(w.widths[i]-2*padding, w.line(), lines[n], "", 0, w.columns[i].align, false, 0, "")
		}
		x += w.widths[i]
	}
	y += height
	w.pdf.SetDrawColor(200, 204, 208)
	w.pdf.SetLineWidth(0.4)
	w.pdf.Line(margin, y, x, y)
	w.pdf.SetXY(margin, y)
}
