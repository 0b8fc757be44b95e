package load

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// driveEach drives each client by a goroutine of its own, as every platform can.
func driveEach(ctx context.Context, conns []net.Conn, clients []*client) error {
	errs := make([]error, len(clients))
	var wg sync.WaitGroup
	for i, c := range clients {
		wg.Go(func() { errs[i] = driveOne(ctx, conns[i], c) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func driveOne(ctx context.Context, conn net.Conn, c *client) error {
	_ = conn.SetDeadline(c.end.Add(patience))
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	var r reader
	buffer := make([]byte, bufferSize)
	for more := true; more; {
		status, err := exchange(conn, &r, c.next(time.Now()), buffer)
		if err != nil {
			return errors.Join(err, ctx.Err())
		}
		if more, err = c.answer(status, time.Now()); err != nil {
			return err
		}
	}
	return nil
}
