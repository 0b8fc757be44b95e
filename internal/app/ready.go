package app

import (
	"context"
	"fmt"
	"time"

	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/disk"
	"github.com/galleyhq/galley/internal/httpapi"
)

// minFree is the room on the disk below which a server is not ready: what is left
// is for the write-ahead log, and to clean up.
const minFree = 64 << 20

// writerStuck is how long the writer may be at one piece of work before the
// server is not ready.
const writerStuck = time.Minute

// readiness is what a server needs to take requests.
func readiness(db database.DB, c config.Config) []httpapi.Check {
	checks := []httpapi.Check{{Name: "database", Run: db.Ping}}
	if w, ok := db.(interface{ WriterBusy() time.Duration }); ok {
		checks = append(checks,
			httpapi.Check{Name: "writer", Run: func(context.Context) error { return notStuck(w.WriterBusy()) }},
			httpapi.Check{Name: "disk", Run: func(context.Context) error { return enoughRoom(c.Database.Data) }})
	}
	return checks
}

func notStuck(busy time.Duration) error {
	if busy > writerStuck {
		return fmt.Errorf("the writer has been at one piece of work for %s", busy.Round(time.Second))
	}
	return nil
}

func enoughRoom(dir string) error {
	room, ok, err := disk.RoomOf(dir)
	if err == nil && ok && room.Free < minFree {
		err = fmt.Errorf("%d MiB are free on the disk of %s, less than %d", room.Free>>20, dir, minFree>>20)
	}
	return err
}
