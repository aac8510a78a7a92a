// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/alecthomas/kong"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// SettingsName is the settings file inside the data directory; systemSettings the one of the machine, which comes first.
const SettingsName = "kupferfaden.toml"

const systemSettings = "/etc/kupferfaden/" + SettingsName

// maxSettings is far more than a settings file needs.
const maxSettings = 1 << 20

// settingsFile gives kong the values of the settings file, and of secrets that lie in files of their own (KUPFERFADEN_SECRET_FILE, as containers
// and systemd hand them over). A flag comes before the environment, the environment before the file, the file before the default.
type settingsFile struct {
	path     string // empty where there is none
	loaded   bool
	err      error
	values   map[string]fileValue // by name of the flag
	warnings []kernel.Finding
}

// fileValue is a value and where it stands.
type fileValue struct {
	value string
	from  string
}

// Validate has nothing to do before the verb is known.
func (*settingsFile) Validate(*kong.Application) error { return nil }

// Resolve gives the value of a flag that the command line does not carry.
func (f *settingsFile) Resolve(ctx *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if len(flag.Envs) == 0 || flag.Name == "config" || ctx.Selected() == nil || ctx.Selected().Name == "demo" {
		return nil, nil //nolint:nilnil // kong's word for "not known here"
	}
	if !f.loaded {
		f.loaded = true
		f.err = f.load(ctx)
	}
	if f.err != nil {
		return nil, f.err
	}
	if _, ok := os.LookupEnv(flag.Envs[0]); ok {
		return nil, nil //nolint:nilnil // as above
	}
	if v, ok := f.values[flag.Name]; ok && (v.value != "" || !flag.IsSlice()) {
		return v.value, nil
	}
	return nil, nil //nolint:nilnil // as above
}

// settingFlags are the flags that a file may set: those of "config show", which has them all.
func settingFlags(model *kong.Application) []*kong.Flag {
	for _, n := range model.Leaves(false) {
		if n.Path() == "config show" {
			return slices.DeleteFunc(slices.Clone(n.Flags), func(f *kong.Flag) bool { return len(f.Envs) == 0 })
		}
	}
	return nil
}

// fileKey is the name of a flag in the file: section and key.
func fileKey(flag string) (section, key string) {
	if s, rest, ok := strings.Cut(flag, "-"); ok && slices.Contains(sections, s) {
		return s, strings.ReplaceAll(rest, "-", "_")
	}
	return "", strings.ReplaceAll(flag, "-", "_")
}

// secretFlag tells a setting nobody may see.
func secretFlag(f *kong.Flag) bool { return f.Tag.Has("secret") }

// load finds and reads the file and the secrets in files of their own.
func (f *settingsFile) load(ctx *kong.Context) error {
	f.values = map[string]fileValue{}
	flags := settingFlags(ctx.Model)
	given := map[string]string{}
	for _, p := range ctx.Path {
		if p.Flag != nil {
			given[p.Flag.Name] = fmt.Sprint(ctx.FlagValue(p.Flag))
		}
	}
	path := cmp.Or(given["config"], os.Getenv("KUPFERFADEN_CONFIG"))
	if path == "" {
		data := cmp.Or(given["data"], os.Getenv("KUPFERFADEN_DATA"), "kupferfaden-data")
		for _, p := range []string{systemSettings, filepath.Join(data, SettingsName)} {
			if _, err := os.Stat(p); err == nil {
				path = p
				break
			}
		}
	}
	var findings []kernel.Finding
	if path != "" {
		list, err := f.read(path, flags)
		if err != nil {
			return err
		}
		findings = list
	}
	for _, flag := range flags {
		if env := flag.Envs[0] + "_FILE"; secretFlag(flag) && os.Getenv(env) != "" {
			findings = append(findings, f.secret(flag, os.Getenv(env), env, kernel.Finding{})...)
			if os.Getenv(flag.Envs[0]) != "" {
				findings = append(findings, kernel.Finding{Code: "config.twice", Outcome: kernel.RefuseFile, Params: kernel.Params("name", flag.Envs[0], "other", env)})
			}
		}
	}
	slices.SortStableFunc(findings, func(a, b kernel.Finding) int { return a.Row - b.Row })
	if len(findings) > 0 {
		return &kernel.Error{Kind: kernel.Invalid, Key: "config.invalid", Findings: findings}
	}
	return nil
}

