package wasm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Manifest is function.json beside a module: what a script says by its exports.
type Manifest struct {
	// Path is the paths of its own at which the function answers, as a script's
	// export path.
	Path    Texts    `json:"path"`
	Methods []string `json:"methods"`
	// VerifyJWT tells whether callers must show a token; nil says nothing.
	VerifyJWT *bool `json:"verifyJwt"`
	// Env is variables of its environment; Secrets names secrets of the project that
	// become some. It sees no others.
	Env     map[string]string `json:"env"`
	Secrets []string          `json:"secrets"`
}

// Texts is a text or an array of texts in JSON.
type Texts []string

// UnmarshalJSON implements json.Unmarshaler.
func (t *Texts) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*t = Texts{one}
		return nil
	}
	var many []string
	if json.Unmarshal(b, &many) != nil {
		return errors.New("expected a string or an array of strings")
	}
	*t = many
	return nil
}

// maxManifest bounds the file.
const maxManifest = 1 << 20

// ManifestFile is the name of a manifest's file.
const ManifestFile = "function.json"

// ReadManifest reads function.json of a folder; without one it is empty. Unknown
// members are errors.
func ReadManifest(dir string) (m Manifest, err error) {
	text, err := os.ReadFile(filepath.Join(dir, ManifestFile))
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return m, err
	}
	if len(text) > maxManifest {
		return m, fmt.Errorf("function.json has more than %d bytes", maxManifest)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return m, fmt.Errorf("function.json: %w", err)
	}
	for name := range m.Env {
		if reserved(name) {
			return m, fmt.Errorf("function.json: the variable %q is one of CGI's", name)
		}
	}
	return m, nil
}
