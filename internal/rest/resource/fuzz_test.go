package resource

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"testing"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/query"
	"github.com/galleyhq/galley/internal/schema"
)

// FuzzPageToken holds what a page token becomes to the columns of the order: it
// comes from a client, whatever it looks like.
func FuzzPageToken(f *testing.F) {
	for _, text := range []string{`{"t":"things","s":"","v":["1","2"]}`, `{"t":"things","s":"","v":[null,"2"]}`, `{"t":"others","s":"","v":["1","2"]}`,
		`{"t":"things","s":"name","v":["1"]}`, `{"v":[1,2]}`, `[]`, `null`, ``, `{"t":"things","v":["'; drop table things; --","\u0000"]}`} {
		f.Add(base64.RawURLEncoding.EncodeToString([]byte(text)), true)
		f.Add(text, false)
	}
	things := schema.NewRelation(schema.Name{Schema: "public", Name: "things"}, []*schema.Column{{Name: "name"}, {Name: "id", NotNull: true}})
	f.Fuzz(func(t *testing.T, text string, descending bool) {
		l := &listing{order: []query.Order{{Field: query.Field{Column: "name"}}, {Field: query.Field{Column: "id"}}}}
		if descending {
			l.order[0].Direction = query.Descending
		}
		if err := l.after(&request{rel: things}, text); err != nil {
			if f := fault.From(err); f.Code == "" || f.Code == fault.InternalError {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		query.Values(nil, l.where)
		for _, c := range l.where {
			checkColumns(t, c)
		}
	})
}

func checkColumns(t *testing.T, c query.Cond) {
	t.Helper()
	if len(c.Terms) == 0 && c.Field.Column != "name" && c.Field.Column != "id" {
		t.Fatalf("a condition on %q", c.Field.Column)
	}
	for _, term := range c.Terms {
		checkColumns(t, term)
	}
}

// FuzzListing reads the parameters of a list.
func FuzzListing(f *testing.F) {
	for _, text := range []string{"page_size=5&sort=-name,id", "filter=name%3D1&page_token=x", "sort=,", "page_size=-1", "page_size=99999999999999999999", "other=1", "%zz", "sort=nothing"} {
		f.Add(text)
	}
	things := schema.NewRelation(schema.Name{Schema: "public", Name: "things"}, []*schema.Column{{Name: "name"}, {Name: "id", NotNull: true}})
	things.PrimaryKey = []string{"id"}
	f.Fuzz(func(t *testing.T, text string) {
		r := &http.Request{URL: &url.URL{RawQuery: text}}
		l, err := (&api{Config: Config{MaxPage: 100}}).parseListing(&request{Request: r, rel: things})
		if err != nil {
			if f := fault.From(err); f.Code == "" || f.Code == fault.InternalError {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		if l.size < 0 || len(l.order) == 0 {
			t.Fatalf("%q: pages of %d rows in the order %v", text, l.size, l.order)
		}
		if _, err := url.ParseQuery(text); err != nil {
			t.Fatalf("%q is accepted", text)
		}
	})
}