// read reads the file and checks every value in it by itself, so that all mistakes are told at once, each with its line.
func (f *settingsFile) read(path string, flags []*kong.Flag) ([]kernel.Finding, error) {
	f.path = path
	text, err := readFile(path, maxSettings)
	if err != nil {
		return nil, err
	}
	tree := map[string]any{}
	if _, err := toml.Decode(string(text), &tree); err != nil {
		finding := kernel.Finding{Code: "config.syntax", Outcome: kernel.RefuseFile, File: path, Params: kernel.Params("detail", err.Error())}
		if p := (toml.ParseError{}); errors.As(err, &p) {
			finding.Row, finding.Params["detail"] = p.Position.Line, p.Message
			if p.Message == "" {
				finding.Params["detail"] = strings.TrimPrefix(p.Error(), "toml: ")
			}
		}
		return []kernel.Finding{finding}, nil
	}
	flat := flatten(tree)
	lines := lineNumbers(string(text))
	known := map[string]*kong.Flag{}
	for _, flag := range flags {
		section, key := fileKey(flag.Name)
		known[join(section, key)] = flag
	}
	var findings []kernel.Finding
	secrets := false
	for _, name := range slices.Sorted(maps.Keys(flat)) {
		at := kernel.Finding{Outcome: kernel.RefuseFile, File: path, Row: lines[name], Params: kernel.Params("name", name)}
		flag := known[name]
		if base, ok := strings.CutSuffix(name, "_file"); ok && flag == nil && known[base] != nil && secretFlag(known[base]) {
			file, isText := flat[name].(string)
			switch {
			case !isText:
				findings = append(findings, as(at, "config.type.text"))
			case flat[base] != nil:
				findings = append(findings, as(at, "config.twice", "other", base))
			default:
				if !filepath.IsAbs(file) {
					file = filepath.Join(filepath.Dir(path), file)
				}
				findings = append(findings, f.secret(known[base], file, fmt.Sprintf("%s:%d", path, at.Row), at)...)
			}
			continue
		}
		if flag == nil {
			if like := nearest(name, slices.Sorted(maps.Keys(known))); like != "" {
				findings = append(findings, as(at, "config.unknown_like", "like", like))
			} else {
				findings = append(findings, as(at, "config.unknown"))
			}
			continue
		}
		value, bad := fitting(flag, flat[name], at)
		if bad != nil {
			findings = append(findings, *bad)
			continue
		}
		secrets = secrets || secretFlag(flag) && value != ""
		f.values[flag.Name] = fileValue{value, fmt.Sprintf("%s:%d", path, at.Row)}
	}
	if secrets {
		f.guard(path)
	}
	return findings, nil
}

// as gives the finding its sentence.
func as(f kernel.Finding, code string, kv ...any) kernel.Finding {
	f.Code = code
	params := kernel.Params(kv...)
	for k, v := range f.Params {
		if params == nil {
			params = map[string]any{}
		}
		params[k] = v
	}
	f.Params = params
	return f
}

// guard warns when others on the machine can read what is secret.
func (f *settingsFile) guard(path string) {
	if i, err := os.Stat(path); err == nil && runtime.GOOS != "windows" && i.Mode().Perm()&0o004 != 0 {
		f.warnings = append(f.warnings, kernel.Finding{Code: "config.readable", Outcome: kernel.Warn, File: path})
	}
}

// secret reads a secret from a file of its own.
func (f *settingsFile) secret(flag *kong.Flag, path, from string, at kernel.Finding) []kernel.Finding {
	text, err := readFile(path, 64<<10)
	if err != nil {
		at.Outcome = kernel.RefuseFile
		return []kernel.Finding{as(at, "config.secret_file", "name", from, "path", path)}
	}
	f.guard(path)
	f.values[flag.Name] = fileValue{strings.TrimRight(string(text), "\r\n"), from + " → " + path}
	return nil
}

