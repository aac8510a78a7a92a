// SPDX-License-Identifier: EUPL-1.2

package typst

import (
	"fmt"
	"strconv"
	"strings"
)

// The compiler module was built with wasm-bindgen: it does not hold JavaScript values itself but asks its host to keep them and hands out
// small numbers for them. The types here are the few kinds of value it ever asks for.
type (
	undefined struct{}
	symbol    string
	jsError   struct{ message string }
	jsBytes   struct{ b []byte }
	jsArray   struct{ items []any }
	// jsObject keeps the order of its keys, because Object.entries promises it.
	jsObject struct {
		fields map[string]any
		keys   []string
	}
	// handle is an object of the module's own, known here only by its address.
	handle struct {
		class string
		ptr   uint32
	}
	function struct {
		call    func(args ...any) any
		closure *closure
	}
	// closure is a Rust closure lent to the host; the module frees it when the last user lets go.
	closure struct {
		a, b  uint32
		users int
	}
)

func newObject() *jsObject { return &jsObject{fields: map[string]any{}} }

func (o *jsObject) set(key string, v any) {
	if _, ok := o.fields[key]; !ok {
		o.keys = append(o.keys, key)
	}
	o.fields[key] = v
}

// Slots 0 to 127 belong to borrowed values, 128 to 131 hold undefined, null, true and false; the module counts on these places.
const (
	slotUndefined = 128
	slotNull      = 129
	slotTrue      = 130
	slotFalse     = 131
	slotFirst     = 132
)

// heap is the table of values the module refers to by number.
type heap struct {
	values []any
	free   []uint32
}

func newHeap() *heap {
	h := &heap{values: make([]any, slotFirst)}
	for i := range h.values {
		h.values[i] = undefined{}
	}
	h.values[slotNull], h.values[slotTrue], h.values[slotFalse] = nil, true, false
	return h
}

func (h *heap) get(i uint32) any {
	if int(i) >= len(h.values) {
		panic(fault("value %d asked for, but there are %d", i, len(h.values)))
	}
	return h.values[i]
}

func (h *heap) add(v any) uint32 {
	if n := len(h.free); n > 0 {
		i := h.free[n-1]
		h.free = h.free[:n-1]
		h.values[i] = v
		return i
	}
	h.values = append(h.values, v)
	return uint32(len(h.values) - 1)
}

func (h *heap) drop(i uint32) {
	if i < slotFirst {
		return
	}
	h.values[i] = undefined{}
	h.free = append(h.free, i)
}

func (h *heap) take(i uint32) any {
	v := h.get(i)
	h.drop(i)
	return v
}

// glueError is a disagreement between the module and the values it asks for: a fault of ours or of the module, never of a report.
type glueError struct{ text string }

func (e glueError) Error() string { return "typesetter module: " + e.text }

// fault makes the value that code called from inside the module panics with: the module's call stack stands between it and us,
// and a panic is the only way through; engine.call turns it back into an error.
func fault(format string, args ...any) glueError { return glueError{fmt.Sprintf(format, args...)} }

// as converts a value to the kind the module expects at this place.
func as[T any](v any) T {
	t, ok := v.(T)
	if !ok {
		panic(fault("a %T where a %T is needed", v, t))
	}
	return t
}

// property reads a property as JavaScript would, for the kinds of value that have any.
func property(of, key any) any {
	switch x := of.(type) {
	case *jsObject:
		if v, ok := x.fields[keyText(key)]; ok {
			return v
		}
	case *jsArray:
		switch k := key.(type) {
		case float64:
			if i := int(k); i >= 0 && i < len(x.items) {
				return x.items[i]
			}
		case string:
			if k == "length" {
				return float64(len(x.items))
			}
		case symbol:
			return &function{call: func(...any) any { return iterator(x.items) }}
		}
	}
	return undefined{}
}

func setProperty(of, key, v any) {
	switch x := of.(type) {
	case *jsObject:
		x.set(keyText(key), v)
	case *jsArray:
		i := int(as[float64](key))
		if i < 0 || i > len(x.items)+1024 {
			panic(fault("array index %d with %d items", i, len(x.items)))
		}
		for len(x.items) <= i {
			x.items = append(x.items, undefined{})
		}
		x.items[i] = v
	default:
		panic(fault("property set on a %T", of))
	}
}

func keyText(key any) string {
	switch k := key.(type) {
	case string:
		return k
	case float64:
		return strconv.FormatFloat(k, 'f', -1, 64)
	}
	return fmt.Sprint(key)
}

func iterator(items []any) *jsObject {
	n := 0
	it := newObject()
	it.set("next", &function{call: func(...any) any {
		r := newObject()
		r.set("done", n >= len(items))
		if n < len(items) {
			r.set("value", items[n])
		}
		n++
		return r
	}})
	return it
}

// display writes a value for an error message.
func display(v any) string {
	switch x := v.(type) {
	case undefined:
		return "undefined"
	case nil:
		return "null"
	case string:
		return x
	case *jsError:
		return x.message
	case *jsBytes:
		return fmt.Sprintf("%d bytes", len(x.b))
	case *jsArray:
		parts := make([]string, len(x.items))
		for i, e := range x.items {
			parts[i] = display(e)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case *jsObject:
		parts := make([]string, len(x.keys))
		for i, k := range x.keys {
			parts[i] = k + ": " + display(x.fields[k])
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case *handle:
		return x.class
	case *function:
		return "function"
	}
	return fmt.Sprint(v)
}
