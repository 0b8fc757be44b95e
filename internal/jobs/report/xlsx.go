package report

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"

	"github.com/galleyhq/galley/internal/jobs"
)

// Bounds of a sheet, which are Excel's.
const (
	maxSheetRows = excelize.TotalRows - 1 // below the titles
	maxCell      = excelize.TotalCellChars
	maxSheetName = excelize.MaxSheetNameLength
	maxDigits    = 15 // of a number that is shown as it is
	cellOverhead = 40 // bytes of a cell but for its value, about
	leastNumber  = 2.2251e-308
	mostNumber   = 9.99999999999999e307
)

// xlsxWriter writes a workbook of one sheet. Rows go to memory, and from 16 MiB on
// to a temporary file in the folder of reports. A text is an inline string, so none
// is ever a formula.
type xlsxWriter struct {
	to      io.Writer
	file    *excelize.File
	sheet   *excelize.StreamWriter
	columns []column
	styles  []int
	rows    int   // the titles too
	size    int64 // of the sheet, before it is compressed
	most    int64
}

func newXLSX(p *payload, columns []column, to io.Writer, dir string, most int64) (*xlsxWriter, error) {
	w := &xlsxWriter{to: to, file: excelize.NewFile(excelize.Options{TmpDir: dir}), columns: columns, most: most}
	err := w.prepare(p)
	if err != nil {
		w.close()
	}
	return w, err
}

func (w *xlsxWriter) prepare(p *payload) error {
	name := sheetName(p.Title)
	err := w.file.SetSheetName("Sheet1", name)
	if err != nil {
		return err
	}
	if err := w.file.SetDocProps(&excelize.DocProperties{Title: p.Title, Creator: "Galley"}); err != nil {
		return err
	}
	if w.sheet, err = w.file.NewStreamWriter(name); err != nil {
		return err
	}
	for i, c := range w.columns {
		style, err := w.style(c)
		if err == nil {
			err = w.sheet.SetColWidth(i+1, i+1, c.sheetWidth())
		}
		if err != nil {
			return err
		}
		w.styles = append(w.styles, style)
	}
	if err := w.sheet.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	return w.titles()
}

func (w *xlsxWriter) titles() error {
	bold, err := w.file.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return err
	}
	cells := make([]any, len(w.columns))
	for i, c := range w.columns {
		title, err := cellText(c.title)
		if err != nil {
			return err
		}
		cells[i] = excelize.Cell{StyleID: bold, Value: title}
	}
	w.rows = 1
	return w.sheet.SetRow("A1", cells)
}

// style is that of the cells of a column, 0 for the usual one.
func (w *xlsxWriter) style(c column) (int, error) {
	s := &excelize.Style{}
	pattern := c.format.pattern
	if pattern == "" {
		pattern = map[kind]string{date: "yyyy-mm-dd", moment: "yyyy-mm-dd hh:mm:ss", clock: "hh:mm:ss"}[c.kind]
	}
	if pattern != "" {
		s.CustomNumFmt = &pattern
	}
	usual := "L"
	if c.isNumber() {
		usual = "R"
	}
	if c.align != usual {
		s.Alignment = &excelize.Alignment{Horizontal: map[string]string{"L": "left", "C": "center", "R": "right"}[c.align]}
	}
	if s.CustomNumFmt == nil && s.Alignment == nil {
		return 0, nil
	}
	return w.file.NewStyle(s)
}

// sheetWidth is a column's width in characters.
func (c column) sheetWidth() float64 {
	if c.width > 0 {
		return c.width
	}
	usual, known := map[kind]float64{number: 12, floating: 12, boolean: 8, date: 12, moment: 20, clock: 10}[c.kind]
	if !known {
		usual = 24
	}
	return min(max(usual, float64(len([]rune(c.title))+2)), 60)
}

