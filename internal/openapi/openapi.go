// Package openapi describes the data APIs in OpenAPI 3.1, for whoever asks: the
// resource style under /api, and PostgREST's protocol under /rest/v1. The document
// is made from the snapshot of the schema and holds what the caller's role may do,
// nothing else. Beside it stands a page for people, which loads nothing from
// elsewhere.
//
//	mux.Handle("GET /openapi.json", openapi.New(openapi.Config{DB: db, Schemas: []string{"public"}, AnonRole: "anon"}))
//	mux.Handle("GET /docs", openapi.Page())
//
// Source: OpenAPI Specification 3.1.0, JSON Schema 2020-12.
package openapi

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/hooks"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/schema"
)

// Config says what is described to whom.
type Config struct {
	DB database.DB
	// Schemas are those that /rest/v1 exposes; a request chooses one by
	// Accept-Profile. The first, which is also the one of /api, is described
	// otherwise. None at all means public.
	Schemas []string
	// SearchPath are the schemas that statements search after that one.
	SearchPath []string
	// AnonRole is the role of requests without identity; "" refuses them.
	AnonRole string
	// MaxPage is the largest page of /api; 0 means 1,000.
	MaxPage int64
	// Functions are those of the program that rpc calls; nil for none.
	Functions *hooks.Functions
	// Title names the API; "" means Galley.
	Title string
}

// maxKept bounds the documents kept: one for each role, a few versions deep.
const maxKept = 16

type api struct {
	Config
	mu   sync.Mutex
	kept map[string]*rendered
}

// rendered is a document as it is sent.
type rendered struct {
	body []byte
	etag string
}

// New returns the handler of the document. It expects an httpapi.Identity in the
// context of a request that showed a key.
func New(c Config) http.Handler {
	if len(c.Schemas) == 0 {
		c.Schemas = []string{"public"}
	}
	if c.MaxPage <= 0 {
		c.MaxPage = 1000
	}
	if c.Title == "" {
		c.Title = "Galley"
	}
	a := &api{Config: c, kept: map[string]*rendered{}}
	return httpapi.Handler(a.serve)
}

func (a *api) serve(w http.ResponseWriter, r *http.Request) error {
	name := a.Schemas[0]
	if asked := r.Header.Get("Accept-Profile"); asked != "" {
		name = asked
	}
	if !slices.Contains(a.Schemas, name) {
		return fault.New("PGRST106", "Invalid schema: %s", name).
			WithHint("Only the following schemas are exposed: %s", strings.Join(a.Schemas, ", ")).WithStatus(http.StatusNotAcceptable)
	}
	s, err := a.session(r, name)
	if err != nil {
		return err
	}
	doc, err := a.document(r, s, name)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Add("Vary", "Authorization, Apikey, Accept-Profile")
	h.Set("Cache-Control", "private, no-cache")
	h.Set("ETag", doc.etag)
	if matches(r.Header.Values("If-None-Match"), doc.etag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(doc.body)))
	_, _ = w.Write(doc.body) // a client that left is no error
	return nil
}

func (a *api) session(r *http.Request, name string) (database.Session, error) {
	id := httpapi.IdentityFrom(r.Context())
	if id.Role == "" {
		id.Role = a.AnonRole
	}
	if id.Role == "" {
		return database.Session{}, fault.New("PGRST302", "Anonymous access is disabled").WithStatus(http.StatusUnauthorized)
	}
	return database.Session{Role: id.Role, Claims: id.Claims, SearchPath: append([]string{name}, a.SearchPath...)}, nil
}

// matches tells whether a header names an entity tag, as weak comparison has it:
// compression makes a tag weak.
func matches(headers []string, etag string) bool {
	for _, h := range headers {
		for one := range strings.SplitSeq(h, ",") {
			if one = strings.TrimPrefix(strings.TrimSpace(one), "W/"); one == etag || one == "*" {
				return true
			}
		}
	}
	return false
}

// document returns the document of a schema for the role of a session. A relation
// that was dropped while it was made is tried once more.
func (a *api) document(r *http.Request, s database.Session, name string) (*rendered, error) {
	doc, err := a.describe(r, s, name)
	if code := fault.Code(err); code == fault.UndefinedTable || code == fault.UndefinedColumn {
		doc, err = a.describe(r, s, name)
	}
	return doc, err
}

func (a *api) describe(r *http.Request, s database.Session, name string) (*rendered, error) {
	snap, err := a.DB.Schema(r.Context())
	if err != nil {
		return nil, err
	}
	d := newDocument(&a.Config, snap, name)
	if d.may, err = ask(r.Context(), a.DB, s, name, d.relations, d.functions); err != nil {
		return nil, err
	}
	own := d.addOwn(a.Functions.All(), s.Role)
	key := strings.Join([]string{strconv.FormatUint(snap.Version, 36), name, s.Role, d.may.answer, own}, "\x00")
	if doc := a.get(key); doc != nil {
		return doc, nil
	}
	doc, err := render(d.build())
	if err != nil {
		return nil, fault.Internal(err)
	}
	a.put(key, doc)
	return doc, nil
}

func render(v any) (*rendered, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, errors.Join(errors.New("openapi: the document has no JSON form"), err)
	}
	sum := sha256.Sum256(body)
	return &rendered{body, `"` + base64.RawURLEncoding.EncodeToString(sum[:15]) + `"`}, nil
}

func (a *api) get(key string) *rendered {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.kept[key]
}

// put keeps a document; when there are too many, all are made anew.
func (a *api) put(key string, doc *rendered) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.kept) >= maxKept {
		clear(a.kept)
	}
	a.kept[key] = doc
}

// described lists the relations of a schema that a path can name, by name.
func described(snap *schema.Snapshot, name string) []*schema.Relation {
	var out []*schema.Relation
	for _, r := range snap.Relations {
		if r.Schema == name && nameable(r.Name.Name) {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b *schema.Relation) int { return strings.Compare(a.Name.Name, b.Name.Name) })
	return out
}

// nameable tells whether a name can be one segment of a path.
func nameable(name string) bool { return !strings.Contains(name, "/") && name != "." && name != ".." }
