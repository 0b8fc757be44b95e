// Package qr draws QR codes (ISO/IEC 18004) as SVG.
package qr

import (
	"fmt"
	"image/color"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// quiet is the margin, in modules, that readers need (ISO/IEC 18004, 5.3.8).
const quiet = 4

// Levels are the levels of correction, with the least first: how much of a code may be
// unreadable.
const Levels = "LMQH"

var levels = map[byte]qr.ErrorCorrectionLevel{'L': qr.L, 'M': qr.M, 'Q': qr.Q, 'H': qr.H}

// SVG draws a text, which is an error where it is too long for a code of the level: 2,953
// bytes at L, 1,273 at H. Colours have names: the clients put the SVG into a URL as it
// is, where # would end it.
func SVG(text string, level byte) (string, error) {
	l, ok := levels[level]
	if !ok {
		return "", fmt.Errorf("the level of correction is one of %s, not %q", Levels, string(level))
	}
	code, err := qr.Encode(text, l, qr.Auto)
	if err != nil {
		return "", err
	}
	size := code.Bounds().Dx()
	all := size + 2*quiet
	var dark strings.Builder
	for y := range size {
		for x := 0; x < size; x++ {
			from := x
			for x < size && code.At(x, y) == color.Black {
				x++
			}
			if x > from {
				fmt.Fprintf(&dark, "M%d %dh%dv1h%dz", from+quiet, y+quiet, x-from, from-x)
			}
		}
	}
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" shape-rendering="crispEdges">`+
		`<path fill="white" d="M0 0h%dv%dH0z"/><path fill="black" d="%s"/></svg>`, all, all, 5*all, 5*all, all, all, dark.String()), nil
}
