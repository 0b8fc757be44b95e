package openapi

import (
	"cmp"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/schema"
)

// document is an OpenAPI document that is being made.
type document struct {
	*Config
	snap      *schema.Snapshot
	schema    string
	relations []*schema.Relation
	functions []*schema.Function
	may       *privileges

	tags       []any
	paths      object
	components map[string]object // by kind; only what is referred to
	made       map[string]bool
	own        map[*schema.Function]bool // functions of the program
}

func newDocument(c *Config, snap *schema.Snapshot, name string) *document {
	d := &document{Config: c, snap: snap, schema: name, relations: described(snap, name),
		components: map[string]object{}, made: map[string]bool{}, own: map[*schema.Function]bool{}}
	names := snap.FunctionNames(name)
	slices.Sort(names)
	for _, n := range names {
		if nameable(n) {
			d.functions = append(d.functions, slices.SortedFunc(slices.Values(snap.Functions(name, n)), func(a, b *schema.Function) int {
				return cmp.Compare(signature(a), signature(b))
			})...)
		}
	}
	return d
}

const about = `Made from the schema of the database for the role of your key: another key may see another document. ` +
	`Rows are served in two styles over the same data, roles and policies: as resources under ` + "`/api`" +
	`, and as PostgREST's protocol under ` + "`/rest/v1`" + `, which supabase-js speaks.`

func (d *document) build() object {
	resources := d.schema == d.Schemas[0]
	for _, r := range d.relations {
		at := len(d.paths)
		if resources {
			d.resource(r)
		}
		d.table(r)
		if len(d.paths) > at {
			d.tag(r.Name.Name, cmp.Or(r.Comment, "The rows of the "+string(r.Kind)+" "+r.Name.Name+"."))
		}
	}
	d.calls()
	if resources {
		d.batch()
	}
	components := object{}
	for _, kind := range []string{"schemas", "parameters", "responses"} {
		if len(d.components[kind]) > 0 {
			components = append(components, member{kind, d.components[kind]})
		}
	}
	components = append(components, member{"securitySchemes", object{
		{"apikey", object{{"type", "apiKey"}, {"in", "header"}, {"name", "apikey"}, {"description", "A key of the project: the anon key, or a secret one."}}},
		{"bearer", object{{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}, {"description", "The token of a user, or a key of the project."}}},
	}})
	return object{
		{"openapi", "3.1.0"},
		{"info", object{{"title", d.Title}, {"version", "1"}, {"description", about},
			{"license", object{{"name", "As the owner of this database says"}, {"identifier", "LicenseRef-Owner"}}}}},
		{"servers", []any{object{{"url", "/"}, {"description", "This server."}}}},
		{"security", d.security()},
		{"tags", append([]any{}, d.tags...)},
		{"paths", append(object{}, d.paths...)},
		{"components", components},
	}
}

// security lists what a request may show: a key, a token, both, or nothing where
// there is a role for that.
func (d *document) security() []any {
	out := []any{object{{"apikey", []any{}}}, object{{"bearer", []any{}}}, object{{"apikey", []any{}}, {"bearer", []any{}}}}
	if d.AnonRole != "" {
		out = append(out, object{})
	}
	return out
}

func (d *document) tag(name, description string) {
	d.tags = append(d.tags, object{{"name", name}, {"description", description}})
}

// path adds a path, unless it has no operation.
func (d *document) path(path string, operations object) {
	if len(operations) > 0 {
		d.paths = append(d.paths, member{path, operations})
	}
}

// ref refers to a component, which is made when it is referred to first.
func (d *document) ref(kind, name string, value func() any) object {
	if key := kind + "/" + name; !d.made[key] {
		d.made[key] = true
		v := value() // may add others
		d.components[kind] = append(d.components[kind], member{name, v})
	}
	return object{{"$ref", "#/components/" + kind + "/" + name}}
}

// failures are the responses for errors, in one of the two forms.
func (d *document) failures(form string, statuses ...string) object {
	var out object
	for _, s := range statuses {
		out = append(out, member{s, d.ref("responses", form+"-"+s, func() any { return d.failure(form, s) })})
	}
	return append(out, member{"default", d.ref("responses", form, func() any { return d.failure(form, "") })})
}

