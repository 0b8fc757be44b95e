package differential

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
)

// Counts are the statements of a file by verdict. Messages counts those that
// agree in all but the text of the error.
type Counts struct {
	Agree    int `json:"agree"`
	Refused  int `json:"refused"`
	Messages int `json:"messages_differ"`
}

// Ledger holds the counts of every file. It may only improve.
type Ledger map[string]Counts

// ReadLedger reads a ledger; one that does not exist yet is empty.
func ReadLedger(path string) (Ledger, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Ledger{}, nil
	}
	if err != nil {
		return nil, err
	}
	l := Ledger{}
	return l, json.Unmarshal(text, &l)
}

// Write writes a ledger.
func (l Ledger) Write(path string) error {
	text, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}

// Worse lists where now falls behind the ledger.
func (l Ledger) Worse(now Ledger) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(l)) {
		before, after := l[name], now[name]
		if after.Agree < before.Agree {
			out = append(out, fmt.Sprintf("%s: %d statements agree, %d did", name, after.Agree, before.Agree))
		}
		if after.Refused > before.Refused && after.Agree <= before.Agree {
			out = append(out, fmt.Sprintf("%s: %d statements are refused, %d were", name, after.Refused, before.Refused))
		}
	}
	return out
}
