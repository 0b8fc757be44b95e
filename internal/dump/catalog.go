package dump

import (
	"cmp"
	"container/heap"
	"context"
	"embed"
	"regexp"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

//go:embed sql/*.sql
var queries embed.FS

// spelt are the words that the queries use for what SQL has no short words for.
// Who makes the backup is CURRENT_USER in it: who restores owns what that one did.
var spelt = []struct {
	word *regexp.Regexp
	sql  string
}{
	{regexp.MustCompile(`\bOURS\((\w+)\)`), `($1.nspname !~ '^pg_' and $1.nspname <> 'information_schema')`},
	{regexp.MustCompile(`\bMEMBER\((\w+), ([\w.]+)\)`), `exists (select from pg_depend ext where ext.deptype = 'e' and ext.classid = '$1'::regclass and ext.objid = $2)`},
	{regexp.MustCompile(`\bCOLLATED\(([\w.]+), ([\w.]+)\)`), `coalesce((select format(' COLLATE %I.%I', coln.nspname, col.collname) from pg_collation col join pg_namespace coln on coln.oid = col.collnamespace
		join pg_type colt on colt.oid = $2 where col.oid = $1 and $1 <> colt.typcollation), '')`},
	{regexp.MustCompile(`\bROLE\(([\w.]+)\)`), `case when $1 = 0 then 'PUBLIC' when $1 = (select me.oid from pg_roles me where me.rolname = current_user) then 'CURRENT_USER' else quote_ident(pg_get_userbyid($1)) end`},
	{regexp.MustCompile(`\bKIND\(([\w.]+)\)`), `case $1 when 'r' then 'TABLES' when 'S' then 'SEQUENCES' when 'f' then 'FUNCTIONS' when 'T' then 'TYPES' else 'SCHEMAS' end`},
}

// text returns a query of the folder sql, spelt out.
func text(name string) (string, error) {
	raw, err := queries.ReadFile("sql/" + name + ".sql")
	if err != nil {
		return "", fault.Internal(err)
	}
	sql := string(raw)
	if strings.Contains(sql, "OBJECTS") {
		objects, err := queries.ReadFile("sql/objects.sql")
		if err != nil {
			return "", fault.Internal(err)
		}
		sql = strings.ReplaceAll(sql, "OBJECTS", string(objects))
	}
	for _, s := range spelt {
		sql = s.word.ReplaceAllString(sql, s.sql)
	}
	return sql, nil
}

func ask(ctx context.Context, tx database.Tx, name string) ([]database.Record, error) {
	sql, err := text(name)
	if err != nil {
		return nil, err
	}
	return database.Records(ctx, tx, sql)
}

// catalog is what makes a database again, around its rows.
type catalog struct{ before, after string }

func readCatalog(ctx context.Context, tx database.Tx, head *Head) (c catalog, err error) {
	if err := refuse(ctx, tx); err != nil {
		return c, err
	}
	if err := readHead(ctx, tx, head); err != nil {
		return c, err
	}
	g, err := readGraph(ctx, tx)
	if err != nil {
		return c, err
	}
	order, err := g.sorted()
	if err != nil {
		return c, err
	}
	roles, err := ask(ctx, tx, "roles")
	if err != nil {
		return c, err
	}
	last := lastOf(order)
	var before, after strings.Builder
	before.WriteString(heading)
	for _, r := range roles {
		put(&before, r.Text(1))
	}
	if !slices.ContainsFunc(order, func(n *node) bool { return strings.HasSuffix(n.sql, "IF NOT EXISTS public") }) {
		put(&before, "DROP SCHEMA IF EXISTS public")
	}
	for i, n := range order {
		if i <= last {
			put(&before, n.sql)
		} else {
			put(&after, n.sql)
		}
	}
	if err := afterwards(ctx, tx, &after, order); err != nil {
		return c, err
	}
	return catalog{before.String(), heading + after.String()}, nil
}

// heading is how both scripts begin.
const heading = "SET LOCAL search_path = '';\nSET LOCAL check_function_bodies = off;\nSET LOCAL row_security = off;\nSET LOCAL client_min_messages = warning;\n"

func put(to *strings.Builder, sql string) { to.WriteString(sql + ";\n") }

// afterwards puts what is said of objects that are there, and fills materialized
// views, in the order in which they were made.
func afterwards(ctx context.Context, tx database.Tx, to *strings.Builder, order []*node) error {
	said, err := ask(ctx, tx, "after")
	if err != nil {
		return err
	}
	views, err := ask(ctx, tx, "matviews")
	if err != nil {
		return err
	}
	place := map[string]int{}
	for i, n := range order {
		place[n.id] = i
	}
	slices.SortFunc(views, func(a, b database.Record) int { return cmp.Compare(place[a.Text(0)], place[b.Text(0)]) })
	for _, r := range slices.Concat(views, said) {
		put(to, r.Text(1))
	}
	return nil
}

// refuse names what could not be made again.
func refuse(ctx context.Context, tx database.Tx) error {
	encoding, err := database.Records(ctx, tx, "select current_setting('server_encoding'), current_setting('server_version_num')::int >= 140000")
	if err != nil {
		return err
	}
	if encoding[0].Text(0) != "UTF8" || encoding[0].Text(1) != "t" {
		return fault.Unsupported("logical backups need PostgreSQL 14 or newer and a database in UTF8").WithHint("Use pg_dump.")
	}
	found, err := ask(ctx, tx, "refused")
	if err != nil || len(found) == 0 {
		return err
	}
	names := make([]string, len(found))
	for i, r := range found {
		names[i] = r.Text(0)
	}
	return fault.Unsupported("the database holds what a logical backup by Galley does not know to make again").
		WithDetail("%s", strings.Join(names[:min(len(names), 20)], ", ")).
		WithHint("Use pg_dump --format=custom, which does.")
}

// readHead locks the tables against changes of their definitions, and lists them.
func readHead(ctx context.Context, tx database.Tx, head *Head) error {
	found, err := ask(ctx, tx, "tables")
	if err != nil {
		return err
	}
	var names []string
	for _, r := range found {
		head.Tables = append(head.Tables, Table{Name: r.Text(0), Columns: r.Text(1), Condition: r.Text(2)})
		names = append(names, r.Text(0))
	}
	if len(names) > 0 {
		if err := tx.Script(ctx, "LOCK TABLE ONLY "+strings.Join(names, ", ONLY ")+" IN ACCESS SHARE MODE", nil); err != nil {
			return err
		}
	}
	left, err := ask(ctx, tx, "left")
	if err != nil {
		return err
	}
	for _, r := range left {
		head.Left = append(head.Left, r.Text(0))
	}
	version, err := database.Records(ctx, tx, "select current_setting('server_version')")
	if err == nil {
		head.Server = version[0].Text(0)
	}
	return err
}

// node is something that a statement makes.
type node struct {
	id     string // class and number, as pg_depend knows it
	rank   int    // of what could come now, the lowest comes first
	sql    string
	needed []*node // that wait for this one
	waits  int     // how many it waits for
	index  int     // in the order of the query
}

// beforeRows is the highest rank of what a table needs to take rows.
const beforeRows = 6

// lastOf is where the last thing that rows need stands.
func lastOf(order []*node) int {
	last := -1
	for i, n := range order {
		if n.rank <= beforeRows {
			last = i
		}
	}
	return last
}

// graph is what is to be made, and what before what.
type graph struct{ nodes []*node }

func readGraph(ctx context.Context, tx database.Tx) (*graph, error) {
	made, err := ask(ctx, tx, "nodes")
	if err != nil {
		return nil, err
	}
	edges, err := ask(ctx, tx, "edges")
	if err != nil {
		return nil, err
	}
	g, byID := &graph{}, map[string]*node{}
	for i, r := range made {
		n := &node{id: r.Text(0), rank: int(r.Int(1)), sql: r.Text(2), index: i}
		g.nodes, byID[n.id] = append(g.nodes, n), n
	}
	whole := map[string]string{} // of a part
	for _, e := range edges {
		if e.Text(2) == "t" {
			whole[e.Text(0)] = e.Text(1)
		}
	}
	find := func(id string) *node {
		for range 8 { // a part of a part
			if n := byID[id]; n != nil {
				return n
			}
			id = whole[id]
		}
		return nil
	}
	seen := map[[2]*node]bool{}
	for _, e := range edges {
		n, needs := find(e.Text(0)), find(e.Text(1))
		if n == nil || needs == nil || n == needs || seen[[2]*node{n, needs}] {
			continue
		}
		seen[[2]*node{n, needs}] = true
		needs.needed = append(needs.needed, n)
		n.waits++
	}
	return g, nil
}

// sorted puts everything after what it needs.
func (g *graph) sorted() ([]*node, error) {
	var ready queue
	for _, n := range g.nodes {
		if n.waits == 0 {
			ready = append(ready, n)
		}
	}
	heap.Init(&ready)
	out := make([]*node, 0, len(g.nodes))
	for ready.Len() > 0 {
		n := heap.Pop(&ready).(*node)
		out = append(out, n)
		for _, after := range n.needed {
			if after.waits--; after.waits == 0 {
				heap.Push(&ready, after)
			}
		}
	}
	if len(out) < len(g.nodes) {
		return nil, g.circle()
	}
	return out, nil
}

// circle names things that need one another.
func (g *graph) circle() error {
	var names []string
	for _, n := range g.nodes {
		if n.waits > 0 && len(names) < 10 {
			first, _, _ := strings.Cut(n.sql, "\n")
			names = append(names, first[:min(len(first), 100)])
		}
	}
	return fault.Unsupported("the database holds definitions that need one another").
		WithDetail("%s", strings.Join(names, "; ")).WithHint("Use pg_dump --format=custom, which takes them apart.")
}

// queue is a heap of nodes by rank, and by the order of the query.
type queue []*node

func (q queue) Len() int { return len(q) }

func (q queue) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(q[i].rank, q[j].rank), cmp.Compare(q[i].index, q[j].index)) < 0
}

func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push implements heap.Interface.
func (q *queue) Push(x any) { *q = append(*q, x.(*node)) }

// Pop implements heap.Interface.
func (q *queue) Pop() any {
	last := len(*q) - 1
	n := (*q)[last]
	*q = (*q)[:last]
	return n
}
