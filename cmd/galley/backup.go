package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/galleyhq/galley/internal/app"
	"github.com/galleyhq/galley/internal/backup"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database/embedded"
	"github.com/galleyhq/galley/internal/dump"
	"github.com/galleyhq/galley/internal/fault"
)

// backupFlags are the flags of backup and restore.
type backupFlags struct {
	to, identity, passphrase, at string
	recipients                   []string
	keep                         int
	force, list                  bool
}

func newBackup(c *command) *cobra.Command {
	var f backupFlags
	cmd := &cobra.Command{
		Use: "backup", Short: "Back up the database, list and verify backups", Args: usageArgs(cobra.NoArgs),
		Long: "Back up the database, while a server uses it or not. That of PostgreSQL (DATABASE_URL)\n" +
			"is backed up logically, as its definitions and rows at one moment, without pg_dump.\n\n" +
			"A backup holds everything in the database, the secret that signs the API keys included:\n" +
			"encrypt it with --recipient or --passphrase-file when others can read its place.",
		RunE: func(cmd *cobra.Command, _ []string) error { return c.backup(cmd.Context(), f) },
	}
	cmd.Flags().StringVar(&f.to, "to", "", "`place`: a file (….tar.zst), a folder or s3://bucket/prefix (default: backup.to, or backups in the data folder)")
	cmd.Flags().StringArrayVar(&f.recipients, "recipient", nil, "encrypt for this age `key` (age1…); may be repeated")
	cmd.Flags().StringVar(&f.passphrase, "passphrase-file", "", "encrypt with the passphrase in this `file`")
	cmd.Flags().IntVar(&f.keep, "keep", 0, "then remove all but this `number` of the newest backups of the place")
	cmd.AddCommand(newBackupList(c), newBackupVerify(c))
	return cmd
}

func newBackupList(c *command) *cobra.Command {
	return &cobra.Command{
		Use: "list [PLACE]", Short: "List the backups of a place", Args: usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := c.config(nil, false)
			if err != nil {
				return err
			}
			place, err := app.BackupPlace(cfg, argument(args))
			if err != nil {
				return err
			}
			all, err := backup.List(cmd.Context(), place)
			if err != nil {
				return err
			}
			return c.printBackups(all)
		},
	}
}

func newBackupVerify(c *command) *cobra.Command {
	var f backupFlags
	cmd := &cobra.Command{
		Use: "verify [BACKUP]", Short: "Restore a backup for trial and check all of it", Args: usageArgs(cobra.MaximumNArgs(1)),
		Long: "Restore a backup into a temporary folder, compare it with its checksum, check the database\n" +
			"with its indexes, and count its rows. BACKUP is a file, or a place, whose newest is taken.",
		RunE: func(cmd *cobra.Command, args []string) error { return c.verifyBackup(cmd.Context(), argument(args), f) },
	}
	f.keyFlags(cmd)
	return cmd
}

func newRestore(c *command) *cobra.Command {
	var f backupFlags
	cmd := &cobra.Command{
		Use: "restore [BACKUP]", Short: "Restore the database from a backup", Args: usageArgs(cobra.MaximumNArgs(1)),
		Long: "Restore the database from a backup: a file, or a place, whose newest is taken.\n" +
			"A backup of PostgreSQL goes into the empty database of DATABASE_URL.\n\n" +
			"The backup is checked before anything changes. A folder with a database is refused,\n" +
			"unless --force puts that aside; a server that uses it must be stopped first.",
		RunE: func(cmd *cobra.Command, args []string) error { return c.restore(cmd.Context(), argument(args), f) },
	}
	f.keyFlags(cmd)
	cmd.Flags().BoolVar(&f.list, "list", false, "restore nothing, and list the moments that a restore can reach")
	cmd.Flags().BoolVar(&f.force, "force", false, "put a database that is there aside, beside its file")
	return cmd
}

func (f *backupFlags) keyFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.identity, "identity", "", "`file` of the age key that opens the backup")
	cmd.Flags().StringVar(&f.passphrase, "passphrase-file", "", "`file` of the passphrase that opens the backup")
	cmd.Flags().StringVar(&f.at, "at", "", "`time`, as 2026-01-02T15:04:05Z: take the database as it was then, or the last backup from before")
}

