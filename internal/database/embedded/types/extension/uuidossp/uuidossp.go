// Package uuidossp is the extension uuid-ossp: functions that make UUIDs.
//
// Source: PostgreSQL documentation, F.51 "uuid-ossp"; RFC 9562. Version 1 takes a
// random node, as uuid_generate_v1mc does, never the address of a network card.
package uuidossp

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/database/embedded/types/uuid"
)

// Functions returns the functions of the extension.
func Functions() []*types.Function {
	fs := []*types.Function{
		entry.Native(0, "uuid_nil", types.UUID, nil, "'00000000-0000-0000-0000-000000000000'"),
		entry.Native(0, "uuid_ns_dns", types.UUID, nil, "'6ba7b810-9dad-11d1-80b4-00c04fd430c8'"),
		entry.Native(0, "uuid_ns_url", types.UUID, nil, "'6ba7b811-9dad-11d1-80b4-00c04fd430c8'"),
		entry.Native(0, "uuid_ns_oid", types.UUID, nil, "'6ba7b812-9dad-11d1-80b4-00c04fd430c8'"),
		entry.Native(0, "uuid_ns_x500", types.UUID, nil, "'6ba7b814-9dad-11d1-80b4-00c04fd430c8'"),
		made("uuid_generate_v1", ofTime), made("uuid_generate_v1mc", ofTime), made("uuid_generate_v4", uuid.Random),
		named("uuid_generate_v3", 3, func(b []byte) []byte { sum := md5.Sum(b); return sum[:] }),
		named("uuid_generate_v5", 5, func(b []byte) []byte { sum := sha1.Sum(b); return sum[:16] }),
	}
	return fs
}

func made(name string, make func() [16]byte) *types.Function {
	f := entry.Go(0, name, types.UUID, nil, func(*sqlite.Conn, []sqlite.Value) (sqlite.Value, error) {
		return sqlite.Text(uuid.Format(make())), nil
	})
	f.Volatility = types.Volatile
	return f
}

// ofTime is version 1: the time in steps of 100 ns since 1582, a random clock
// sequence and a random node with the multicast bit.
func ofTime() (id [16]byte) {
	const epoch = 0x01b21dd213814000 // 1582-10-15 to 1970-01-01
	rand.Read(id[:])                 //nolint:errcheck // never fails (crypto/rand.Read)
	t := uint64(time.Now().UnixNano()/100) + epoch
	binary.BigEndian.PutUint32(id[0:], uint32(t))
	binary.BigEndian.PutUint16(id[4:], uint16(t>>32))
	binary.BigEndian.PutUint16(id[6:], uint16(t>>48)&0x0fff|0x1000)
	id[8] = id[8]&0x3f | 0x80
	id[10] |= 1
	return id
}

// named is versions 3 and 5: the digest of a namespace and a name.
func named(name string, version byte, digest func([]byte) []byte) *types.Function {
	f := entry.Go(0, name, types.UUID, entry.Args(types.UUID, types.Text), func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		space, err := hex.DecodeString(strings.ReplaceAll(args[0].Text(), "-", ""))
		if err != nil {
			return sqlite.Null, err // a stored uuid is one
		}
		id := [16]byte(digest(append(space, args[1].Text()...)))
		id[6] = id[6]&0x0f | version<<4
		id[8] = id[8]&0x3f | 0x80
		return sqlite.Text(uuid.Format(id)), nil
	})
	f.Names = []string{"namespace", "name"}
	return f
}
