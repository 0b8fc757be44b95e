package app

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"

	"github.com/galleyhq/galley/internal/backup"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
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
// package dump, when somebody asks for one.
func BackupSource(c config.Config, program string) (backup.Source, error) {
	if c.Database.URL != "" {
		return backup.Source{}, fault.New(fault.FeatureNotSupported, "backups by the clock and to a moment are for the embedded database").
			WithHint("Let the system's scheduler run galley backup or pg_dump, or use the continuous archiving of your provider. See docs/backup.md.")
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

// startBackups makes backups by the clock, if the configuration says where to.
func startBackups(o Options, all *metrics.Registry) (stop func(), err error) {
	c := o.Config
	if c.Backup.To == "" {
		return func() {}, nil
	}
	source, err := BackupSource(c, o.Version)
	if err != nil {
		return nil, fmt.Errorf("backup.to: %w", err)
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
	s := backup.NewService(backup.Config{Source: source, Place: place, Lock: lock, Key: key,
		Keep:  backup.Keep{Last: int(c.Backup.Keep), For: c.Backup.KeepFor},
		Every: c.Backup.Every, TestEvery: c.Backup.TestEvery, Logger: o.Logger})
	all.Add(func(w *metrics.Writer) { writeBackups(w, s.Status()) })
	s.Start()
	return s.Stop, nil
}

// writeBackups writes what to alarm on: a newest backup that is too old, an
// attempt that failed, a restore that did.
func writeBackups(w *metrics.Writer, s backup.Status) {
	number := func(failed string) float64 {
		if failed != "" {
			return 1
		}
		return 0
	}
	if !s.Newest.Made.IsZero() {
		w.Gauge("galley_backup_newest_timestamp_seconds", "When the newest backup was made, Unix time.", float64(s.Newest.Made.Unix()))
	}
	w.Gauge("galley_backup_failing", "1 when the last attempt to make a backup failed.", number(s.Failure))
	if !s.TestedAt.IsZero() {
		w.Gauge("galley_backup_restore_tried_timestamp_seconds", "When a backup was last restored for trial, Unix time.", float64(s.TestedAt.Unix()))
	}
	w.Gauge("galley_backup_restore_failing", "1 when the last restore for trial failed.", number(s.TestError))
}
