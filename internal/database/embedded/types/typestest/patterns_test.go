package typestest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// perFormatter is how many random pairs of pattern and value each formatting
// function is tried with.
const perFormatter = 2000

var (
	dateFields = strings.Fields(`HH HH12 HH24 MI SS MS US FF1 FF2 FF3 FF4 FF5 FF6 SSSS SSSSS AM A.M. pm p.m. Y,YYY YYYY YYY YY Y
		IYYY IYY IY I BC B.C. ad a.d. MONTH Month month MON Mon mon MM DAY Day day DY Dy dy DDD IDDD DD D ID W WW IW CC J Q
		RM rm TZ tz TZH TZM OF yyyy mm dd hh24 mi ss ddd iyyy iw id q j`)
	dateBetween = []string{" ", "-", "/", ":", ".", ",", "T", " \"of\" ", "\"\\\"\"", "\\\"", "", "", "  ", "x", "é", "7", "\"a b\"", ";", "_", "SP", "\\"}
	numberParts = strings.Fields(`9 9 9 9 99 999 0 0 00 . . D , G S S MI PL SG PR V FM FM TH th B L C EEEE RN rn SP 9.9 999.99 0.00 FM999 \ "x" "\"" - / e é 5`)
)

// randomDatePattern is a few fields, most with something between them.
func randomDatePattern(r *rand.Rand) string {
	var b strings.Builder
	if r.IntN(8) == 0 {
		b.WriteString("FX")
	}
	for range 1 + r.IntN(6) {
		b.WriteString([]string{"", "", "", "FM", "fm", "TM"}[r.IntN(6)])
		b.WriteString(dateFields[r.IntN(len(dateFields))])
		b.WriteString([]string{"", "", "", "", "TH", "th"}[r.IntN(6)])
		b.WriteString(dateBetween[r.IntN(len(dateBetween))])
	}
	return b.String()
}

// usualDatePattern has each part once, as patterns that people write.
func usualDatePattern(r *rand.Rand) string {
	parts := [][]string{{"YYYY", "YY", "Y", "YYY", "IYYY", "Y,YYY", "CC"}, {"MM", "Mon", "Month", "MON", "DDD", "WW", "RM"},
		{"DD", "D", "Day", "W", "Dy", "DDth"}, {"HH24", "HH", "HH12", "SSSS"}, {"MI", "AM"}, {"SS", "TZH"}, {"MS", "US", "FF3", "TZM", "BC"}}
	var b strings.Builder
	for _, choices := range parts[:1+r.IntN(len(parts))] {
		if r.IntN(6) == 0 {
			continue
		}
		b.WriteString([]string{"", "", "", "", "FM"}[r.IntN(5)])
		b.WriteString(choices[r.IntN(1+r.IntN(len(choices)))])
		b.WriteString([]string{"-", " ", ":", "/", "", ".", ", "}[r.IntN(7)])
	}
	return b.String()
}

func randomNumberPattern(r *rand.Rand) string {
	var b strings.Builder
	for range 1 + r.IntN(8) {
		b.WriteString(numberParts[r.IntN(1+r.IntN(len(numberParts)))])
	}
	return b.String()
}

func randomTimestampText(r *rand.Rand) string {
	fraction := []string{"", ".5", ".123456", ".000001", ".999999"}[r.IntN(5)]
	return fmt.Sprintf("%04d-%02d-%02d %02d:%02d:%02d%s", []int{1 + r.IntN(9999), 1900 + r.IntN(200)}[r.IntN(2)],
		1+r.IntN(12), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), fraction)
}

func randomIntervalText(r *rand.Rand) string {
	return fmt.Sprintf("%d years %d mons %d days %d hours %d mins %d.%06d secs", r.IntN(300)-100, r.IntN(30)-10, r.IntN(100)-30,
		r.IntN(100)-30, r.IntN(100)-30, r.IntN(100)-30, r.IntN(1000000))
}

func randomNumberText(r *rand.Rand, integer bool) string {
	text := fmt.Sprint(r.IntN(1 << r.IntN(31)))
	if r.IntN(3) == 0 {
		text = "-" + text
	}
	if !integer && r.IntN(3) > 0 {
		text += fmt.Sprintf(".%0*d", 1+r.IntN(5), r.IntN(1<<r.IntN(17)))
	}
	return text
}

