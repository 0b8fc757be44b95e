package extension_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/builtin"
	"github.com/galleyhq/galley/internal/database/embedded/types/extension"
	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/fault"
)

// texts are pairs for the functions of pg_trgm.
var texts = [][]string{
	{"word", "two words"}, {"", ""}, {"a", ""}, {"", "a"}, {"ä", "Ä"}, {"hello", "help"}, {"abc", "abc"}, {"abc def", "def abc"}, {"日本", "日本語"},
	{"foo bar", "foobar baz"}, {"the quick fox", "a quick brown fox jumps"}, {"aaa", "aaaa aaa"}, {"x", "y"},
}

// calls are the arguments with which functions are tried, in text form. A function
// that is not named gives random values, or none, and is tried by TestRandom.
var calls = map[string][][]string{
	"similarity": texts, "word_similarity": texts, "strict_word_similarity": texts, "similarity_dist": texts, "similarity_op": texts,
	"word_similarity_dist_op": texts, "word_similarity_dist_commutator_op": texts, "strict_word_similarity_dist_op": texts,
	"strict_word_similarity_dist_commutator_op": texts, "word_similarity_op": texts, "word_similarity_commutator_op": texts,
	"strict_word_similarity_op": texts, "strict_word_similarity_commutator_op": texts,
	"show_trgm": {{""}, {"Hello wörld 12 x"}, {"a"}, {"日本語 x"}, {"!!!"}, {"a_b-c"}, {"ÄÖÜ äöü"}},
	"digest": {{"abc", "md5"}, {"", "sha1"}, {"abc", "SHA256"}, {"\\xff00", "sha224"}, {"äö", "sha384"}, {"abc", "sha512"}, {"abc", "sha-256"},
		{"abc", "nope"}, {"abc", ""}, {"abc", "sha256 "}, {"abc", "sha2-512"}},
	"hmac": {{"abc", "k", "md5"}, {"", "", "sha1"}, {"abc", strings.Repeat("k", 200), "sha256"}, {"ä", "ö", "sha512"}, {"a", "b", "nope"}, {"a", "b", "sha-224"}},
	"crypt": {{"a", ""}, {"a", "a"}, {"a", "$2a$"}, {"a", "$2a$06$abcdefghijklmnopqrstuv"}, {"", "$2a$04$abcdefghijklmnopqrstuv"},
		{"a", "$2a$04$abcdefghijklmnopqrstu"}, {"a", "$2a$04$abcdefghijklmnopqrst!v"}, {"a", "$2a$03$abcdefghijklmnopqrstuv"},
		{"a", "$2a$6$abcdefghijklmnopqrstuv"}, {"a", "$2a$04$abcdefghijklmnopqrstuvXXXX"}, {"äöü", "$2a$04$......................"},
		{strings.Repeat("long", 20), "$2a$04$abcdefghijklmnopqrstuv"}, {strings.Repeat("x", 72), "$2a$04$abcdefghijklmnopqrstuv"},
		{strings.Repeat("x", 71), "$2a$05$0123456789ABCDEFGHIJKL"}, {"a", "$2a$04:abcdefghijklmnopqrstuv"}, {"a", "$2x$04$abcdefghijklmnopqrstuv"},
		{"a", "$1$"}, {"a", "$1$ab"}, {"a", "$1$abcdefghij$xx"}, {"", "$1$abcdefgh$"}, {"ä€", "$1$a$"}, {strings.Repeat("x", 100), "$1$abc"}, {"a", "_1"}},
	"encrypt": {{"abc", "key", "aes"}, {"abc", "key", "aes-cbc/pad:pkcs"}, {"abc", "key", "AES-ecb"}, {"abcdefghijklmnop", "key", "aes/pad:none"},
		{"abc", "key", "aes/pad:none"}, {"", "", "aes"}, {"", "k", "aes/pad:none"}, {"abc", "key", "nope"}, {"abc", "12345678901234567890", "aes"},
		{"abc", "1234567890123456789012345", "aes"}, {"abc", "123456789012345678901234567890123", "aes"}, {"0123456789abcdef0", "k", "aes-ecb"}, {"abc", "k", "aes-xyz"}},
	"decrypt": {{"\\xdb5f149a7caf0cd275ca18c203a212c9", "key", "aes"}, {"\\xdb5f149a7caf0cd275ca18c203a212c9", "kex", "aes"}, {"\\x00", "key", "aes"},
		{"", "key", "aes"}, {"", "key", "aes/pad:none"}, {"\\xdb5f149a7caf0cd275ca18c203a212c9", "kex", "aes/pad:none"}, {"\\xdb5f149a7caf0cd275ca18c203a212c9", "key", "aes-ecb"},
		{"a", "b", "nope"}},
	"encrypt_iv":       {{"abc", "key", "0123456789abcdef", "aes"}, {"abc", "key", "0123", "aes"}, {"abc", "key", "0123456789abcdefzzz", "aes"}, {"abc", "key", "", "aes"}, {"abc", "key", "0123", "aes-ecb"}},
	"decrypt_iv":       {{"\\xb7b185f22b6e34c2352a4be16db58b1e", "key", "0123456789abcdefzzz", "aes"}, {"\\xb7b185f22b6e34c2352a4be16db58b1e", "key", "0", "aes"}},
	"gen_salt":         {{"nope"}, {"bf", "3"}, {"bf", "32"}, {"md5", "5"}, {"", "0"}, {"nope", "7"}},
	"gen_random_bytes": {{"0"}, {"1025"}, {"-1"}},
	"uuid_nil":         {{}}, "uuid_ns_dns": {{}}, "uuid_ns_url": {{}}, "uuid_ns_oid": {{}}, "uuid_ns_x500": {{}},
	"uuid_generate_v3": {{"6ba7b811-9dad-11d1-80b4-00c04fd430c8", "http://a"}, {"00000000-0000-0000-0000-000000000000", ""}, {"ffffffff-ffff-ffff-ffff-ffffffffffff", "ä"}},
	"uuid_generate_v5": {{"6ba7b811-9dad-11d1-80b4-00c04fd430c8", "http://a"}, {"00000000-0000-0000-0000-000000000000", ""}, {"ffffffff-ffff-ffff-ffff-ffffffffffff", "ä"}},
}

