//go:build !race

// One script alone has no races, and computes for a minute under the detector.

package quick

import "testing"

func TestMemoryIsGivenBack(t *testing.T) {
	i := start(t, testMemory, nil, `function use() { let a = []; for (let i = 0; i < 1e5; i++) a.push({ i }) }`)
	before := i.Memory()
	for range 20 {
		if _, err := i.Call(t.Context(), "use"); err != nil {
			t.Fatal(err)
		}
	}
	if after := i.Memory(); after > before+4<<20 {
		t.Errorf("%d bytes before, %d after", before, after)
	}
}
