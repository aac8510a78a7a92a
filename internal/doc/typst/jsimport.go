// SPDX-License-Identifier: EUPL-1.2

package typst

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// importFunc is one function the module imports; a holds its raw arguments, the result is its raw result.
type importFunc func(e *engine, a []uint64) uint64

// wasm-bindgen ends most import names in a hash of 16 hexadecimal digits that changes with its releases. A function is found by its name
// without the hash; where one name stands for several functions, by the name and the first eight digits.
var hashSuffix = regexp.MustCompile(`_[0-9a-f]{16}$`)

func lookup(name string) (importFunc, bool) {
	base := hashSuffix.ReplaceAllString(name, "")
	if f, ok := imports[base]; ok {
		return f, true
	}
	if len(name) > len(base)+9 {
		f, ok := imports[name[:len(base)+9]]
		return f, ok
	}
	return nil, false
}

// bindImports supplies every function the module imports, or says which ones it does not know.
func (e *engine) bindImports(ctx context.Context, r wazero.Runtime, m wazero.CompiledModule) error {
	b := r.NewHostModuleBuilder("wbg")
	var missing []string
	for _, d := range m.ImportedFunctions() {
		module, name, _ := d.Import()
		f, ok := lookup(name)
		if !ok || module != "wbg" {
			missing = append(missing, module+"."+name)
			continue
		}
		returns := len(d.ResultTypes()) > 0
		b.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(_ context.Context, _ api.Module, stack []uint64) {
			res := f(e, stack[:len(d.ParamTypes())])
			if returns {
				stack[0] = res
			}
		}), d.ParamTypes(), d.ResultTypes()).Export(name)
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return fmt.Errorf("the typesetter module needs functions this program does not supply: %s; use the version of the module named in assets.sum", strings.Join(missing, ", "))
	}
	if _, err := b.Instantiate(ctx); err != nil {
		return fmt.Errorf("typesetter imports: %w", err)
	}
	return nil
}

// bindExports finds the three numbered exports through which closures are called and freed. Their numbers change with every build of the
// module, their signatures do not.
func (e *engine) bindExports() error {
	for name, d := range e.mod.ExportedFunctionDefinitions() {
		if !strings.HasPrefix(name, "__wasm_bindgen_func_elem_") {
			continue
		}
		switch len(d.ParamTypes()) {
		case 2:
			e.dropClosure = name
		case 3:
			e.callClosure = name
		case 4:
			e.callExecutor = name
		}
	}
	if e.dropClosure == "" || e.callClosure == "" || e.callExecutor == "" {
		return fault("the exports that call closures are missing")
	}
	return nil
}

