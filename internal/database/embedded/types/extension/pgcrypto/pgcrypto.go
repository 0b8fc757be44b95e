// Package pgcrypto is the extension pgcrypto: digests, passwords, AES, random
// bytes. Other ciphers, DES-based passwords, armor and PGP are refused.
//
// Source: PostgreSQL documentation, F.28 "pgcrypto".
package pgcrypto

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/bytea"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/database/embedded/types/uuid"
	"github.com/galleyhq/galley/internal/fault"
)

const (
	byteString = bytea.Bytea
	failed     = "39000" // external routine invocation exception
)

// Functions returns the functions of the extension.
func Functions() []*types.Function {
	random := entry.Raises(0, "gen_random_bytes", byteString, entry.Args(types.Int4), randomBytes)
	id := entry.Go(0, "gen_random_uuid", types.UUID, nil, func(*sqlite.Conn, []sqlite.Value) (sqlite.Value, error) {
		return sqlite.Text(uuid.Format(uuid.Random())), nil
	})
	random.Volatility, id.Volatility, id.Strict = types.Volatile, types.Volatile, false
	text := types.Text
	return slices.Concat([]*types.Function{
		random, id,
		entry.Raises(0, "digest", byteString, entry.Args(byteString, text), digest),
		entry.Raises(0, "digest", byteString, entry.Args(text, text), digest),
		entry.Raises(0, "hmac", byteString, entry.Args(byteString, byteString, text), keyed),
		entry.Raises(0, "hmac", byteString, entry.Args(text, text, text), keyed),
		entry.Raises(0, "crypt", text, entry.Args(text, text), crypt),
	}, salts(), ciphers(), unsupported())
}

func randomBytes(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	n := args[0].Int()
	if n < 1 || n > 1024 {
		return sqlite.Null, fault.New(failed, "Length not in range")
	}
	b := make([]byte, n)
	rand.Read(b) //nolint:errcheck // never fails (crypto/rand.Read)
	return sqlite.Blob(b), nil
}

var hashes = map[string]func() hash.Hash{
	"md5": md5.New, "sha1": sha1.New, "sha224": sha256.New224, "sha256": sha256.New, "sha384": sha512.New384, "sha512": sha512.New,
	"sha-1": sha1.New, "sha-224": sha256.New224, "sha-256": sha256.New, "sha-384": sha512.New384, "sha-512": sha512.New,
	"sha2-224": sha256.New224, "sha2-256": sha256.New, "sha2-384": sha512.New384, "sha2-512": sha512.New,
}

// otherHashes begin the names of what OpenSSL may know besides.
var otherHashes = []string{"sha", "blake", "rip", "rmd", "sm3", "whirlpool", "md", "keccak", "shake", "ssl", "mdc2", "null", "ssl", "rsa", "id-"}

func hashNamed(name string) (func() hash.Hash, error) {
	name = strings.ToLower(name)
	if h := hashes[name]; h != nil {
		return h, nil
	}
	for _, prefix := range otherHashes {
		if strings.HasPrefix(name, prefix) {
			return nil, entry.Unsupported("the hash algorithm %s", name)
		}
	}
	return nil, fault.New(fault.InvalidParameter, `Cannot use "%s": No such hash algorithm`, name)
}

func digest(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	h, err := hashNamed(args[1].Text())
	if err != nil {
		return sqlite.Null, err
	}
	sum := h()
	sum.Write(args[0].Blob()) //nolint:errcheck // never fails (hash.Hash)
	return sqlite.Blob(sum.Sum(nil)), nil
}

func keyed(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	h, err := hashNamed(args[2].Text())
	if err != nil {
		return sqlite.Null, err
	}
	sum := hmac.New(h, args[1].Blob())
	sum.Write(args[0].Blob()) //nolint:errcheck // never fails (hash.Hash)
	return sqlite.Blob(sum.Sum(nil)), nil
}

// unsupported are the functions that exist and are refused, when a row needs one.
func unsupported() (fs []*types.Function) {
	text := types.Text
	add := func(name string, result types.OID, volatility types.Volatility, args ...types.OID) {
		f := entry.Raises(0, name, result, args, func(*sqlite.Conn, []sqlite.Value) (sqlite.Value, error) {
			return sqlite.Null, entry.Unsupported("the function %s of pgcrypto", name)
		})
		f.Volatility = volatility
		fs = append(fs, f)
	}
	for _, kind := range []struct {
		suffix string
		typ    types.OID
	}{{"", text}, {"_bytea", byteString}} {
		add("pgp_sym_encrypt"+kind.suffix, byteString, types.Volatile, kind.typ, text)
		add("pgp_sym_encrypt"+kind.suffix, byteString, types.Volatile, kind.typ, text, text)
		add("pgp_sym_decrypt"+kind.suffix, kind.typ, types.Immutable, byteString, text)
		add("pgp_sym_decrypt"+kind.suffix, kind.typ, types.Immutable, byteString, text, text)
		add("pgp_pub_encrypt"+kind.suffix, byteString, types.Volatile, kind.typ, byteString)
		add("pgp_pub_encrypt"+kind.suffix, byteString, types.Volatile, kind.typ, byteString, text)
		add("pgp_pub_decrypt"+kind.suffix, kind.typ, types.Immutable, byteString, byteString)
		add("pgp_pub_decrypt"+kind.suffix, kind.typ, types.Immutable, byteString, byteString, text)
		add("pgp_pub_decrypt"+kind.suffix, kind.typ, types.Immutable, byteString, byteString, text, text)
	}
	add("pgp_key_id", text, types.Immutable, byteString)
	add("armor", text, types.Immutable, byteString)
	add("dearmor", byteString, types.Immutable, text)
	return fs
}
