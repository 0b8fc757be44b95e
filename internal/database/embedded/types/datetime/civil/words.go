package civil

// meaning is what a word of a date or time stands for.
type meaning int

const (
	ignored meaning = iota
	reserved
	monthName
	weekday
	meridiem
	era
	unitLabel
	isoTime
	daylightModifier
)

// Values of words.
const (
	wordNow = iota
	wordToday
	wordTomorrow
	wordYesterday
	wordAllBalls
	wordEpoch
	wordInfinity
	wordNegInfinity
)

// Labels before a number, as in y2001m02d04.
const (
	noLabel = iota
	labelYear
	labelMonth
	labelDay
	labelHour
	labelMinute
	labelSecond
	labelJulian
	labelTime
	labelOther
)

const (
	valueAM = iota + 1
	valuePM
)

const (
	valueAD = iota
	valueBC
)

type token struct {
	meaning meaning
	value   int
}

// maxWord is how many characters of a word PostgreSQL compares.
const maxWord = 10

func cut(word string) string { return word[:min(len(word), maxWord)] }

// words are the words of dates and times. Source: PostgreSQL documentation,
// B.3 "Date/Time Key Words".
var words = map[string]token{
	"-infinity": {reserved, wordNegInfinity}, "ad": {era, valueAD}, "allballs": {reserved, wordAllBalls},
	"am": {meridiem, valueAM}, "apr": {monthName, 4}, "april": {monthName, 4}, "at": {ignored, 0},
	"aug": {monthName, 8}, "august": {monthName, 8}, "bc": {era, valueBC}, "d": {unitLabel, labelDay},
	"dec": {monthName, 12}, "december": {monthName, 12}, "dow": {unitLabel, labelOther},
	"doy": {unitLabel, labelOther}, "dst": {daylightModifier, 3600}, "epoch": {reserved, wordEpoch},
	"feb": {monthName, 2}, "february": {monthName, 2}, "fri": {weekday, 5}, "friday": {weekday, 5},
	"h": {unitLabel, labelHour}, "infinity": {reserved, wordInfinity}, "isodow": {unitLabel, labelOther},
	"isoyear": {unitLabel, labelOther}, "j": {unitLabel, labelJulian}, "jan": {monthName, 1},
	"january": {monthName, 1}, "jd": {unitLabel, labelJulian}, "jul": {monthName, 7},
	"julian": {unitLabel, labelJulian}, "july": {monthName, 7}, "jun": {monthName, 6}, "june": {monthName, 6},
	"m": {unitLabel, labelMonth}, "mar": {monthName, 3}, "march": {monthName, 3}, "may": {monthName, 5},
	"mm": {unitLabel, labelMinute}, "mon": {weekday, 1}, "monday": {weekday, 1}, "nov": {monthName, 11},
	"november": {monthName, 11}, "now": {reserved, wordNow}, "oct": {monthName, 10}, "october": {monthName, 10},
	"on": {ignored, 0}, "pm": {meridiem, valuePM}, "s": {unitLabel, labelSecond}, "sat": {weekday, 6},
	"saturday": {weekday, 6}, "sep": {monthName, 9}, "sept": {monthName, 9}, "september": {monthName, 9},
	"sun": {weekday, 0}, "sunday": {weekday, 0}, "t": {isoTime, labelTime}, "thu": {weekday, 4},
	"thur": {weekday, 4}, "thurs": {weekday, 4}, "thursday": {weekday, 4}, "today": {reserved, wordToday},
	"tomorrow": {reserved, wordTomorrow}, "tue": {weekday, 2}, "tues": {weekday, 2}, "tuesday": {weekday, 2},
	"wed": {weekday, 3}, "wednesday": {weekday, 3}, "weds": {weekday, 3}, "y": {unitLabel, labelYear},
	"yesterday": {reserved, wordYesterday},
}
