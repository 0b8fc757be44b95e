package report

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/text/unicode/norm"

	"github.com/galleyhq/galley/internal/jobs"
)

// Bounds of a PDF, which is in memory until it is whole.
const (
	maxPDFRows    = 20_000
	maxPDFPages   = 2_000
	maxPDFBytes   = 8 << 20 // of texts
	maxPDFColumns = 50
	sampled       = 300 // rows that the widths of columns are measured by
)

// Lengths in points.
const (
	margin     = 36.0
	titleSize  = 14.0
	bodySize   = 9.0
	leastSize  = 6.0
	padding    = 3.0 // beside a text
	lineFactor = 1.3
	footerRoom = 18.0
)

// pagesAlias stands for the number of pages until it is known. No text holds it, for
// no font has its characters.
const pagesAlias = "\ue0fe\ue0fd"

// pdfWriter sets a table over pages. The first rows wait until the widths of the
// columns are known by them.
type pdfWriter struct {
	pdf       *fpdf.Fpdf
	to        io.Writer
	fonts     *fonts
	payload   *payload
	columns   []column
	titles    []string
	at        time.Time
	waiting   [][]string
	laid      bool
	widths    []float64
	size      float64 // of the letters
	rows      int
	texts     int // bytes
	unprinted int64
}

func newPDF(p *payload, columns []column, to io.Writer, f *fonts, at time.Time) (*pdfWriter, error) {
	if len(columns) > maxPDFColumns {
		return nil, jobs.Discard(fmt.Errorf("a PDF has at most %d columns; CSV and XLSX have more", maxPDFColumns))
	}
	w := &pdfWriter{to: to, fonts: f, payload: p, columns: columns, at: at, size: bodySize}
	for _, c := range columns {
		w.titles = append(w.titles, w.printable(c.title))
	}
	w.pdf = w.document("P")
	return w, nil
}

// document is an empty PDF. What it says of itself comes of the job, so that each
// attempt makes the same file.
func (w *pdfWriter) document(orientation string) *fpdf.Fpdf {
	pdf := fpdf.New(orientation, "pt", w.payload.pageSize(), "")
	w.fonts.add(pdf)
	pdf.SetTitle(w.payload.Title, true)
	pdf.SetProducer("Galley", true)
	pdf.SetCreationDate(w.at.UTC())
	pdf.SetModificationDate(w.at.UTC())
	pdf.SetCatalogSort(true)
	pdf.SetMargins(margin, margin, margin)
	pdf.SetAutoPageBreak(false, 0)
	pdf.SetCellMargin(0)
	pdf.AliasNbPages(pagesAlias)
	pdf.SetFont(fontFamily, "", bodySize)
	return pdf
}

// row implements writer.
func (w *pdfWriter) row(values [][]byte) error {
	if w.rows++; w.rows > maxPDFRows {
		return jobs.Discard(fmt.Errorf("a PDF has at most %d rows; CSV and XLSX have more", maxPDFRows))
	}
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = w.printable(w.columns[i].show(string(v)))
		w.texts += len(v)
	}
	if w.texts > maxPDFBytes {
		return jobs.Discard(fmt.Errorf("a PDF has at most %d bytes of text; CSV and XLSX have more", maxPDFBytes))
	}
	if w.laid {
		return w.set(texts)
	}
	if w.waiting = append(w.waiting, texts); len(w.waiting) < sampled {
		return nil
	}
	return w.begin()
}

// begin lays out the table and sets the rows that waited.
func (w *pdfWriter) begin() error {
	w.layout()
	w.laid = true
	if err := w.page(); err != nil {
		return err
	}
	for _, texts := range w.waiting {
		if err := w.set(texts); err != nil {
			return err
		}
	}
	w.waiting = nil
	return nil
}

