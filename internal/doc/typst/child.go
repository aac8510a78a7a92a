// SPDX-License-Identifier: EUPL-1.2

package typst

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// ChildVerb is the hidden verb under which the program typesets for its parent (see ServeChild).
const ChildVerb = "typeset"

// Child typesets in a process of its own that ends with the job: the compiler needs 140 MB, a server at rest must stay under 100 MB.
type Child struct {
	exe      string
	cacheDir string
	// One job at a time: two would compete for the memory of the machine, and the second is done soon after the first.
	mu sync.Mutex
}

// NewChild returns a typesetter that runs exe, this same program, with the verb ChildVerb.
func NewChild(exe, cacheDir string) *Child { return &Child{exe: exe, cacheDir: cacheDir} }

// job is what the parent sends; without a document the child only warms the cache.
type job struct {
	CacheDir string    `json:"cacheDir"`
	Document *Document `json:"document,omitempty"`
}

// answer is the line before the PDF. At most one of the error fields is set.
type answer struct {
	Size      int      `json:"size"`
	Error     string   `json:"error,omitempty"`
	Compile   []string `json:"compile,omitempty"`
	Preflight []string `json:"preflight,omitempty"`
	NoAssets  bool     `json:"noAssets,omitempty"`
}

// Warm compiles the compiler into the cache, once per machine and version; later calls take a third of a second.
func (t *Child) Warm(ctx context.Context) error {
	_, err := t.run(ctx, nil)
	return err
}

// Typeset makes the PDF. Errors of the document come back as from InProcess.
func (t *Child) Typeset(ctx context.Context, doc Document) ([]byte, error) {
	if err := doc.Validate(); err != nil {
		return nil, err
	}
	return t.run(ctx, &doc)
}

func (t *Child) run(ctx context.Context, doc *Document) ([]byte, error) {
	in, err := json.Marshal(job{CacheDir: t.cacheDir, Document: doc})
	if err != nil {
		return nil, fmt.Errorf("typesetting: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	cmd := exec.CommandContext(ctx, t.exe, ChildVerb)
	cmd.WaitDelay = 5 * time.Second
	var out, messages bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(in), &out, &messages
	runErr := cmd.Run()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	line, pdf, ok := bytes.Cut(out.Bytes(), []byte("\n"))
	var a answer
	if !ok || json.Unmarshal(line, &a) != nil {
		return nil, fmt.Errorf("the typesetting process ended without an answer (%v): %s", runErr, strings.TrimSpace(messages.String()))
	}
	switch {
	case a.NoAssets:
		return nil, ErrNoAssets
	case a.Compile != nil:
		return nil, &CompileError{Messages: a.Compile}
	case a.Preflight != nil:
		return nil, &PreflightError{Findings: a.Preflight}
	case a.Error != "":
		return nil, errors.New(a.Error)
	case len(pdf) != a.Size:
		return nil, fmt.Errorf("the typesetting process sent %d of %d bytes", len(pdf), a.Size)
	}
	return pdf, nil
}

// ServeChild does one job for a parent: it reads the job from in and writes an answer and the PDF to out. An error of the document travels
// in the answer; ServeChild itself fails only when in or out do.
func ServeChild(ctx context.Context, in io.Reader, out io.Writer) error {
	var j job
	if err := json.NewDecoder(in).Decode(&j); err != nil {
		return fmt.Errorf("typesetting job: %w", err)
	}
	t := NewInProcess(j.CacheDir)
	var pdf []byte
	err := t.Warm(ctx)
	if err == nil && j.Document != nil {
		pdf, err = t.Typeset(ctx, *j.Document)
	}
	line, jsonErr := json.Marshal(answerFor(pdf, err))
	if jsonErr != nil {
		return fmt.Errorf("typesetting answer: %w", jsonErr)
	}
	if _, err := out.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("typesetting answer: %w", err)
	}
	if _, err := out.Write(pdf); err != nil {
		return fmt.Errorf("typesetting answer: %w", err)
	}
	return nil
}

func answerFor(pdf []byte, err error) answer {
	var compile *CompileError
	var pre *PreflightError
	switch {
	case err == nil:
		return answer{Size: len(pdf)}
	case errors.As(err, &compile):
		return answer{Compile: compile.Messages}
	case errors.As(err, &pre):
		return answer{Preflight: pre.Findings}
	case errors.Is(err, ErrNoAssets):
		return answer{NoAssets: true}
	}
	return answer{Error: err.Error()}
}
