package precise

import "testing"

func BenchmarkFunctions(b *testing.B) {
	for _, f := range []struct {
		name string
		f    func(float64) float64
	}{{"exp", Exp}, {"log", Log}, {"sin", Sin}, {"atan", Atan}, {"sin of a huge number", func(x float64) float64 { return Sin(x * 1e20) }}} {
		b.Run(f.name, func(b *testing.B) {
			x := 0.1
			for b.Loop() {
				f.f(x)
				x += 0.37
			}
		})
	}
	b.Run("pow", func(b *testing.B) {
		for b.Loop() {
			Pow(3.7, 2.3)
		}
	})
}
