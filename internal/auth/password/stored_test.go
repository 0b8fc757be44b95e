package password

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"
)

// Hashes made elsewhere: argon2 of the reference implementation's own tests
// (P-H-C/phc-winner-argon2, src/test.c), Firebase's from the example of its
// documentation (github.com/firebase/scrypt), bcrypt from the tests of crypt_blowfish
// (Openwall).
const (
	argonExample = "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc"
	signer       = "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA=="
	firebase     = "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=" + signer + "$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=="
)

func TestImported(t *testing.T) {
	p := newPool(t, Config{})
	for hash, password := range map[string]string{
		"$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA": "password",
		argonExample: "password",
		firebase:     "user1password",
		"$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW": "U*U",
		"$2b$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK": "U*U*",
		"$2y$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a": "U*U*U",
	} {
		got, err := p.Compare(t.Context(), hash, password)
		if !got || err != nil {
			t.Errorf("%s of %q: %v, %v", hash, password, got, err)
		}
		if got, err := p.Compare(t.Context(), hash, password+"1"); got || err != nil {
			t.Errorf("%s of another password: %v, %v", hash, got, err)
		}
		if err := Acceptable(hash); err != nil {
			t.Error(err)
		}
	}
}

func TestRefusedHashes(t *testing.T) {
	p := newPool(t, Config{})
	list := []string{"x", "$", "plain", "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkY8jIucDrjc8deX1s.", "$argon2", "$fbscrypt$", "$2a$10$short", "$2x$10$" + strings.Repeat("a", 53),
		"$2a$31$" + strings.Repeat("a", 53), "$2a$03$" + strings.Repeat("a", 53), "$6$rounds=5000$abc$def", strings.Repeat("$", 5000)}
	for _, change := range [][2]string{{"argon2id", "argon2d"}, {"v=19", "v=16"}, {"m=256", "m=0"}, {"m=256", "m=1048577"}, {"m=256", "m=4294967328"},
		{"t=2", "t=0"}, {"t=2", "t=21"}, {"p=2", "p=0"}, {"p=2", "p=17"}, {"p=2", "p=2,keyid=abc"}, {"p=2", "p=2,data=abc"},
		{"c29tZXNhbHQ", "!!!"}, {"c29tZXNhbHQ", ""}, {"bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc", "!!!"},
		{"bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc", ""}, {"bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc", "RX"}} {
		list = append(list, strings.Replace(argonExample, change[0], change[1], 1))
	}
	for _, change := range [][2]string{{"v=1", "v=2"}, {"n=14", "n=0"}, {"n=14", "n=25"}, {"n=14", "n=4294967297"}, {"r=8", "r=0"}, {"r=8", "r=65"},
		{"r=8", "r=18446744073709551617"}, {"p=1", "p=0"}, {"p=1", "p=256"}, {"n=14,r=8", "n=24,r=8"}, {"Bw==", "!"}, {signer, "!!!"},
		{"42xEC+ixf3L2lw==", "!!!"}, {"$lSrf", "$!!!"}, {",sk=" + signer, ""}, {"$lSrfV15c", "$"}} {
		list = append(list, strings.Replace(firebase, change[0], change[1], 1))
	}
	for _, hash := range list {
		if got, err := p.Compare(t.Context(), hash, "test"); got || !errors.Is(err, ErrHash) {
			t.Errorf("%.120s: %v, %v", hash, got, err)
		}
		if err := Acceptable(hash); !errors.Is(err, ErrHash) {
			t.Errorf("%.120s is acceptable: %v", hash, err)
		}
	}
}

// FuzzParse holds what parse accepts to its bounds.
func FuzzParse(f *testing.F) {
	for _, s := range []string{argonExample, firebase, dummyHash(10), "", "$argon2i$v=19$m=16,t=2,p=1$c29tZQ$AAAAAA"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, hash string) {
		s, err := parse(hash)
		if err != nil {
			if !errors.Is(err, ErrHash) {
				t.Errorf("%q: %v", hash, err)
			}
			return
		}
		if s.memory() > maxMemory {
			t.Errorf("%q takes %d bytes", hash, s.memory())
		}
		if a, ok := s.(argonHash); ok && (a.time < 1 || a.threads < 1 || a.time > maxTime || argon2.Version != 19) {
			t.Errorf("%q is read as %+v", hash, a)
		}
	})
}
