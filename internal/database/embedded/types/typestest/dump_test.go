package typestest

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// dumps are the queries that make testdata/pg15: what schema pg_catalog holds in
// a new database of PostgreSQL 15.
var dumps = map[string]string{
	"pg_type": `select oid, typname, format_type(oid, null), typtype, typcategory, typispreferred,
		typlen, typelem, typarray from pg_type
		where typnamespace = 'pg_catalog'::regnamespace and typrelid = 0 and oid < 12000 order by oid`,
	"pg_proc": `select oid, proname, prokind, proretset, proisstrict, provolatile, provariadic,
		pronargdefaults, prorettype, proargtypes from pg_proc
		where pronamespace = 'pg_catalog'::regnamespace and oid < 16384 order by oid`,
	"pg_operator": `select oid, oprname, oprleft, oprright, oprresult, oprcode::oid, oprcom, oprnegate
		from pg_operator order by oid`,
	"pg_cast": `select castsource, casttarget, castfunc, castcontext, castmethod
		from pg_cast order by castsource, casttarget`,
	"pg_aggregate": `select aggfnoid::oid, aggkind, aggnumdirectargs, aggtransfn, agginitval
		from pg_aggregate order by aggfnoid::oid`,
}

const dumpFolder = "../testdata/pg15"

// TestDump holds the dump against the server that it was made from, and rewrites
// it on request.
func TestDump(t *testing.T) {
	p := connect(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for name, query := range dumps {
		var b bytes.Buffer
		if _, err := p.conn.PgConn().CopyTo(ctx, &b, "copy ("+query+") to stdout with (format text, header)"); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		path := filepath.Join(dumpFolder, name+".tsv")
		if *update {
			if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		stored, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(stored, b.Bytes()) {
			t.Errorf("%s is not what this server has; -update rewrites it", path)
		}
	}
}

// row is a line of the dump, by column.
type row map[string]string

func (r row) oid(t *testing.T, column string) uint32 {
	t.Helper()
	return number(t, r[column])
}

func number(t *testing.T, s string) uint32 {
	t.Helper()
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return uint32(n)
}

// args returns the types of a pg_proc row.
func (r row) args(t *testing.T) (list []types.OID) {
	t.Helper()
	for _, s := range strings.Fields(r["proargtypes"]) {
		list = append(list, types.OID(number(t, s)))
	}
	return list
}

// load reads a file of the dump.
func load(t *testing.T, name string) []row {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dumpFolder, name+".tsv"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	header := strings.Split(lines[0], "\t")
	var rows []row
	for _, line := range lines[1:] {
		r := row{}
		for i, value := range strings.Split(line, "\t") {
			r[header[i]] = value
		}
		rows = append(rows, r)
	}
	return rows
}

// byOID indexes rows by a column.
func byOID(t *testing.T, rows []row, column string) map[uint32]row {
	t.Helper()
	index := map[uint32]row{}
	for _, r := range rows {
		index[r.oid(t, column)] = r
	}
	return index
}
