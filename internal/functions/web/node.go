package web

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"hash"

	"github.com/galleyhq/galley/internal/functions/engine"
)

// nodeHashes are the hashes of node:crypto, whose shim is in functions/bundle: those of
// the Web's API come as promises and lack MD5 and SHA-224.
func nodeHashes() map[string]Operation {
	return map[string]Operation{
		"node.digest": simple(func(a engine.Args) ([]byte, error) {
			newHash, err := nodeHash(a.Text(0))
			if err != nil {
				return nil, err
			}
			h := newHash()
			h.Write(a.Bytes(1))
			return h.Sum(nil), nil
		}),
		"node.hmac": simple(func(a engine.Args) ([]byte, error) {
			newHash, err := nodeHash(a.Text(0))
			if err != nil {
				return nil, err
			}
			h := hmac.New(newHash, a.Bytes(1))
			h.Write(a.Bytes(2))
			return h.Sum(nil), nil
		}),
	}
}

func nodeHash(name string) (func() hash.Hash, error) {
	switch name {
	case "MD5":
		return md5.New, nil
	case "SHA-1":
		return sha1.New, nil
	case "SHA-224":
		return sha256.New224, nil
	case "SHA-256":
		return sha256.New, nil
	case "SHA-384":
		return sha512.New384, nil
	case "SHA-512":
		return sha512.New, nil
	}
	return nil, fmt.Errorf("there is no hash %s", name)
}
