//go:build !unix

package pgtest

import (
	"os/exec"
	"os/user"
)

// account is who the server runs as: always ourselves here.
type account struct{}

func newAccount(*user.User) (*account, error) { return &account{}, nil }

func (*account) own(string) error { return nil }

func (*account) command(c *exec.Cmd) *exec.Cmd { return c }
