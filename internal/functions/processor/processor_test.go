package processor_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/functions/processor"
)

// TestUsed counts what computes and not what sleeps, as another goroutine sees it.
func TestUsed(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the system does not tell")
	}
	clocks, done := make(chan processor.Clock), make(chan struct{})
	sleep, compute := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		c, ok := processor.Begin()
		if !ok {
			close(clocks)
			return
		}
		defer c.End()
		clocks <- c
		time.Sleep(200 * time.Millisecond)
		sleep <- struct{}{}
		<-compute
		for {
			if used, ok := c.Used(); !ok || used >= 100*time.Millisecond {
				clocks <- c
				return
			}
		}
	}()
	c, ok := <-clocks
	if !ok {
		t.Fatal("the thread has no clock")
	}
	<-sleep
	if used, ok := c.Used(); !ok || used < 0 || used > 150*time.Millisecond {
		t.Errorf("a thread that slept used %s, %v", used, ok)
	}
	close(compute)
	again := <-clocks
	if used, ok := again.Used(); ok && used < 100*time.Millisecond {
		t.Errorf("a thread that computed used %s", used)
	}
	<-done
}

// TestProcess counts what computes.
func TestProcess(t *testing.T) {
	before := processor.Process()
	if before <= 0 {
		t.Fatal("nobody counts what the process computes")
	}
	for end := time.Now().Add(20 * time.Second); processor.Process() == before; {
		if time.Now().After(end) {
			t.Fatal("computing is not counted")
		}
	}
}
