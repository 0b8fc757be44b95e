package idle

import (
	"runtime/debug"
	"testing"
)

func TestGOGCIsHeard(t *testing.T) {
	t.Setenv("GOGC", "")
	was := debug.SetGCPercent(usual)
	defer debug.SetGCPercent(was)
	for _, tt := range []struct{ given, want int }{{usual, busy}, {50, 50}, {-1, -1}, {400, 400}} {
		debug.SetGCPercent(tt.given)
		collectLess()
		if got := debug.SetGCPercent(usual); got != tt.want {
			t.Errorf("of %d it made %d, want %d", tt.given, got, tt.want)
		}
	}
	t.Setenv("GOGC", "100")
	collectLess()
	if got := debug.SetGCPercent(usual); got != usual {
		t.Errorf("GOGC=100 became %d", got)
	}
}
