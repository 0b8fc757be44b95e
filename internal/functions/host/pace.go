package host

import (
	"strings"
	"sync"
	"time"
)

// paces know which statements that only read are quick. Their zero value takes nothing
// for quick.
type paces struct {
	on bool

	mu   sync.Mutex
	slow map[string]int // how often each that has run was slow, since it was quick
}

const (
	quick          = 500 * time.Microsecond
	mostSlow       = 3 // one after the other: once anything is, on a busy machine
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
	slow, ok := p.slow[text]
	return ok && slow < mostSlow
}

// note remembers how long a statement took.
func (p *paces) note(text string, took time.Duration) {
	if !p.on || !reads(text) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	slow, ok := p.slow[text]
	if p.slow == nil || !ok && len(p.slow) >= mostPaces {
		p.slow = map[string]int{}
	}
	switch {
	case took < quick:
		slow = 0
	case !ok:
		slow = mostSlow
	default:
		slow = min(slow+1, mostSlow)
	}
	p.slow[text] = slow
}

func reads(text string) bool {
	const verb = "select"
	text = strings.TrimLeft(text, " \n\t\r")
	return len(text) > len(verb) && len(text) <= longestForPace && strings.EqualFold(text[:len(verb)], verb)
}
