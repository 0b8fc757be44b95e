package redirect

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/rowcache"
	"github.com/galleyhq/galley/internal/schema"
)

// rule is a section [redirects.NAME].
type rule struct {
	config.Redirect
	name    string
	prefix  string // of its path, up to the parameter
	service *Service

	now atomic.Pointer[shape]
	mu  sync.Mutex // held while a shape is found out
}

// shape is a rule under one state of the schema.
type shape struct {
	snapshot *schema.Snapshot
	err      error
	view     *rowcache.View
	insert   *insert // nil records nothing
}

// target is what is kept of a row.
type target struct {
	location []string // nil where it does not redirect
	id       string   // what visits refer to
}

func (u *rule) resolve(ctx context.Context) (*shape, error) {
	present, err := u.service.config.DB.Schema(ctx)
	if err != nil {
		return nil, err
	}
	if s := u.now.Load(); s != nil && s.snapshot == present {
		return s, s.err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if s := u.now.Load(); s != nil && s.snapshot == present {
		return s, s.err
	}
	s := &shape{snapshot: present}
	s.err = u.shapeOf(s)
	if before := u.now.Load(); s.err != nil && before != nil && before.err == nil {
		u.service.config.Logger.ErrorContext(ctx, "redirects do not work any more", "redirects", u.name, "error", s.err)
	}
	u.now.Store(s)
	return s, s.err
}

// nameOf reads links or schema.links.
func nameOf(table string) schema.Name {
	if in, name, ok := strings.Cut(table, "."); ok {
		return schema.Name{Schema: in, Name: name}
	}
	return schema.Name{Schema: "public", Name: table}
}

func (u *rule) shapeOf(s *shape) error {
	name := nameOf(u.Table)
	table := s.snapshot.Relation(name.Schema, name.Name)
	if table == nil {
		return fault.New(fault.UndefinedTable, `relation "%s" does not exist`, u.Table)
	}
	columns := []string{u.Target}
	if u.When != "" {
		columns = append(columns, u.When)
	}
	for _, c := range columns {
		if table.Column(c) == nil {
			return fault.New(fault.UndefinedColumn, `column "%s" of relation "%s" does not exist`, c, u.Table)
		}
	}
	when := "true"
	if u.When != "" {
		if table.Column(u.When).TypeName != "bool" {
			return fault.New(fault.DatatypeMismatch, `column "%s" of relation "%s" is not boolean`, u.When, u.Table)
		}
		when = quoted(u.When)
	}
	id := "null"
	if u.Record != "" {
		refers, err := u.recordOf(s, table)
		if err != nil {
			return err
		}
		id = quoted(refers)
	}
	s.view = u.service.config.Rows.View(rowcache.Spec{Table: name, Key: []string{u.Key}, Read: readTarget,
		Columns: fmt.Sprintf("%s::text, %s, %s::text", quoted(u.Target), when, id)})
	return nil
}

// recordOf finds out how visits are written, and which column of the table they refer
// to.
func (u *rule) recordOf(s *shape, table *schema.Relation) (refers string, err error) {
	name := nameOf(u.Record)
	record := s.snapshot.Relation(name.Schema, name.Name)
	if record == nil {
		return "", fault.New(fault.UndefinedTable, `relation "%s" does not exist`, u.Record)
	}
	var keys []*schema.ForeignKey
	for _, k := range record.ForeignKeys {
		if k.References == table.Name && len(k.Columns) == 1 && (u.RecordKey == "" || k.Columns[0] == u.RecordKey) {
			keys = append(keys, k)
		}
	}
	if len(keys) != 1 {
		return "", fault.New(fault.UndefinedColumn, "%d foreign keys of %s refer to %s by one column, where one has to", len(keys), u.Record, u.Table).
			WithHint("Name its column: record_key of [redirects.%s].", u.name)
	}
	s.insert, err = newInsert(record, keys[0], table)
	return keys[0].RefColumns[0], err
}

// readTarget reads a row: the address, whether it redirects, what visits refer to.
func readTarget(rows database.Rows) (any, int, bool, error) {
	if !rows.Next() {
		return nil, 0, false, rows.Err()
	}
	t := &target{id: string(rows.Value(2))}
	if string(rows.Value(1)) == "t" {
		t.location = location(string(rows.Value(0)))
	}
	for rows.Next() {
	}
	size := len(t.id) + 64
	if t.location != nil {
		size += len(t.location[0])
	}
	return t, size, true, rows.Err()
}

// maxLocation bounds an address in bytes.
const maxLocation = 8 << 10

// location is an address as the header has it; nil for one that browsers should not be
// sent to.
func location(address string) []string {
	u, err := url.Parse(address)
	if err != nil || !slices.Contains([]string{"http", "https"}, u.Scheme) || u.Host == "" || len(address) > maxLocation {
		return nil
	}
	var b strings.Builder
	for text, i := u.String(), 0; i < len(text); i++ {
		switch c := text[i]; {
		case c < ' ' || c == 0x7f:
			return nil
		case c == ' ' || c >= 0x80: // in a query, as browsers write it
			fmt.Fprintf(&b, "%%%02X", c)
		default:
			b.WriteByte(c)
		}
	}
	return []string{b.String()}
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