func flag(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

func is[T any](e *engine, a []uint64) uint64 {
	_, ok := e.arg(a[0]).(T)
	return flag(ok)
}

// imports are the JavaScript functions of the module's glue, under the names the module uses for them.
var imports = map[string]importFunc{
	"__wbg_Error": func(e *engine, a []uint64) uint64 { return e.ret(&jsError{e.text(a[0], a[1])}) },
	"__wbg_Number": func(e *engine, a []uint64) uint64 {
		f, ok := e.arg(a[0]).(float64)
		if !ok {
			f = math.NaN()
		}
		return math.Float64bits(f)
	},
	"__wbg___wbindgen_bigint_get_as_i64": func(e *engine, a []uint64) uint64 {
		v, ok := e.arg(a[1]).(int64)
		e.put64(a[0]+8, uint64(v))
		e.put32(a[0], uint32(flag(ok)))
		return 0
	},
	"__wbg___wbindgen_boolean_get": func(e *engine, a []uint64) uint64 {
		v, ok := e.arg(a[0]).(bool)
		if !ok {
			return 0xFFFFFF // wasm-bindgen's mark for "not a boolean"
		}
		return flag(v)
	},
	"__wbg___wbindgen_debug_string": func(e *engine, a []uint64) uint64 { return e.putText(a[0], display(e.arg(a[1]))) },
	"__wbg___wbindgen_in": func(e *engine, a []uint64) uint64 {
		o, ok := e.arg(a[1]).(*jsObject)
		if ok {
			_, ok = o.fields[keyText(e.arg(a[0]))]
		}
		return flag(ok)
	},
	"__wbg___wbindgen_is_bigint":   is[int64],
	"__wbg___wbindgen_is_function": is[*function],
	"__wbg___wbindgen_is_object": func(e *engine, a []uint64) uint64 {
		switch e.arg(a[0]).(type) {
		case *jsObject, *jsArray, *jsBytes, *jsError, *promise, *handle:
			return 1
		}
		return 0
	},
	"__wbg___wbindgen_is_string":      is[string],
	"__wbg___wbindgen_is_undefined":   is[undefined],
	"__wbg___wbindgen_jsval_eq":       func(e *engine, a []uint64) uint64 { return flag(e.arg(a[0]) == e.arg(a[1])) },
	"__wbg___wbindgen_jsval_loose_eq": func(e *engine, a []uint64) uint64 { return flag(e.arg(a[0]) == e.arg(a[1])) },
	"__wbg___wbindgen_number_get": func(e *engine, a []uint64) uint64 {
		v, ok := e.arg(a[1]).(float64)
		e.put64(a[0]+8, math.Float64bits(v))
		e.put32(a[0], uint32(flag(ok)))
		return 0
	},
	"__wbg___wbindgen_string_get": func(e *engine, a []uint64) uint64 {
		if s, ok := e.arg(a[1]).(string); ok {
			return e.putText(a[0], s)
		}
		e.put32(a[0], 0)
		e.put32(a[0]+4, 0)
		return 0
	},
	"__wbg___wbindgen_throw": func(e *engine, a []uint64) uint64 { panic(fault("%s", e.text(a[0], a[1]))) },
	"__wbg__wbg_cb_unref":    func(e *engine, a []uint64) uint64 { e.release(as[*function](e.arg(a[0]))); return 0 },
	"__wbg_call": func(e *engine, a []uint64) uint64 {
		f, ok := e.arg(a[0]).(*function)
		if !ok {
			return e.throw(&jsError{"not a function"})
		}
		args := make([]any, 0, len(a))
		for _, x := range a[2:] { // a[1] is "this", which no function here looks at
			args = append(args, e.arg(x))
		}
		return e.ret(f.call(args...))
	},
	"__wbg_done": func(e *engine, a []uint64) uint64 {
		done, _ := property(e.arg(a[0]), "done").(bool)
		return flag(done)
	},
	"__wbg_value":         func(e *engine, a []uint64) uint64 { return e.ret(property(e.arg(a[0]), "value")) },
	"__wbg_next_138a17bb": func(e *engine, a []uint64) uint64 { return e.ret(property(e.arg(a[0]), "next")) },
	"__wbg_next_3cfe5c0f": func(e *engine, a []uint64) uint64 {
		return e.ret(as[*function](property(e.arg(a[0]), "next")).call())
	},
	"__wbg_entries": func(e *engine, a []uint64) uint64 {
		o, list := as[*jsObject](e.arg(a[0])), &jsArray{}
		for _, k := range o.keys {
			list.items = append(list.items, &jsArray{items: []any{k, o.fields[k]}})
		}
		return e.ret(list)
	},
	// The module reports on its console what it also returns as an error; only a panic inside it stands there alone.
	"__wbg_error": func(e *engine, a []uint64) uint64 {
		if len(a) == 2 {
			e.lastError = e.text(a[0], a[1])
			e.mustCall(exportFree, a[0], a[1], 1)
		}
		return 0
	},
	"__wbg_info": func(*engine, []uint64) uint64 { return 0 },
	// The time is asked for only by datetime.today(), which a reproducible report must not use: it is always the same day.
	"__wbg_getTimezoneOffset":           func(*engine, []uint64) uint64 { return math.Float64bits(0) },
	"__wbg_now":                         func(*engine, []uint64) uint64 { return math.Float64bits(0) },
	"__wbg_get_6b7bd52a":                func(e *engine, a []uint64) uint64 { return e.ret(property(e.arg(a[0]), float64(uint32(a[1])))) },
	"__wbg_get_af9dab7e":                func(e *engine, a []uint64) uint64 { return e.ret(property(e.arg(a[0]), e.arg(a[1]))) },
	"__wbg_get_with_ref_key":            func(e *engine, a []uint64) uint64 { return e.ret(property(e.arg(a[0]), e.arg(a[1]))) },
	"__wbg_instanceof_Uint8Array":       is[*jsBytes],
	"__wbg_instanceof_ArrayBuffer":      func(*engine, []uint64) uint64 { return 0 },
	"__wbg_instanceof_Map":              func(*engine, []uint64) uint64 { return 0 },
	"__wbg_isArray":                     is[*jsArray],
	"__wbg_static_accessor_GLOBAL":      func(*engine, []uint64) uint64 { return 0 },
	"__wbg_static_accessor_SELF":        func(*engine, []uint64) uint64 { return 0 },
	"__wbg_static_accessor_WINDOW":      func(*engine, []uint64) uint64 { return 0 },
	"__wbg_static_accessor_GLOBAL_THIS": func(e *engine, _ []uint64) uint64 { return e.ret(newObject()) },
	"__wbg_iterator":                    func(e *engine, _ []uint64) uint64 { return e.ret(symbol("iterator")) },
	"__wbg_stack":                       func(e *engine, a []uint64) uint64 { return e.putText(a[0], "") },
	"__wbg_new_1ba21ce3":                func(e *engine, _ []uint64) uint64 { return e.ret(newObject()) },
	"__wbg_new_25f23977":                func(e *engine, _ []uint64) uint64 { return e.ret(&jsArray{}) },
	"__wbg_new_6421f608":                func(e *engine, a []uint64) uint64 { return e.ret(&jsBytes{as[*jsBytes](e.arg(a[0])).b}) },
	"__wbg_new_8a6f238a":                func(e *engine, _ []uint64) uint64 { return e.ret(&jsError{}) },
	"__wbg_new_b2db8aa2":                func(e *engine, _ []uint64) uint64 { return e.ret(newObject()) }, // Date
	"__wbg_new_df117356":                func(e *engine, a []uint64) uint64 { return e.ret(&jsError{e.text(a[0], a[1])}) },
	"__wbg_new_ff12d2b0":                newPromise,
	"__wbg_new_from_slice_db0691b6":     newWords,
	"__wbg_new_from_slice_f9c22b91":     func(e *engine, a []uint64) uint64 { return e.ret(&jsBytes{[]byte(e.text(a[0], a[1]))}) },
	"__wbg_new_no_args":                 newFunction,
	"__wbg_new_with_args":               newFunction,
	"__wbg_proxycontext_new":            newHandle("ProxyContext"),
	"__wbg_typstcompiler_new":           newHandle("TypstCompiler"),
	"__wbg_typstfontresolver_new":       newHandle("TypstFontResolver"),
	"__wbindgen_object_clone_ref":       func(e *engine, a []uint64) uint64 { return e.ret(e.arg(a[0])) },
	"__wbindgen_object_drop_ref":        func(e *engine, a []uint64) uint64 { e.heap.drop(uint32(a[0])); return 0 },
	"__wbindgen_cast_2241b6af":          func(e *engine, a []uint64) uint64 { return e.ret(e.text(a[0], a[1])) },
	"__wbindgen_cast_3334ea73":          newClosure,
	"__wbindgen_cast_4625c577":          func(e *engine, a []uint64) uint64 { return e.ret(int64(a[0])) },
	"__wbindgen_cast_9ae06075":          func(e *engine, a []uint64) uint64 { return e.ret(int64(a[0])) },
	"__wbindgen_cast_d6cd19b8":          func(e *engine, a []uint64) uint64 { return e.ret(math.Float64frombits(a[0])) },
	"__wbg_queueMicrotask":              queueMicrotask,
	"__wbg_then": func(e *engine, a []uint64) uint64 {
		return e.ret(e.then(as[*promise](e.arg(a[0])), as[*function](e.arg(a[1]))))
	},
	"__wbg_resolve": func(e *engine, a []uint64) uint64 {
		v := e.arg(a[0])
		if p, ok := v.(*promise); ok {
			return e.ret(p)
		}
		return e.ret(&promise{settled: true, ok: true, value: v})
	},
	"__wbg_isSafeInteger": func(e *engine, a []uint64) uint64 {
		f, ok := e.arg(a[0]).(float64)
		return flag(ok && f == math.Trunc(f) && math.Abs(f) < 1<<53)
	},
	"__wbg_length": func(e *engine, a []uint64) uint64 {
		switch x := e.arg(a[0]).(type) {
		case *jsArray:
			return uint64(len(x.items))
		case *jsBytes:
			return uint64(len(x.b))
		}
		return 0
	},
	"__wbg_prototypesetcall": func(e *engine, a []uint64) uint64 {
		b := as[*jsBytes](e.arg(a[2])).b
		if len(b) > int(uint32(a[1])) {
			panic(fault("%d bytes for a place of %d", len(b), uint32(a[1])))
		}
		e.write(uint32(a[0]), b)
		return 0
	},
	"__wbg_push": func(e *engine, a []uint64) uint64 {
		list := as[*jsArray](e.arg(a[0]))
		list.items = append(list.items, e.arg(a[1]))
		return uint64(len(list.items))
	},
	"__wbg_set_3f1d0b98": func(e *engine, a []uint64) uint64 {
		key, v := e.heap.take(uint32(a[1])), e.heap.take(uint32(a[2]))
		setProperty(e.arg(a[0]), key, v)
		return 0
	},
	"__wbg_set_781438a0": func(e *engine, a []uint64) uint64 {
		setProperty(e.arg(a[0]), e.arg(a[1]), e.arg(a[2]))
		return 1
	},
	"__wbg_set_7df433ee": func(e *engine, a []uint64) uint64 {
		setProperty(e.arg(a[0]), float64(uint32(a[1])), e.heap.take(uint32(a[2])))
		return 0
	},
}

func newHandle(class string) importFunc {
	return func(e *engine, a []uint64) uint64 { return e.ret(&handle{class, uint32(a[0])}) }
}

// newWords is new Uint32Array: the compiler makes one for glyph ranges, which nothing here reads back.
func newWords(e *engine, a []uint64) uint64 {
	list := &jsArray{}
	for i := range uint32(a[1]) {
		w, ok := e.mod.Memory().ReadUint32Le(uint32(a[0]) + 4*i)
		if !ok {
			panic(fault("an array outside the memory"))
		}
		list.items = append(list.items, float64(w))
	}
	return e.ret(list)
}

// newFunction is new Function(source). The module asks for "return this" to find the global object; code in text is never run.
func newFunction(e *engine, a []uint64) uint64 {
	source := e.text(a[len(a)-2], a[len(a)-1])
	return e.ret(&function{call: func(...any) any {
		if strings.TrimSpace(source) == "return this" {
			return newObject()
		}
		return undefined{}
	}})
}

// queueMicrotask stands for two imports: with a result it reads the global's function of that name, without one it calls it.
func queueMicrotask(e *engine, a []uint64) uint64 {
	f, ok := e.arg(a[0]).(*function)
	if ok {
		e.queue = append(e.queue, func() { f.call(undefined{}) })
		return 0
	}
	return e.ret(&function{call: func(args ...any) any {
		e.queue = append(e.queue, func() { as[*function](args[0]).call(undefined{}) })
		return undefined{}
	}})
}

func newPromise(e *engine, a []uint64) uint64 {
	p := &promise{}
	settle := func(ok bool) uint64 {
		return uint64(e.heap.add(&function{call: func(args ...any) any {
			var v any = undefined{}
			if len(args) > 0 {
				v = args[0]
			}
			e.settle(p, ok, v)
			return undefined{}
		}}))
	}
	e.mustCall(e.callExecutor, a[0], a[1], settle(true), settle(false))
	return e.ret(p)
}

// newClosure wraps a mutable Rust closure: while it runs its first word is taken away, so that a second entry is seen by the module.
func newClosure(e *engine, a []uint64) uint64 {
	c := &closure{a: uint32(a[0]), b: uint32(a[1]), users: 1}
	f := &function{closure: c}
	f.call = func(args ...any) any {
		var v any = undefined{}
		if len(args) > 0 {
			v = args[0]
		}
		c.users++
		first := c.a
		c.a = 0
		e.mustCall(e.callClosure, uint64(first), uint64(c.b), uint64(e.heap.add(v)))
		c.a = first
		e.release(f)
		return undefined{}
	}
	return e.ret(f)
}

func (e *engine) release(f *function) {
	if f.closure == nil {
		return
	}
	if f.closure.users--; f.closure.users == 0 {
		e.mustCall(e.dropClosure, uint64(f.closure.a), uint64(f.closure.b))
		f.closure.a = 0
	}
}
