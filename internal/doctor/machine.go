package doctor

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/galleyhq/galley/internal/auth/token"
	"github.com/galleyhq/galley/internal/disk"
)

// What the disk should have and do.
const (
	scarceRoom  = 1 << 30
	noRoom      = 64 << 20 // below it the server is not ready
	slowSync    = 20 * time.Millisecond
	syncSamples = 10
)

func disks(_ context.Context, p Patient) (out []Finding, err error) {
	if !p.embedded() {
		return nil, nil // it is the database server's
	}
	dir := p.Config.Database.Data
	room, known, err := disk.RoomOf(dir)
	if err != nil {
		return nil, err
	}
	out = roomFindings(room, known, dir)
	median, longest, err := disk.SyncTime(dir, syncSamples)
	if err == nil && median > slowSync {
		out = append(out, Finding{Severity: Warning, Message: fmt.Sprintf("a write takes %s to reach the disk (at most %s)", median.Round(time.Millisecond), longest.Round(time.Millisecond)),
			Do: "Each commit waits that long. Put the data folder on a local SSD, not on a network disk."})
	}
	return out, err
}

func roomFindings(room disk.Room, known bool, dir string) []Finding {
	do := "Make room, or move the data folder: database.data."
	switch {
	case known && room.Free < noRoom:
		return []Finding{{Severity: Error, Message: fmt.Sprintf("only %d MiB are free on the disk of %s", room.Free>>20, dir), Do: do}}
	case known && room.Free < scarceRoom:
		return []Finding{{Severity: Warning, Message: fmt.Sprintf("only %d MiB are free on the disk of %s", room.Free>>20, dir), Do: do}}
	}
	return nil
}

// clockOff is how far the clocks may be apart: tokens live for seconds more or
// less, schedules too.
const clockOff = 2 * time.Second

func clock(ctx context.Context, p Patient) (out []Finding, err error) {
	if _, err := time.LoadLocation("Europe/Berlin"); err != nil {
		out = append(out, Finding{Severity: Warning, Message: "the system has no time zone data", Do: "Install the package tzdata: schedules with a time zone need it."})
	}
	before := time.Now()
	rows, err := p.ask(ctx, "select extract(epoch from clock_timestamp())::float8")
	if err != nil {
		return out, err
	}
	after := time.Now()
	seconds, err := strconv.ParseFloat(rows[0][0], 64)
	if err != nil {
		return out, err
	}
	if off := clockDifference(before, after, time.UnixMicro(int64(seconds*1e6))); off > clockOff {
		out = append(out, Finding{Severity: Warning, Message: fmt.Sprintf("this machine's clock and the database server's are %s apart", off.Round(time.Millisecond)),
			Do: "Let both follow NTP: tokens and schedules depend on the time."})
	}
	return out, nil
}

// clockDifference is how far a moment is outside of the time in which it was asked.
func clockDifference(before, after, there time.Time) time.Duration {
	return max(0, before.Sub(there), there.Sub(after))
}

func secrets(_ context.Context, p Patient) (out []Finding, err error) {
	c := p.Config
	if err := token.CheckSecret(p.Secret); err != nil {
		out = append(out, Finding{Severity: Error, Message: "the secret that signs tokens is weak: " + err.Error(),
			Do: "Make one with openssl rand -base64 48, or leave auth.jwt_secret out and Galley makes one. All keys change with it."})
	}
	if c.Metrics.Token != "" && c.Metrics.Token == p.Secret {
		out = append(out, Finding{Severity: Error, Message: "metrics.token is the secret that signs tokens: who scrapes can be anyone",
			Do: "Make another one with openssl rand -hex 32."})
	}
	if c.Backup.S3SecretKey != "" && (c.Backup.S3SecretKey == p.Secret || c.Backup.S3SecretKey == c.Metrics.Token) {
		out = append(out, Finding{Severity: Warning, Message: "backup.s3_secret_key is also another secret's value", Do: "Use each secret for one thing."})
	}
	return out, nil
}

// oldBackup is how old the last backup may be beyond what is configured.
const oldBackup = 2

func backups(ctx context.Context, p Patient) ([]Finding, error) {
	if p.LastBackup == nil && !p.embedded() {
		return archiving(ctx, p)
	}
	if p.Config.Backup.To == "" {
		return []Finding{{Severity: Warning, Message: "no backups configured", Do: "Set backup.to to a folder on another disk or to s3://bucket/prefix."}}, nil
	}
	made, ok, err := p.LastBackup(ctx)
	every := p.Config.Backup.Every
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return []Finding{{Severity: Error, Message: "there is no backup in " + p.Config.Backup.To, Do: "Run galley backup, and see the server's log for why it made none."}}, nil
	case every > 0 && time.Since(made) > oldBackup*every:
		return []Finding{{Severity: Error, Message: fmt.Sprintf("the last backup is %s old, one should be made every %s", time.Since(made).Round(time.Minute), every),
			Do: "See the server's log for why it makes none."}}, nil
	}
	if p.Config.Database.URL != "" {
		return archiving(ctx, p)
	}
	return continuous(ctx, p)
}

// lateStream is how far the continuous backup may be behind. While a server runs
// it says every half minute that it is not.
const lateStream = 5 * time.Minute

func continuous(ctx context.Context, p Patient) ([]Finding, error) {
	if p.Continuous == nil {
		return nil, nil
	}
	from, until, ok, err := p.Continuous(ctx)
	if err != nil {
		return nil, err
	}
	late := time.Since(until)
	switch {
	case !ok:
		return []Finding{{Severity: Error, Message: "there is no continuous backup in " + p.Config.Backup.To,
			Do: "See that a server runs, and its log for why it ships none."}}, nil
	case late > lateStream:
		return []Finding{{Severity: Error, Message: fmt.Sprintf("the continuous backup ends %s ago", late.Round(time.Second)),
			Do: "If a server runs, see its log and galley_backup_continuous_lag_seconds for why it does not ship."}}, nil
	}
	return []Finding{{Severity: OK, Message: fmt.Sprintf("every moment can be restored from %s to %s ago", from.Format(time.RFC3339), late.Round(time.Second))}}, nil
}

// Verifier is an engine that looks for damage in its file.
type Verifier interface {
	QuickCheck(ctx context.Context) error
}

func integrity(ctx context.Context, p Patient) ([]Finding, error) {
	v, ok := p.DB.(Verifier)
	if !ok {
		return nil, nil
	}
	err := v.QuickCheck(ctx)
	switch {
	case err != nil && ctx.Err() != nil:
		return []Finding{{Severity: Info, Message: fmt.Sprintf("the file was not read to its end within %s; nothing is wrong as far as it was", checkTimeout)}}, nil
	case err != nil:
		return []Finding{{Severity: Error, Message: err.Error(), Do: "Stop the server, keep a copy of the file, and restore the last backup."}}, nil
	}
	return nil, nil
}

func mail(_ context.Context, p Patient) ([]Finding, error) {
	m := p.Config.Mail
	if m.Transport == "inbox" || m.Transport == "" && m.From == "" {
		return []Finding{{Severity: Info, Message: "mail goes to the development inbox and never outside", Do: "Set mail.from and a transport (mail.transport) to send it."}}, nil
	}
	return nil, nil
}