// sheetName is a title as a sheet may be called.
func sheetName(title string) string {
	name := strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`:\/?*[]`, r) {
			return ' '
		}
		return r
	}, title)
	name = strings.Trim(name, " '")
	for len(utf16.Encode([]rune(name))) > maxSheetName {
		runes := []rune(name)
		name = strings.Trim(string(runes[:len(runes)-1]), " '")
	}
	if name == "" || strings.EqualFold(name, "History") { // a name that Excel keeps
		return "Report"
	}
	return name
}

// row implements writer.
func (w *xlsxWriter) row(values [][]byte) error {
	if w.rows > maxSheetRows {
		return jobs.Discard(fmt.Errorf("a sheet has at most %d rows", maxSheetRows))
	}
	cells := make([]any, len(values))
	for i, v := range values {
		if v == nil {
			continue
		}
		value, err := w.columns[i].cell(string(v))
		if err != nil {
			return jobs.Discard(fmt.Errorf("row %d, column %q: %w", w.rows, w.columns[i].title, err))
		}
		cells[i] = excelize.Cell{StyleID: w.styles[i], Value: value}
		w.size += int64(len(v)) + cellOverhead
	}
	if w.size > w.most {
		return jobs.Discard(fmt.Errorf("the sheet has more than %d bytes before it is compressed (reports.max_size)", w.most))
	}
	w.rows++
	return w.sheet.SetRow("A"+strconv.Itoa(w.rows), cells)
}

// cell is a value as its cell holds it: a number where it stays what it is, a day
// number where there is one, text otherwise.
func (c column) cell(value string) (any, error) {
	switch c.kind {
	case boolean:
		return value == "t", nil
	case number:
		if significant(value) <= maxDigits {
			if f, ok := sheetNumber(value); ok {
				return f, nil
			}
		}
	case floating:
		if f, ok := sheetNumber(value); ok {
			return f, nil
		}
	case date, moment, clock:
		if t, ok := c.time(value); ok {
			if f, ok := serial(t, c.kind); ok {
				return f, nil
			}
		}
	}
	return cellText(value)
}

// significant is the number of significant digits.
func significant(value string) int {
	digits := strings.Replace(strings.TrimLeft(value, "-"), ".", "", 1)
	return len(strings.Trim(digits, "0"))
}

// sheetNumber is a number as Excel has them: no NaN, no infinity, nothing smaller
// or larger than it knows.
func sheetNumber(value string) (float64, bool) {
	f, err := strconv.ParseFloat(value, 64)
	size := math.Abs(f)
	if err != nil || math.IsNaN(f) || size > mostNumber {
		return 0, false
	}
	if size < leastNumber {
		return 0, size == 0 && significant(value) == 0 && !strings.HasPrefix(value, "-")
	}
	return f, true
}

const day = int64(24 * time.Hour / time.Microsecond)

// serial is the day number of a time (ECMA-376, 18.17.4.1, the 1900 date system),
// where there is one that gives it back to the microsecond. Those before March
// 1900 are left out, as programs do not agree on them.
func serial(t time.Time, k kind) (float64, bool) {
	from := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	if k == clock {
		from = time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	} else if t.Before(time.Date(1900, 3, 1, 0, 0, 0, 0, time.UTC)) {
		return 0, false
	}
	us := t.UnixMicro() - from.UnixMicro()
	f := float64(us/day) + float64(us%day)/float64(day)
	whole, part := math.Modf(f)
	return f, int64(whole)*day+int64(math.Round(part*float64(day))) == us
}

// cellText is a text as XML can hold it. Control characters are shown by their
// symbols (U+2400 on), or the library would make � of them.
func cellText(value string) (string, error) {
	if n := len(utf16.Encode([]rune(value))); n > maxCell {
		return "", fmt.Errorf("a text of %d characters: a cell of XLSX holds %d, CSV any number", n, maxCell)
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' {
			return '␀' + r
		}
		return r
	}, value), nil
}

// end implements writer.
func (w *xlsxWriter) end() error {
	if err := w.sheet.Flush(); err != nil {
		return err
	}
	_, err := w.file.WriteTo(w.to)
	return err
}

func (w *xlsxWriter) close() {
	_ = w.file.Close() // deletes the temporary file
}