// argument is the one argument, "" for none.
func argument(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

func (c *command) backup(ctx context.Context, f backupFlags) error {
	cfg, err := c.config(nil, false)
	if err != nil {
		return err
	}
	if len(f.recipients) > 0 || f.passphrase != "" {
		cfg.Backup.Recipients, cfg.Backup.PassphraseFile = f.recipients, f.passphrase
	}
	lock, err := app.BackupLock(cfg)
	if err != nil {
		return err
	}
	place, name, err := app.BackupFile(cfg, f.to, isRegular)
	if err != nil {
		return err
	}
	if name == "" {
		name = backup.Name(time.Now(), lock)
	}
	said, err := c.makeBackup(ctx, cfg, place, name, lock)
	if err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	if _, err := fmt.Fprintf(c.out, "backed up %s to %s in %s\n", said, name, place); err != nil || f.keep <= 0 {
		return err
	}
	gone, err := backup.Prune(ctx, place, backup.Keep{Last: f.keep}, time.Now())
	for _, b := range gone {
		_, _ = fmt.Fprintf(c.out, "removed %s\n", b.Name) // nobody to tell
	}
	return err
}

// makeBackup makes a backup in the engine's way, and says what is in it.
func (c *command) makeBackup(ctx context.Context, cfg config.Config, place backup.Place, name string, lock backup.Lock) (said string, err error) {
	if cfg.Database.URL == "" {
		source, err := app.BackupSource(cfg, version)
		if err != nil {
			return "", err
		}
		m, err := backup.Create(ctx, source, place, name, lock)
		return bytesText(m.Size), err
	}
	db, err := app.BackupServer(ctx, cfg, c.logger(cfg, slog.LevelWarn))
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	m, err := dump.Create(ctx, dump.Source{DB: db, Program: version}, place, name, lock)
	for _, left := range m.Left {
		_, _ = fmt.Fprintf(c.out, "not in the backup: %s\n", left) // errors come out of the next
	}
	return describeDump(m), err
}

func describeDump(m dump.Manifest) string {
	return fmt.Sprintf("%d tables, %d rows", len(m.Tables), m.Rows())
}

// found is the backup that an argument calls, and what opens it.
type found struct {
	place backup.Place
	name  string
	key   backup.Key
	point *backup.Point // of the continuous backup, in the place of a name
}

func (f found) String() string {
	if f.point != nil {
		return "the continuous backup at " + f.point.String()
	}
	return f.name
}

// source finds a backup: a file, or what is the newest in a place, of all or of
// those from before a time.
func (c *command) source(ctx context.Context, cfg config.Config, text string, f backupFlags) (out found, err error) {
	if f.identity == "" && f.passphrase == "" {
		f.identity, f.passphrase = cfg.Backup.IdentityFile, cfg.Backup.PassphraseFile
	}
	if out.key, err = backup.ParseKey(f.identity, f.passphrase); err != nil {
		return out, err
	}
	var at time.Time
	if f.at != "" {
		if at, err = time.Parse(time.RFC3339, f.at); err != nil {
			return out, usageError{fmt.Errorf("--at %q is no time such as 2026-01-02T15:04:05Z", f.at), "galley restore"}
		}
	}
	out.place, out.name, err = app.BackupFile(cfg, text, isRegular)
	if err != nil || out.name != "" {
		return out, err
	}
	newest, err := backup.Newest(ctx, out.place, at)
	out.name = newest.Name
	if cfg.Database.URL != "" || err != nil && fault.Code(err) != fault.UndefinedFile {
		return out, err
	}
	p, none := backup.FindPoint(ctx, out.place, at)
	switch {
	case none != nil && fault.Code(none) != fault.UndefinedFile:
		return out, none
	case none == nil && p.Moment.After(newest.Made):
		out.point, err = &p, nil
	}
	return out, err
}

func (c *command) verifyBackup(ctx context.Context, text string, f backupFlags) error {
	cfg, err := c.config(nil, false)
	if err != nil {
		return err
	}
	from, err := c.source(ctx, cfg, text, f)
	if err != nil {
		return err
	}
	made, said, err := from.verify(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	_, err = fmt.Fprintf(c.out, "%s is in order: made %s, %s\n", from, made.Format(time.RFC3339), said)
	return err
}

func (f found) verify(ctx context.Context) (made time.Time, said string, err error) {
	if f.point == nil {
		return verify(ctx, f.place, f.name, f.key)
	}
	m, report, err := f.point.Verify(ctx, f.key, "")
	return m.Created, describeReport(m, report), err
}

// verify checks a backup of either kind, and says when it was made and what is in
// it.
func verify(ctx context.Context, place backup.Place, name string, key backup.Key) (made time.Time, said string, err error) {
	logical, err := dump.Is(ctx, place, name, key)
	if err != nil {
		return made, "", err
	}
	if logical {
		m, err := dump.Verify(ctx, place, name, key)
		return m.Created, describeDump(m), err
	}
	m, report, err := backup.Verify(ctx, place, name, key, "")
	return m.Created, describeReport(m, report), err
}

func (c *command) restore(ctx context.Context, text string, f backupFlags) error {
	cfg, err := c.config(nil, false)
	if err != nil {
		return err
	}
	if f.list {
		return c.listMoments(ctx, cfg, text)
	}
	from, err := c.source(ctx, cfg, text, f)
	if err != nil {
		return err
	}
	if cfg.Database.URL != "" {
		return c.restoreServer(ctx, cfg, from.place, from.name, from.key, f)
	}
	target, err := app.BackupSource(cfg, version)
	if err != nil {
		return err
	}
	r, err := from.restore(ctx, backup.Target{Path: target.Path, Force: f.force})
	if err != nil {
		return fmt.Errorf("restore %s: %w", from, err)
	}
	if r.Aside != "" {
		_, _ = fmt.Fprintf(c.out, "kept the database that was there as %s\n", r.Aside) // errors come out of the next
	}
	_, err = fmt.Fprintf(c.out, "restored %s of %s: %s\n", from, r.Manifest.Created.Format(time.RFC3339), describeReport(r.Manifest, r.Report))
	return err
}

func (f found) restore(ctx context.Context, to backup.Target) (backup.Restored, error) {
	if f.point != nil {
		return f.point.Restore(ctx, f.key, to)
	}
	return backup.Restore(ctx, f.place, f.name, f.key, to)
}

// listMoments prints what a restore from a place can reach.
func (c *command) listMoments(ctx context.Context, cfg config.Config, text string) error {
	place, err := app.BackupPlace(cfg, text)
	if err != nil {
		return err
	}
	spans, err := backup.Spans(ctx, place)
	if err != nil {
		return err
	}
	all, err := backup.List(ctx, place)
	if err != nil {
		return err
	}
	const layout = "2006-01-02T15:04:05.000Z07:00"
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "FROM\tTO\tENCRYPTED\tHOLDS") // errors come out of Flush
	for _, s := range spans {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%t\tevery moment, %d segments\n", s.From.Format(layout), s.To.Format(layout), s.Encrypted, s.Segments)
	}
	for _, b := range all {
		_, _ = fmt.Fprintf(w, "%s\t\t%t\t%s\n", b.Made.Format(layout), b.Encrypted, b.Name)
	}
	return w.Flush()
}

// restoreServer restores into the database of PostgreSQL.
func (c *command) restoreServer(ctx context.Context, cfg config.Config, place backup.Place, name string, key backup.Key, f backupFlags) (err error) {
	if f.force {
		return usageError{errors.New("--force is for the embedded database: a backup of PostgreSQL is restored into an empty one"), "galley restore"}
	}
	db, err := app.BackupServer(ctx, cfg, c.logger(cfg, slog.LevelWarn))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	m, err := dump.Restore(ctx, place, name, key, db)
	if err != nil {
		return fmt.Errorf("restore %s: %w", name, err)
	}
	_, err = fmt.Fprintf(c.out, "restored %s of %s: %s\n", name, m.Created.Format(time.RFC3339), describeDump(m))
	return err
}

func describeReport(m backup.Manifest, r embedded.Report) string {
	return fmt.Sprintf("%s, %d tables, %d rows", bytesText(m.Size), len(r.Tables), r.Rows())
}

func (c *command) printBackups(all []backup.Backup) error {
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "MADE\tSIZE\tENCRYPTED\tNAME") // errors come out of Flush
	for _, b := range all {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%t\t%s\n", b.Made.Format(time.RFC3339), bytesText(b.Size), b.Encrypted, b.Name)
	}
	return w.Flush()
}

// bytesText is a number of bytes for a person.
func bytesText(n int64) string {
	if n < 10<<10 {
		return fmt.Sprintf("%d bytes", n)
	}
	if n < 10<<20 {
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d MiB", n>>20)
}

// isRegular tells whether a path is a file, and no folder.
func isRegular(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
