package host

import (
	"strings"
	"sync"
	"time"
)

// paces know how long statements that only read took when they last ran. Their zero
// value takes nothing for quick.
type paces struct {
	on bool

	mu   sync.Mutex
	took map[string]time.Duration
}

const (
	quick          = 500 * time.Microsecond
	mostPaces      = 512
	longestForPace = 4096 // bytes of a statement
)

// quick says whether a statement may run while its script waits.
func (p *paces) quick(text string) bool {
	if !p.on || !reads(text) {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	took, ok := p.took[text]
	return ok && took < quick
}

// note remembers how long a statement took.
func (p *paces) note(text string, took time.Duration) {
	if !p.on || !reads(text) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.took) >= mostPaces || p.took == nil {
		p.took = map[string]time.Duration{}
	}
	p.took[text] = took
}

func reads(text string) bool {
	const verb = "select"
	text = strings.TrimLeft(text, " \n\t\r")
	return len(text) > len(verb) && len(text) <= longestForPace && strings.EqualFold(text[:len(verb)], verb)
}
