package subtle

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"runtime"
)

// searches bounds the keys of RSA that are made at once, those among them that nobody
// waits for any more: the library cannot be told to stop.
var searches = make(chan struct{}, max(1, runtime.NumCPU()-1))

// generateRSA makes a key, and waits for it as long as ctx lasts: finding its primes
// takes seconds when luck has it.
func generateRSA(ctx context.Context, bits int) (*rsa.PrivateKey, error) {
	type made struct {
		key *rsa.PrivateKey
		err error
	}
	found := make(chan made, 1)
	select {
	case searches <- struct{}{}:
	case <-ctx.Done():
		return nil, errOver
	}
	go func() {
		var m made
		defer func() {
			if p := recover(); p != nil {
				m.err = fmt.Errorf("making a key panicked: %v", p)
			}
			found <- m
			<-searches
		}()
		m.key, m.err = rsa.GenerateKey(rand.Reader, bits)
	}()
	select {
	case m := <-found:
		return m.key, m.err
	case <-ctx.Done():
		return nil, errOver
	}
}
