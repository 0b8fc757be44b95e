package datepattern

// The calendar computed in 32 bits as PostgreSQL does, also for the years and
// months of an interval, which are no date.

// julianDay returns the Julian day of a date.
func julianDay(year, month, day int32) int32 {
	if month > 2 {
		month++
		year += 4800
	} else {
		month += 13
		year += 4799
	}
	century := year / 100
	return year*365 - 32167 + year/4 - century + century/4 + 7834*month/256 + day
}

// date returns the date of a Julian day.
func date(julian int32) (year, month, day int32) {
	j := uint32(julian) + 32044
	quad := j / 146097
	extra := (j-quad*146097)*4 + 3
	j += 60 + quad*3 + extra/146097
	quad = j / 1461
	j -= quad * 1461
	y := j * 4 / 1461
	if y != 0 {
		j = (j+305)%365 + 123
	} else {
		j = (j+306)%366 + 123
	}
	y += quad * 4
	quad = j * 2141 / 65536
	return int32(y) - 4800, int32((quad+10)%12) + 1, int32(j - 7834*quad/256)
}

// weekdayOf returns 0 for Sunday to 6 for Saturday.
func weekdayOf(julian int32) int32 {
	d := (julian + 1) % 7
	if d < 0 {
		d += 7
	}
	return d
}

// isoYearStart returns the Julian day of the Monday on which the year of ISO
// 8601 begins.
func isoYearStart(year int32) int32 {
	fourth := julianDay(year, 1, 4)
	return fourth - weekdayOf(fourth-1)
}

// isoWeekStart returns the Julian day of the Monday of a week.
func isoWeekStart(year, week int32) int32 { return (week-1)*7 + isoYearStart(year) }

// isoWeek returns year and week by ISO 8601.
func isoWeek(year, month, day int32) (isoYear, week int32) {
	at := julianDay(year, month, day)
	start := isoYearStart(year)
	isoYear = year
	if at < start {
		isoYear--
		start = isoYearStart(isoYear)
	}
	week = (at-start)/7 + 1
	if week >= 52 {
		if next := isoYearStart(year + 1); at >= next {
			isoYear, week = year+1, (at-next)/7+1
		}
	}
	return isoYear, week
}

// isoDay returns the day of the year of ISO 8601.
func isoDay(year, month, day int32) int32 {
	isoYear, _ := isoWeek(year, month, day)
	return julianDay(year, month, day) - isoYearStart(isoYear) + 1
}

func leap(year int32) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

// monthEnds are the days of a year at the end of each month.
var monthEnds = [2][13]int32{
	{0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365},
	{0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366},
}

func endsOf(year int32) *[13]int32 {
	if leap(year) {
		return &monthEnds[1]
	}
	return &monthEnds[0]
}
