package web

import (
	"context"
	"encoding/json"

	"github.com/galleyhq/galley/internal/functions/engine"
	"github.com/galleyhq/galley/internal/functions/web/subtle"
)

// cryptography are the operations of crypto.subtle. Errors become those of the API in
// the script, which knows what each means.
func cryptography() map[string]Operation {
	return map[string]Operation{
		"crypto.digest":   simple(func(a args) ([]byte, error) { return subtle.Digest(a.text(0), a.octets(1)) }),
		"crypto.generate": simple(func(a args) ([]byte, error) { return subtle.Generate(a.text(0), a.whole(1)) }),
		"crypto.import": object(func(a args) (any, error) {
			data := a.octets(2)
			if a.text(1) == "jwk" {
				data = []byte(a.text(2))
			}
			return subtle.Import(a.text(0), a.text(1), data)
		}),
		"crypto.raw":  simple(func(a args) ([]byte, error) { return subtle.Raw(a.octets(0)) }),
		"crypto.jwk":  object(func(a args) (any, error) { return subtle.ToJWK(a.text(0), a.octets(1)) }),
		"crypto.sign": simple(func(a args) ([]byte, error) { return subtle.Sign(signing(a), a.octets(3), a.octets(4)) }),
		"crypto.verify": func(_ context.Context, given []engine.Value) (engine.Value, error) {
			a := args(given)
			return subtle.Verify(signing(a), a.octets(3), a.octets(4), a.octets(5))
		},
		"crypto.encrypt": simple(func(a args) ([]byte, error) { return subtle.Encrypt(ciphering(a), a.octets(1), a.octets(5)) }),
		"crypto.decrypt": simple(func(a args) ([]byte, error) { return subtle.Decrypt(ciphering(a), a.octets(1), a.octets(5)) }),
		"crypto.wrap":    simple(func(a args) ([]byte, error) { return subtle.Wrap(a.octets(0), a.octets(1)) }),
		"crypto.unwrap":  simple(func(a args) ([]byte, error) { return subtle.Unwrap(a.octets(0), a.octets(1)) }),
		"crypto.agree":   simple(func(a args) ([]byte, error) { return subtle.Agree(a.octets(0), a.octets(1)) }),
		"crypto.hkdf": simple(func(a args) ([]byte, error) {
			return subtle.HKDF(a.text(0), a.octets(1), a.octets(2), a.octets(3), a.whole(4))
		}),
		"crypto.pbkdf2": simple(func(a args) ([]byte, error) {
			return subtle.PBKDF2(a.text(0), a.octets(1), a.octets(2), a.whole(3), a.whole(4))
		}),
	}
}

func signing(a args) subtle.Signing {
	return subtle.Signing{Algorithm: a.text(0), Hash: a.text(1), Salt: a.whole(2)}
}

// ciphering reads (algorithm, key, vector or hash, extra or label, length, data).
func ciphering(a args) subtle.Ciphering {
	if a.text(0) == "RSA-OAEP" {
		return subtle.Ciphering{Algorithm: a.text(0), Hash: a.text(2), Vector: a.octets(3)}
	}
	return subtle.Ciphering{Algorithm: a.text(0), Vector: a.octets(2), Extra: a.octets(3), Length: a.whole(4)}
}

func simple(f func(args) ([]byte, error)) Operation {
	return func(_ context.Context, given []engine.Value) (engine.Value, error) {
		b, err := f(given)
		if err != nil {
			return nil, err
		}
		return b, nil
	}
}

func object(f func(args) (any, error)) Operation {
	return func(_ context.Context, given []engine.Value) (engine.Value, error) {
		v, err := f(given)
		if err != nil {
			return nil, err
		}
		b, err := json.Marshal(v)
		return engine.JSON(b), err
	}
}
