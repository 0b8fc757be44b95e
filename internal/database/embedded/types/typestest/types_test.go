package typestest

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// TestTextForms reads texts, good and bad, and writes them again: value, error
// code and message are PostgreSQL's, and so is the JSON form.
func TestTextForms(t *testing.T) {
	c := catalogue(t)
	a := readArguments(t, c)
	server, own := connect(t), open(t)
	for _, family := range c.Families() {
		for _, typ := range family.Types {
			if !chosen(typ.SQLName) {
				continue
			}
			known := a.byType[typ.Name]
			texts := slices.Concat(known.Values, known.Inputs, randomTexts(typ, 1000))
			if len(known.Inputs) == 0 {
				t.Errorf("testdata/values has no inputs for type %s", typ.Name)
			}
			for _, form := range []string{"text", "json"} {
				asText(t, server, own, typ, texts, form)
			}
		}
	}
}

func asText(t *testing.T, server *postgres, own *engine, typ *types.Type, texts []string, form string) {
	t.Helper()
	statements := make([]string, len(texts))
	for i, text := range texts {
		value := quote(text) + "::" + named(typ)
		if form == "json" {
			value = "to_json(" + value + ")"
		}
		statements[i] = show(value)
	}
	good := 0
	for i, want := range server.try(t, statements) {
		if want.code == "" {
			good++
		}
		got := own.text(t, typ, texts[i], form)
		if got != want && !refused(got) {
			t.Errorf("type %s, %s form of %q: %s, in PostgreSQL %s", typ.Name, form, texts[i], got, want)
		}
	}
	if good == 0 {
		t.Errorf("type %s: no text was read", typ.Name)
	}
}

// TestOrder sorts stored forms under the type's collation, as PostgreSQL sorts
// the values, up and down.
func TestOrder(t *testing.T) {
	c := catalogue(t)
	a := readArguments(t, c)
	server, own := connect(t), open(t)
	for _, family := range c.Families() {
		for _, typ := range family.Types {
			if typ.Unordered || !chosen(typ.SQLName) {
				continue
			}
			var texts []string
			for _, v := range a.values(t, typ) {
				if v.text != nil && own.text(t, typ, *v.text, "text").code == "" {
					texts = append(texts, *v.text)
				}
			}
			for _, text := range randomTexts(typ, 60) {
				if own.text(t, typ, text, "text").code == "" {
					texts = append(texts, text)
				}
			}
			random := rand.New(rand.NewPCG(1, uint64(typ.OID)))
			for range 5 {
				random.Shuffle(len(texts), func(i, j int) { texts[i], texts[j] = texts[j], texts[i] })
				for _, direction := range []string{"asc", "desc"} {
					sameOrder(t, server, own, typ, texts, direction)
				}
			}
		}
	}
}

// sameOrder compares the positions of the texts in order; equal values keep their
// first order.
func sameOrder(t *testing.T, server *postgres, own *engine, typ *types.Type, texts []string, direction string) {
	t.Helper()
	var list []string
	for i, text := range texts {
		list = append(list, "("+quote(text)+"::"+named(typ)+", "+strconv.Itoa(i+1)+")")
	}
	query := "select false, string_agg(n::text, ',' order by v " + direction + ", n) from (values " + strings.Join(list, ",") + ") u(v, n)"
	want := server.try(t, []string{query})[0]
	if want.code != "" {
		t.Errorf("type %s: %s", typ.Name, want)
		return
	}
	if got := own.order(t, typ, texts, direction); got != want.text {
		t.Errorf("type %s %s: order %s, in PostgreSQL %s, of %q", typ.Name, direction, got, want.text, texts)
	}
}
