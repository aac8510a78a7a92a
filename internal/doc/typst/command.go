// SPDX-License-Identifier: EUPL-1.2

package typst

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Command typesets with a typst program installed on the machine, version 0.14 or later, which checks PDF/UA-1 itself while writing.
type Command struct {
	path string
}

// NewCommand returns a Command for the program at path.
func NewCommand(path string) *Command { return &Command{path: path} }

// Typeset makes the PDF in a temporary folder that is removed again. The built-in fonts are used when they are there.
func (t *Command) Typeset(ctx context.Context, doc Document) (_ []byte, err error) {
	if err := doc.Validate(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "kupferfaden-typst-")
	if err != nil {
		return nil, fmt.Errorf("typesetting: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	root, fonts := filepath.Join(dir, "report"), filepath.Join(dir, "fonts")
	if err := writeAll(root, doc); err != nil {
		return nil, err
	}
	if err := writeFonts(fonts); err != nil {
		return nil, err
	}
	target := filepath.Join(dir, "report.pdf")
	// The document sets its date itself; the creation time covers one that does not, so that the same input gives the same file.
	cmd := exec.CommandContext(ctx, t.path, "compile", "--pdf-standard", "ua-1", "--creation-timestamp", "0", "--root", root,
		"--font-path", fonts, "--ignore-system-fonts", filepath.Join(root, mainFile), target)
	cmd.WaitDelay = 5 * time.Second
	var messages bytes.Buffer
	cmd.Stderr = &messages
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			return nil, fmt.Errorf("typst command: %w", err)
		}
		return nil, &CompileError{Messages: []string{strings.TrimSpace(messages.String())}}
	}
	pdf, err := os.ReadFile(target)
	if err != nil {
		return nil, fmt.Errorf("typst command: %w", err)
	}
	return pdf, nil
}

func writeAll(root string, doc Document) error {
	if err := writeFile(root, mainFile, []byte(doc.Main)); err != nil {
		return err
	}
	for _, name := range doc.names() {
		if err := writeFile(root, name, doc.Files[name]); err != nil {
			return err
		}
	}
	return nil
}

func writeFonts(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("typesetting: %w", err)
	}
	for _, name := range fontNames() {
		font, err := asset(name)
		if errors.Is(err, ErrNoAssets) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := writeFile(dir, name, font); err != nil {
			return err
		}
	}
	return nil
}

func writeFile(root, name string, b []byte) error {
	path := filepath.Join(root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("typesetting: %w", err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		return fmt.Errorf("typesetting: %w", err)
	}
	return nil
}
