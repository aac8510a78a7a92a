// SPDX-License-Identifier: EUPL-1.2

package typst

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// Exports of wasm-bindgen that every module has under these names.
const (
	exportMalloc = "__wbindgen_export"
	exportThrow  = "__wbindgen_export3"
	exportFree   = "__wbindgen_export4"
	exportStack  = "__wbindgen_add_to_stack_pointer"
)

// memoryLimit is what the compiler may use: 3 GiB in pages of 64 KiB. A report of three pages needs 15 MiB, one of 1,100 pages with a map and a
// table on each about 1 GiB.
const memoryLimit = 3 << 30 >> 16

// engine is one running instance of the compiler with its fonts loaded. It is not safe for concurrent use.
type engine struct {
	ctx      context.Context // of the call under way; functions called from inside the module have no other way to it
	runtime  wazero.Runtime
	mod      api.Module
	heap     *heap
	queue    []func()
	compiler *handle

	dropClosure, callClosure, callExecutor string
	lastError                              string
}

// openEngine starts the compiler, from the cache directory where it was compiled before. A damaged cache is thrown away once.
func openEngine(ctx context.Context, cacheDir string) (*engine, error) {
	wasm, err := asset(wasmName)
	if err != nil {
		return nil, err
	}
	e, err := startEngine(ctx, cacheDir, wasm)
	if err != nil && !errors.Is(err, context.Canceled) && cacheDir != "" {
		if rmErr := os.RemoveAll(moduleCache(cacheDir)); rmErr != nil {
			return nil, errors.Join(err, rmErr)
		}
		e, err = startEngine(ctx, cacheDir, wasm)
	}
	return e, err
}

// moduleCache is the folder that is ours alone inside the cache directory, so that throwing it away hits nothing else.
func moduleCache(dir string) string { return filepath.Join(dir, "typst-wasm") }

func startEngine(ctx context.Context, cacheDir string, wasm []byte) (_ *engine, err error) {
	// Reserving the whole range at once costs nothing until it is used; growing would copy the memory every time and keep both copies.
	cfg := wazero.NewRuntimeConfig().WithMemoryLimitPages(memoryLimit).WithMemoryCapacityFromMax(true)
	if cacheDir != "" {
		if err := os.MkdirAll(moduleCache(cacheDir), 0o700); err != nil {
			return nil, fmt.Errorf("cache of the typesetter: %w", err)
		}
		// Files are written under another name and renamed, so two first starts at once only do the work twice.
		cache, err := wazero.NewCompilationCacheWithDir(moduleCache(cacheDir))
		if err != nil {
			return nil, fmt.Errorf("cache of the typesetter: %w", err)
		}
		cfg = cfg.WithCompilationCache(cache)
	}
	e := &engine{ctx: ctx, runtime: wazero.NewRuntimeWithConfig(ctx, cfg), heap: newHeap()}
	defer func() {
		if err != nil {
			_ = e.close()
		}
	}()
	compiled, err := e.runtime.CompileModule(ctx, wasm)
	if err != nil {
		return nil, fmt.Errorf("typesetter module: %w", err)
	}
	if err := e.bindImports(ctx, e.runtime, compiled); err != nil {
		return nil, err
	}
	if e.mod, err = e.runtime.InstantiateModule(ctx, compiled, wazero.NewModuleConfig().WithName("typst")); err != nil {
		return nil, fmt.Errorf("typesetter module: %w", err)
	}
	if err := e.bindExports(); err != nil {
		return nil, err
	}
	return e, e.build()
}

func (e *engine) close() error { return e.runtime.Close(context.WithoutCancel(e.ctx)) }

// build makes the compiler object: no packages, no files but those of the document, and our fonts.
func (e *engine) build() error {
	r, err := e.callOut(3, "typstcompilerbuilder_new")
	if err != nil {
		return err
	}
	if r[2] != 0 {
		return fault("%s", display(e.heap.take(r[1])))
	}
	builder := uint64(r[0])
	if err := e.denyFiles(builder); err != nil {
		return err
	}
	for _, name := range fontNames() {
		font, err := asset(name)
		if err != nil {
			return err
		}
		p, err := e.call("typstcompilerbuilder_add_raw_font", builder, uint64(e.heap.add(&jsBytes{font})))
		if err != nil {
			return err
		}
		if _, err := e.await(e.heap.take(uint32(p))); err != nil {
			return fmt.Errorf("font %s: %w", name, err)
		}
	}
	p, err := e.call("typstcompilerbuilder_build", builder)
	if err != nil {
		return err
	}
	v, err := e.await(e.heap.take(uint32(p)))
	if err != nil {
		return err
	}
	c, ok := v.(*handle)
	if !ok {
		return fault("no compiler but %s", display(v))
	}
	e.compiler = c
	return nil
}

