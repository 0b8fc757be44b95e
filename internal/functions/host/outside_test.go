package host_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/functions/host"
)

// parrot is services outside that tell what they were asked.
type parrot struct{}

func (parrot) Call(_ context.Context, name string, request []byte) json.RawMessage {
	if strings.Contains(string(request), "broken") {
		return json.RawMessage(`{"error": {"code": "unavailable", "message": "down", "stripeCode": "x", "status": 503, "requestId": "req_1", "retryable": true}}`)
	}
	return json.RawMessage(`{"value": {"name": "` + name + `", "request": ` + string(request) + `}}`)
}

func (e parrot) Local(ctx context.Context, name string, request []byte) json.RawMessage {
	return e.Call(ctx, name, request)
}

// TestOutside asks services outside as functions do.
func TestOutside(t *testing.T) {
	onScripts(t, func(c *host.Config) { c.Outside, c.Limits.Calls = parrot{}, 3 }, func(s *scripts) {
		for body, want := range map[string]string{
			"return await stripe.session('cs_1')":                                                        `{"name":"stripe.session","request":{"id":"cs_1"}}`,
			"return await stripe.checkout({ orderId: '1', expiresAt: new Date(0) })":                     `{"name":"stripe.checkout","request":{"orderId":"1","expiresAt":"1970-01-01T00:00:00.000Z"}}`,
			"return await shipping.label({ orderId: '1' })":                                              `{"name":"shipping.label","request":{"orderId":"1"}}`,
			"return stripe.event('{\"a\": \"\\u00e9\"}', 't=1')":                                         `{"name":"stripe.event","request":{"body":"{\"a\": \"é\"}","signature":"t=1","tolerance":0}}`,
			"return stripe.event(new TextEncoder().encode('\\ufeffx'), null, { tolerance: 10 }).request": "{\"body\":\"\ufeffx\",\"signature\":\"\",\"tolerance\":10}",
			"try { await stripe.refund({ paymentIntent: 'broken' }) } catch (e) { return [e instanceof StripeError, e instanceof Error, e.name, e.message, e.code, e.stripeCode, e.status, e.requestId, e.retryable] }": `[true,true,"StripeError","down","unavailable","x",503,"req_1",true]`,
			"try { await shipping.cancel('broken') } catch (e) { return [e instanceof ShippingError, e.name, e.retryable] }":                                                                                            `[true,"ShippingError",true]`,
			"try { stripe.event('broken', 'x') } catch (e) { return e.code }":                                                                                                                                           "unavailable",
			"try { await transaction(() => stripe.session('x')) } catch (e) { return e.code }":                                                                                                                          "25001",
			"for (let i = 0; ; i++) try { await stripe.session('x') } catch (e) { return [i, e.code] }":                                                                                                                 `[3,"54000"]`,
			"return await transaction(async (tx) => { await tx`select 1`; return stripe.event('in a transaction', 'x').name })":                                                                                         "stripe.event",
			"return [Object.isFrozen(stripe), Object.isFrozen(shipping)]":                                                                                                                                               `[true,true]`,
		} {
			if got := s.run(forAda, body); got != want {
				s.Errorf("%s: %s, want %s", body, got, want)
			}
		}
	})
	onScripts(t, nil, func(s *scripts) {
		if got := s.run(forAda, "await stripe.session('x')"); !strings.Contains(got, "no services outside") {
			s.Errorf("without any: %s", got)
		}
	})
}
