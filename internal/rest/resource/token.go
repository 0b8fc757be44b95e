package resource

import (
	"encoding/base64"
	"encoding/json"

	"github.com/galleyhq/galley/internal/query"
	"github.com/galleyhq/galley/internal/rest/content"
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
func (l *listing) token(q *request, row []content.Member) string {
	t := pageToken{Table: q.rel.Name.Name, Sort: l.sort}
	for _, o := range l.order {
		t.Values = append(t.Values, textOf(row, o.Field.Column))
	}
	text, _ := json.Marshal(t) // strings always have a JSON form
	return base64.RawURLEncoding.EncodeToString(text)
}

// textOf is the text form of a member, nil for null.
func textOf(row []content.Member, name string) *string {
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
	l.where = append(l.where, query.After(q.rel, l.order, t.Values))
	return nil
}
