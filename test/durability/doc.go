// Package durability holds tests of what an answered write promises: a server that
// is killed under load has lost nothing it acknowledged, and it acknowledges
// nothing before the system call that makes it durable has returned.
package durability
