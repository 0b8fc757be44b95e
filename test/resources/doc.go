// Package resources holds tests of what a running server takes: memory while a
// large table is read and written over REST, memory when idle, and the time from
// its start to its first answer.
package resources
