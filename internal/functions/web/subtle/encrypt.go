package subtle

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/subtle"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"math/big"
)

// Ciphering says how to encrypt: RSA-OAEP (Vector is the label), AES-CBC, AES-CTR (Vector
// is the counter, Length its bits) or AES-GCM (Length is the tag's bits).
type Ciphering struct {
	Algorithm string
	Hash      string // of RSA-OAEP
	Vector    []byte
	Extra     []byte // additional data of AES-GCM
	Length    int
}

var errDecrypt = errors.New("the data cannot be decrypted")

// Encrypt encrypts data with a secret or public key.
func Encrypt(ctx context.Context, c Ciphering, key, data []byte) ([]byte, error) {
	if c.Algorithm == "RSA-OAEP" {
		return encryptOAEP(c, key, data)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	switch c.Algorithm {
	case "AES-CBC":
		pad := aes.BlockSize - len(data)%aes.BlockSize
		out := append(bytes.Clone(data), bytes.Repeat([]byte{byte(pad)}, pad)...)
		chain := cipher.NewCBCEncrypter(block, c.Vector)
		return out, each(ctx, out, func(piece []byte) { chain.CryptBlocks(piece, piece) })
	case "AES-CTR":
		return counted(ctx, block, c, data)
	case "AES-GCM":
		gcm, err := newGCM(block, c)
		if err != nil {
			return nil, err
		}
		return gcm.Seal(nil, c.Vector, data, c.Extra), nil
	}
	return nil, fmt.Errorf("there is no cipher %s", c.Algorithm)
}

// Decrypt is the inverse of Encrypt. What is wrong with the data is not told.
func Decrypt(ctx context.Context, c Ciphering, key, data []byte) ([]byte, error) {
	if c.Algorithm == "RSA-OAEP" {
		return decryptOAEP(c, key, data)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	switch c.Algorithm {
	case "AES-CBC":
		if len(data) == 0 || len(data)%aes.BlockSize != 0 {
			return nil, errDecrypt
		}
		out, chain := bytes.Clone(data), cipher.NewCBCDecrypter(block, c.Vector)
		if err := each(ctx, out, func(piece []byte) { chain.CryptBlocks(piece, piece) }); err != nil {
			return nil, err
		}
		return unpad(out)
	case "AES-CTR":
		return counted(ctx, block, c, data)
	case "AES-GCM":
		gcm, err := newGCM(block, c)
		if err != nil {
			return nil, err
		}
		out, err := gcm.Open(nil, c.Vector, data, c.Extra)
		if err != nil {
			return nil, errDecrypt
		}
		return out, nil
	}
	return nil, fmt.Errorf("there is no cipher %s", c.Algorithm)
}

func unpad(b []byte) ([]byte, error) {
	pad := int(b[len(b)-1])
	if pad == 0 || pad > aes.BlockSize {
		return nil, errDecrypt
	}
	for _, c := range b[len(b)-pad:] {
		if int(c) != pad {
			return nil, errDecrypt
		}
	}
	return b[:len(b)-pad], nil
}

func newGCM(block cipher.Block, c Ciphering) (cipher.AEAD, error) {
	switch {
	case len(c.Vector) == 0:
		return nil, errors.New("the initialization vector is empty")
	case c.Length == 128:
		return cipher.NewGCMWithNonceSize(block, len(c.Vector))
	case len(c.Vector) != 12 || c.Length < 96 || c.Length > 128 || c.Length%8 != 0:
		return nil, errors.New("a tag is of 128 bits, or of 96 to 120 with a vector of 12 bytes")
	}
	return cipher.NewGCMWithTagSize(block, c.Length/8)
}

// counted is AES-CTR whose counter is the last Length bits of the vector: what is
// before them stays when it wraps around.
func counted(ctx context.Context, block cipher.Block, c Ciphering, data []byte) ([]byte, error) {
	blocks := big.NewInt(int64((len(data) + aes.BlockSize - 1) / aes.BlockSize))
	size := new(big.Int).Lsh(big.NewInt(1), uint(c.Length))
	if blocks.Cmp(size) > 0 {
		return nil, errors.New("the data is longer than the counter can count")
	}
	start := new(big.Int).SetBytes(c.Vector)
	fixed := new(big.Int).Lsh(new(big.Int).Rsh(start, uint(c.Length)), uint(c.Length))
	room := new(big.Int).Sub(size, new(big.Int).Sub(start, fixed)) // blocks until it wraps
	out := bytes.Clone(data)
	first := len(data)
	if blocks.Cmp(room) > 0 {
		first = int(room.Int64()) * aes.BlockSize
	}
	stream := cipher.NewCTR(block, c.Vector)
	err := each(ctx, out[:first], func(piece []byte) { stream.XORKeyStream(piece, piece) })
	if err == nil && first < len(data) {
		stream = cipher.NewCTR(block, fixed.FillBytes(make([]byte, aes.BlockSize)))
		err = each(ctx, out[first:], func(piece []byte) { stream.XORKeyStream(piece, piece) })
	}
	return out, err
}

func encryptOAEP(c Ciphering, key, data []byte) ([]byte, error) {
	h, k, err := forOAEP[*rsa.PublicKey](c, key, x509.ParsePKIXPublicKey)
	if err != nil {
		return nil, err
	}
	return rsa.EncryptOAEP(h, rand.Reader, k, data, c.Vector)
}

func decryptOAEP(c Ciphering, key, data []byte) ([]byte, error) {
	h, k, err := forOAEP[*rsa.PrivateKey](c, key, x509.ParsePKCS8PrivateKey)
	if err != nil {
		return nil, err
	}
	out, err := rsa.DecryptOAEP(h, nil, k, data, c.Vector)
	if err != nil {
		return nil, errDecrypt
	}
	return out, nil
}

// forOAEP is the hash of a ciphering, and its key.
func forOAEP[K any](c Ciphering, key []byte, parse func([]byte) (any, error)) (h hash.Hash, k K, err error) {
	newHash, err := hashOf(c.Hash)
	if err != nil {
		return nil, k, err
	}
	parsed, err := parse(key)
	if err != nil {
		return nil, k, err
	}
	k, ok := parsed.(K)
	if !ok {
		return nil, k, errors.New("the key is not one of RSA")
	}
	return newHash.New(), k, nil
}

var wrapStart = bytes.Repeat([]byte{0xA6}, 8)

// mostWrapped bounds what AES-KW wraps, which is for keys: each byte of it is encrypted
// twelve times.
const mostWrapped = 1 << 20

// Wrap is AES-KW (RFC 3394).
func Wrap(key, data []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	if len(data) < 16 || len(data)%8 != 0 {
		return nil, errors.New("AES-KW wraps 16 bytes and more, in steps of 8")
	}
	if len(data) > mostWrapped {
		return nil, fmt.Errorf("AES-KW wraps at most %d bytes", mostWrapped)
	}
	out := append(bytes.Clone(wrapStart), data...)
	buffer := make([]byte, aes.BlockSize)
	for t := range 6 * (len(data) / 8) {
		at := 8 + t%(len(data)/8)*8
		copy(buffer, out[:8])
		copy(buffer[8:], out[at:at+8])
		block.Encrypt(buffer, buffer)
		binary.BigEndian.PutUint64(out[:8], binary.BigEndian.Uint64(buffer)^uint64(t+1))
		copy(out[at:], buffer[8:])
	}
	return out, nil
}

// Unwrap is the inverse of Wrap.
func Unwrap(key, data []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	if len(data) < 24 || len(data) > mostWrapped+8 || len(data)%8 != 0 {
		return nil, errDecrypt
	}
	out := bytes.Clone(data)
	n := len(data)/8 - 1
	buffer := make([]byte, aes.BlockSize)
	for t := 6*n - 1; t >= 0; t-- {
		at := 8 + t%n*8
		binary.BigEndian.PutUint64(buffer, binary.BigEndian.Uint64(out)^uint64(t+1))
		copy(buffer[8:], out[at:at+8])
		block.Decrypt(buffer, buffer)
		copy(out[:8], buffer)
		copy(out[at:], buffer[8:])
	}
	if subtle.ConstantTimeCompare(out[:8], wrapStart) != 1 {
		return nil, errDecrypt
	}
	return out[8:], nil
}
