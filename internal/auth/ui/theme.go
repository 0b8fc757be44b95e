package ui

import (
	"fmt"
	"math"
	"strconv"

	"github.com/galleyhq/galley/internal/config"
)

// theme is the style sheet with the project's colours, as custom properties. They
// were checked to be colours and nothing else.
func theme(u config.AuthUI) string {
	return fmt.Sprintf(":root {\n%s}\n@media (prefers-color-scheme: dark) {\n:root {\n%s}\n}\n", properties(u.Light), properties(u.Dark))
}

func properties(c config.AuthColors) string {
	return fmt.Sprintf("\t--accent: %s;\n\t--on-accent: %s;\n\t--background: %s;\n\t--text: %s;\n",
		c.Accent, on(c.Accent), c.Background, on(c.Background))
}

// readable is the contrast that text needs (WCAG 2.2, 1.4.3).
const readable = 4.5

// on is the colour of text on another: a soft black or white where that is read
// well, or else the hard one. One of black and white has a contrast of at least
// 4.58 with any colour.
func on(background string) string {
	best := ""
	for _, text := range []string{"#1b1f24", "#f2f4f6", "#000000", "#ffffff"} {
		if best == "" || contrast(best, background) < readable && contrast(text, background) > contrast(best, background) {
			best = text
		}
	}
	return best
}

// contrast is the ratio of two colours (WCAG 2.2, definition of contrast ratio), 1
// to 21.
func contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// luminance is the relative luminance of #rrggbb, 0 to 1.
func luminance(color string) float64 {
	sum := 0.0
	for i, share := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(color[1+2*i:3+2*i], 16, 8)
		if err != nil {
			return 0
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += share * c
	}
	return sum
}