// printable is a text as the font can show it: composed letters (NFC), and the
// number of a character that it lacks in its place.
func (w *pdfWriter) printable(s string) string {
	s = strings.ReplaceAll(norm.NFC.String(s), "\r\n", "\n")
	var out strings.Builder
	for _, r := range s {
		switch {
		case r == '\n' || r == '\r':
			out.WriteByte('\n')
		case r == '\t':
			out.WriteString("    ")
		case unicode.IsPrint(r) && w.fonts.has(r):
			out.WriteRune(r)
		case unicode.IsSpace(r) && r > ' ':
			out.WriteByte(' ')
		default:
			w.unprinted++
			fmt.Fprintf(&out, "[U+%04X]", r)
		}
	}
	return out.String()
}

// end implements writer.
func (w *pdfWriter) end() error {
	if !w.laid {
		if err := w.begin(); err != nil {
			return err
		}
	}
	if w.unprinted > 0 {
		if err := w.note(fmt.Sprintf("%d characters that the font does not have are shown by their number, as in [U+0041].", w.unprinted)); err != nil {
			return err
		}
	}
	w.footer()
	err := w.pdf.Output(w.to)
	if err == nil {
		err = w.pdf.Error()
	}
	return err
}

func (w *pdfWriter) close() { w.pdf = nil }

// page ends a page and begins another with the head of the table.
func (w *pdfWriter) page() error {
	if w.pdf.PageNo() >= maxPDFPages {
		return jobs.Discard(fmt.Errorf("a PDF has at most %d pages; CSV and XLSX have no such bound", maxPDFPages))
	}
	if w.pdf.PageNo() > 0 {
		w.footer()
	}
	w.pdf.AddPage()
	w.pdf.SetXY(margin, margin)
	if w.pdf.PageNo() == 1 && w.payload.Title != "" {
		w.title()
	}
	return w.head()
}

func (w *pdfWriter) title() {
	w.pdf.SetFont(fontFamily, "B", titleSize)
	for _, line := range w.wrap(w.printable(w.payload.Title), w.room()) {
		w.pdf.SetX(margin)
		w.pdf.CellFormat(w.room(), titleSize*lineFactor, line, "", 2, "L", false, 0, "")
	}
	w.pdf.SetXY(margin, w.pdf.GetY()+padding*2)
}

// footer numbers the page.
func (w *pdfWriter) footer() {
	_, height := w.pdf.GetPageSize()
	w.pdf.SetFont(fontFamily, "", leastSize+1)
	w.pdf.SetXY(margin, height-margin)
	w.pdf.CellFormat(w.room()/2, footerRoom/2, w.at.In(w.payload.zone).Format("2006-01-02 15:04 MST"), "", 0, "L", false, 0, "")
	const wide = 30 // as the alias is no text, its width is a guess
	w.pdf.SetX(margin + w.room() - wide)
	w.pdf.CellFormat(wide, footerRoom/2, fmt.Sprintf("%d / %s", w.pdf.PageNo(), pagesAlias), "", 0, "L", false, 0, "")
}

// note is a line below the table.
func (w *pdfWriter) note(text string) error {
	if w.pdf.GetY()+w.line()*2 > w.bottom() {
		if err := w.page(); err != nil {
			return err
		}
	}
	w.pdf.SetFont(fontFamily, "", leastSize+1)
	w.pdf.SetXY(margin, w.pdf.GetY()+padding)
	w.pdf.CellFormat(w.room(), w.line(), text, "", 2, "L", false, 0, "")
	return nil
}

// room is the width between the margins.
func (w *pdfWriter) room() float64 {
	width, _ := w.pdf.GetPageSize()
	return width - 2*margin
}

// bottom is where the table ends on a page.
func (w *pdfWriter) bottom() float64 {
	_, height := w.pdf.GetPageSize()
	return height - margin - footerRoom/2
}

// line is the height of a line of the table.
func (w *pdfWriter) line() float64 { return w.size * lineFactor }

var errNoRoom = errors.New("the page has no room for a line below the head of the table: shorter titles or a larger page help")
