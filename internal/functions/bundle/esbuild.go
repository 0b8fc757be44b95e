package bundle

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"strconv"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/galleyhq/galley/internal/fault"
)

// The script is a strict async function around one ES module without imports and
// exports, so that await works at the top level, which no script has. `__exported` is
// free in the module, as is `__meta` where it is used: esbuild gives no declaration of
// the sources that name.
const (
	banner  = `globalThis.__module = ((__meta) => (async () => { "use strict"; let __exported;`
	started = `import * as exported from %s; __exported = exported;`
	footer  = `return __exported; })())(Object.freeze({ url: %q, filename: %q, dirname: %q, main: true, ` +
		`resolve: (to) => /^\.{0,2}\//.test(to) ? new URL(to, %[1]q).href : String(to) }));`
)

type output struct {
	script    string
	sourceMap []byte
}

func (b *build) run(ctx context.Context) (*output, error) {
	c, mistakes := api.Context(b.options())
	if mistakes != nil {
		return nil, b.failure(mistakes.Errors)
	}
	defer c.Dispose()
	// Cancel waits for the build to end, which it does soon: no file is read anymore.
	stop := context.AfterFunc(ctx, c.Cancel)
	defer stop()
	result := c.Rebuild()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(result.Errors) > 0 {
		return nil, b.failure(result.Errors)
	}
	return b.output(result.OutputFiles)
}

func (b *build) output(files []api.OutputFile) (*output, error) {
	out := &output{}
	for _, f := range files {
		switch filepath.Ext(f.Path) {
		case ".js":
			out.script = string(f.Contents)
		case ".map":
			out.sourceMap = f.Contents
		}
	}
	if len(out.script) > b.limits.Script {
		return nil, fault.New(Code, "function %s is a script of %d bytes, at most %d are allowed", b.name, len(out.script), b.limits.Script)
	}
	return out, nil
}

func (b *build) options() api.BuildOptions {
	file := "/" + filepath.ToSlash(b.relative(b.entry))
	return api.BuildOptions{
		Stdin: &api.StdinOptions{
			Contents:   fmt.Sprintf(started, strconv.Quote("./"+filepath.Base(b.entry))),
			ResolveDir: b.own, Sourcefile: "galley:start", Loader: api.LoaderJS,
		},
		AbsWorkingDir: b.root,
		Outfile:       filepath.Join(b.root, "bundle.js"), // never written; sources are named relative to it
		Bundle:        true,
		Format:        api.FormatESModule,
		Platform:      api.PlatformBrowser, // follows "browser" fields, which leave Node's modules out
		Target:        api.ES2023,          // QuickJS's
		// As bundlers for other servers without Node do; `import` or `require`, and
		// `default`, are added by esbuild.
		MainFields: []string{"browser", "module", "main"},
		Conditions: []string{"galley", "deno", "worker", "browser", "module"},
		Sourcemap:  api.SourceMapExternal, SourcesContent: api.SourcesContentExclude,
		Charset:       api.CharsetASCII, // so that columns are the same in bytes, characters and UTF-16
		LegalComments: api.LegalCommentsNone,
		TsconfigRaw:   b.config.tsconfig(), // and no tsconfig.json is read, as Deno does
		Banner:        map[string]string{"js": banner},
		Footer:        map[string]string{"js": fmt.Sprintf(footer, "file://"+file, file, path.Dir(file))},
		Define: map[string]string{
			"import.meta": "__meta", "global": "globalThis",
			"process.env.NODE_ENV": `"production"`,
		},
		Inject:            []string{globals},
		LogLevel:          api.LogLevelSilent,
		LogLimit:          20,
		ResolveExtensions: []string{".ts", ".tsx", ".mts", ".js", ".jsx", ".mjs", ".cjs", ".json"},
		Plugins:           []api.Plugin{{Name: "galley", Setup: b.setup}},
	}
}

func (b *build) setup(p api.PluginBuild) {
	b.inner = p.Resolve
	p.OnResolve(api.OnResolveOptions{Filter: ".*"}, func(a api.OnResolveArgs) (r api.OnResolveResult, err error) {
		defer recovered(&err)
		return b.resolve(a)
	})
	p.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: shimNamespace}, func(a api.OnLoadArgs) (r api.OnLoadResult, err error) {
		defer recovered(&err)
		return loadShim(a.Path)
	})
	p.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: "file"}, func(a api.OnLoadArgs) (r api.OnLoadResult, err error) {
		defer recovered(&err)
		return b.load(a)
	})
}

// recovered makes an error of a panic: esbuild calls on goroutines of its own.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("internal error: %v", p)
	}
}

// relative is a path as messages show it: relative to the project.
func (b *build) relative(name string) string {
	if rel, inside := relativeTo(b.root, name); inside {
		return filepath.ToSlash(rel)
	}
	return filepath.ToSlash(name)
}
