package password

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"
)

// Bounds of hashes that came from elsewhere: what one log-in may take.
const (
	maxCost     = 16      // of bcrypt: about 4 s
	maxMemory   = 1 << 30 // bytes
	largeMemory = 64 << 20
	maxTime     = 20 // passes of argon2
	maxThreads  = 16
	maxBlock    = 64   // scrypt's r
	maxHashSize = 1024 // characters of a hash as a whole
)

// stored is a hash as the database has it.
type stored interface {
	matches(password []byte) (bool, error)
	memory() int64 // bytes that matches takes
}

// Acceptable tells whether hashes of this form can be compared, for an importer:
// ErrHash with what is wrong, nil otherwise.
func Acceptable(hash string) error {
	_, err := parse(hash)
	return err
}

// parse reads the three forms that GoTrue knows: bcrypt ($2a$, $2b$, $2y$), argon2
// in the PHC string format, and Firebase's scrypt with its parameters.
func parse(hash string) (stored, error) {
	var s stored
	var err error
	switch {
	case len(hash) > maxHashSize:
		err = errors.New("it is too long")
	case strings.HasPrefix(hash, "$argon2"):
		s, err = parseArgon(hash)
	case strings.HasPrefix(hash, "$fbscrypt"):
		s, err = parseFirebase(hash)
	default:
		s, err = parseBcrypt(hash)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrHash, err)
	}
	return s, nil
}

type bcryptHash string

// bcryptForm has the versions that differ in nothing but their names. $2x$ was made
// by a faulty crypt_blowfish, whose fault the library does not repeat.
var bcryptForm = regexp.MustCompile(`^\$2[aby]?\$[0-9]{2}\$[./A-Za-z0-9]{53}$`)

func parseBcrypt(hash string) (stored, error) {
	if !bcryptForm.MatchString(hash) {
		return nil, errors.New("it is no bcrypt")
	}
	cost, err := bcrypt.Cost([]byte(hash))
	if err != nil {
		return nil, err
	}
	if cost > maxCost {
		return nil, fmt.Errorf("its cost is %d, at most %d", cost, maxCost)
	}
	return bcryptHash(hash), nil
}

func (h bcryptHash) memory() int64 { return 8 << 10 }

func (h bcryptHash) matches(password []byte) (bool, error) {
	err := bcrypt.CompareHashAndPassword([]byte(h), password[:min(len(password), MaxLength)])
	if err != nil && !errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
		return false, fmt.Errorf("%w: %w", ErrHash, err)
	}
	return err == nil, nil
}

type argonHash struct {
	hybrid       bool // argon2id
	time, kib    uint32
	threads      uint8
	salt, digest []byte
}

// argonForm is the PHC string format, of the variants and the one version that
// are supported.
var argonForm = regexp.MustCompile(`^\$argon2(id|i)\$v=19\$m=([0-9]+),t=([0-9]+),p=([0-9]+)\$([^$]+)\$([^$]+)$`)

func parseArgon(hash string) (stored, error) {
	m := argonForm.FindStringSubmatch(hash)
	if m == nil {
		return nil, errors.New("it is no argon2i or argon2id of version 19 without key and data")
	}
	kib, err1 := number(m[2], 8, maxMemory>>10)
	time, err2 := number(m[3], 1, maxTime)
	threads, err3 := number(m[4], 1, maxThreads)
	salt, err4 := base64.RawStdEncoding.DecodeString(m[5])
	digest, err5 := base64.RawStdEncoding.DecodeString(m[6])
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		return nil, err
	}
	if len(digest) < 4 {
		return nil, errors.New("its digest is shorter than 4 bytes") // RFC 9106, 3.1
	}
	return argonHash{m[1] == "id", uint32(time), uint32(kib), uint8(threads), salt, digest}, nil
}

func (h argonHash) memory() int64 { return int64(h.kib) << 10 }

func (h argonHash) matches(password []byte) (bool, error) {
	key := argon2.Key
	if h.hybrid {
		key = argon2.IDKey
	}
	got := key(password, h.salt, h.time, h.kib, h.threads, uint32(len(h.digest)))
	return subtle.ConstantTimeCompare(got, h.digest) == 1, nil
}

type firebaseHash struct {
	n, r, p                         int
	separator, signer, salt, digest []byte
}

var firebaseForm = regexp.MustCompile(`^\$fbscrypt\$v=1,n=([0-9]+),r=([0-9]+),p=([0-9]+)(?:,ss=([^,$]+))?(?:,sk=([^$]+))?\$([^$]+)\$([^$]+)$`)

func parseFirebase(hash string) (stored, error) {
	m := firebaseForm.FindStringSubmatch(hash)
	if m == nil {
		return nil, errors.New("it is no fbscrypt of version 1")
	}
	power, err1 := number(m[1], 1, 24)
	r, err2 := number(m[2], 1, maxBlock)
	p, err3 := number(m[3], 1, maxThreads)
	h := firebaseHash{n: 1 << power, r: r, p: p}
	var err error
	for i, to := range []*[]byte{&h.separator, &h.signer, &h.salt, &h.digest} {
		var bad error
		*to, bad = base64.StdEncoding.DecodeString(m[4+i])
		err = errors.Join(err, bad)
	}
	if err := errors.Join(err1, err2, err3, err); err != nil {
		return nil, err
	}
	if h.memory() > maxMemory || h.memory()*int64(p) > 4*maxMemory {
		return nil, errors.New("it would take too much memory or time")
	}
	if len(h.signer) == 0 || len(h.digest) != len(h.signer) {
		return nil, errors.New("its digest is not as long as the signer key")
	}
	return h, nil
}

func (h firebaseHash) memory() int64 { return 128 * int64(h.n) * int64(h.r) }

// matches encrypts the signer key with a key made of the password by scrypt, in
// AES-CTR from a zero block: https://github.com/firebase/scrypt.
func (h firebaseHash) matches(password []byte) (bool, error) {
	salt := append(append([]byte{}, h.salt...), h.separator...)
	key, err := scrypt.Key(password, salt, h.n, h.r, h.p, 32)
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrHash, err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return false, err
	}
	got := make([]byte, len(h.signer))
	cipher.NewCTR(block, make([]byte, aes.BlockSize)).XORKeyStream(got, h.signer)
	return subtle.ConstantTimeCompare(got, h.digest) == 1, nil
}

func number(text string, least, most int) (int, error) {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || n < uint64(least) || n > uint64(most) {
		return 0, fmt.Errorf("%.20q is not from %d to %d", text, least, most)
	}
	return int(n), nil
}
