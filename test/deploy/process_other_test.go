//go:build !linux

package deploy

import "syscall"

func as(uint32) *syscall.SysProcAttr { return nil }
