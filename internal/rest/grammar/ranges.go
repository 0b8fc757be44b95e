package grammar

import (
	"math"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
)

// Page is the part of a result that is asked for.
type Page struct {
	Offset int64
	Limit  int64 // -1 for no bound
}

// NewPage combines the limit and offset parameters with a Range header, which
// may be "": the page is where both overlap. maxRows bounds it; 0 does not.
// Source: PostgREST documentation, "Pagination and Count".
func NewPage(limit, offset *int64, header string, maxRows int64) (Page, error) {
	p := Page{Limit: -1}
	if offset != nil {
		if *offset < 0 {
			return p, fault.New("2201X", "OFFSET must not be negative")
		}
		p.Offset = *offset
	}
	if limit != nil {
		if *limit < 0 {
			return p, notSatisfiable("Limit should be greater than or equal to zero.")
		}
		p.Limit = *limit
	}
	if first, last, ok := parseRange(header); ok && p.Limit != 0 {
		if last < first {
			return p, notSatisfiable("The lower boundary must be lower than or equal to the upper boundary in the Range header.")
		}
		if err := p.intersect(first, last); err != nil {
			return p, err
		}
	}
	if maxRows > 0 && (p.Limit < 0 || p.Limit > maxRows) {
		p.Limit = maxRows
	}
	return p, nil
}

func (p *Page) intersect(first, last int64) error {
	end := int64(math.MaxInt64)
	if p.Limit >= 0 && p.Limit <= math.MaxInt64-p.Offset {
		end = p.Offset + p.Limit
	}
	if last < math.MaxInt64 {
		end = min(end, last+1)
	}
	p.Offset = max(p.Offset, first)
	if end <= p.Offset {
		return notSatisfiable("Limit should be greater than or equal to zero.")
	}
	if end == math.MaxInt64 {
		p.Limit = -1
		return nil
	}
	p.Limit = end - p.Offset
	return nil
}

// parseRange reads "0-9" or "5-". Anything else is as if it were not given.
func parseRange(header string) (first, last int64, ok bool) {
	from, to, found := strings.Cut(header, "-")
	if !found {
		return 0, 0, false
	}
	last = math.MaxInt64
	var err error
	if first, err = strconv.ParseInt(from, 10, 64); err != nil || first < 0 {
		return 0, 0, false
	}
	if to != "" {
		if last, err = strconv.ParseInt(to, 10, 64); err != nil || last < 0 {
			return 0, 0, false
		}
	}
	return first, last, true
}

func notSatisfiable(detail string) error {
	return fault.New("PGRST103", "Requested range not satisfiable").WithDetail("%s", detail).WithStatus(416)
}

// OutOfRange is the error for a page that begins after the last row.
func OutOfRange(offset, total int64) error {
	return notSatisfiable("An offset of " + strconv.FormatInt(offset, 10) + " was requested, but there are only " +
		strconv.FormatInt(total, 10) + " rows.")
}
