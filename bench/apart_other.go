//go:build !linux

package main

import (
	"context"
	"errors"
)

func canApart() bool { return false }

func apart(context.Context, []*server) (func(), error) {
	return nil, errors.New("processes are kept to processors on Linux only")
}
