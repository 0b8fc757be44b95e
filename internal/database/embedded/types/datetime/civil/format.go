package civil

import "strconv"

// appendPadded appends v, which is not negative, with at least width digits.
func appendPadded(dst []byte, v, width int) []byte {
	for limit := 10; width > 1; width-- {
		if v < limit {
			for range width - 1 {
				dst = append(dst, '0')
			}
			break
		}
		limit *= 10
	}
	return strconv.AppendInt(dst, int64(v), 10)
}

// appendDate appends yyyy-mm-dd; the era is the caller's to add.
func appendDate(dst []byte, year, month, day int) []byte {
	if year <= 0 {
		year = 1 - year
	}
	dst = appendPadded(dst, year, 4)
	dst = appendPadded(append(dst, '-'), month, 2)
	return appendPadded(append(dst, '-'), day, 2)
}

// appendClock appends hh:mm:ss and the fraction without trailing zeros.
func appendClock(dst []byte, f Fields) []byte {
	dst = appendPadded(dst, f.Hour, 2)
	dst = appendPadded(append(dst, ':'), f.Min, 2)
	dst = appendPadded(append(dst, ':'), f.Sec, 2)
	return appendFraction(dst, f.Micro)
}

func appendFraction(dst []byte, micro int64) []byte {
	if micro == 0 {
		return dst
	}
	dst = appendPadded(append(dst, '.'), int(micro), 6)
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// appendOffset appends +hh, +hh:mm or +hh:mm:ss.
func appendOffset(dst []byte, seconds int) []byte {
	sign := byte('+')
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	dst = appendPadded(append(dst, sign), seconds/3600, 2)
	if seconds%3600 != 0 {
		dst = appendPadded(append(dst, ':'), seconds/60%60, 2)
	}
	if seconds%60 != 0 {
		dst = appendPadded(append(dst, ':'), seconds%60, 2)
	}
	return dst
}

// append appends the form of t with a separator between date and time.
func (t Timestamp) append(dst []byte, separator byte) []byte {
	switch t {
	case TimestampInfinity:
		return append(dst, "infinity"...)
	case TimestampNegInfinity:
		return append(dst, "-infinity"...)
	}
	f := t.Fields()
	dst = appendDate(dst, f.Year, f.Month, f.Day)
	return appendClock(append(dst, separator), f)
}
