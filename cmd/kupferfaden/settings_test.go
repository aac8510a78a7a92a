// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// called runs the program in this process.
func called(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(args, strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}

// settingsIn writes a settings file that only its owner reads.
func settingsIn(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "k.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// shownAs finds the line of a setting in the output of config show, its columns separated by one space.
func shownAs(out, name string) string {
	for line := range strings.Lines(out) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == name {
			return strings.Join(f[1:], " ")
		}
	}
	return ""
}

// TestSettingsPrecedence: a flag comes before the environment, that before the file, that before the default, and the source is shown.
func TestSettingsPrecedence(t *testing.T) {
	t.Setenv("KUPFERFADEN_LANG", "en")
	path := settingsIn(t, "listen = \":1\"\nproxy = [\"10.0.0.0/8\", \"fd00::/8\"]\n[mail]\nhost = \"file\"\nport = 25\n[limit]\nwait = \"7s\"\n")
	check := func(name, want string, args ...string) {
		t.Helper()
		code, out, errs := called(t, append([]string{"config", "show", "--config", path}, args...)...)
		if got := shownAs(out, name); code != exitDone || got != want {
			t.Errorf("%s: %q, want %q (exit %d)\n%s", name, got, want, code, errs)
		}
	}
	check("listen", `":1" `+path+":1")
	check("proxy", `["10.0.0.0/8", "fd00::/8"] `+path+":2")
	check("mail.port", `25 `+path+":5")
	check("limit.wait", `"7s" `+path+":7")
	check("mail.security", `"starttls" default`)
	t.Setenv("KUPFERFADEN_MAIL_HOST", "environment")
	check("mail.host", `"environment" KUPFERFADEN_MAIL_HOST`)
	check("mail.host", `"flag" --mail-host`, "--mail-host", "flag")
}

// TestSettingsFileIsFound in the data directory, by the environment, or not at all.
func TestSettingsFileIsFound(t *testing.T) {
	if _, err := os.Stat(systemSettings); err == nil {
		t.Skip("skipped: this machine has " + systemSettings)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, SettingsName)
	if err := os.WriteFile(path, []byte(`listen = ":7"`), 0o600); err != nil {
		t.Fatal(err)
	}
	other := settingsIn(t, `listen = ":8"`)
	for _, c := range []struct{ data, dataEnv, config, want string }{
		{dir, "", "", `":7" ` + path + ":1"},
		{"", dir, "", `":7" ` + path + ":1"},
		{dir, "", other, `":8" ` + other + ":1"},
		{t.TempDir(), "", "", ""},
	} {
		args := []string{"config", "show"}
		if c.data != "" {
			args = append(args, "--data", c.data)
		}
		t.Setenv("KUPFERFADEN_CONFIG", c.config)
		if c.dataEnv != "" {
			t.Setenv("KUPFERFADEN_DATA", c.dataEnv)
		}
		_, out, _ := called(t, args...)
		if got := shownAs(out, "listen"); got != c.want && (c.want != "" || !strings.HasPrefix(got, `"127.0.0.1:8080"`)) {
			t.Errorf("%+v: %s", c, got)
		}
	}
	if code, _, errs := called(t, "config", "show", "--config", filepath.Join(dir, "none.toml")); code == exitDone || !strings.Contains(errs, "none.toml") {
		t.Errorf("a file that is not there: exit %d %s", code, errs)
	}
}

// TestSettingsFileMistakes: all of them are told at once, each with its line, and nothing begins.
func TestSettingsFileMistakes(t *testing.T) {
	t.Setenv("KUPFERFADEN_LANG", "en")
	for text, want := range map[string]string{
		"listen = 8080":                                "row 1: “listen” needs a text",
		"\n[mail]\nport = \"587\"":                     "row 3: “mail.port” needs a whole number",
		"host = \"x\"":                                 "row 1: “host” needs a list",
		"[mail]\nmode = \"sent\"":                      "row 2: “mail.mode” does not know “sent”. Possible are: send, capture.",
		"[mail]\n# c\nhots = \"x\"":                    "row 3: There is no setting “mail.hots”. Is “mail.host” meant?",
		"[nonsense]\nx = 1":                            "row 2: There is no setting “nonsense.x”",
		"[entirely]":                                   "row 1: There is no setting “entirely”",
		"proxy = [\"10.0.0.0/8\", \"none\"]":           "row 1: “proxy” cannot be understood",
		"[limit]\nwait = \"5\"":                        "row 2: “limit.wait” cannot be understood",
		"listen = \"a\nb\"":                            "This is not TOML",
		"listen = \":1\"\nlisten = \":2\"":             "This is not TOML",
		"secret = \"x\"\nsecret_file = \"y\"":          "row 2: “secret_file” and “secret” both say the same",
		"secret_file = \"nowhere\"":                    "cannot be read",
		"[mail]\nhost_file = \"x\"":                    "There is no setting “mail.host_file”",
		"listen = 1979-05-27":                          "row 1: “listen” needs a text",
		"[limit]\ncostly = 1.5":                        "row 2: “limit.costly” needs",
		"host = [1]":                                   "row 1: “host” needs a list",
		"listen = 1\n[mail]\nport = 1\nsecurity = 2":   "row 4: “mail.security” needs a text",
		"[[mail]]\nhost = \"a\"\n[[mail]]\nhost=\"b\"": "There is no setting “mail”",
	} {
		path := settingsIn(t, text)
		for _, verb := range [][]string{{"config", "show"}, {"serve", "--data", t.TempDir()}, {"data", "list"}} {
			code, out, errs := called(t, append(verb, "--config", path)...)
			if code != exitUsage || out != "" || !strings.Contains(strings.ReplaceAll(errs, "line ", "row "), want) {
				t.Errorf("%v %q: exit %d, %q, want %q", verb, text, code, errs, want)
			}
		}
	}
}

// TestSecretsInFiles: a secret may lie in a file of its own, is never shown, and a file everybody can read is warned of.
func TestSecretsInFiles(t *testing.T) {
	t.Setenv("KUPFERFADEN_LANG", "en")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "pw"), []byte("geheim\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "k.toml")
	if err := os.WriteFile(path, []byte("[mail]\npassword_file = \"pw\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	code, out, errs := called(t, "config", "show", "--config", path)
	if got := shownAs(out, "mail.password"); code != exitDone || !strings.HasPrefix(got, `"********" `+path+":2 → ") || strings.Contains(out+errs, "geheim") || errs != "" {
		t.Errorf("exit %d: %s\n%s", code, got, errs)
	}
	t.Setenv("KUPFERFADEN_MAIL_PASSWORD_FILE", filepath.Join(dir, "pw"))
	if _, out, _ := called(t, "config", "show"); !strings.Contains(shownAs(out, "mail.password"), "KUPFERFADEN_MAIL_PASSWORD_FILE") {
		t.Errorf("from the environment: %s", out)
	}
	t.Setenv("KUPFERFADEN_MAIL_PASSWORD", "anders")
	if code, _, errs := called(t, "config", "show"); code != exitUsage || !strings.Contains(errs, "both say the same") {
		t.Errorf("twice: exit %d %s", code, errs)
	}
	if runtime.GOOS == "windows" {
		return
	}
	open := filepath.Join(dir, "open.toml")
	if err := os.WriteFile(open, []byte("secret = \"s\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KUPFERFADEN_MAIL_PASSWORD_FILE", "")
	if _, _, errs := called(t, "config", "show", "--config", open); !strings.Contains(errs, "can read the secrets") {
		t.Errorf("not warned: %q", errs)
	}
}

// TestStrangeEnvironment: a variable with a typing error is named.
func TestStrangeEnvironment(t *testing.T) {
	t.Setenv("KUPFERFADEN_LANG", "en")
	t.Setenv("KUPFERFADEN_LISTN", ":1")
	code, _, errs := called(t, "config", "show")
	if code != exitDone || !strings.Contains(errs, "Is KUPFERFADEN_LISTEN meant?") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

// TestSettingsAreDocumented: the table of docs/betrieb/konfiguration.md is what the program takes, in its order.
func TestSettingsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/betrieb/konfiguration.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for line := range strings.Lines(string(text)) {
		if cells := strings.Split(line, "|"); len(cells) == 7 && strings.HasPrefix(cells[1], " `") {
			if strings.TrimSpace(cells[5]) == "" {
				t.Errorf("no meaning: %s", line)
			}
			documented = append(documented, strings.Join(strings.Fields(strings.ReplaceAll(strings.Join(cells[1:5], " "), "`", "")), " "))
		}
	}
	parser, err := kong.New(&CLI{})
	if err != nil {
		t.Fatal(err)
	}
	var real []string
	for _, f := range settingFlags(parser.Model) {
		section, key := fileKey(f.Name)
		row := join(section, key)
		if secretFlag(f) {
			row += " *"
		}
		row += fmt.Sprintf(" --%s %s", f.Name, f.Envs[0])
		if f.Default != "" && f.Default != `""` {
			row += " " + f.Default
		}
		real = append(real, row)
	}
	if a, b := strings.Join(documented, "\n"), strings.Join(real, "\n"); a != b {
		t.Errorf("documented:\n%s\n\nin the program:\n%s", a, b)
	}
}
