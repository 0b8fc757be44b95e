package introspect

import (
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/schema"
)

// relationsOf makes relations of their rows, and tells of the columns of views
// where they come from.
func relationsOf(rows []*relationRow) []*schema.Relation {
	byOID := make(map[uint32]*schema.Relation, len(rows))
	out := make([]*schema.Relation, len(rows))
	for i, row := range rows {
		out[i] = row.relation()
		byOID[row.OID] = out[i]
	}
	for i, row := range rows {
		for position, o := range origins(row.Rule) {
			from := byOID[o.relation]
			if from == nil {
				continue
			}
			setSource(out[i], position, from, o.column)
		}
	}
	return out
}

func setSource(view *schema.Relation, position int, from *schema.Relation, column int) {
	for _, c := range view.Columns {
		for _, f := range from.Columns {
			if c.Position == position && f.Position == column {
				c.Source = &schema.Source{Relation: from.Name, Column: f.Name}
			}
		}
	}
}

// origin is the column that an output of a view's query shows unchanged.
type origin struct {
	relation uint32 // pg_class.oid
	column   int    // pg_attribute.attnum
}

// origins reads the outermost target list of a view's rule (pg_rewrite.ev_action,
// a list of one query as a node tree) and returns the origins of its outputs by
// their numbers. What cannot be read has none.
func origins(rule string) map[int]origin {
	out := map[int]origin{}
	fields := map[string]uint64{}
	depth, inside := 0, false
	for i := 0; i < len(rule); i++ {
		switch rule[i] {
		case '\\':
			i++
		case '{':
			depth++
			if depth == 2 && inside {
				clear(fields)
			}
		case '}':
			if depth == 2 && inside && fields["resorigtbl"] != 0 {
				out[int(fields["resno"])] = origin{uint32(fields["resorigtbl"]), int(fields["resorigcol"])}
			}
			depth--
		case ':':
			name, rest, _ := strings.Cut(rule[i+1:], " ")
			switch depth {
			case 1:
				inside = name == "targetList"
			case 2:
				value, _, _ := strings.Cut(rest, " ")
				if n, err := strconv.ParseUint(strings.TrimRight(value, "})"), 10, 32); err == nil {
					fields[name] = n
				}
			}
		}
	}
	return out
}
