package types

import (
	"fmt"
	"strings"
)

// Format writes a type with its modifier as PostgreSQL's format_type does:
// "character varying(160)", "timestamp(3) with time zone". It is empty for a type
// nobody declares.
func (c *Catalogue) Format(r Ref) string {
	t := c.Type(r.OID)
	switch {
	case t == nil:
		return ""
	case r.Mod < 0:
		return t.SQLName
	case t.Elem != nil:
		return c.Format(Ref{OID: t.Elem.OID, Mod: r.Mod}) + "[]"
	}
	mod := fmt.Sprintf("(%d)", r.Mod)
	if t.ModOut != nil {
		mod = t.ModOut(r.Mod)
	}
	if i := strings.Index(t.SQLName, " with"); i >= 0 {
		return t.SQLName[:i] + mod + t.SQLName[i:]
	}
	return t.SQLName + mod
}
