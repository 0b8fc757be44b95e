package openapi

import (
	"net/url"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/schema"
)

// resource describes /api/<table> and /api/<table>/<key>. Its answers hold whole
// rows, so that a role needs every column of them.
func (d *document) resource(r *schema.Relation) {
	may := d.may.of(r)
	if !all(may.read, r) {
		return
	}
	base := "/api/" + url.PathEscape(r.Name.Name)
	if r.Name.Name == "batch" { // stands for something else
		return
	}
	collection := object{{"get", d.listRows(r)}}
	if changeable(r) && some(may.insert) {
		collection = append(collection, member{"post", d.createRow(r)})
	}
	d.path(base, collection)
	if len(r.PrimaryKey) == 0 {
		return
	}
	one := object{{"parameters", d.key(r)}, {"get", d.getRow(r)}}
	if changeable(r) && all(may.insert, r) && all(may.update, r) {
		one = append(one, member{"put", d.putRow(r)})
	}
	if changeable(r) && some(may.update) {
		one = append(one, member{"patch", d.patchRow(r)})
	}
	if changeable(r) && may.delete {
		one = append(one, member{"delete", d.deleteRow(r)})
	}
	parts := make([]string, len(r.PrimaryKey))
	for i, name := range r.PrimaryKey {
		parts[i] = "{" + plain(name) + "}"
	}
	d.path(base+"/"+strings.Join(parts, ","), one)
}

// changeable tells that the rows of a relation can be written: those of a table,
// and of a view that shows columns of one table only.
func changeable(r *schema.Relation) bool {
	if r.Kind == schema.Table {
		return true
	}
	return len(r.Columns) > 0 && !slices.ContainsFunc(r.Columns, func(c *schema.Column) bool {
		return c.Source == nil || r.Columns[0].Source == nil || c.Source.Relation != r.Columns[0].Source.Relation
	})
}

func (d *document) key(r *schema.Relation) []any {
	var out []any
	for _, name := range r.PrimaryKey {
		c := r.Column(name)
		out = append(out, parameter("path", plain(name), sentence("The "+name+" of the row.", c.Comment), d.value(c.Type, c.TypeName, c.Labels)))
	}
	return out
}

var (
	etag     = object{{"ETag", object{{"description", "Names this state of the row, for If-Match."}, {"schema", anyText}}}}
	location = object{{"Location", object{{"description", "The path of the row."}, {"schema", anyText}}}}
)

func (d *document) ifMatch() object {
	return d.ref("parameters", "galley-if-match", func() any {
		return parameter("header", "If-Match", "Only if the row is the one that this entity tag names; 412 otherwise.", anyText)
	})
}

func (d *document) ifNoneMatch() object {
	return d.ref("parameters", "galley-if-none-match", func() any {
		return parameter("header", "If-None-Match", "On a read, 304 if the row is still the one of this entity tag; on a write, * asks that there is none yet.", anyText)
	})
}

// answer is a response with one row.
func (d *document) answer(r *schema.Relation, about string, headers object) object {
	return object{{"description", about}, {"headers", headers}, {"content", content("application/json", d.row(r))}}
}

func sending(schema any) object {
	return object{{"required", true}, {"content", content("application/json", schema)}}
}

func (d *document) listRows(r *schema.Relation) operation {
	size := object{{"type", "integer"}, {"minimum", 1}, {"maximum", d.MaxPage}, {"default", min(50, d.MaxPage)}}
	shared := func(name, about string, schema any) any {
		return d.ref("parameters", "galley-"+name, func() any { return parameter("query", name, about, schema) })
	}
	page := object{{"type", "object"}, {"required", []string{"items", "next_page_token"}}, {"properties", object{
		{"items", list(d.row(r))}, {"next_page_token", object{{"type", "string"}, {"description", "Empty on the last page."}}}}}}
	return operation{Tags: []string{r.Name.Name}, ID: "list_" + plain(r.Name.Name), Summary: "List " + r.Name.Name,
		Parameters: []any{
			shared("page_size", "The number of rows at most.", size),
			shared("page_token", "The next_page_token of the page before, with the same sort.", anyText),
			shared("sort", "Columns, divided by commas; a minus before one for descending order.", anyText),
			shared("filter", "Such as: done = false and (title like \"a*\" or tags = null). Operators are = != < <= > >= like ilike in, joined by and, or, not.", anyText),
		},
		Responses: append(object{{"200", object{{"description", "A page of rows."}, {"content", content("application/json", page)}}}},
			d.failures(problem, "400", "401", "403")...)}
}

func (d *document) createRow(r *schema.Relation) operation {
	return operation{Tags: []string{r.Name.Name}, ID: "create_" + plain(r.Name.Name), Summary: "Create a row of " + r.Name.Name, Body: sending(d.created(r)),
		Responses: append(object{{"201", d.answer(r, "The new row.", append(location, etag...))}}, d.failures(problem, "400", "401", "403", "409")...)}
}

func (d *document) getRow(r *schema.Relation) operation {
	return operation{Tags: []string{r.Name.Name}, ID: "get_" + plain(r.Name.Name), Summary: "Read a row of " + r.Name.Name, Parameters: []any{d.ifNoneMatch()},
		Responses: append(object{{"200", d.answer(r, "The row.", etag)}, {"304", object{{"description", "The row is the one of If-None-Match."}}}},
			d.failures(problem, "400", "401", "403", "404")...)}
}

func (d *document) putRow(r *schema.Relation) operation {
	return operation{Tags: []string{r.Name.Name}, ID: "replace_" + plain(r.Name.Name), Summary: "Replace or create a row of " + r.Name.Name,
		Parameters: []any{d.ifMatch(), d.ifNoneMatch()}, Body: sending(d.replaced(r)),
		Responses: append(object{{"200", d.answer(r, "The row as it is now.", etag)}, {"201", d.answer(r, "The row is new.", append(location, etag...))}},
			d.failures(problem, "400", "401", "403", "409", "412")...)}
}

func (d *document) patchRow(r *schema.Relation) operation {
	return operation{Tags: []string{r.Name.Name}, ID: "update_" + plain(r.Name.Name), Summary: "Change a row of " + r.Name.Name,
		Parameters: []any{d.ifMatch()}, Body: sending(d.changed(r)),
		Responses: append(object{{"200", d.answer(r, "The row as it is now.", etag)}}, d.failures(problem, "400", "401", "403", "404", "409", "412")...)}
}

func (d *document) deleteRow(r *schema.Relation) operation {
	return operation{Tags: []string{r.Name.Name}, ID: "delete_" + plain(r.Name.Name), Summary: "Delete a row of " + r.Name.Name,
		Parameters: []any{d.ifMatch()},
		Responses:  append(object{{"204", object{{"description", "The row is gone."}}}}, d.failures(problem, "400", "401", "403", "404", "409", "412")...)}
}