// formatters are how each function is tried: its arguments at random.
var formatters = map[string]func(r *rand.Rand) (value, pattern string){
	"to_char(timestamp without time zone,text)": func(r *rand.Rand) (string, string) { return randomTimestampText(r), randomDatePattern(r) },
	"to_char(timestamp with time zone,text)":    func(r *rand.Rand) (string, string) { return randomTimestampText(r) + "+00", randomDatePattern(r) },
	"to_char(interval,text)":                    func(r *rand.Rand) (string, string) { return randomIntervalText(r), randomDatePattern(r) },
	"to_char(numeric,text)":                     func(r *rand.Rand) (string, string) { return randomNumberText(r, false), randomNumberPattern(r) },
	"to_char(integer,text)":                     func(r *rand.Rand) (string, string) { return randomNumberText(r, true), randomNumberPattern(r) },
	"to_char(bigint,text)":                      func(r *rand.Rand) (string, string) { return randomNumberText(r, true), randomNumberPattern(r) },
	"to_char(real,text)":                        func(r *rand.Rand) (string, string) { return randomNumberText(r, false), randomNumberPattern(r) },
	"to_char(double precision,text)":            func(r *rand.Rand) (string, string) { return randomNumberText(r, false), randomNumberPattern(r) },
	"to_number(text,text)":                      randomNumberInput,
	"to_date(text,text)":                        randomDateInput,
	"to_timestamp(text,text)":                   randomDateInput,
}

func randomNumberInput(r *rand.Rand) (string, string) {
	text := randomNumberText(r, false)
	switch r.IntN(6) {
	case 0:
		text = " " + text
	case 1:
		text = strings.TrimPrefix(text, "-") + []string{"-", "+", ">", " -"}[r.IntN(4)]
	case 2:
		text = text[:len(text)/2] + []string{",", ".", " ", "x"}[r.IntN(4)] + text[len(text)/2:]
	case 3:
		text = "<" + text + ">"
	case 4:
		text = "+" + text + "th"
	}
	return text, randomNumberPattern(r)
}

// randomDateInput is a text that a pattern made, now and then spoilt, or any
// text.
func randomDateInput(r *rand.Rand) (text, pattern string) {
	pattern = usualDatePattern(r)
	if r.IntN(4) == 0 {
		pattern = randomDatePattern(r)
	}
	var b strings.Builder
	for range 1 + r.IntN(7) {
		words := []string{fmt.Sprint(r.IntN(60)), fmt.Sprintf("%02d", 1+r.IntN(12)), fmt.Sprint(1000 + r.IntN(1500)), fmt.Sprintf("%02d", r.IntN(30)),
			"Jan", "december", "pm", "AM", "Monday", "Sat", "BC", "ad", "iv", "XII", "-5", "+03", "1,999", "2000", "12", "11"}
		b.WriteString(words[r.IntN(1+r.IntN(len(words)))])
		b.WriteString([]string{"-", " ", ":", "/", "", ".", ", ", "  ", "x"}[r.IntN(9)])
	}
	return b.String(), pattern
}

// TestPatterns writes and reads random values by random patterns on both sides.
func TestPatterns(t *testing.T) {
	c := catalogue(t)
	names := newNames(t)
	var all []probes
	for _, family := range c.Families() {
		for _, f := range family.Functions {
			entry := names.function(f.Name, f.Args)
			generate := formatters[entry]
			if generate == nil {
				continue
			}
			r := rand.New(rand.NewPCG(*seed, uint64(f.OID)))
			p := probes{entry: entry}
			for range perFormatter {
				value, pattern := generate(r)
				if strings.HasPrefix(entry, "to_") && f.Result != types.Text && r.IntN(3) == 0 {
					value = made(t, c, f, pattern, r, value)
				}
				tuple := []argument{{c.Type(f.Args[0]), &value}, {c.Type(types.Text), &pattern}}
				p.list = append(p.list, newProbe(c, f, tuple, "pg_catalog."+quoteName(f.Name)+"("+literals(tuple)+")"))
			}
			all = append(all, p)
		}
	}
	if len(all) < len(formatters) {
		t.Errorf("%d of %d formatting functions are in the catalogue", len(all), len(formatters))
	}
	compare(t, all)
}

// made is a text that the pattern itself writes, for functions that read one;
// else the given text.
func made(t *testing.T, c *types.Catalogue, reader *types.Function, pattern string, r *rand.Rand, otherwise string) string {
	t.Helper()
	source, value := "to_char(timestamp without time zone,text)", randomTimestampText(r)
	if reader.Result == types.Numeric {
		source, value = "to_char(numeric,text)", randomNumberText(r, false)
	}
	names := newNames(t)
	for _, f := range c.Functions("", "to_char") {
		if names.function(f.Name, f.Args) != source {
			continue
		}
		v, err := c.Type(f.Args[0]).In(value, -1)
		if err != nil {
			t.Fatal(err)
		}
		p, err := c.Type(types.Text).In(pattern, -1)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := f.Call(nil, []sqlite.Value{v, p}); err == nil && !text.IsNull() {
			return text.Text()
		}
	}
	return otherwise
}
