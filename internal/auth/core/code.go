package core

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"strings"
)

// pkce begins the tokens of links that end in a code for a client, not in tokens.
const pkce = "pkce_"

// Code is a one-time code, and what belongs to it.
type Code struct {
	Digits string // what people type
	Link   string // what links carry, token_hash in GoTrue's words
	Kept   string // what the database keeps: a hash of Link
}

// NewCode makes a code for an address or number.
func (c *Core) NewCode(digits int64, sentTo string, forPKCE bool) Code {
	var b strings.Builder
	for range digits {
		n, _ := rand.Int(rand.Reader, big.NewInt(10)) // it never fails
		b.WriteString(n.String())
	}
	link := c.LinkOf(sentTo, b.String())
	if forPKCE {
		link = pkce + link
	}
	return Code{Digits: b.String(), Link: link, Kept: Kept(link)}
}

// LinkOf is what a link carries for a code sent to an address or number. Unlike
// GoTrue's it takes the project's key to make, so that nobody who reads the
// database finds the code.
func (c *Core) LinkOf(sentTo, digits string) string {
	mac := hmac.New(sha256.New224, c.codes)
	mac.Write([]byte(sentTo + "\x00" + digits))
	return hex.EncodeToString(mac.Sum(nil))
}

// Kept is what the database keeps of a link's token. A link's token for PKCE has
// another one.
func Kept(link string) string {
	sum := sha256.Sum224([]byte(link))
	return hex.EncodeToString(sum[:])
}

// IsPKCE tells whether a link's token ends in a code for a client.
func IsPKCE(link string) bool { return strings.HasPrefix(link, pkce) }

// WithPKCE is the token of the same link for PKCE.
func WithPKCE(link string) string { return pkce + link }
