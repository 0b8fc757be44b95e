package web

import (
	"context"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"hash"

	"github.com/galleyhq/galley/internal/functions/engine"
	"github.com/galleyhq/galley/internal/functions/web/subtle"
)

// nodeHashes are the hashes, keys and signatures of node:crypto, whose shim is in
// functions/bundle: those of the Web's API come as promises and lack MD5 and SHA-224.
func nodeHashes() map[string]Operation {
	return map[string]Operation{
		"node.key":    object(func(a engine.Args) (any, error) { return subtle.Read(a.Text(0), a.Bytes(1)) }),
		"node.public": simple(func(a engine.Args) ([]byte, error) { return subtle.Public(a.Bytes(0)) }),
		"node.sign": timed(func(ctx context.Context, a engine.Args) ([]byte, error) {
			return subtle.SignASN1(ctx, signing(a), a.Bytes(3), a.Bytes(4))
		}),
		"node.verify": func(ctx context.Context, given []engine.Value) (engine.Value, error) {
			a := engine.Args(given)
			return subtle.VerifyASN1(ctx, signing(a), a.Bytes(3), a.Bytes(4), a.Bytes(5))
		},
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
