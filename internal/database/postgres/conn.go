package postgres

import (
	"container/list"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/postgres/changes"
)

const (
	maxPrepared = 256     // prepared statements of a connection
	maxCached   = 1 << 16 // bytes of a text that is worth preparing
)

// conn is a connection with its prepared statements. One user at a time.
type conn struct {
	pg        *pgconn.PgConn
	epoch     int
	idleSince time.Time

	generation uint64 // of the schema that the statements were prepared in
	prepared   map[statementKey]*list.Element
	recent     *list.List // of *prepared, the most recently used first
	names      int
	drop       []string // names the server still knows and we do not

	// What an exchange needs, kept for the next one.
	steps    []step
	buffer   []byte
	values   [][]byte
	path     []string // of pathText
	pathText string

	// dirty tells that a statement may have left something on the session: a
	// setting, a lock, a temporary table.
	dirty bool
	// touched are the tables that notices told of.
	touched []string
	// canceled tells that a cancel request was sent whose arrival nobody waited
	// for: it could hit the next statement.
	canceled bool
}

// prepared is a statement that the server has parsed.
type prepared struct {
	key         statementKey
	name        string
	description *pgconn.StatementDescription
	columns     []database.Column // of its result; nil until somebody asked for them
}

// statementKey tells prepared statements apart. Names are resolved and schemas'
// privileges are checked when a statement is parsed, so role and search path are
// parts of it; statements of our own have none.
type statementKey struct{ role, path, types, sql string }

// key is that of a caller's statement.
func (c *conn) key(s database.Session, st *statement) statementKey {
	return statementKey{s.Role, c.searchPath(s.SearchPath), strings.Join(st.Types, ","), st.SQL}
}

func newConn(pg *pgconn.PgConn, epoch int) *conn {
	c := &conn{pg: pg, epoch: epoch, idleSince: time.Now(),
		prepared: map[statementKey]*list.Element{}, recent: list.New()}
	pg.CustomData()[connKey] = c
	return c
}

// connKey is where a connection of the driver knows ours.
const connKey = "galley"

// maxTouched bounds the notices of one use of a connection that are told apart.
const maxTouched = 1000

// noticed takes a notice. That of a table which was changed is for the pool.
func noticed(pg *pgconn.PgConn, n *pgconn.Notice) {
	c, ok := pg.CustomData()[connKey].(*conn)
	switch {
	case !ok || n.Message != changes.Channel || slices.Contains(c.touched, n.Detail) || len(c.touched) > maxTouched:
	case len(c.touched) == maxTouched:
		c.touched = append(c.touched, changes.Any)
	default:
		c.touched = append(c.touched, n.Detail)
	}
}

// refresh drops the statements prepared before the schema changed: the types
// that were inferred for their parameters may be wrong now.
func (c *conn) refresh(generation uint64) {
	if c.generation == generation {
		return
	}
	c.generation = generation
	c.forgetAll()
}

// forgetAll drops every prepared statement.
func (c *conn) forgetAll() {
	for _, e := range c.prepared {
		c.drop = append(c.drop, e.Value.(*prepared).name)
	}
	c.prepared = map[statementKey]*list.Element{}
	c.recent.Init()
}

// lookup returns the prepared statement of a key.
func (c *conn) lookup(key statementKey) (*prepared, bool) {
	e, ok := c.prepared[key]
	if !ok {
		return nil, false
	}
	c.recent.MoveToFront(e)
	return e.Value.(*prepared), true
}

// newName returns a name the server does not know.
func (c *conn) newName() string {
	c.names++
	return "g" + strconv.Itoa(c.names)
}

// remember keeps a statement the server has parsed, and lets go of the one not
// used for longest when there are too many.
func (c *conn) remember(p *prepared) {
	c.prepared[p.key] = c.recent.PushFront(p)
	if c.recent.Len() > maxPrepared {
		c.forget(c.recent.Back().Value.(*prepared).key)
	}
}

func (c *conn) forget(key statementKey) {
	e, ok := c.prepared[key]
	if !ok {
		return
	}
	c.drop = append(c.drop, e.Value.(*prepared).name)
	delete(c.prepared, key)
	c.recent.Remove(e)
}

// alive tells whether an idle connection can be used, asking the server when
// it was idle for long.
func (c *conn) alive(ctx context.Context) bool {
	if c.pg.IsClosed() {
		return false
	}
	if time.Since(c.idleSince) < probeAfter {
		return true
	}
	return c.pg.Ping(ctx) == nil
}

// clean makes the connection fit for the next user and tells whether it is.
func (c *conn) clean() bool {
	if c.pg.IsClosed() || c.pg.IsBusy() || c.pg.TxStatus() != 'I' || c.canceled {
		return false
	}
	if !c.dirty {
		return true
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeGrace)
	defer cancel()
	if _, err := c.pg.Exec(ctx, "discard all").ReadAll(); err != nil {
		return false
	}
	c.prepared, c.drop, c.dirty = map[statementKey]*list.Element{}, nil, false
	c.recent.Init()
	return true
}

func (c *conn) close() {
	ctx, cancel := context.WithTimeout(context.Background(), closeGrace)
	defer cancel()
	_ = c.pg.Close(ctx)
}

// wire is the arguments of a statement of our own as they are sent, until it is
// called again: pgconn copies them.
func (c *conn) wire(args []string) [][]byte {
	size := 1 // an empty text is not null
	for _, a := range args {
		size += len(a)
	}
	c.buffer, c.values = slices.Grow(c.buffer[:0], size), c.values[:0]
	for _, a := range args {
		start := len(c.buffer)
		c.buffer = append(c.buffer, a...)
		c.values = append(c.values, c.buffer[start:len(c.buffer):len(c.buffer)])
	}
	return c.values
}

var defaultPath = strings.Join(database.DefaultSearchPath, ", ")

// searchPath is the text of a search path. Most callers have the one before.
func (c *conn) searchPath(names []string) string {
	if len(names) == 0 {
		return defaultPath
	}
	if !slices.Equal(c.path, names) {
		quoted := make([]string, len(names))
		for i, name := range names {
			quoted[i] = quoteIdent(name)
		}
		c.path, c.pathText = slices.Clone(names), strings.Join(quoted, ", ")
	}
	return c.pathText
}

// simple runs one statement of our own without a result.
func (c *conn) simple(ctx context.Context, sql string) error {
	_, err := c.pg.Exec(ctx, sql).ReadAll()
	return convert(ctx, err)
}

// quoteIdent quotes a name.
func quoteIdent(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}