var meanings = map[string]string{
	"400": "The request cannot be read, or a value does not fit its column.",
	"401": "No key, a key that is not valid, or a role that needs one.",
	"403": "The role may not do this, or a policy refuses the row.",
	"404": "There is no such row, or you may not see it.",
	"406": "The rows are not exactly one, which the object form asks for.",
	"409": "A unique, foreign key or exclusion constraint is violated.",
	"412": "The row is not the one that If-Match or If-None-Match names.",
	"416": "The range lies behind the last row.",
	"":    "Any other error.",
}

func (d *document) failure(form, status string) any {
	media := "application/json"
	if form == problem {
		media = "application/problem+json"
	}
	return object{{"description", meanings[status]}, {"content", content(media, d.ref("schemas", form, func() any { return errorSchema(form) }))}}
}

// The forms of errors, which also name their components: a hyphen keeps them apart
// from those of tables.
const (
	problem  = "galley-problem"
	restForm = "galley-error"
)

func errorSchema(form string) any {
	optional := object{{"type", []string{"string", "null"}}}
	code := object{{"type", "string"}, {"description", "A SQLSTATE of PostgreSQL's or a code of PostgREST's."}}
	if form == restForm {
		return object{{"type", "object"}, {"required", []string{"code", "message", "details", "hint"}}, {"properties", object{
			{"code", code}, {"message", anyText}, {"details", optional}, {"hint", optional}}}}
	}
	return object{{"type", "object"}, {"description", "Problem details (RFC 9457)."}, {"required", []string{"type", "title", "status"}}, {"properties", object{
		{"type", anyText}, {"title", anyText}, {"status", object{{"type", "integer"}}}, {"detail", anyText}, {"instance", anyText},
		{"code", code}, {"details", anyText}, {"hint", anyText}}}}
}

// batch describes POST /api/batch.
func (d *document) batch() {
	one := object{{"type", "object"}, {"required", []string{"path"}}, {"properties", object{
		{"id", object{{"type", "string"}, {"description", "By which later requests name its result."}}},
		{"method", object{{"type", "string"}, {"default", "GET"}}},
		{"path", object{{"type", "string"}, {"description", "Begins with /api/ or /rest/v1/; {id.member} stands for an earlier result."}}},
		{"headers", object{{"type", "object"}, {"additionalProperties", anyText}}},
		{"body", object{{"description", `{"$ref": "id.member"} stands for an earlier result.`}}},
	}}}
	result := object{{"type", "object"}, {"required", []string{"status"}}, {"properties", object{
		{"id", anyText}, {"status", object{{"type", "integer"}}}, {"headers", object{{"type", "object"}, {"additionalProperties", anyText}}}, {"body", anything},
	}}}
	const tag = "/api/batch"
	d.tag(tag, "Several requests in one transaction.")
	ok := object{{"description", "The response of each request."}, {"content", content("application/json", object{
		{"type", "object"}, {"required", []string{"responses"}}, {"properties", object{{"responses", list(result)}}}})}}
	d.path("/api/batch", object{{"post", operation{Tags: []string{tag}, ID: "batch", Summary: "Run several requests in one transaction",
		Description: "All of them or none: the first that fails ends the batch with its status.",
		Body: object{{"required", true}, {"content", content("application/json", object{{"type", "object"}, {"required", []string{"requests"}},
			{"properties", object{{"requests", list(one).with("minItems", 1).with("maxItems", 100)}}}})}},
		Responses: append(object{{"200", ok}}, d.failures(restForm, "400", "401", "403", "409")...),
	}}})
}

// labels are the values of an enum, nil for another type. The name of an enum's array type is that of the enum with an
// underscore before it, which the caller has cut off.
func (d *document) labels(typeName string) []string {
	for _, e := range d.snap.Enums {
		if e.Name.Name == typeName {
			return e.Labels
		}
	}
	return nil
}

func sentence(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " ")
}
