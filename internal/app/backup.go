package app

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/backup"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/dump"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/metrics"
)

// BackupPlace is where a text says that backups are: a folder, s3://bucket/prefix
// or, for "", where the configuration wants them.
func BackupPlace(c config.Config, text string) (backup.Place, error) {
	if text == "" {
		text = c.Backup.To
	}
	if text == "" {
		text = filepath.Join(c.Database.Data, "backups")
	}
	return backup.ParsePlace(text, backup.S3{Endpoint: c.Backup.S3Endpoint, Region: c.Backup.S3Region,
		AccessKey: c.Backup.S3AccessKey, SecretKey: c.Backup.S3SecretKey})
}

// BackupFile is the one backup that a text calls, as opposed to a place of
// several: its place and its name, which is "" when it calls a place.
func BackupFile(c config.Config, text string, isFile func(string) bool) (backup.Place, string, error) {
	name := ""
	if strings.HasSuffix(text, ".zst") || strings.HasSuffix(text, ".age") || isFile(text) {
		i := strings.LastIndexByte(filepath.ToSlash(text), '/') + 1
		text, name = text[:i], text[i:]
		if text == "" {
			text = "."
		}
	}
	place, err := BackupPlace(c, text)
	return place, name, err
}

// BackupLock is whom the configuration wants backups to be encrypted for.
func BackupLock(c config.Config) (backup.Lock, error) {
	return backup.ParseLock(c.Backup.Recipients, c.Backup.PassphraseFile)
}

// BackupSource is the file to make backups of. Those of PostgreSQL are made by
// package dump.
func BackupSource(c config.Config, program string) (backup.Source, error) {
	if c.Database.URL != "" {
		return backup.Source{}, fault.New(fault.FeatureNotSupported, "the continuous backup is for the embedded database").
			WithHint("backup.to and backup.every make backups of PostgreSQL by the clock. To reach every moment let the server, or your provider, archive its log: see docs/backup.md.")
	}
	return backup.Source{Path: c.Database.File(), Program: program}, nil
}

// BackupServer opens the database of PostgreSQL for a logical backup, or an empty
// one to restore it into: nothing is made in it, and statements take as long as
// they need.
func BackupServer(ctx context.Context, c config.Config, log *slog.Logger) (database.DB, error) {
	unlimited(&c)
	return openBare(ctx, c, log)
}

// finishTimeout is how long a server that stops goes on shipping.
const finishTimeout = 10 * time.Second

// openStream begins the continuous backup, if the configuration wants one. It
// comes before the database is opened, and finish after that is closed.
func openStream(o Options) (s *backup.Stream, finish func(), err error) {
	c := o.Config
	if !c.Backup.Continuous {
		return nil, func() {}, nil
	}
	source, err := BackupSource(c, o.Version)
	if err != nil {
		return nil, nil, fmt.Errorf("backup.continuous: %w", err)
	}
	place, err := BackupPlace(c, "")
	if err != nil {
		return nil, nil, fmt.Errorf("backup.to: %w", err)
	}
	lock, err := BackupLock(c)
	if err != nil {
		return nil, nil, err
	}
	s, err = backup.OpenStream(backup.StreamConfig{Source: source, Place: place, Lock: lock, Dir: filepath.Join(c.Database.Data, "continuous"),
		Interval: c.Backup.Interval, Bound: c.Backup.SpoolMiB << 20, KeepFor: c.Backup.KeepFor, Logger: o.Logger})
	if err != nil {
		return nil, nil, err
	}
	return s, func() {
		ctx, cancel := context.WithTimeout(context.Background(), finishTimeout)
		defer cancel()
		if err := s.Finish(ctx); err != nil {
			o.Logger.Error("ending the continuous backup", "error", err)
		}
	}, nil
}