// random are the functions whose values cannot be compared.
var random = map[string]bool{"gen_random_uuid": true, "uuid_generate_v1": true, "uuid_generate_v1mc": true, "uuid_generate_v4": true}

// both asks both sides.
type both struct {
	cat  *types.Catalogue
	conn *sqlite.Conn
	pg   *pgx.Conn
}

func open(t *testing.T) *both {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	pg, err := pgx.Connect(ctx, pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pg.Close(context.WithoutCancel(ctx)) })
	for _, e := range extension.All() {
		if _, err := pg.Exec(ctx, `create extension "`+e.Name+`"`); err != nil {
			t.Skipf("this server lacks an extension: %v", err)
		}
		var version, comment string
		if err := pg.QueryRow(ctx, `select extversion, obj_description(oid, 'pg_extension') from pg_extension where extname = $1`, e.Name).Scan(&version, &comment); err != nil {
			t.Fatal(err)
		}
		if version != e.Version || comment != e.Comment {
			t.Errorf("%s: version %q, comment %q, in PostgreSQL %q, %q", e.Name, e.Version, e.Comment, version, comment)
		}
	}
	cat, err := builtin.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := sqlite.Open(":memory:", sqlite.Options{Functions: cat.SQLiteFunctions()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &both{cat, conn, pg}
}

// TestFunctions compares each function with PostgreSQL's: value, or code and
// message.
func TestFunctions(t *testing.T) {
	b := open(t)
	for _, e := range extension.All() {
		f := e.Family("public")
		if _, err := b.cat.With(f); err != nil {
			t.Fatal(err)
		}
		for _, fn := range f.Functions {
			b.signature(t, fn)
			values := 0
			for _, args := range calls[fn.Name] {
				if len(args) != len(fn.Args) {
					continue
				}
				want := b.theirs(t, fn, args)
				got := b.ours(t, fn, args)
				if got != want && !strings.HasPrefix(got, "0A000") {
					t.Errorf("%s(%q): %s, in PostgreSQL %s", fn.Name, args, got, want)
				}
				values++
			}
			refused := strings.HasPrefix(fn.Name, "pgp_") || strings.HasSuffix(fn.Name, "armor") || strings.HasSuffix(fn.Name, "_limit")
			if values == 0 && !random[fn.Name] && !refused {
				t.Errorf("%s%v was not tried", fn.Name, fn.Args)
			}
		}
	}
}

// signature holds the entry against pg_proc.
func (b *both) signature(t *testing.T, fn *types.Function) {
	t.Helper()
	var args []string
	for _, a := range fn.Args {
		args = append(args, strconv.Itoa(int(a)))
	}
	var volatility string
	var strict bool
	err := b.pg.QueryRow(t.Context(), `select provolatile::text, proisstrict from pg_proc p
		join pg_depend d on d.objid = p.oid and d.classid = 'pg_proc'::regclass and d.deptype = 'e'
		join pg_extension e on e.oid = d.refobjid
		where extname = $1 and proname = $2 and prorettype = $3 and proargtypes::text = $4`,
		fn.Extension, fn.Name, uint32(fn.Result), strings.Join(args, " ")).Scan(&volatility, &strict)
	if err != nil {
		t.Errorf("%s%v: %v", fn.Name, fn.Args, err)
		return
	}
	if volatility != string(fn.Volatility) || strict != fn.Strict {
		t.Errorf("%s%v: volatility %c, strict %t, in PostgreSQL %s, %t", fn.Name, fn.Args, fn.Volatility, fn.Strict, volatility, strict)
	}
}

func (b *both) theirs(t *testing.T, fn *types.Function, args []string) string {
	t.Helper()
	var list []string
	for i, a := range args {
		list = append(list, "'"+strings.ReplaceAll(a, "'", "''")+"'::"+b.cat.Type(fn.Args[i]).SQLName)
	}
	var value string
	err := b.pg.QueryRow(t.Context(), "select concat("+fn.Name+"("+strings.Join(list, ", ")+"))").Scan(&value)
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code + " " + e.Message
	}
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func (b *both) ours(t *testing.T, fn *types.Function, args []string) string {
	t.Helper()
	var values []sqlite.Value
	var list []types.Arg
	for i, a := range args {
		v, err := b.cat.Type(fn.Args[i]).In(a, -1)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, v)
		list = append(list, types.Arg{SQL: "?", Type: b.cat.Type(fn.Args[i])})
	}
	sql := fn.CallSQL(list)
	if fn.SQL != nil {
		sql = fn.SQL(list)
	}
	v, err := b.query(sql, values)
	if e, ok := errors.AsType[*fault.Error](err); ok {
		return e.Code + " " + e.Message
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(b.cat.Type(fn.Result).Out(nil, v))
}

func (b *both) query(sql string, args []sqlite.Value) (sqlite.Value, error) {
	s, err := b.conn.Prepare("SELECT " + sql)
	if err != nil {
		return sqlite.Null, err
	}
	defer s.Reset()
	for i, a := range args {
		if err := s.Bind(i+1, a); err != nil {
			return sqlite.Null, err
		}
	}
	if _, err := s.Step(); err != nil {
		return sqlite.Null, err
	}
	return s.Column(0), nil
}

// TestSimilarity compares random texts by each function of pg_trgm.
func TestSimilarity(t *testing.T) {
	b := open(t)
	r := rand.New(rand.NewPCG(2, 2))
	random := func() string {
		s := make([]rune, r.IntN(14))
		for i := range s {
			s[i] = []rune("aaabbbccAB  ä1-日")[r.IntN(16)]
		}
		return string(s)
	}
	for _, fn := range extensionFunctions() {
		if fn.Extension != "pg_trgm" || strings.HasSuffix(fn.Name, "_limit") {
			continue
		}
		for range 150 {
			args := []string{random(), random()}[:len(fn.Args)]
			if got, want := b.ours(t, fn, args), b.theirs(t, fn, args); got != want {
				t.Errorf("%s(%q): %s, in PostgreSQL %s", fn.Name, args, got, want)
			}
		}
	}
}

// TestPasswords hashes random passwords under random salts on both sides, and each
// side's salts on the other.
func TestPasswords(t *testing.T) {
	b := open(t)
	named := func(name string, n int) *types.Function {
		for _, fn := range extensionFunctions() {
			if fn.Name == name && len(fn.Args) == n {
				return fn
			}
		}
		t.Fatalf("no function %s of %d arguments", name, n)
		return nil
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range 60 {
		password := make([]rune, r.IntN(40))
		for i := range password {
			password[i] = []rune("aZ09 äß€日😀\x7fÿ")[r.IntN(12)]
		}
		for _, kind := range [][]string{{"bf", "4"}, {"md5", "0"}} {
			for _, salt := range []string{b.ours(t, named("gen_salt", 2), kind), b.theirs(t, named("gen_salt", 2), kind)} {
				args := []string{string(password), salt}
				if got, want := b.ours(t, named("crypt", 2), args), b.theirs(t, named("crypt", 2), args); got != want {
					t.Errorf("crypt(%q): %s, in PostgreSQL %s", args, got, want)
				}
			}
		}
	}
}

func extensionFunctions() (all []*types.Function) {
	for _, e := range extension.All() {
		all = append(all, e.Family("public").Functions...)
	}
	return all
}

// TestRandom checks the form of what cannot be compared, and that it is no
// constant.
func TestRandom(t *testing.T) {
	b := open(t)
	for _, fn := range extensionFunctions() {
		if !random[fn.Name] {
			continue
		}
		first, second := b.ours(t, fn, nil), b.ours(t, fn, nil)
		version := "4"
		if strings.Contains(fn.Name, "_v1") {
			version = "1"
		}
		if len(first) != 36 || first[14:15] != version || !strings.Contains("89ab", first[19:20]) || first == second {
			t.Errorf("%s: %s, %s", fn.Name, first, second)
		}
	}
}
