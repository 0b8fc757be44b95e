package hook

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// required are the claims that no token goes without, in the order in which they
// are missed.
var required = []string{"aud", "exp", "iat", "sub", "email", "phone", "role", "aal", "session_id", "is_anonymous"}

// claimTypes are the types, in JSON Schema's names, of claims that have one.
var claimTypes = map[string][]string{
	"aud": {"string", "array"}, "exp": {"integer"}, "jti": {"string"}, "iat": {"integer"}, "iss": {"string"}, "nbf": {"integer"},
	"sub": {"string"}, "email": {"string"}, "phone": {"string"}, "app_metadata": {"object"}, "user_metadata": {"object"},
	"role": {"string"}, "aal": {"string"}, "amr": {"array"}, "session_id": {"string"}, "client_id": {"string"},
}

// checkClaims holds the claims that a hook returned to what clients rely on.
func checkClaims(claims map[string]any) error {
	var wrong []string
	for _, name := range required {
		if _, ok := claims[name]; !ok {
			wrong = append(wrong, "- (root): "+name+" is required")
		}
	}
	names := make([]string, 0, len(claimTypes))
	for name := range claimTypes {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		value, ok := claims[name]
		if got := typeOf(value); ok && !slices.Contains(claimTypes[name], got) {
			wrong = append(wrong, fmt.Sprintf("- %s: Invalid type. Expected: %s, given: %s", name, strings.Join(claimTypes[name], "/"), got))
		}
	}
	if methods, ok := claims["amr"].([]any); ok && slices.ContainsFunc(methods, func(m any) bool { return typeOf(m) != "string" && typeOf(m) != "object" }) {
		wrong = append(wrong, "- amr: an entry is neither a string nor an object")
	}
	if wrong == nil {
		return nil
	}
	return unexpected("%s", "output claims do not conform to the expected schema: \n"+strings.Join(wrong, "\n")+"\n")
}

func typeOf(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case string:
		return "string"
	case bool:
		return "boolean"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	case json.Number:
		if whole(string(v)) {
			return "integer"
		}
		return "number"
	}
	return fmt.Sprintf("%T", value)
}

// whole tells whether a number has no fraction: 1, 1.0 and 10e-1 have none. One of
// more than twenty characters is no time, and could cost memory to look at.
func whole(number string) bool {
	if len(number) > 20 {
		return false
	}
	if i := strings.IndexAny(number, "eE"); i >= 0 && len(number)-i > 3 {
		return false
	}
	r, ok := new(big.Rat).SetString(number)
	return ok && r.IsInt()
}
