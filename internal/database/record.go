package database

import (
	"context"
	"strconv"
	"time"
)

// Querier runs a statement: a Tx, or Owner.
type Querier interface {
	Query(ctx context.Context, st Statement) (Rows, error)
}

// Owner runs each statement on a database by itself, as its owner.
type Owner struct{ DB DB }

// Query implements Querier.
func (o Owner) Query(ctx context.Context, st Statement) (Rows, error) {
	return o.DB.Query(ctx, Session{}, st)
}

// Record is a row of texts, nil for NULL.
type Record []*string

// Records runs a statement and reads all of its rows.
func Records(ctx context.Context, q Querier, sql string, args ...any) ([]Record, error) {
	return Collect(q.Query(ctx, Statement{SQL: sql, Args: Args(args...)}))
}

// Run runs a statement whose rows, if any, do not matter.
func Run(ctx context.Context, q Querier, sql string, args ...any) error {
	_, err := Exec(q.Query(ctx, Statement{SQL: sql, Args: Args(args...)}))
	return err
}

// Text is the i-th column, "" for NULL.
func (r Record) Text(i int) string {
	if r[i] == nil {
		return ""
	}
	return *r[i]
}

// Int is the i-th column, one of integers; 0 for NULL.
func (r Record) Int(i int) int64 {
	n, _ := strconv.ParseInt(r.Text(i), 10, 64)
	return n
}

// Float is the i-th column, one of numbers; 0 for NULL.
func (r Record) Float(i int) float64 {
	f, _ := strconv.ParseFloat(r.Text(i), 64)
	return f
}

// Seconds is the i-th column, a number of seconds; ok is false for NULL.
func (r Record) Seconds(i int) (d time.Duration, ok bool) {
	return time.Duration(r.Float(i) * float64(time.Second)), r[i] != nil
}

// timeLayout is the text of a timestamptz where the time zone is UTC.
const timeLayout = "2006-01-02 15:04:05.999999-07"

// Time is the i-th column, one of the type timestamptz; the zero time for NULL.
func (r Record) Time(i int) time.Time {
	t, _ := time.Parse(timeLayout, r.Text(i))
	return t
}

// Stamp is a time as an argument, nil for the zero time.
func Stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(timeLayout)
}
