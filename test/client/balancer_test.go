package client

import (
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync/atomic"

	"github.com/galleyhq/galley/test/galleytest"
)

// balancer passes each request on to the next server in turn.
type balancer struct {
	next    atomic.Uint64
	proxies []*httputil.ReverseProxy
	served  []atomic.Int64
}

func newBalancer(servers []*galleytest.Server) *balancer {
	b := &balancer{served: make([]atomic.Int64, len(servers))}
	for _, s := range servers {
		target, err := url.Parse(s.URL)
		if err != nil {
			panic(err)
		}
		b.proxies = append(b.proxies, &httputil.ReverseProxy{
			Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		})
	}
	return b
}

func (b *balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i := int(b.next.Add(1) % uint64(len(b.proxies)))
	b.served[i].Add(1)
	b.proxies[i].ServeHTTP(w, r)
}