// denyFiles answers every question about a file outside the document with "there is none": a report reads nothing from this machine.
func (e *engine) denyFiles(builder uint64) error {
	answer := func(v any) uint64 { return uint64(e.heap.add(&function{call: func(...any) any { return v }})) }
	p, err := e.call("typstcompilerbuilder_set_access_model", builder, uint64(e.heap.add(newObject())),
		answer(0.0), answer(true), answer(undefined{}), answer(undefined{}))
	if err != nil {
		return err
	}
	_, err = e.await(e.heap.take(uint32(p)))
	return err
}

// typeset compiles one document to PDF, without checks.
func (e *engine) typeset(ctx context.Context, doc Document) ([]byte, error) {
	e.ctx = ctx
	if _, err := e.call("typstcompiler_reset_shadow", uint64(e.compiler.ptr)); err != nil {
		return nil, err
	}
	if err := e.mapFile(mainFile, []byte(doc.Main)); err != nil {
		return nil, err
	}
	for _, name := range doc.names() {
		if err := e.mapFile(name, doc.Files[name]); err != nil {
			return nil, err
		}
	}
	main, err := e.pass([]byte("/" + mainFile))
	if err != nil {
		return nil, err
	}
	format, err := e.pass([]byte("pdf"))
	if err != nil {
		return nil, err
	}
	const noInputs, fullDiagnostics = 0, 3
	r, err := e.callOut(3, "typstcompiler_compile", uint64(e.compiler.ptr), main.at, main.n, noInputs, 0, format.at, format.n, fullDiagnostics)
	if err != nil {
		return nil, err
	}
	if r[2] != 0 {
		return nil, &CompileError{Messages: []string{display(e.heap.take(r[1]))}}
	}
	v := e.heap.take(r[0])
	result := property(v, "result")
	if b, ok := result.(*jsBytes); ok {
		return b.b, nil
	}
	return nil, &CompileError{Messages: diagnostics(v)}
}

func (e *engine) mapFile(name string, content []byte) error {
	p, err := e.pass([]byte("/" + name))
	if err != nil {
		return err
	}
	c, err := e.pass(content)
	if err != nil {
		return err
	}
	_, err = e.call("typstcompiler_map_shadow", uint64(e.compiler.ptr), p.at, p.n, c.at, c.n)
	return err
}

// diagnostics reads the compiler's list of errors: each an object with severity, path, range and message.
func diagnostics(v any) []string {
	list, ok := property(v, "diagnostics").(*jsArray)
	if !ok || len(list.items) == 0 {
		return []string{display(v)}
	}
	var messages []string
	for _, d := range list.items {
		if display(property(d, "severity")) == "warning" {
			continue
		}
		text := display(property(d, "message"))
		if strings.HasPrefix(text, "failed to load file") {
			text = "a file the markup refers to is not among the files of the report"
		}
		// A range is "line:column-line:column", counted from zero.
		file := strings.TrimPrefix(display(property(d, "path")), "/")
		if line, _, ok := strings.Cut(display(property(d, "range")), ":"); ok {
			if n, err := strconv.Atoi(line); err == nil {
				text = fmt.Sprintf("%s line %d: %s", file, n+1, text)
			}
		}
		messages = append(messages, text)
	}
	return messages
}

type span struct{ at, n uint64 }

// pass copies bytes into the module's memory; the module frees them.
func (e *engine) pass(b []byte) (span, error) {
	p, err := e.call(exportMalloc, uint64(len(b)), 1)
	if err != nil {
		return span{}, err
	}
	if !e.mod.Memory().Write(uint32(p), b) {
		return span{}, fault("%d bytes do not fit at %d", len(b), p)
	}
	return span{p, uint64(len(b))}, nil
}

// call calls an export; a panic of our own functions below it comes back as its error.
func (e *engine) call(name string, args ...uint64) (uint64, error) {
	f := e.mod.ExportedFunction(name)
	if f == nil {
		return 0, fault("the export %s is missing", name)
	}
	e.lastError = ""
	r, err := f.Call(e.ctx, args...)
	if err != nil {
		var g glueError
		switch {
		case errors.As(err, &g):
			return 0, g
		case e.lastError != "":
			return 0, fault("%s", e.lastError)
		case e.mod.Memory().Size()>>16 > memoryLimit*9/10:
			return 0, errors.New("the report is too large to typeset in one piece; split it into several volumes")
		}
		return 0, fmt.Errorf("typesetter module, %s: %w", name, err)
	}
	if len(r) == 0 {
		return 0, nil
	}
	return r[0], nil
}

