package openapi

import (
	"net/url"

	"github.com/galleyhq/galley/internal/schema"
)

// The media types of /rest/v1.
const (
	oneObject = "application/vnd.pgrst.object+json"
	csv       = "text/csv"
)

// reserved are parameters that a column of the same name cannot be filtered by.
var reserved = map[string]bool{"select": true, "order": true, "limit": true, "offset": true, "and": true, "or": true, "not.and": true, "not.or": true,
	"columns": true, "on_conflict": true, "apikey": true}

// table describes /rest/v1/<table>, in as far as the role may use it.
func (d *document) table(r *schema.Relation) {
	may := d.may.of(r)
	var operations object
	if some(may.read) {
		operations = append(operations, member{"get", d.selectRows(r)})
	}
	if changeable(r) && some(may.insert) {
		operations = append(operations, member{"post", d.insertRows(r)})
	}
	if changeable(r) && some(may.update) {
		operations = append(operations, member{"patch", d.updateRows(r)})
	}
	if changeable(r) && may.delete {
		operations = append(operations, member{"delete", d.deleteRows(r)})
	}
	if len(operations) > 0 && d.schema != d.Schemas[0] {
		operations = append(object{{"parameters", d.profile()}}, operations...)
	}
	d.path("/rest/v1/"+url.PathEscape(r.Name.Name), operations)
}

// profile are the headers that choose a schema which is not the first.
func (d *document) profile() []any {
	one := func(name string) any {
		return d.ref("parameters", "galley-"+name, func() any {
			return parameter("header", name, "The schema of this document.", object{{"type", "string"}, {"enum", []any{d.schema}}}).with("required", true)
		})
	}
	return []any{one("Accept-Profile"), one("Content-Profile")}
}

func (d *document) query(name, about string, schema any) object {
	return d.ref("parameters", "galley-rest-"+name, func() any { return parameter("query", name, about, schema) })
}

func (d *document) prefer(kind, about string) object {
	return d.ref("parameters", "galley-prefer-"+kind, func() any { return parameter("header", "Prefer", about, anyText) })
}

// filters are the parameters that choose rows: one for each column.
func (d *document) filters(r *schema.Relation) []any {
	var out []any
	for _, c := range r.Columns {
		if !d.may.of(r).read[c.Name] || reserved[c.Name] {
			continue
		}
		out = append(out, d.ref("parameters", plain(r.Name.Name)+".filter."+plain(c.Name), func() any {
			return parameter("query", c.Name, sentence("A filter on "+c.Name+" ("+c.Type+"), such as eq.value, gt.value, in.(a,b), is.null or not.eq.value.", c.Comment), anyText)
		}))
	}
	return append(out,
		d.query("and", "Filters that must all hold, such as (a.gte.1,b.is.null).", anyText),
		d.query("or", "Filters of which one must hold, such as (a.gte.1,b.is.null).", anyText))
}

// choice is the parameter select; a role that may not read every column has to
// name those it wants.
func (d *document) choice(r *schema.Relation) object {
	if all(d.may.of(r).read, r) {
		return d.anyChoice()
	}
	return d.ref("parameters", plain(r.Name.Name)+".select", func() any {
		return parameter("query", "select", "Columns and embedded relations. It must be given: this role may not read every column.", anyText).with("required", true)
	})
}

// anyChoice is the parameter select where it may be left out.
func (d *document) anyChoice() object {
	return d.query("select", "Columns and embedded relations, such as id,title,author:users(name); all columns when it is left out.", anyText)
}

// rows is a response with rows of a relation.
func (d *document) rows(about string, item any) object {
	return object{{"description", about},
		{"headers", object{{"Content-Range", object{{"description", "The range of the rows and, if it was asked for, their count."}, {"schema", anyText}}}}},
		{"content", content("application/json", list(item), oneObject, item, csv, anyText)}}
}

func (d *document) selectRows(r *schema.Relation) operation {
	parameters := append([]any{d.choice(r)}, d.filters(r)...)
	parameters = append(parameters, d.paging()...)
	return operation{Tags: []string{r.Name.Name}, ID: "rest_select_" + plain(r.Name.Name), Summary: "Select rows of " + r.Name.Name,
		Parameters: append(parameters, d.prefer("read", "count=exact, count=planned or count=estimated asks for the number of all rows.")),
		Responses: append(object{{"200", d.rows("The rows. With select they have the members it asks for.", d.row(r))}, {"206", d.rows("A part of the rows.", d.row(r))}},
			d.failures(restForm, "400", "401", "403", "406", "416")...)}
}

func (d *document) paging() []any {
	return []any{
		d.query("order", "Columns in order of weight, such as created.desc.nullslast,id.", anyText),
		d.query("limit", "The number of rows at most.", whole),
		d.query("offset", "The number of rows to skip.", whole),
		d.ref("parameters", "galley-rest-range", func() any {
			return parameter("header", "Range", "The rows from one to another, counted from 0, such as 0-9.", anyText)
		}),
	}
}

// returned are the responses of a write: rows for those who asked for them and
// may read them.
func (d *document) returned(r *schema.Relation, status, about string) object {
	if !some(d.may.of(r).read) {
		return object{{status, object{{"description", about}}}}
	}
	return object{{status, d.rows(about+" With return=representation the rows.", d.row(r))}}
}

func (d *document) insertRows(r *schema.Relation) operation {
	row := d.created(r)
	parameters := []any{
		d.query("columns", "The members of the body that count, divided by commas.", anyText),
		d.query("on_conflict", "The unique columns by which a row counts as there already, with resolution=….", anyText),
		d.prefer("insert", "return=minimal, headers-only or representation; resolution=merge-duplicates or ignore-duplicates; missing=default."),
	}
	if some(d.may.of(r).read) {
		parameters = append([]any{d.anyChoice()}, parameters...)
	}
	return operation{Tags: []string{r.Name.Name}, ID: "rest_insert_" + plain(r.Name.Name), Summary: "Insert or upsert rows of " + r.Name.Name, Parameters: parameters,
		Body:      object{{"required", true}, {"content", content("application/json", object{{"oneOf", []any{row, list(row)}}}, csv, anyText)}},
		Responses: append(d.returned(r, "201", "The rows are there."), d.failures(restForm, "400", "401", "403", "409")...)}
}

// changing are the parameters of PATCH and DELETE.
func (d *document) changing(r *schema.Relation) []any {
	out := append(d.filters(r), d.prefer("change", "return=minimal, headers-only or representation; count=exact; handling=strict with max-affected=n."))
	if some(d.may.of(r).read) {
		out = append([]any{d.anyChoice()}, out...)
	}
	return out
}

func (d *document) updateRows(r *schema.Relation) operation {
	return operation{Tags: []string{r.Name.Name}, ID: "rest_update_" + plain(r.Name.Name), Summary: "Change rows of " + r.Name.Name,
		Description: "Every row that the filters choose.", Parameters: d.changing(r), Body: sending(d.changed(r)),
		Responses: append(append(d.returned(r, "200", "The rows are changed."), member{"204", object{{"description", "The rows are changed."}}}),
			d.failures(restForm, "400", "401", "403", "409")...)}
}

func (d *document) deleteRows(r *schema.Relation) operation {
	return operation{Tags: []string{r.Name.Name}, ID: "rest_delete_" + plain(r.Name.Name), Summary: "Delete rows of " + r.Name.Name,
		Description: "Every row that the filters choose.", Parameters: d.changing(r),
		Responses: append(append(d.returned(r, "200", "The rows are gone."), member{"204", object{{"description", "The rows are gone."}}}),
			d.failures(restForm, "400", "401", "403", "409")...)}
}
