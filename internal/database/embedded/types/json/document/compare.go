package document

import "strings"

// Compare orders two canonical texts of jsonb as its btree operator class does:
// by kind, then by number of elements, then element by element.
func Compare(a, b string) int {
	if a == b {
		return 0
	}
	x, errX := ParseBinary(a)
	y, errY := ParseBinary(b)
	if errX != nil || errY != nil { // not a stored value
		return strings.Compare(a, b)
	}
	return CompareNodes(x, y)
}

// CompareNodes is Compare over documents. At the top an empty array comes
// before every scalar, since PostgreSQL keeps a scalar as an array of one.
func CompareNodes(a, b *Node) int {
	switch {
	case a.Kind == Array && b.Scalar():
		return arrayAndScalar(a)
	case a.Scalar() && b.Kind == Array:
		return -arrayAndScalar(b)
	}
	return compare(a, b)
}

func arrayAndScalar(a *Node) int {
	if len(a.Items) == 0 {
		return -1
	}
	return 1
}

func compare(a, b *Node) int {
	if a.Kind != b.Kind {
		return int(a.Kind) - int(b.Kind)
	}
	switch a.Kind {
	case String:
		return strings.Compare(a.Text, b.Text)
	case Number:
		return compareNumbers(a.Text, b.Text)
	case Bool:
		return compareBools(a.True, b.True)
	}
	if len(a.Items) != len(b.Items) {
		return len(a.Items) - len(b.Items)
	}
	for i := range a.Items {
		if a.Kind == Object {
			if c := strings.Compare(a.Keys[i], b.Keys[i]); c != 0 {
				return c
			}
		}
		if c := compare(&a.Items[i], &b.Items[i]); c != 0 {
			return c
		}
	}
	return 0
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// Equal tells whether two values are equal as jsonb.
func Equal(a, b *Node) bool { return compare(a, b) == 0 }
