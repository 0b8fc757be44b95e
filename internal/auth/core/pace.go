package core

import (
	"context"
	"net/http"
	"time"

	"github.com/galleyhq/galley/internal/auth/autherr"
)

// Evenly lets a handler answer no sooner than Config.Pace after it began. What it
// does for an account that is there is not what it does for one that is not; by the
// clock nobody is to tell them apart.
func (c *Core) Evenly(next autherr.Handler) autherr.Handler {
	if c.Pace <= 0 || !c.Auth().Email.Confirmations && !c.Auth().SMS.Confirmations {
		return next
	}
	return func(w http.ResponseWriter, r *http.Request) error {
		p := &paced{ResponseWriter: w, ctx: r.Context(), due: time.NewTimer(c.Pace)}
		defer p.due.Stop()
		err := next(p, r)
		p.wait()
		return err
	}
}

// paced holds back an answer until its time.
type paced struct {
	http.ResponseWriter
	ctx  context.Context
	due  *time.Timer
	over bool
}

func (p *paced) wait() {
	if p.over {
		return
	}
	p.over = true
	select {
	case <-p.due.C:
	case <-p.ctx.Done():
	}
}

// WriteHeader implements http.ResponseWriter.
func (p *paced) WriteHeader(status int) {
	p.wait()
	p.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (p *paced) Write(b []byte) (int, error) {
	p.wait()
	return p.ResponseWriter.Write(b)
}