// fitting checks that a value of the file is of the kind the setting has, and gives it as kong takes it.
func fitting(flag *kong.Flag, v any, at kernel.Finding) (string, *kernel.Finding) {
	wrong := func(want string) *kernel.Finding {
		f := as(at, "config.type."+want)
		return &f
	}
	kind := flag.Target.Kind()
	if flag.IsSlice() {
		list, ok := v.([]any)
		if !ok {
			return "", wrong("list")
		}
		items := make([]string, len(list))
		for i, x := range list {
			if items[i], ok = x.(string); !ok {
				return "", wrong("list")
			}
		}
		text := kong.JoinEscaped(items, flag.Tag.Sep)
		if f := parses(flag, text, at); f != nil && len(items) > 0 {
			return "", f
		}
		return text, nil
	}
	text := ""
	switch x := v.(type) {
	case string:
		if kind == reflect.Int || kind == reflect.Bool {
			return "", wrong(kind.String())
		}
		text = x
	case int64:
		if kind != reflect.Int {
			return "", wrong("text")
		}
		text = fmt.Sprint(x)
	case bool:
		if kind != reflect.Bool {
			return "", wrong("text")
		}
		text = fmt.Sprint(x)
	default:
		return "", wrong("text")
	}
	if flag.Enum != "" && !slices.Contains(flag.EnumSlice(), text) {
		f := as(at, "config.choice", "value", text, "choices", strings.Join(flag.EnumSlice(), ", "))
		return "", &f
	}
	if f := parses(flag, text, at); f != nil {
		return "", f
	}
	return text, nil
}

// parses reads the value as kong will.
func parses(flag *kong.Flag, v string, at kernel.Finding) *kernel.Finding {
	target := reflect.New(flag.Target.Type()).Elem()
	if err := flag.Mapper.Decode(&kong.DecodeContext{Value: flag.Value, Scan: kong.Scan().PushTyped(v, kong.FlagValueToken)}, target); err != nil {
		f := as(at, "config.value", "detail", err.Error())
		return &f
	}
	return nil
}

// flatten writes the tables of the file as dotted names.
func flatten(tree map[string]any) map[string]any {
	flat := map[string]any{}
	for name, v := range tree {
		if table, ok := v.(map[string]any); ok {
			for key, v := range table {
				flat[join(name, key)] = v
			}
			if len(table) == 0 && !slices.Contains(sections, name) {
				flat[name] = table
			}
			continue
		}
		flat[name] = v
	}
	return flat
}

func join(section, key string) string {
	if section == "" {
		return key
	}
	return section + "." + key
}

// lineNumbers gives the line of each dotted name; the library tells positions of syntax errors only. Names written in quotes or over several
// parts are not settings of ours and get the line of nothing.
func lineNumbers(text string) map[string]int {
	lines := map[string]int{}
	section := ""
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "["); ok {
			if name, _, ok := strings.Cut(rest, "]"); ok && !strings.HasPrefix(rest, "[") {
				section = strings.TrimSpace(name)
				lines[section] = n
				continue
			}
		}
		if key, _, ok := strings.Cut(line, "="); ok && !strings.HasPrefix(line, "#") {
			name := join(section, strings.TrimSpace(key))
			if lines[name] == 0 {
				lines[name] = n
			}
		}
	}
	return lines
}

// nearest finds the known name that a typing error may stand for.
func nearest(name string, known []string) string {
	best, least := "", len(name)/3+1
	for _, k := range known {
		if d := distance(name, k); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance is the number of letters to add, drop or change (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// strangers lists variables of the environment that look like settings and are none.
func strangers(flags []*kong.Flag) []kernel.Finding {
	known := []string{"KUPFERFADEN_CONFIG", "KUPFERFADEN_LANG", "KUPFERFADEN_CACHE"}
	for _, f := range flags {
		known = append(known, f.Envs[0])
		if secretFlag(f) {
			known = append(known, f.Envs[0]+"_FILE")
		}
	}
	var out []kernel.Finding
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if !strings.HasPrefix(name, "KUPFERFADEN_") || slices.Contains(known, name) || slices.Contains(privateEnv, name) {
			continue
		}
		f := kernel.Finding{Code: "config.env", Outcome: kernel.Warn, Params: kernel.Params("name", name)}
		if like := nearest(name, known); like != "" {
			f = as(f, "config.env_like", "like", like)
		}
		out = append(out, f)
	}
	return out
}

// privateEnv are variables between programs, not settings.
var privateEnv = []string{"KUPFERFADEN_PG_BIN", "KUPFERFADEN_TESTDATA", "KUPFERFADEN_HANDOVER"}
