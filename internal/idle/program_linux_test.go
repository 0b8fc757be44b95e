package idle

import "testing"

func TestReadOnly(t *testing.T) {
	tests := []struct {
		line string
		ok   bool
	}{
		{"00400000-01a2b000 r-xp 00000000 fe:00 1234 /opt/galley", true},
		{"01a2b000-03000000 r--p 0162b000 fe:00 1234 /opt/galley", true},
		{"03000000-03100000 rw-p 02c00000 fe:00 1234 /opt/galley", false},
		{"03000000-03100000 r--s 02c00000 fe:00 1234 /opt/galley", false},
		{"7f0000000000-7f0000001000 r--p 00000000 fe:00 99 /opt/other", false},
		{"c000000000-c000400000 rw-p 00000000 00:00 0", false},
		{"", false},
	}
	for _, tt := range tests {
		if start, end, ok := readOnly(tt.line, "/opt/galley"); ok != tt.ok || ok && start >= end {
			t.Errorf("%s: %x-%x %v", tt.line, start, end, ok)
		}
	}
}

// TestUnmapProgram goes on after it has let go of its own code.
func TestUnmapProgram(t *testing.T) {
	before := programPages()
	unmapProgram()
	if after := programPages(); before == 0 || after >= before {
		t.Errorf("%d bytes of the program before, %d after", before, after)
	}
}