// callOut calls an export that writes n words where its first argument points.
func (e *engine) callOut(n int, name string, args ...uint64) ([]uint32, error) {
	at, err := e.call(exportStack, api.EncodeI32(-16))
	if err != nil {
		return nil, err
	}
	if _, err := e.call(name, append([]uint64{at}, args...)...); err != nil {
		return nil, err
	}
	words := make([]uint32, n)
	for i := range words {
		w, ok := e.mod.Memory().ReadUint32Le(uint32(at) + uint32(4*i))
		if !ok {
			return nil, fault("a result outside the memory")
		}
		words[i] = w
	}
	_, err = e.call(exportStack, 16)
	return words, err
}

// What follows is for functions called from inside the module, where an error can only travel as a panic (see fault).

func (e *engine) mustCall(name string, args ...uint64) uint64 {
	r, err := e.call(name, args...)
	if err != nil {
		panic(fault("%s", err))
	}
	return r
}

func (e *engine) arg(i uint64) any   { return e.heap.get(uint32(i)) }
func (e *engine) ret(v any) uint64   { return uint64(e.heap.add(v)) }
func (e *engine) throw(v any) uint64 { return e.mustCall(exportThrow, e.ret(v)) }
func (e *engine) put32(at uint64, v uint32) {
	if !e.mod.Memory().WriteUint32Le(uint32(at), v) {
		panic(fault("a write outside the memory"))
	}
}

func (e *engine) put64(at, v uint64) {
	if !e.mod.Memory().WriteUint64Le(uint32(at), v) {
		panic(fault("a write outside the memory"))
	}
}

func (e *engine) write(at uint32, b []byte) {
	if !e.mod.Memory().Write(at, b) {
		panic(fault("a write outside the memory"))
	}
}

func (e *engine) text(at, n uint64) string {
	b, ok := e.mod.Memory().Read(uint32(at), uint32(n))
	if !ok {
		panic(fault("a text outside the memory"))
	}
	return string(b)
}

// putText hands a text to the module: address and length where it asked for them.
func (e *engine) putText(at uint64, s string) uint64 {
	p, err := e.pass([]byte(s))
	if err != nil {
		panic(fault("%s", err))
	}
	e.put32(at, uint32(p.at))
	e.put32(at+4, uint32(p.n))
	return 0
}

func guard(f func()) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case glueError:
			err = r
		default:
			err = fmt.Errorf("typesetter: %v\n%s", r, debug.Stack())
		}
	}()
	f()
	return nil
}

// InProcess typesets with the compiler inside this process. One document at a time; the compiler stays loaded (about 140 MB).
type InProcess struct {
	cacheDir string
	mu       sync.Mutex
	engine   *engine
}

// NewInProcess returns a typesetter that keeps the machine code of the compiler under cacheDir ("" for the user's cache directory).
func NewInProcess(cacheDir string) *InProcess { return &InProcess{cacheDir: cacheDir} }

// Warm starts the compiler, so that the first report does not wait for it. The very first start on a machine takes 5 to 16 seconds.
func (t *InProcess) Warm(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.open(ctx)
}

func (t *InProcess) open(ctx context.Context) error {
	if t.engine != nil {
		return nil
	}
	dir, err := cacheOrDefault(t.cacheDir)
	if err != nil {
		return err
	}
	t.engine, err = openEngine(ctx, dir)
	return err
}

// Typeset makes the PDF. It fails with *CompileError for faulty markup and *PreflightError for a document that is not accessible.
func (t *InProcess) Typeset(ctx context.Context, doc Document) ([]byte, error) {
	if err := doc.Validate(); err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := t.open(ctx); err != nil {
		return nil, err
	}
	pdf, err := t.engine.typeset(ctx, doc)
	var compile *CompileError
	if err != nil && !errors.As(err, &compile) {
		// After a fault inside the module nothing in it can be trusted.
		_ = t.engine.close()
		t.engine = nil
	}
	if err != nil {
		return nil, err
	}
	return finish(pdf, doc)
}

// Close frees the compiler.
func (t *InProcess) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.engine == nil {
		return nil
	}
	err := t.engine.close()
	t.engine = nil
	return err
}

func cacheOrDefault(dir string) (string, error) {
	if dir != "" {
		return dir, nil
	}
	user, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("cache of the typesetter: %w; name a directory for it", err)
	}
	return filepath.Join(user, "kupferfaden"), nil
}
