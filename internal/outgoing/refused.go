package outgoing

import (
	"errors"
	"fmt"
)

// Refused is the error of a call that the rules do not let happen. Another
// attempt would end the same.
type Refused struct{ Reason string }

// Error implements error.
func (r *Refused) Error() string { return r.Reason }

func refuse(format string, args ...any) error { return &Refused{fmt.Sprintf(format, args...)} }

// ErrTooLarge is the error of reading a response that is longer than allowed.
var ErrTooLarge = errors.New("the response is larger than allowed")
