package differential

import (
	"fmt"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// Verdict is what the comparison of a case came to.
type Verdict int

// The verdicts.
const (
	Agree Verdict = iota
	Refuse
	Differ
)

// Compare compares the outcomes of a case: the server's and the other engine's.
// reason tells the first difference. Where only the messages differ, the verdict
// is Agree and reason says so.
func Compare(c *Case, server, other []Outcome) (v Verdict, reason string) {
	if len(server) != len(other) {
		return Differ, fmt.Sprintf("%d outcomes against %d", len(server), len(other))
	}
	messages := ""
	for i := range server {
		if other[i].Code == fault.FeatureNotSupported && server[i].Code != fault.FeatureNotSupported {
			return Refuse, other[i].Message
		}
		if d := difference(c, server[i], other[i]); d != "" {
			return Differ, d
		}
		if server[i].Message != other[i].Message && messages == "" {
			messages = fmt.Sprintf("message %q against %q", server[i].Message, other[i].Message)
		}
	}
	return Agree, messages
}

// difference tells how two outcomes differ, "" when they do not.
func difference(c *Case, server, other Outcome) string {
	switch {
	case server.Code != other.Code:
		return fmt.Sprintf("code %s against %s", describe(server), describe(other))
	case !slices.Equal(server.Columns, other.Columns):
		return fmt.Sprintf("columns %v against %v", server.Columns, other.Columns)
	case server.Tag != other.Tag:
		return fmt.Sprintf("tag %q against %q", server.Tag, other.Tag)
	case len(server.Rows) != len(other.Rows):
		return fmt.Sprintf("%d rows against %d", len(server.Rows), len(other.Rows))
	case c.byShape():
		return ""
	}
	s, o := lines(server.Rows), lines(other.Rows)
	if !c.Ordered {
		slices.Sort(s)
		slices.Sort(o)
	}
	for i := range s {
		if s[i] != o[i] {
			return fmt.Sprintf("row %s against %s", s[i], o[i])
		}
	}
	return ""
}

func (c *Case) byShape() bool { return c.Shape || volatile(c.SQL) && !c.Compared }

func describe(o Outcome) string {
	if o.Code != "" {
		return o.Code + " (" + o.Message + ")"
	}
	return fmt.Sprintf("success (%s)", o.Tag)
}

// lines prints rows so that two are equal when their values are.
func lines(rows []database.Record) []string {
	out := make([]string, len(rows))
	for i, row := range rows {
		cells := make([]string, len(row))
		for j, v := range row {
			cells[j] = "NULL"
			if v != nil {
				cells[j] = fmt.Sprintf("%q", *v)
			}
		}
		out[i] = "(" + strings.Join(cells, ", ") + ")"
	}
	return out
}
