package carrier

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"codeberg.org/go-pdf/fpdf"
	"github.com/boombuler/barcode/code128"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/unicode/norm"
)

// Lengths in millimetres: a label of the usual size.
const (
	width  = 100.0
	height = 150.0
	edge   = 6.0
)

// sheet is a label that is being set.
type sheet struct {
	*fpdf.Fpdf
	font   *sfnt.Font
	buffer sfnt.Buffer
}

// WritePDF writes the label of a parcel. The same parcel makes the same file.
func WritePDF(w io.Writer, p Parcel) (err error) {
	defer func() {
		if r := recover(); r != nil { // the library does at some texts
			err = fmt.Errorf("the label cannot be set: %v", r)
		}
	}()
	s := &sheet{Fpdf: fpdf.NewCustom(&fpdf.InitType{UnitStr: "mm", Size: fpdf.SizeType{Wd: width, Ht: height}})}
	if s.font, err = sfnt.Parse(goregular.TTF); err != nil {
		return err
	}
	s.AddUTF8FontFromBytes("label", "", goregular.TTF)
	s.AddUTF8FontFromBytes("label", "B", gobold.TTF)
	s.SetTitle("Label "+p.Tracking, true)
	s.SetCreationDate(p.At)
	s.SetModificationDate(p.At)
	s.SetCatalogSort(true)
	s.SetAutoPageBreak(false, 0)
	s.AddPage()
	s.frame(p)
	s.to(p.Request.Address)
	s.contents(p.Request)
	if err := s.number(p.Tracking); err != nil {
		return err
	}
	return s.Output(w)
}

// text sets a line, cut to the room there is.
func (s *sheet) text(x, y, size float64, style, text string) {
	s.SetFont("label", style, size)
	runes := []rune(s.printable(text))
	for len(runes) > 1 && s.GetStringWidth(string(runes)) > width-edge-x {
		runes = append(runes[:len(runes)-2], '…')
	}
	s.Text(x, y, string(runes))
}

// printable is a text as the font can show it.
func (s *sheet) printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch glyph, err := s.font.GlyphIndex(&s.buffer, r); {
		case unicode.IsSpace(r):
			return ' '
		case r > 0xFFFF || err != nil || glyph == 0:
			return '?'
		}
		return r
	}, norm.NFC.String(text))
}

func (s *sheet) frame(p Parcel) {
	s.SetLineWidth(0.6)
	s.Rect(edge/2, edge/2, width-edge, height-edge, "D")
	s.SetFillColor(20, 24, 28)
	s.Rect(edge/2, edge/2, width-edge, 17, "F")
	s.SetTextColor(255, 255, 255)
	s.text(edge, 12, 17, "B", "Sandbox Parcel")
	s.text(edge, 17.4, 8, "", "A label for trying things out. Not valid for shipping.")
	s.SetTextColor(0, 0, 0)
	if p.Cancelled {
		s.text(edge+52, 12, 13, "B", "CANCELLED")
	}
	s.text(edge, 27, 8, "", "Order")
	s.text(edge+12, 27, 9, "B", p.Request.OrderID)
	s.text(edge, 32, 8, "", "Date")
	s.text(edge+12, 32, 9, "", p.At.UTC().Format("2006-01-02"))
	s.Line(edge/2, 36, width-edge/2, 36)
}

func (s *sheet) to(a Address) {
	s.text(edge, 42, 8, "", "To")
	y := 49.0
	for i, line := range []string{a.Name, a.Line1, a.Line2, strings.TrimSpace(a.PostalCode + " " + a.City), strings.TrimSpace(a.State + " " + a.Country)} {
		if line == "" {
			continue
		}
		style := ""
		if i == 0 || i == 3 {
			style = "B"
		}
		s.text(edge, y, 13, style, line)
		y += 6.4
	}
	s.Line(edge/2, 82, width-edge/2, 82)
}

func (s *sheet) contents(r Request) {
	const most = 4 // lines
	s.text(edge, 87, 8, "", "Contents")
	var grams int64
	for i, item := range r.Items {
		grams += item.Grams * item.Quantity
		if i < most {
			s.text(edge, 92+4.2*float64(i), 9, "", fmt.Sprintf("%d × %s", item.Quantity, item.Name))
		}
	}
	if more := len(r.Items) - most; more > 0 {
		s.text(edge+60, 87, 8, "", fmt.Sprintf("and %d more", more))
	}
	if grams > 0 {
		s.text(edge+25, 87, 8, "B", fmt.Sprintf("%.2f kg", float64(grams)/1000))
	}
	s.Line(edge/2, 109, width-edge/2, 109)
}

// number sets the tracking number, and as Code 128.
func (s *sheet) number(tracking string) error {
	code, err := code128.Encode(tracking)
	if err != nil {
		return err
	}
	s.text(edge, 115, 8, "", "Tracking")
	bars := code.Bounds().Dx()
	const room = width - 4*edge
	bar := room / float64(bars)
	s.SetFillColor(0, 0, 0)
	for x := range bars {
		if r, _, _, _ := code.At(x, 0).RGBA(); r == 0 {
			s.Rect(2*edge+float64(x)*bar, 118, bar, 18, "F")
		}
	}
	s.text(2*edge+13, 142, 13, "B", tracking)
	return nil
}
