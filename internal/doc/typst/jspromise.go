// SPDX-License-Identifier: EUPL-1.2

package typst

// promise is a JavaScript promise as far as the module uses one: settled once, reactions run later from the queue.
type promise struct {
	settled, ok bool
	value       any
	reactions   []func()
}

// settle fixes the outcome; what waits for it is queued, never run at once, as JavaScript demands.
func (e *engine) settle(p *promise, ok bool, v any) {
	if p.settled {
		return
	}
	if inner, is := v.(*promise); is && ok {
		e.when(inner, func() { e.settle(p, inner.ok, inner.value) })
		return
	}
	p.settled, p.ok, p.value = true, ok, v
	e.queue = append(e.queue, p.reactions...)
	p.reactions = nil
}

func (e *engine) when(p *promise, f func()) {
	if p.settled {
		e.queue = append(e.queue, f)
		return
	}
	p.reactions = append(p.reactions, f)
}

// then is Promise.prototype.then with a first argument only: a rejection passes through.
func (e *engine) then(p *promise, f *function) *promise {
	next := &promise{}
	e.when(p, func() {
		if !p.ok {
			e.settle(next, false, p.value)
			return
		}
		e.settle(next, true, f.call(p.value))
	})
	return next
}

// await runs the queue until the promise is settled. Nothing outside can settle it later: the module does no input or output of its own.
func (e *engine) await(v any) (any, error) {
	p, ok := v.(*promise)
	if !ok {
		return nil, fault("a %T where a promise is needed", v)
	}
	for len(e.queue) > 0 {
		f := e.queue[0]
		e.queue = e.queue[1:]
		if err := guard(f); err != nil {
			return nil, err
		}
	}
	switch {
	case !p.settled:
		return nil, fault("a promise that nothing will settle")
	case !p.ok:
		return nil, fault("%s", display(p.value))
	}
	return p.value, nil
}
