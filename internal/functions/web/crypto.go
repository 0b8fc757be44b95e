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
		"crypto.digest": timed(func(ctx context.Context, a engine.Args) ([]byte, error) {
			return subtle.Digest(ctx, a.Text(0), a.Bytes(1))
		}),
		"crypto.generate": timed(func(ctx context.Context, a engine.Args) ([]byte, error) {
			return subtle.Generate(ctx, a.Text(0), int(a.Number(1)))
		}),
		"crypto.import": object(func(a engine.Args) (any, error) {
			data := a.Bytes(2)
			if a.Text(1) == "jwk" {
				data = []byte(a.Text(2))
			}
			return subtle.Import(a.Text(0), a.Text(1), data)
		}),
		"crypto.raw": simple(func(a engine.Args) ([]byte, error) { return subtle.Raw(a.Bytes(0)) }),
		"crypto.jwk": object(func(a engine.Args) (any, error) { return subtle.ToJWK(a.Text(0), a.Bytes(1)) }),
		"crypto.sign": timed(func(ctx context.Context, a engine.Args) ([]byte, error) {
			return subtle.Sign(ctx, signing(a), a.Bytes(3), a.Bytes(4))
		}),
		"crypto.verify": func(ctx context.Context, given []engine.Value) (engine.Value, error) {
			a := engine.Args(given)
			return subtle.Verify(ctx, signing(a), a.Bytes(3), a.Bytes(4), a.Bytes(5))
		},
		"crypto.encrypt": timed(func(ctx context.Context, a engine.Args) ([]byte, error) {
			return subtle.Encrypt(ctx, ciphering(a), a.Bytes(1), a.Bytes(5))
		}),
		"crypto.decrypt": timed(func(ctx context.Context, a engine.Args) ([]byte, error) {
			return subtle.Decrypt(ctx, ciphering(a), a.Bytes(1), a.Bytes(5))
		}),
		"crypto.wrap":   simple(func(a engine.Args) ([]byte, error) { return subtle.Wrap(a.Bytes(0), a.Bytes(1)) }),
		"crypto.unwrap": simple(func(a engine.Args) ([]byte, error) { return subtle.Unwrap(a.Bytes(0), a.Bytes(1)) }),
		"crypto.agree":  simple(func(a engine.Args) ([]byte, error) { return subtle.Agree(a.Bytes(0), a.Bytes(1)) }),
		"crypto.hkdf": simple(func(a engine.Args) ([]byte, error) {
			return subtle.HKDF(a.Text(0), a.Bytes(1), a.Bytes(2), a.Bytes(3), int(a.Number(4)))
		}),
		"crypto.pbkdf2": timed(func(ctx context.Context, a engine.Args) ([]byte, error) {
			return subtle.PBKDF2(ctx, a.Text(0), a.Bytes(1), a.Bytes(2), int(a.Number(3)), int(a.Number(4)))
		}),
	}
}

func signing(a engine.Args) subtle.Signing {
	return subtle.Signing{Algorithm: a.Text(0), Hash: a.Text(1), Salt: int(a.Number(2))}
}

// ciphering reads (algorithm, key, vector or hash, extra or label, length, data).
func ciphering(a engine.Args) subtle.Ciphering {
	if a.Text(0) == "RSA-OAEP" {
		return subtle.Ciphering{Algorithm: a.Text(0), Hash: a.Text(2), Vector: a.Bytes(3)}
	}
	return subtle.Ciphering{Algorithm: a.Text(0), Vector: a.Bytes(2), Extra: a.Bytes(3), Length: int(a.Number(4))}
}

func simple(f func(engine.Args) ([]byte, error)) Operation {
	return timed(func(_ context.Context, a engine.Args) ([]byte, error) { return f(a) })
}

// timed is an operation that ends when the time of the script is over.
func timed(f func(context.Context, engine.Args) ([]byte, error)) Operation {
	return func(ctx context.Context, given []engine.Value) (engine.Value, error) {
		b, err := f(ctx, given)
		if err != nil {
			return nil, err
		}
		return b, nil
	}
}

func object(f func(engine.Args) (any, error)) Operation {
	return func(_ context.Context, given []engine.Value) (engine.Value, error) {
		v, err := f(given)
		if err != nil {
			return nil, err
		}
		b, err := json.Marshal(v)
		return engine.JSON(b), err
	}
}
