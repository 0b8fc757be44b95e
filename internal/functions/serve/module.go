package serve

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/functions/wasm"
	"github.com/galleyhq/galley/internal/httpapi"
)

// isModule tells whether a function is WebAssembly, and no script.
func (v *Version) isModule() bool { return filepath.Ext(v.Entry) == ".wasm" }

// openModule reads what a module is for. The module itself is compiled when it is first
// called.
func (v *Version) openModule(context.Context) error {
	c := v.project.config
	if c.Modules == nil {
		return errors.New("modules of WebAssembly are not served here")
	}
	dir := filepath.Dir(v.Entry)
	m, err := wasm.ReadManifest(dir)
	v.inputs = append(v.inputs, filepath.Join(dir, wasm.ManifestFile))
	v.Declared = Declared{Handler: true, Paths: list(m.Path), Methods: list(m.Methods), VerifyJWT: m.VerifyJWT}
	v.module = c.Modules.Load(v.Name, v.Entry, m)
	return err
}

// retire ends a version once the calls that run have ended.
func (v *Version) retire() {
	v.group.Retire()
	if v.module != nil {
		v.module.Retire()
	}
}

// answerModule has an instance of a module answer a request.
func (v *Version) answerModule(w http.ResponseWriter, r *http.Request, c *Call, t target) {
	p := v.project
	note := func(level, line string) {
		p.config.Log(Entry{At: time.Now(), Function: v.Name, RequestID: c.RequestID, Level: level, Message: line})
	}
	call := wasm.Call{Params: t.params, Secrets: map[string]string{}, Log: func(line string) { note("info", line) }}
	if prefix := strings.TrimSuffix(Prefix, "/") + "/" + v.Name; strings.HasPrefix(r.URL.Path, prefix) {
		call.Script = prefix
	}
	for _, name := range v.module.Manifest.Secrets {
		if value, ok := p.config.Secret(r.Context(), name); ok {
			call.Secrets[name] = value
		}
	}
	stop := v.counts.begin()
	err := v.module.Serve(w, r, call)
	stop(err)
	if err == nil {
		return
	}
	note("error", err.Error())
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		httpapi.WriteError(w, r, err)
		return
	}
	failed := &problem{Code: f.Code, Message: f.Message, Details: f.Detail, status: f.HTTPStatus, cause: err}
	if p.config.Dev && failed.Details == "" {
		failed.Details = err.Error()
	}
	p.write(w, r, failed)
}
