package report

import (
	"fmt"
	"os"
	"sync"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
)

// fonts are what PDF is set in: the Go fonts, which have Latin, Greek and Cyrillic
// letters, 300 KB together, or one of the project's.
type fonts struct {
	regular, bold []byte

	mu     sync.Mutex
	parsed *sfnt.Font
	buffer sfnt.Buffer
	known  map[rune]bool
}

// maxFont is the largest file of a font, in bytes.
const maxFont = 64 << 20

// loadFonts reads the project's font, if it has one, and tries it.
func loadFonts(path string) (f *fonts, err error) {
	f = &fonts{regular: goregular.TTF, bold: gobold.TTF, known: map[rune]bool{}}
	if path != "" {
		if f.regular, err = readFont(path); err != nil {
			return nil, fmt.Errorf("reports.font: %w", err)
		}
		f.bold = f.regular
	}
	if f.parsed, err = sfnt.Parse(f.regular); err != nil {
		return nil, fmt.Errorf("reports.font: %w", err)
	}
	if path == "" {
		return f, nil
	}
	if err := f.try(); err != nil {
		return nil, fmt.Errorf("reports.font: no PDF can be set in it: %w", err)
	}
	return f, nil
}

func readFont(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFont {
		return nil, fmt.Errorf("%d bytes, at most %d", info.Size(), maxFont)
	}
	return os.ReadFile(path)
}

// try sets a page. The library panics at some fonts.
func (f *fonts) try() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	pdf := fpdf.New("P", "pt", "A4", "")
	f.add(pdf)
	pdf.AddPage()
	pdf.SetFont(fontFamily, "", 10)
	pdf.Cell(100, 10, "Galley")
	return pdf.Output(new(buffer))
}

// fontFamily is the name of the fonts within a PDF.
const fontFamily = "report"

func (f *fonts) add(pdf *fpdf.Fpdf) {
	pdf.AddUTF8FontFromBytes(fontFamily, "", f.regular)
	pdf.AddUTF8FontFromBytes(fontFamily, "B", f.bold)
}

// has tells whether the font has a character. The library knows none beyond the
// basic plane.
func (f *fonts) has(r rune) bool {
	if r > 0xFFFF {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	known, seen := f.known[r]
	if !seen {
		glyph, err := f.parsed.GlyphIndex(&f.buffer, r)
		known = err == nil && glyph != 0
		f.known[r] = known // at most 65,536 of them
	}
	return known
}
