package spelling

import "testing"

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b     string
		distance int
		similar  float64
	}{
		{"", "", 0, 1}, {"", "abc", 3, 0}, {"abc", "", 3, 0}, {"todos", "todos", 0, 1}, {"ab", "xy", 2, 0},
		{"post", "posts!!!", 4, 0.5}, {"kitten", "sitting!", 4, 0.5}, {"grün", "grun", 1, 0.75},
	} {
		if d, back, s := Distance(c.a, c.b), Distance(c.b, c.a), Similarity(c.a, c.b); d != c.distance || back != d || s != c.similar {
			t.Errorf("%q and %q: %d, %d, %g", c.a, c.b, d, back, s)
		}
	}
}
