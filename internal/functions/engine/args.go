package engine

// Args are what a script gives an operation of the host. Only Galley's own scripts call
// operations, so a value that is missing or of another type is read as empty.
type Args []Value

// At is the value in a place, nil where there is none.
func (a Args) At(i int) Value {
	if i < len(a) {
		return a[i]
	}
	return nil
}

// Text is a string, or the text of JSON.
func (a Args) Text(i int) string {
	switch v := a.At(i).(type) {
	case string:
		return v
	case JSON:
		return string(v)
	}
	return ""
}

// Number is a number.
func (a Args) Number(i int) float64 {
	n, _ := a.At(i).(float64)
	return n
}

// Bytes are the bytes of a Uint8Array.
func (a Args) Bytes(i int) []byte {
	b, _ := a.At(i).([]byte)
	return b
}

// Bool is a truth value.
func (a Args) Bool(i int) bool {
	b, _ := a.At(i).(bool)
	return b
}
