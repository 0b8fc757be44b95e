package syntax

import "testing"

func BenchmarkParse(b *testing.B) {
	for name, sql := range map[string]string{
		"point read": "select id, title, done from todos where id = $1",
		"medium":     valid[0],
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := Parse(sql); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
