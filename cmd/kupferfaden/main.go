// SPDX-License-Identifier: EUPL-1.2

// Command kupferfaden is the whole platform in one binary: it keeps a town's data, serves its pages and does the planner's work on the command
// line. Exit codes: 0 done, 1 the input is refused and every reason named, 2 wrong usage.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
)

// Exit codes of the program.
const (
	exitDone    = 0
	exitRefused = 1
	exitUsage   = 2
)

// CLI lists the verbs.
type CLI struct {
	Config string `help:"Settings file; /etc/kupferfaden/kupferfaden.toml or kupferfaden.toml in the data directory where there is one." env:"KUPFERFADEN_CONFIG" placeholder:"FILE"`

	Init         InitCmd         `cmd:"" help:"Make a data directory with an empty town."`
	Serve        ServeCmd        `cmd:"" help:"Serve the town's pages."`
	Demo         DemoCmd         `cmd:"" help:"Make the fictional Kupferstadt and serve it."`
	Restart      RestartCmd      `cmd:"" help:"Replace the serving program by a new one without losing a request."`
	Ready        ReadyCmd        `cmd:"" help:"Ask the serving program on this machine whether it is ready."`
	Area         AreaCmd         `cmd:"" help:"Areas: levels and editions."`
	Data         DataCmd         `cmd:"" help:"Figures: deliveries of the offices."`
	Index        IndexCmd        `cmd:"" help:"Social index."`
	Report       ReportCmd       `cmd:"" help:"Social report."`
	Check        CheckCmd        `cmd:"" help:"Check the figures and repeat the index runs."`
	Contribution ContributionCmd `cmd:"" help:"Contributions: what people said."`
	Vote         VoteCmd         `cmd:"" help:"Votes of other elections."`
	Export       ExportCmd       `cmd:"" help:"Write figures to a file."`
	Audit        AuditCmd        `cmd:"" help:"Audit trail: check it, keep its head elsewhere, take it away."`
	Tenant       TenantCmd       `cmd:"" help:"Towns and regions of this installation."`
	User         UserCmd         `cmd:"" help:"Accounts."`
	Mail         MailCmd         `cmd:"" help:"Mail: try the mail server, read bounces."`
	Backup       BackupCmd       `cmd:"" help:"Backups."`
	Restore      RestoreCmd      `cmd:"" help:"Bring a backup back into a new place."`
	Migrate      MigrateCmd      `cmd:"" help:"Bring the schema of the database up to date."`
	Doctor       DoctorCmd       `cmd:"" help:"Look over the installation: settings, disk, clock, database, files, mail, backups."`
	Version      VersionCmd      `cmd:"" help:"Print the version."`
	Settings     ConfigCmd       `cmd:"" name:"config" help:"Settings of the installation."`
	Typeset      TypesetCmd      `cmd:"" hidden:"" help:"Typeset one document from standard input (used by the program itself)."`
}

// Env is what a verb needs of its surroundings.
type Env struct {
	Ctx    context.Context
	In     io.Reader
	Out    io.Writer
	Err    io.Writer
	P      *i18n.Printer
	Tracer *progress

	file *settingsFile
}

// say prints a sentence of the catalogue to standard error.
func (e *Env) say(key string, kv ...any) { e.tell(e.P.T(key, kv...)) }

// tell prints a line to standard error, with what a file may have brought made visible.
func (e *Env) tell(line string) { fmt.Fprintln(e.Err, visible(line)) }

// usageError is a wrong use of the program, not a refused input.
type usageError struct{ err error }

func (u usageError) Error() string { return u.err.Error() }
func (u usageError) Unwrap() error { return u.err }

func main() {
	if len(os.Args) > 2 && os.Args[2] == "import" {
		standBack()
	}
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is main with its surroundings as parameters, for tests.
func run(args []string, in io.Reader, out, errw io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var cli CLI
	exited := -1
	file := &settingsFile{}
	parser, err := kong.New(&cli, kong.Name("kupferfaden"), kong.Writers(out, errw), kong.Exit(func(code int) { exited = code }),
		kong.Description("Integrated social planning: from the offices' figures to the social report."), kong.UsageOnError(), kong.Resolvers(file),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		fmt.Fprintln(errw, err)
		return exitUsage
	}
	lang := os.Getenv("KUPFERFADEN_LANG")
	if lang != "en" {
		lang = "de"
	}
	env := &Env{Ctx: ctx, In: in, Out: out, Err: errw, P: i18n.For(lang, kernel.Standard)}
	env.Tracer = newProgress(errw, env.P.Duration)
	parsed, err := parser.Parse(args)
	if exited >= 0 {
		return exited
	}
	env.file = file
	if k := new(kernel.Error); errors.As(err, &k) { // the settings file
		return env.conclude(usageError{k})
	}
	if err != nil {
		env.say("cli.usage", "detail", err.Error())
		return exitUsage
	}
	err = env.run(parsed)
	env.Tracer.end()
	return env.conclude(err)
}

// run does the verb's work. A fault of the program itself ends it like any other error: transactions are rolled back by then.
func (e *Env) run(verb *kong.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v\n%s", p, debug.Stack())
		}
	}()
	return verb.Run(e)
}

// conclude prints an error as a person can act on it and gives the exit code.
func (e *Env) conclude(err error) int {
	var usage usageError
	var k *kernel.Error
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &usage):
		if errors.As(usage.err, &k) {
			e.tell(e.P.Error(usage.err))
			e.findings(k.Findings)
		} else {
			e.say("cli.usage", "detail", usage.err.Error())
		}
		return exitUsage
	case errors.Is(err, context.Canceled):
		e.say("cli.stopped")
		return exitRefused
	case errors.As(err, &k):
		e.tell(e.P.Error(err))
		e.findings(k.Findings)
		for _, name := range sortedKeys(k.Fields) {
			e.tell("  " + name + ": " + e.P.Field(k, name))
		}
		return exitRefused
	}
	e.say("cli.internal")
	fmt.Fprintln(e.Err, err) // for the report to the makers, stack and all
	return exitRefused
}

// finding writes an outcome word, then the sentence with file, sheet, row and column.
func (e *Env) finding(f kernel.Finding) string {
	return e.P.T("outcome."+string(f.Outcome)) + " [" + f.Code + "] " + e.P.Finding(f)
}

// findings prints what an import noticed.
func (e *Env) findings(list []kernel.Finding) {
	const most = 200
	for i, f := range list {
		if i == most {
			e.say("cli.more", "n", len(list)-most)
			return
		}
		e.tell("  " + e.finding(f))
	}
}

// cacheDir is where compiled parts of the program are kept between starts.
func cacheDir() string {
	if d := os.Getenv("KUPFERFADEN_CACHE"); d != "" {
		return d
	}
	if d, err := os.UserCacheDir(); err == nil {
		return filepath.Join(d, "kupferfaden")
	}
	return filepath.Join(os.TempDir(), "kupferfaden-cache")
}
