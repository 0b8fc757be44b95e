package pgcrypto

import (
	"crypto/md5"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"

	//lint:ignore SA1019 bcrypt is made of it
	"golang.org/x/crypto/blowfish"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

// The rounds of Blowfish, as powers of two. PostgreSQL goes to 31, which takes
// days; nothing could end it here.
const (
	leastRounds, defaultRounds, mostRounds = 4, 6, 31
	maxRounds                              = 14
)

// salts gives gen_salt.
func salts() []*types.Function {
	fs := []*types.Function{
		entry.Raises(0, "gen_salt", types.Text, entry.Args(types.Text), genSalt),
		entry.Raises(0, "gen_salt", types.Text, entry.Args(types.Text, types.Int4), genSalt),
	}
	for _, f := range fs {
		f.Volatility = types.Volatile
	}
	return fs
}

func genSalt(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	rounds := int64(0)
	if len(args) == 2 {
		rounds = args[1].Int()
	}
	switch kind := strings.ToLower(args[0].Text()); {
	case kind == "bf" && rounds == 0:
		return bfSalt(defaultRounds), nil
	case kind == "bf" && rounds >= leastRounds && rounds <= mostRounds:
		return bfSalt(rounds), nil
	case kind == "md5" && (rounds == 0 || rounds == 1000):
		return sqlite.Text("$1$" + itoa64(randomNumber(), 8)), nil
	case kind == "bf" || kind == "md5":
		return sqlite.Null, fault.New(fault.InvalidParameter, "gen_salt: Incorrect number of rounds")
	case kind == "des" || kind == "xdes":
		return sqlite.Null, entry.Unsupported("a salt of the kind %s", kind)
	}
	return sqlite.Null, fault.New(fault.InvalidParameter, "gen_salt: Unknown salt algorithm")
}

func bfSalt(rounds int64) sqlite.Value {
	var salt [16]byte
	rand.Read(salt[:]) //nolint:errcheck // never fails (crypto/rand.Read)
	return sqlite.Text(fmt.Sprintf("$2a$%02d$%s", rounds, bfEncoding.EncodeToString(salt[:])))
}

func randomNumber() uint64 {
	var b [8]byte
	rand.Read(b[:]) //nolint:errcheck // never fails (crypto/rand.Read)
	return binary.BigEndian.Uint64(b[:])
}

// crypt hashes a password under a salt, whose beginning names the algorithm.
func crypt(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	password, salt := args[0].Text(), args[1].Text()
	switch {
	case strings.HasPrefix(salt, "$2a$"):
		return bfCrypt(password, salt)
	case strings.HasPrefix(salt, "$2x$"), strings.HasPrefix(salt, "$2$"):
		return sqlite.Null, entry.Unsupported("a password of the kind %s", salt[:strings.LastIndexByte(salt[:4], '$')+1])
	case strings.HasPrefix(salt, "$1$"):
		return sqlite.Text(md5Crypt(password, salt)), nil
	case salt == "", len(salt) == 1, salt[0] == '_' && len(salt) < 9:
		return sqlite.Null, errSalt()
	}
	return sqlite.Null, entry.Unsupported("a password of the kind des or xdes")
}

func errSalt() error { return fault.New(fault.InvalidParameter, "invalid salt") }

var bfEncoding = base64.NewEncoding("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789").WithPadding(base64.NoPadding)

// bfCrypt is bcrypt: "$2a$", the rounds, a salt of 22 characters.
func bfCrypt(password, setting string) (sqlite.Value, error) {
	if len(setting) < 29 || setting[6] != '$' || setting[4] < '0' || setting[4] > '3' || setting[5] < '0' || setting[5] > '9' {
		return sqlite.Null, errSalt()
	}
	rounds := int(setting[4]-'0')*10 + int(setting[5]-'0')
	salt, err := bfEncoding.DecodeString(setting[7:29])
	switch {
	case err != nil || strings.ContainsAny(setting[7:29], "\r\n") || rounds < leastRounds || rounds > mostRounds:
		return sqlite.Null, errSalt()
	case rounds > maxRounds:
		return sqlite.Null, entry.Unsupported("a password with %d rounds or more", maxRounds+1)
	}
	sum, err := bfHash([]byte(password), salt, rounds)
	if err != nil {
		return sqlite.Null, err
	}
	return sqlite.Text(setting[:7] + bfEncoding.EncodeToString(salt) + bfEncoding.EncodeToString(sum)), nil
}

// bfHash encrypts a constant 64 times with Blowfish under an expensive key
// (Provos and Mazières, "A Future-Adaptable Password Scheme", 1999).
func bfHash(password, salt []byte, rounds int) ([]byte, error) {
	key := append(password[:min(len(password), 72)], 0)
	c, err := blowfish.NewSaltedCipher(key, salt)
	if err != nil {
		return nil, fault.Internal(err)
	}
	for range 1 << rounds {
		blowfish.ExpandKey(key, c)
		blowfish.ExpandKey(salt, c)
	}
	sum := []byte("OrpheanBeholderScryDoubt")
	for i := 0; i < len(sum); i += 8 {
		for range 64 {
			c.Encrypt(sum[i:i+8], sum[i:i+8])
		}
	}
	return sum[:23], nil
}

// itoa64 writes the low bits of a number, six for each character.
func itoa64(v uint64, n int) string {
	const digits = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	b := make([]byte, n)
	for i := range b {
		b[i] = digits[v&0x3f]
		v >>= 6
	}
	return string(b)
}

// md5Crypt is FreeBSD's algorithm of 1,000 rounds of MD5; the salt is up to eight
// characters behind "$1$".
func md5Crypt(password, setting string) string {
	salt, _, _ := strings.Cut(setting[3:], "$")
	salt = salt[:min(len(salt), 8)]
	inner := md5.Sum([]byte(password + salt + password))
	text := []byte(password + "$1$" + salt)
	for n := len(password); n > 0; n -= len(inner) {
		text = append(text, inner[:min(n, len(inner))]...)
	}
	for n := len(password); n > 0; n >>= 1 {
		if n&1 == 1 {
			text = append(text, 0)
		} else {
			text = append(text, password[0])
		}
	}
	sum := md5.Sum(text)
	for i := range 1000 {
		sum = md5Round(sum, i, password, salt)
	}
	out := "$1$" + salt + "$"
	for _, at := range [][3]int{{0, 6, 12}, {1, 7, 13}, {2, 8, 14}, {3, 9, 15}, {4, 10, 5}} {
		out += itoa64(uint64(sum[at[0]])<<16|uint64(sum[at[1]])<<8|uint64(sum[at[2]]), 4)
	}
	return out + itoa64(uint64(sum[11]), 2)
}

func md5Round(sum [16]byte, round int, password, salt string) [16]byte {
	last := string(sum[:])
	first, end := last, password
	if round%2 == 1 {
		first, end = password, last
	}
	middle := ""
	if round%3 != 0 {
		middle = salt
	}
	if round%7 != 0 {
		middle += password
	}
	return md5.Sum([]byte(first + middle + end))
}
