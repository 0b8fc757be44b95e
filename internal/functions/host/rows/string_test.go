package rows

import (
	"encoding/json"
	"testing"
)

func TestAppendString(t *testing.T) {
	for _, s := range []string{"", "a", `"`, `\`, `a"b\c`, `""\\`, "ä€😀", "ä\"", "\x00", "a\nb\"", "\x7f", "\xff", "a\xc3", "\u2028<>&", `end\`} {
		for _, got := range [][]byte{AppendString([]byte("x"), s), AppendString([]byte("x"), []byte(s))} {
			var back, want string
			if got[0] != 'x' {
				t.Errorf("%q: %s", s, got)
			}
			plain, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(got[1:], &back); err != nil {
				t.Fatalf("%q: %s: %v", s, got, err)
			}
			if err := json.Unmarshal(plain, &want); err != nil || back != want {
				t.Errorf("%q: %q, want %q: %v", s, back, want, err)
			}
		}
	}
}
