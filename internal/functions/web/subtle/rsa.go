package subtle

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"math/big"
)

// generateRSA makes a key as rsa.GenerateKey does, but looks at ctx between the numbers
// that it tries for its primes: finding those takes seconds when luck has it.
func generateRSA(ctx context.Context, bits int) (*rsa.PrivateKey, error) {
	for {
		p, err := prime(ctx, (bits+1)/2)
		if err != nil {
			return nil, err
		}
		q, err := prime(ctx, bits/2)
		if err != nil {
			return nil, err
		}
		if k := keyOf(p, q, bits); k != nil {
			k.Precompute()
			return k, k.Validate()
		}
	}
}

// exponent is the public one of all keys that are generated.
const exponent = 65537

// keyOf makes a key of two primes, nil when they do not give one (FIPS 186-5, A.1.1).
func keyOf(p, q *big.Int, bits int) *rsa.PrivateKey {
	one := big.NewInt(1)
	n := new(big.Int).Mul(p, q)
	apart := new(big.Int).Sub(p, q)
	if n.BitLen() != bits || apart.BitLen() <= bits/2-100 {
		return nil
	}
	p1, q1 := new(big.Int).Sub(p, one), new(big.Int).Sub(q, one)
	least := new(big.Int).Mul(p1, q1) // their least common multiple
	least.Div(least, new(big.Int).GCD(nil, nil, p1, q1))
	d := new(big.Int).ModInverse(big.NewInt(exponent), least)
	if d == nil || d.BitLen() <= bits/2 {
		return nil
	}
	return &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: n, E: exponent}, D: d, Primes: []*big.Int{p, q}}
}

// prime finds a random prime number of a length whose two highest bits are set, so that
// the product of two has the sum of their lengths. A number that is none passes with a
// probability below 2^-40, as one of crypto/rand.Prime does.
func prime(ctx context.Context, bits int) (*big.Int, error) {
	buffer := make([]byte, (bits+7)/8)
	n := new(big.Int)
	for {
		if err := ctx.Err(); err != nil {
			return nil, errOver
		}
		if _, err := rand.Read(buffer); err != nil {
			return nil, err
		}
		n.SetBytes(buffer)
		n.Rsh(n, uint(8*len(buffer)-bits))
		n.SetBit(n.SetBit(n.SetBit(n, bits-1, 1), bits-2, 1), 0, 1)
		if n.ProbablyPrime(20) {
			return n, nil
		}
	}
}
