package backup

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/fault"
)

// Backup is one that lies in a place.
type Backup struct {
	Name      string
	Made      time.Time
	Size      int64 // bytes, compressed
	Encrypted bool
}

// List returns the backups of a place, the oldest first. Files of other names are
// no backups to it.
func List(ctx context.Context, in Place) ([]Backup, error) {
	all, err := in.List(ctx, "")
	if err != nil {
		return nil, err
	}
	var out []Backup
	for _, o := range all {
		if b, ok := parseName(o.Name); ok && !o.Folder {
			b.Size = o.Size
			out = append(out, b)
		}
	}
	slices.SortFunc(out, func(a, b Backup) int { return cmp.Or(a.Made.Compare(b.Made), cmp.Compare(a.Name, b.Name)) })
	return out, nil
}

func parseName(name string) (Backup, bool) {
	rest, ok := strings.CutPrefix(name, namePrefix)
	if !ok {
		return Backup{}, false
	}
	b := Backup{Name: name}
	rest, b.Encrypted = strings.CutSuffix(rest, sealedEnd)
	if !b.Encrypted {
		if rest, ok = strings.CutSuffix(rest, plainEnd); !ok {
			return Backup{}, false
		}
	}
	var err error
	b.Made, err = time.Parse(nameLayout, rest)
	return b, err == nil
}

// Newest returns the last backup made at or before a moment; the zero time means
// the last of all.
func Newest(ctx context.Context, in Place, at time.Time) (Backup, error) {
	all, err := List(ctx, in)
	if err != nil {
		return Backup{}, err
	}
	for _, b := range slices.Backward(all) {
		if at.IsZero() || !b.Made.After(at) {
			return b, nil
		}
	}
	if len(all) > 0 {
		return Backup{}, fault.New(fault.UndefinedFile, "there is no backup in %s from before %s", in, at.UTC().Format(time.RFC3339)).
			WithHint("The oldest is of %s.", all[0].Made.Format(time.RFC3339))
	}
	return Backup{}, fault.New(fault.UndefinedFile, "there is no backup in %s", in)
}

// Keep says which backups stay. One that either rule keeps stays; the zero value
// keeps all.
type Keep struct {
	Last int           // this many of the newest
	For  time.Duration // those that are younger
}

// drops returns the backups that are to go, of a list with the oldest first. The
// newest never goes.
func (k Keep) drops(all []Backup, now time.Time) []Backup {
	if k.Last <= 0 && k.For <= 0 {
		return nil
	}
	var out []Backup
	for i, b := range all {
		if newer := len(all) - 1 - i; newer >= max(1, k.Last) && (k.For <= 0 || now.Sub(b.Made) > k.For) {
			out = append(out, b)
		}
	}
	return out
}

// Prune removes the backups that are not to be kept, and returns them. It goes on
// after one that cannot be removed.
func Prune(ctx context.Context, in Place, k Keep, now time.Time) ([]Backup, error) {
	all, err := List(ctx, in)
	if err != nil {
		return nil, err
	}
	var gone []Backup
	for _, b := range k.drops(all, now) {
		if failed := in.Remove(ctx, b.Name); failed != nil {
			err = errors.Join(err, failed)
			continue
		}
		gone = append(gone, b)
	}
	if d, ok := in.(Folder); ok {
		err = errors.Join(err, d.clean(now.Add(-24*time.Hour)))
	}
	return gone, err
}