// startBackups makes backups by the clock, if the configuration says where to,
// and lets the continuous one ship, if there is one.
func startBackups(o Options, all *metrics.Registry, stream *backup.Stream) (stop func(), err error) {
	if stream != nil {
		all.Add(func(w *metrics.Writer) { writeStream(w, stream.Status()) })
		stream.Start()
	}
	c := o.Config
	if c.Backup.To == "" {
		return func() {}, nil
	}
	place, err := BackupPlace(c, "")
	if err != nil {
		return nil, fmt.Errorf("backup.to: %w", err)
	}
	lock, err := BackupLock(c)
	if err != nil {
		return nil, err
	}
	key, err := backup.ParseKey(c.Backup.IdentityFile, c.Backup.PassphraseFile)
	if err != nil {
		return nil, err
	}
	s := backup.NewService(backup.Config{Maker: backupMaker(o), Place: place, Lock: lock, Key: key,
		Keep:  backup.Keep{Last: int(c.Backup.Keep), For: c.Backup.KeepFor},
		Every: c.Backup.Every, TestEvery: c.Backup.TestEvery, Continuous: stream != nil, Logger: o.Logger})
	all.Add(func(w *metrics.Writer) { writeBackups(w, s.Status()) })
	s.Start()
	return s.Stop, nil
}

// backupMaker makes the backups of the configuration's engine.
func backupMaker(o Options) backup.Maker {
	c := o.Config
	if c.Database.URL == "" {
		return backup.Source{Path: c.Database.File(), Program: o.Version}
	}
	open := func(ctx context.Context) (database.DB, error) { return BackupServer(ctx, c, o.Logger) }
	made := dump.Server{Open: open, Program: o.Version}
	if c.Backup.TestURL != "" {
		trial := c
		trial.Database.URL = c.Backup.TestURL
		made.OpenTrial = func(ctx context.Context) (database.DB, error) { return BackupServer(ctx, trial, o.Logger) }
	}
	return made
}

// writeBackups writes what to alarm on: a newest backup that is too old, an
// attempt that failed, a restore that did.
func writeBackups(w *metrics.Writer, s backup.Status) {
	if !s.Newest.Made.IsZero() {
		w.Gauge("galley_backup_newest_timestamp_seconds", "When the newest backup was made, Unix time.", float64(s.Newest.Made.Unix()))
	}
	w.Gauge("galley_backup_failing", "1 when the last attempt to make a backup failed.", oneIf(s.Failure))
	if !s.TestedAt.IsZero() {
		w.Gauge("galley_backup_restore_tried_timestamp_seconds", "When a backup was last restored for trial, Unix time.", float64(s.TestedAt.Unix()))
	}
	w.Gauge("galley_backup_restore_failing", "1 when the last restore for trial failed.", oneIf(s.TestError+s.PointError))
}

// writeStream writes how far the place is behind the database: what would be lost
// now with the machine.
func writeStream(w *metrics.Writer, s backup.StreamStatus) {
	w.Gauge("galley_backup_continuous_lag_seconds", "Age of the oldest commit that is not in the place of the continuous backup yet.", s.Lag.Seconds())
	w.Gauge("galley_backup_continuous_failing", "1 while the continuous backup does not reach its place, or has been broken off.", oneIf(s.Failure))
	w.Gauge("galley_backup_continuous_spool_bytes", "What waits to be shipped.", float64(s.Spooled))
	w.Counter("galley_backup_continuous_bytes_total", "What was shipped, bases included as they are in the database.", float64(s.Shipped))
	w.Counter("galley_backup_continuous_segments_total", "Segments shipped.", float64(s.Segments))
	w.Counter("galley_backup_continuous_bases_total", "Bases made.", float64(s.Bases))
	w.Counter("galley_backup_continuous_breaks_total", "Times that the continuous backup was broken off, after each of which it begins anew with a base.", float64(s.Breaks))
	w.Counter("galley_backup_continuous_failures_total", "Attempts to ship that failed.", float64(s.Failures))
}

// oneIf is 1 when something is said to be wrong.
func oneIf(said string) float64 {
	if said != "" {
		return 1
	}
	return 0
}
