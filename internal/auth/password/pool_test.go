package password

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
)

func newPool(t testing.TB, c Config) *Pool {
	t.Helper()
	if c.Cost == 0 {
		c.Cost = bcrypt.MinCost
	}
	p, err := NewPool(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestHash(t *testing.T) {
	p := newPool(t, Config{})
	for _, password := range []string{"", "a", "rianong-harbor", "пароль", "a\x00b", strings.Repeat("x", MaxLength)} {
		hash, err := p.Hash(t.Context(), password)
		if err != nil {
			t.Fatalf("%q: %v", password, err)
		}
		for text, want := range map[string]bool{password: true, password + "y": len(password) == MaxLength, "z" + password: false} {
			if got, err := p.Compare(t.Context(), hash, text); err != nil || got != want {
				t.Errorf("%q against %q: %v, %v", text, password, got, err)
			}
		}
	}
	if _, err := p.Hash(t.Context(), strings.Repeat("x", MaxLength+1)); !errors.Is(err, ErrTooLong) {
		t.Errorf("73 bytes: %v", err)
	}
	for _, cost := range []int{-1, 3, 17} {
		if _, err := NewPool(Config{Cost: cost}); err == nil {
			t.Errorf("a cost of %d is taken", cost)
		}
	}
}

// TestAbsent holds a user who does not exist, or has no password, to the work of
// one that does, with no password that is right.
func TestAbsent(t *testing.T) {
	p := newPool(t, Config{Cost: 5})
	if cost, err := bcrypt.Cost([]byte(p.dummy)); err != nil || cost != 5 {
		t.Fatalf("%s costs %d, %v", p.dummy, cost, err)
	}
	if err := bcrypt.CompareHashAndPassword([]byte(p.dummy), nil); !errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
		t.Errorf("the dummy is compared with %v", err)
	}
	for _, password := range []string{"", "a", strings.Repeat("x", 100_000)} {
		if ok, err := p.Compare(t.Context(), "", password); ok || err != nil {
			t.Errorf("%.10q is right: %v, %v", password, ok, err)
		}
	}
	if other := newPool(t, Config{Cost: 5}); p.dummy == other.dummy {
		t.Error("every pool has the same dummy")
	}
}

func TestRehash(t *testing.T) {
	p := newPool(t, Config{Cost: 5})
	same, err := p.Hash(t.Context(), "rianong")
	if err != nil {
		t.Fatal(err)
	}
	cheap, err := newPool(t, Config{}).Hash(t.Context(), "rianong")
	if err != nil {
		t.Fatal(err)
	}
	for hash, want := range map[string]bool{same: false, cheap: true, argonExample: true} {
		made, changed, err := p.Rehash(t.Context(), hash, "rianong")
		if err != nil || changed != want || (made != hash) != want {
			t.Errorf("%s: %s, %v, %v", hash, made, changed, err)
		}
		if !changed {
			continue
		}
		if ok, err := p.Compare(t.Context(), made, "rianong"); !ok || err != nil {
			t.Errorf("the new hash is not of the password: %v", err)
		}
	}
	if made, changed, err := p.Rehash(t.Context(), argonExample, strings.Repeat("x", 73)); changed || err != nil || made != argonExample {
		t.Errorf("a password that bcrypt cannot hold: %v, %v", changed, err)
	}
}

// TestBounds fills the pool: one works, two wait, the next is turned away, one that
// gives up leaves its place.
func TestBounds(t *testing.T) {
	p := newPool(t, Config{Workers: 1, Queue: 2})
	p.slots <- struct{}{} // one works
	impatient, leave := context.WithCancel(t.Context())
	answers := make([]error, 2)
	var waiting sync.WaitGroup
	for i, ctx := range []context.Context{t.Context(), impatient} {
		waiting.Go(func() { _, answers[i] = p.Hash(ctx, "a") })
	}
	await(t, func() bool { return p.waiting.Load() == 2 })
	if _, err := p.Hash(t.Context(), "b"); !errors.Is(err, ErrBusy) {
		t.Errorf("the third who waits: %v", err)
	}
	if err := p.DummyCompare(t.Context(), "b"); !errors.Is(err, ErrBusy) {
		t.Errorf("a user who does not exist is told otherwise: %v", err)
	}
	leave()
	await(t, func() bool { return p.waiting.Load() == 1 })
	<-p.slots
	waiting.Wait()
	if answers[0] != nil || !errors.Is(answers[1], context.Canceled) {
		t.Errorf("who waited: %v", answers)
	}
	if p.waiting.Load() != 0 || len(p.slots) != 0 {
		t.Errorf("%d wait, %d work", p.waiting.Load(), len(p.slots))
	}
}

func await(t *testing.T, done func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not happen")
		}
	}
}

func BenchmarkCompare(b *testing.B) {
	p := newPool(b, Config{Cost: 10})
	hash, err := p.Hash(b.Context(), "rianong-harbor")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if ok, err := p.Compare(b.Context(), hash, "rianong-harbor"); !ok || err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkScore(b *testing.B) {
	for name, password := range map[string]string{"usual": "rianong-harbor-91", "worst": strings.Repeat("4@8({[<361!|17|0$5+7%2z", 9)[:MaxLength]} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				score(password, []string{"ann.lee@example.com"})
			}
		})
	}
}
