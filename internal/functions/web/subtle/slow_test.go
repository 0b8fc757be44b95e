package subtle

import (
	"bytes"
	"context"
	"crypto"
	"crypto/pbkdf2"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"
)

// TestPBKDF2 holds ours against the library's.
func TestPBKDF2(t *testing.T) {
	for _, name := range []string{"SHA-1", "SHA-256", "SHA-384", "SHA-512"} {
		h, err := hashOf(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, iterations := range []int{1, 2, 999, 1000, 1001, 2500} {
			for _, n := range []int{1, 19, 20, 32, 64, 65, 200} {
				for _, secret := range []string{"", "pass\x00word", strings.Repeat("long ", 100)} {
					got, err := PBKDF2(t.Context(), name, []byte(secret), []byte("salt"+secret), iterations, n)
					want, wrong := pbkdf2.Key(h.New, secret, []byte("salt"+secret), iterations, n)
					if err != nil || wrong != nil || !bytes.Equal(got, want) {
						t.Fatalf("%s, %d iterations, %d bytes of %q: %x, want %x (%v, %v)", name, iterations, n, secret, got, want, err, wrong)
					}
				}
			}
		}
	}
	for _, c := range []struct{ iterations, n int }{{2_000_001, 32}, {1_000_001, 33}, {1 << 32, 1 << 29}} {
		if _, err := PBKDF2(t.Context(), "SHA-256", nil, nil, c.iterations, c.n); err == nil || !strings.Contains(err.Error(), "at most 2000000") {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestGenerateRSA(t *testing.T) {
	for _, bits := range []int{1024, 1031, 2048} {
		both, err := Generate(t.Context(), "RSA", bits)
		if err != nil {
			t.Fatal(err)
		}
		cut := 4 + binary.BigEndian.Uint32(both)
		parsed, err := x509.ParsePKCS8PrivateKey(both[4:cut])
		if err != nil {
			t.Fatal(err)
		}
		k := parsed.(*rsa.PrivateKey)
		public, err := x509.ParsePKIXPublicKey(both[cut:])
		if err != nil || !k.PublicKey.Equal(public) || k.N.BitLen() != bits || k.E != 65537 || k.Validate() != nil {
			t.Errorf("%d bits: %v %d %v", bits, err, k.N.BitLen(), k.Validate())
		}
		digest := sha256.Sum256([]byte("text"))
		signature, err := rsa.SignPKCS1v15(nil, k, crypto.SHA256, digest[:])
		if err != nil || rsa.VerifyPKCS1v15(&k.PublicKey, crypto.SHA256, digest[:], signature) != nil {
			t.Errorf("%d bits: it does not sign: %v", bits, err)
		}
	}
}

// ending is a context that is over after so many looks.
type ending struct {
	context.Context
	looks int
}

func (e *ending) Err() error {
	if e.looks--; e.looks < 0 {
		return context.DeadlineExceeded
	}
	return nil
}

// TestOver ends what takes long while it is under way.
func TestOver(t *testing.T) {
	large := make([]byte, 8*stretch)
	key := make([]byte, 32)
	for name, run := range map[string]func(context.Context) error{
		"pbkdf2": func(ctx context.Context) error {
			_, err := PBKDF2(ctx, "SHA-512", key, key, mostIterations, 64)
			return err
		},
		"digest": func(ctx context.Context) error { _, err := Digest(ctx, "SHA-256", large); return err },
		"hmac": func(ctx context.Context) error {
			_, err := Sign(ctx, Signing{Algorithm: "HMAC", Hash: "SHA-256"}, key, large)
			return err
		},
		"verify": func(ctx context.Context) error {
			_, err := Verify(ctx, Signing{Algorithm: "HMAC", Hash: "SHA-256"}, key, key, large)
			return err
		},
		"cbc": func(ctx context.Context) error {
			_, err := Encrypt(ctx, Ciphering{Algorithm: "AES-CBC", Vector: key[:16]}, key, large)
			return err
		},
		"uncbc": func(ctx context.Context) error {
			_, err := Decrypt(ctx, Ciphering{Algorithm: "AES-CBC", Vector: key[:16]}, key, large)
			return err
		},
		"ctr": func(ctx context.Context) error {
			_, err := Encrypt(ctx, Ciphering{Algorithm: "AES-CTR", Vector: key[:16], Length: 64}, key, large)
			return err
		},
	} {
		began := time.Now()
		if err := run(&ending{t.Context(), 3}); !errors.Is(err, errOver) {
			t.Errorf("%s: %v after %s", name, err, time.Since(began))
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	for range 2 * cap(searches) { // those that are left go on, and others wait for their place
		if _, err := Generate(ctx, "RSA", mostGenerated); !errors.Is(err, errOver) {
			t.Errorf("rsa: %v", err)
		}
	}
	if _, err := Wrap(key[:16], make([]byte, mostWrapped+8)); err == nil {
		t.Error("AES-KW wraps any amount of data")
	}
}

func BenchmarkSlow(b *testing.B) {
	for _, bits := range []int{2048, 3072, 4096} {
		b.Run("rsa/"+string(rune('0'+bits/1024)), func(b *testing.B) {
			for b.Loop() {
				if _, err := Generate(b.Context(), "RSA", bits); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("pbkdf2", func(b *testing.B) {
		for b.Loop() {
			if _, err := PBKDF2(b.Context(), "SHA-512", []byte("p"), []byte("s"), mostIterations, 64); err != nil {
				b.Fatal(err)
			}
		}
	})
}
