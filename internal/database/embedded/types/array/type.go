package array

import (
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// Of makes the array type of a type: one of those built in, or of one that a
// database made itself. Its OID is elem.Array.
func Of(elem *types.Type) *types.Type {
	a := form{elem: elem, kind: kindOf(elem)}
	t := &types.Type{
		OID: elem.Array, Name: "_" + elem.Name, SQLName: elem.SQLName + "[]", Category: 'A', Elem: elem,
		Column: "TEXT", Collation: a.kind.collation(), Unordered: elem.Unordered,
		ModIn: elem.ModIn, In: a.in, Out: a.out, JSONSQL: a.jsonSQL,
	}
	if t.Unordered {
		t.Collation = ""
	}
	if elem.InAt != nil {
		t.InAt = a.inAt
	}
	if elem.JSON != nil {
		t.JSON = a.json
	}
	if !a.plain() {
		t.TextSQL = a.textSQL
	}
	return t
}

// Values are the elements of a stored array, each in its own storage form.
func Values(v sqlite.Value, elem *types.Type) []sqlite.Value {
	var out []sqlite.Value
	for s := scan(v.Text()); s.next(); {
		out = append(out, kindOf(elem).value(s.element))
	}
	return out
}

// form is how the arrays of a type of element are written.
type form struct {
	elem *types.Type
	kind kind
}

// plain tells that the stored form of the elements within an array is their text
// form.
func (a form) plain() bool {
	switch a.kind[:1] {
	case texts:
		return a.elem.TextSQL == nil
	case integers:
		return a.elem.Category == 'N'
	}
	return true
}

func (a form) in(text string, mod int32) (sqlite.Value, error) { return a.read(text, mod, a.elem.In) }

func (a form) inAt(text string, mod int32, at time.Time) (sqlite.Value, error) {
	return a.read(text, mod, func(text string, mod int32) (sqlite.Value, error) { return a.elem.InAt(text, mod, at) })
}

func (a form) read(s string, mod int32, in func(string, int32) (sqlite.Value, error)) (sqlite.Value, error) {
	list, err := Parse(s)
	if err != nil {
		return sqlite.Null, err
	}
	for i, e := range list {
		if e.Null {
			continue
		}
		v, err := in(e.Text, mod)
		if err != nil {
			return sqlite.Null, err
		}
		list[i] = a.store(v)
	}
	return Value(list)
}

// store is an element as it stands in a stored array.
func (a form) store(v sqlite.Value) Element {
	if a.elem.Column == "ANY" {
		return Element{Text: string(a.elem.Out(nil, v))}
	}
	return text(v)
}

func (a form) out(dst []byte, v sqlite.Value) []byte {
	if a.plain() {
		return append(dst, v.Text()...)
	}
	dst = append(dst, '{')
	for s, first := scan(v.Text()), true; s.next(); first = false {
		if !first {
			dst = append(dst, ',')
		}
		e := s.element
		if !e.Null {
			e.Text = string(a.elem.Out(nil, a.kind.value(e)))
		}
		dst = appendElement(dst, e)
	}
	return append(dst, '}')
}

func (a form) json(dst []byte, v sqlite.Value) []byte {
	dst = append(dst, '[')
	for s, first := scan(v.Text()), true; s.next(); first = false {
		if !first {
			dst = append(dst, ',')
		}
		if s.element.Null {
			dst = append(dst, "null"...)
		} else {
			dst = a.elem.JSON(dst, a.kind.value(s.element))
		}
	}
	return append(dst, ']')
}

// perElement writes an expression that is NULL for a NULL array and else gathers
// something over its elements, which are called c0.
func (a form) perElement(sql, gather string) string {
	return "(SELECT iif(a.a IS NULL, NULL, (SELECT " + gather + " FROM " + ElementsSQL("a.a", a.elem) + ")) FROM (SELECT " + sql + " AS a) AS a)"
}

func (a form) jsonSQL(sql string) string {
	return a.perElement(sql, "'[' || coalesce(group_concat(coalesce("+a.elem.JSONSQL("c0")+", 'null'), ','), '') || ']'")
}

func (a form) textSQL(sql string) string {
	return a.perElement(sql, "coalesce("+Gather+"("+a.elem.TextSQL("c0")+"), '{}')")
}

// ElementsSQL is a table of SQLite whose column c0 holds the elements of an array
// one by one, each in its own storage form.
func ElementsSQL(sql string, elem *types.Type) string {
	return unnestName + "(" + sql + ", " + quoted(kindOf(elem)) + ")"
}

// TestedSQL is the same for the array of op ANY and ALL: a NULL array is one
// element that is NULL, since the result is NULL then.
func TestedSQL(sql string, elem *types.Type) string {
	return testedName + "(" + sql + ", " + quoted(kindOf(elem)) + ")"
}

// StoreSQL writes the value of an element as Build and Gather take it.
func StoreSQL(sql string, elem *types.Type) string {
	if elem.Column == "ANY" {
		return elem.TextSQL(sql)
	}
	return sql
}

func quoted(k kind) string { return "'" + strings.ReplaceAll(string(k), "'", "''") + "'" }
