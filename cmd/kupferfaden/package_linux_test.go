// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"crypto/sha256"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDebianPackage builds the package around a stand-in for the program and looks into it as an administrator would.
func TestDebianPackage(t *testing.T) {
	if _, err := exec.LookPath("dpkg-deb"); err != nil {
		t.Skip("skipped: dpkg-deb is not installed here")
	}
	dir := t.TempDir()
	program := write(t, dir, "program", []byte("#!/bin/sh\n"))
	build := func(version, out string) string {
		t.Helper()
		c := exec.Command("../../scripts/deb.sh", program, version, "amd64", out)
		c.Env = append(os.Environ(), "SOURCE_DATE_EPOCH=1700000000")
		b, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, b)
		}
		return strings.TrimSpace(string(b))
	}
	deb := build("v1.2.0-3-gabcdef", filepath.Join(dir, "a"))
	look := func(what ...string) string {
		t.Helper()
		b, err := exec.Command("dpkg-deb", append(what, deb)...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, b)
		}
		return string(b)
	}
	info, list := look("-I"), look("-c")
	for _, want := range []string{"Package: kupferfaden", "Version: 1.2.0+3.gabcdef", "Architecture: amd64", "postinst", "conffiles", "Maintainer: "} {
		if !strings.Contains(info, want) {
			t.Errorf("missing in the control information: %s\n%s", want, info)
		}
	}
	for _, want := range []string{
		`-rwxr-xr-x root/root .* \./usr/bin/kupferfaden\n`, `-rw-r--r-- root/root .* \./usr/lib/systemd/system/kupferfaden\.service\n`,
		`-rw-r----- root/root .* \./etc/kupferfaden/kupferfaden\.toml\n`, `\./usr/share/doc/kupferfaden/copyright\n`, `\./usr/share/doc/kupferfaden/betrieb/konfiguration\.md\n`,
	} {
		if !regexp.MustCompile(want).MatchString(list) {
			t.Errorf("missing in the package: %s\n%s", want, list)
		}
	}
	sum := func(file string) [32]byte {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return sha256.Sum256(b)
	}
	if again := build("v1.2.0-3-gabcdef", filepath.Join(dir, "b")); sum(again) != sum(deb) {
		t.Error("the same program gave another package")
	}
	if bare := build("22fafda", filepath.Join(dir, "c")); filepath.Base(bare) != "kupferfaden_0+22fafda_amd64.deb" {
		t.Errorf("a bare commit became %s", bare)
	}
	for _, script := range []string{"postinst", "prerm", "postrm"} {
		if b, err := exec.Command("sh", "-n", "../../packaging/debian/"+script).CombinedOutput(); err != nil {
			t.Errorf("%s: %v %s", script, err, b)
		}
	}
	if lintian, err := exec.LookPath("lintian"); err == nil {
		if b, err := exec.Command(lintian, "--fail-on", "error", "--suppress-tags", "statically-linked-binary", deb).CombinedOutput(); err != nil {
			t.Errorf("lintian: %v\n%s", err, b)
		}
	}
}

// TestPackagedSettings: the settings file of the package is one the program takes, and the unit is one systemd understands.
func TestPackagedSettings(t *testing.T) {
	t.Setenv("KUPFERFADEN_LANG", "en")
	code, out, errs := called(t, "config", "show", "--config", "../../packaging/debian/kupferfaden.toml")
	if code != exitDone || !strings.HasPrefix(shownAs(out, "metrics.listen"), `"127.0.0.1:9464"`) {
		t.Errorf("exit %d %s", code, errs)
	}
	// The lines that are commented out are right as well.
	text, err := os.ReadFile("../../packaging/debian/kupferfaden.toml")
	if err != nil {
		t.Fatal(err)
	}
	all := regexp.MustCompile(`(?m)^# (\w+ = )`).ReplaceAllString(string(text), "$1")
	all = strings.Replace(all, "mode = \"acme\"\n", "", 1)
	path := settingsIn(t, all)
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "mail.password"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := called(t, "config", "show", "--config", path); code != exitDone {
		t.Errorf("with everything switched on: exit %d %s", code, errs)
	}
	verify, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Log("systemd-analyze is not installed here; the unit was not checked by it")
		return
	}
	unit, err := os.ReadFile("../../packaging/systemd/kupferfaden.service")
	if err != nil {
		t.Fatal(err)
	}
	file := write(t, t.TempDir(), "kupferfaden.service", []byte(strings.ReplaceAll(string(unit), "/usr/bin/kupferfaden", "/bin/true")))
	if b, err := exec.Command(verify, "verify", "--man=no", file).CombinedOutput(); err != nil || strings.Contains(string(b), "Unknown") {
		t.Errorf("systemd-analyze verify: %v\n%s", err, b)
	}
}
