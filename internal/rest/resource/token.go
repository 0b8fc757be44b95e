package resource

import (
	"encoding/base64"
	"encoding/json"

	"github.com/galleyhq/galley/internal/query"
	"github.com/galleyhq/galley/internal/rest/grammar"
)

// pageToken is where a page ends: the values by which the rows are sorted, of the
// last one. It is opaque to clients. A page that follows holds the rows after
// them, so that rows added or removed meanwhile neither repeat nor skip others.
type pageToken struct {
	Table  string    `json:"t"`
	Sort   string    `json:"s"`
	Values []*string `json:"v"` // null for NULL
}

// token returns the token of the page that ends with a row.
func (l *listing) token(q *request, row []grammar.Member) string {
	t := pageToken{Table: q.rel.Name.Name, Sort: l.sort}
	for _, o := range l.order {
		t.Values = append(t.Values, textOf(row, o.Field.Column))
	}
	text, _ := json.Marshal(t) // strings always have a JSON form
	return base64.RawURLEncoding.EncodeToString(text)
}

// textOf is the text form of a member, nil for null.
func textOf(row []grammar.Member, name string) *string {
	for _, m := range row {
		if m.Key != name || string(m.Value) == "null" {
			continue
		}
		text := string(m.Value)
		if text[0] == '"' {
			if err := json.Unmarshal(m.Value, &text); err != nil {
				return nil
			}
		}
		return &text
	}
	return nil
}

// after adds the condition that rows come after those of a page.
func (l *listing) after(q *request, text string) error {
	if text == "" {
		return nil
	}
	var t pageToken
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(raw, &t)
	}
	if err != nil || t.Table != q.rel.Name.Name || t.Sort != l.sort || len(t.Values) != len(l.order) {
		return invalid("page_token does not belong to this request").
			WithHint("Use the next_page_token of the page before, with the same sort and filter.")
	}
	after := query.Cond{Op: query.Or}
	for i, o := range l.order {
		if term, ok := l.beyond(q, o, t.Values[i]); ok {
			all := query.Cond{Op: query.And}
			for j := range i {
				all.Terms = append(all.Terms, same(l.order[j], t.Values[j]))
			}
			all.Terms = append(all.Terms, term)
			after.Terms = append(after.Terms, all)
		}
	}
	if len(after.Terms) == 0 { // nothing is beyond NULLs at the end
		after = query.Cond{Op: query.In, Field: l.order[0].Field}
	}
	l.where = append(l.where, after)
	return nil
}

// beyond is the condition that a column comes after a value in an order: NULL is
// last when ascending and first when descending.
func (l *listing) beyond(q *request, o query.Order, value *string) (query.Cond, bool) {
	descending := o.Direction == query.Descending
	switch {
	case value == nil && descending:
		return query.Cond{Op: query.IsNotNull, Field: o.Field}, true
	case value == nil:
		return query.Cond{}, false
	case descending:
		return query.Cond{Op: query.Lt, Field: o.Field, Value: *value}, true
	}
	greater := query.Cond{Op: query.Gt, Field: o.Field, Value: *value}
	if col := q.rel.Column(o.Field.Column); col != nil && col.NotNull {
		return greater, true
	}
	return query.Cond{Op: query.Or, Terms: []query.Cond{greater, {Op: query.IsNull, Field: o.Field}}}, true
}

func same(o query.Order, value *string) query.Cond {
	if value == nil {
		return query.Cond{Op: query.IsNull, Field: o.Field}
	}
	return query.Cond{Op: query.Eq, Field: o.Field, Value: *value}
}
