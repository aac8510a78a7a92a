// SPDX-License-Identifier: EUPL-1.2

//go:build unix

package server

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// handoverEnv tells a new program what its predecessor hands over: a JSON list of names and addresses, in the order of the descriptors.
const handoverEnv = "KUPFERFADEN_HANDOVER"

// The words of a new program to its predecessor.
const (
	wordReady = "ready" // serves; the old one may stop
	wordQuiet = "quiet" // must change the schema of the database: the old one has to stop first
)

// Predecessor is the program that this one replaces; nil when it starts by itself.
type Predecessor struct {
	// Claim is the locked file that claims the embedded database; nil where there is none.
	Claim *os.File
	say   *os.File
	life  *os.File
	once  sync.Once
}

type handed struct{ Name, Addr string }

func closeOnExec(f *os.File) { unix.CloseOnExec(int(f.Fd())) }

// Start takes over from the program before, or from systemd, or begins with nothing.
func Start() (*Sockets, *Predecessor, error) {
	text := os.Getenv(handoverEnv)
	if text == "" {
		return FromSystemd(), nil, nil
	}
	_ = os.Unsetenv(handoverEnv) // children are not meant
	var list []handed
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", handoverEnv, err)
	}
	s, p := newSockets(), &Predecessor{}
	for i, h := range list {
		switch h.Name {
		case "say", "life", "claim":
			f := os.NewFile(uintptr(firstFile+i), h.Name)
			closeOnExec(f)
			switch h.Name {
			case "say":
				p.say = f
			case "life":
				p.life = f
			default:
				p.Claim = f
			}
		default:
			s.take(h.Name, h.Addr, firstFile+i)
		}
	}
	if p.say == nil || p.life == nil {
		return nil, nil, fmt.Errorf("%s: incomplete", handoverEnv)
	}
	return s, p, nil
}

// Ready tells the predecessor that this program serves.
func (p *Predecessor) Ready() {
	if p == nil {
		return
	}
	p.once.Do(func() {
		_, _ = fmt.Fprintln(p.say, wordReady) // a predecessor that died meanwhile needs no word
		_ = p.say.Close()
	})
}

// Quiet asks the predecessor to stop and waits until it has ended; what it acknowledged is then in the database, and nothing more comes.
func (p *Predecessor) Quiet(ctx context.Context) error {
	if p == nil {
		return nil
	}
	p.once.Do(func() {
		_, _ = fmt.Fprintln(p.say, wordQuiet) // as above
		_ = p.say.Close()
	})
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_, _ = p.life.Read(make([]byte, 1)) // nothing is ever written; the end comes when the predecessor ends
	}()
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Successor is a new program that has been started to replace this one.
type Successor struct {
	PID int
	// Quiet: it waits for this program to end before it opens the database; else it serves already.
	Quiet bool
}

// lives are the descriptors whose end tells a successor that this program has ended; they must not be collected before.
var lives []*os.File

// ErrSuccessor says that the new program did not come up; the old one goes on.
var ErrSuccessor = errors.New("the new program did not start")

// Replace starts exe with the arguments, hands it the listeners and the claim, and waits until it serves or asks for quiet. When it returns an
// error the new program has ended and nothing has changed.
func (s *Sockets) Replace(ctx context.Context, exe string, args []string, claim *os.File, within time.Duration) (*Successor, error) {
	hear, say, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer hear.Close()
	life, own, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, say.Close())
	}
	list, files := []handed{{Name: "say"}, {Name: "life"}}, []*os.File{say, life}
	if claim != nil {
		list, files = append(list, handed{Name: "claim"}), append(files, claim)
	}
	var copies []*os.File
	defer func() {
		for _, f := range append(copies, say, life) {
			_ = f.Close() // the child has its own
		}
	}()
	for name, l := range s.open {
		f, err := duplicate(l.Listener)
		if err != nil {
			return nil, errors.Join(err, own.Close())
		}
		copies = append(copies, f)
		list, files = append(list, handed{name, l.addr}), append(files, f)
	}
	text, err := json.Marshal(list)
	if err != nil {
		return nil, errors.Join(err, own.Close())
	}
	cmd := exec.Command(exe, args...) // not CommandContext: it outlives this program
	cmd.Args[0] = os.Args[0]
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.ExtraFiles = files
	cmd.Env = append(os.Environ(), handoverEnv+"="+string(text))
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(ErrSuccessor, err, own.Close())
	}
	_ = say.Close() // so that the child's end is noticed
	word := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(hear).ReadString('\n')
		word <- strings.TrimSpace(line)
	}()
	wait, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	select {
	case w := <-word:
		if w == wordReady || w == wordQuiet {
			go func() { _ = cmd.Wait() }() // nobody is left behind should it end before us
			lives = append(lives, own)
			return &Successor{PID: cmd.Process.Pid, Quiet: w == wordQuiet}, nil
		}
	case <-wait.Done():
	}
	_ = cmd.Process.Kill()
	err = cmd.Wait()
	return nil, errors.Join(ErrSuccessor, wait.Err(), err, own.Close())
}

// duplicate gives another descriptor of the listener. net.TCPListener.File would make it block, for this program too.
func duplicate(l net.Listener) (*os.File, error) {
	t, ok := l.(*net.TCPListener)
	if !ok {
		return nil, fmt.Errorf("listener %T cannot be handed over", l)
	}
	raw, err := t.SyscallConn()
	if err != nil {
		return nil, err
	}
	fd, dupErr := 0, error(nil)
	err = raw.Control(func(own uintptr) { fd, dupErr = unix.FcntlInt(own, unix.F_DUPFD_CLOEXEC, 0) })
	if err := errors.Join(err, dupErr); err != nil {
		return nil, fmt.Errorf("listener: %w", err)
	}
	return os.NewFile(uintptr(fd), "listener"), nil
}
