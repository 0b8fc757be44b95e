package qr_test

import (
	"encoding/xml"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/qr"
)

func TestSVG(t *testing.T) {
	for _, test := range []struct {
		text  string
		level byte
		ok    bool
	}{
		{"https://example.org/a?b=c&d=é", 'M', true},
		{strings.Repeat("x", 1200), 'H', true},
		{strings.Repeat("x", 3000), 'L', false},
		{"x", 'X', false},
		{`"><script>alert(1)</script>`, 'L', true},
	} {
		svg, err := qr.SVG(test.text, test.level)
		if (err == nil) != test.ok {
			t.Errorf("%.30q at %c: %v", test.text, test.level, err)
		}
		if err != nil {
			continue
		}
		var parsed struct {
			Width int `xml:"width,attr"`
			Paths []struct {
				D string `xml:"d,attr"`
			} `xml:"path"`
		}
		if err := xml.Unmarshal([]byte(svg), &parsed); err != nil || len(parsed.Paths) != 2 || parsed.Width < 5*(21+8) || strings.Contains(svg, "script") {
			t.Errorf("%.30q: %v %.200s", test.text, err, svg)
		}
		if len(parsed.Paths) == 2 && !strings.HasPrefix(parsed.Paths[1].D, "M4 4h7v1h-7z") { // the upper edge of the first finder
			t.Errorf("%.30q begins with %.40s", test.text, parsed.Paths[1].D)
		}
	}
}
