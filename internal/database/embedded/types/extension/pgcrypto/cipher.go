package pgcrypto

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

// ciphers gives encrypt and decrypt, with AES.
func ciphers() []*types.Function {
	b, text := byteString, types.Text
	return []*types.Function{
		entry.Raises(0, "encrypt", b, entry.Args(b, b, text), encrypt),
		entry.Raises(0, "encrypt_iv", b, entry.Args(b, b, b, text), encrypt),
		entry.Raises(0, "decrypt", b, entry.Args(b, b, text), decrypt),
		entry.Raises(0, "decrypt_iv", b, entry.Args(b, b, b, text), decrypt),
	}
}

// mode is how a cipher runs over blocks.
type mode struct{ chained, padded bool }

var modes = map[string]mode{
	"aes": {true, true}, "aes-cbc": {true, true}, "aes-ecb": {false, true},
	"rijndael": {true, true}, "rijndael-cbc": {true, true}, "rijndael-ecb": {false, true},
}

func modeNamed(name string) (mode, error) {
	name = strings.ToLower(name)
	base, option, optioned := strings.Cut(name, "/")
	m, ok := modes[base]
	switch {
	case ok && (!optioned || option == "pad:pkcs"):
		return m, nil
	case ok && option == "pad:none":
		m.padded = false
		return m, nil
	case ok:
		return m, entry.Unsupported("the option %s of a cipher", option)
	}
	for _, prefix := range []string{"bf", "blowfish", "des", "3des", "cast5"} {
		if strings.HasPrefix(base, prefix) {
			return m, entry.Unsupported("the cipher %s", base)
		}
	}
	if optioned {
		return m, entry.Unsupported("the option %s of a cipher", option)
	}
	return m, fault.New(fault.InvalidParameter, `Cannot use "%s": No such cipher algorithm`, name)
}

// job is one call of encrypt or decrypt.
type job struct {
	mode
	name  string
	block cipher.Block
	data  []byte
	iv    []byte
}

// newJob takes the arguments: data, key, and an initial vector where there are
// four. Keys and vectors are filled with zeros, or cut.
func newJob(name string, args []sqlite.Value) (j job, err error) {
	j.name = name
	if j.mode, err = modeNamed(args[len(args)-1].Text()); err != nil {
		return j, err
	}
	key := args[1].Blob()
	key = key[:min(len(key), 32)]
	size := 16
	for size < len(key) {
		size += 8
	}
	if j.block, err = aes.NewCipher(append(bytes.Clone(key), make([]byte, size-len(key))...)); err != nil {
		return j, fault.Internal(err)
	}
	j.iv = make([]byte, aes.BlockSize)
	if len(args) == 4 {
		copy(j.iv, args[2].Blob())
		j.name += "_iv"
	}
	j.data = bytes.Clone(args[0].Blob())
	return j, nil
}

func encrypt(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	j, err := newJob("encrypt", args)
	if err != nil {
		return sqlite.Null, err
	}
	if j.padded {
		n := aes.BlockSize - len(j.data)%aes.BlockSize
		j.data = append(j.data, bytes.Repeat([]byte{byte(n)}, n)...)
	}
	if len(j.data)%aes.BlockSize != 0 {
		return sqlite.Null, fault.New(failed, "%s error: Encryption failed", j.name)
	}
	if j.chained {
		cipher.NewCBCEncrypter(j.block, j.iv).CryptBlocks(j.data, j.data)
	} else {
		j.each(j.block.Encrypt)
	}
	return result(j.data), nil
}

// each runs over single blocks.
func (j *job) each(f func(dst, src []byte)) {
	for i := 0; i < len(j.data); i += aes.BlockSize {
		f(j.data[i:i+aes.BlockSize], j.data[i:i+aes.BlockSize])
	}
}

func decrypt(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	j, err := newJob("decrypt", args)
	if err != nil {
		return sqlite.Null, err
	}
	errFailed := fault.New(failed, "%s error: Decryption failed", j.name)
	if len(j.data)%aes.BlockSize != 0 || j.padded && len(j.data) == 0 {
		return sqlite.Null, errFailed
	}
	if j.chained {
		cipher.NewCBCDecrypter(j.block, j.iv).CryptBlocks(j.data, j.data)
	} else {
		j.each(j.block.Decrypt)
	}
	if !j.padded {
		return result(j.data), nil
	}
	n := int(j.data[len(j.data)-1])
	kept := len(j.data) - n
	if n < 1 || n > aes.BlockSize || !bytes.Equal(j.data[kept:], bytes.Repeat([]byte{byte(n)}, n)) {
		return sqlite.Null, errFailed
	}
	return result(j.data[:kept]), nil
}

// result is a value of bytes; no bytes at all are not NULL.
func result(b []byte) sqlite.Value {
	if b == nil {
		b = []byte{}
	}
	return sqlite.Blob(b)
}
