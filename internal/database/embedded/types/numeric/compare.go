package numeric

import "strings"

// Collation orders stored values as numbers: 1.50 equals 1.5; NaN is the largest.
const Collation = "numeric"

// Compare orders two stored values without reading them into numbers. The
// storage form has no leading zeros and no sign on zero.
func Compare(a, b string) int {
	if a == b {
		return 0
	}
	rankA, rankB := rank(a), rank(b)
	if rankA != rankB || rankA == 0 || rankA > 2 {
		return rankA - rankB
	}
	if rankA == 1 {
		return compareMagnitude(b[1:], a[1:])
	}
	return compareMagnitude(a, b)
}

// rank sorts values roughly: -Infinity, negative numbers, the others, Infinity,
// NaN.
func rank(s string) int {
	switch {
	case s == "":
		return 0
	case s[0] == 'N':
		return 4
	case s[0] == 'I':
		return 3
	case s[0] != '-':
		return 2
	case len(s) > 1 && s[1] == 'I':
		return 0
	}
	return 1
}

func compareMagnitude(a, b string) int {
	wholeA, fractionA, _ := strings.Cut(a, ".")
	wholeB, fractionB, _ := strings.Cut(b, ".")
	if len(wholeA) != len(wholeB) {
		return len(wholeA) - len(wholeB)
	}
	if c := strings.Compare(wholeA, wholeB); c != 0 {
		return c
	}
	return strings.Compare(strings.TrimRight(fractionA, "0"), strings.TrimRight(fractionB, "0"))
}
