// SPDX-License-Identifier: EUPL-1.2

package account_test

import (
	"bufio"
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

func passwordFault(password string, own ...string) string {
	err := account.CheckPassword(password, account.Account{Email: "erika.weber@stadt.example", Name: "Erika Weber"}, own...)
	var e *kernel.Error
	if errors.As(err, &e) {
		return e.Fields["password"]
	}
	return ""
}

func TestPasswordsThatAreGuessedFirstAreRefused(t *testing.T) {
	const common = "account.password.common"
	for password, want := range map[string]string{
		"1234567890":                             common,
		"qwertyuiop":                             common,
		"QwertyUiop":                             common,
		"Passwort2026!":                          common,
		"P4ssw0rt!!":                             common,
		"!!Sommer2026":                           common,
		"Kupferfaden1":                           common,
		"kupfer-faden-1":                         common,
		"Kupferstadt2026":                        common,
		"kupferstadt kupferfaden":                common,
		"erika.weber1":                           common,
		"aaaaaaaaaaaa":                           common,
		"abcabcabcabc":                           common,
		"sommersommer":                           common,
		"98765432109":                            common,
		"abcdefghijklm":                          common,
		"kurz":                                   "account.password.short",
		"Erika Weber":                            "account.password.own",
		"vier zufällige wörter":                  "",
		"sommer839274019":                        "",
		"kupfer und faden":                       "",
		"        blank in front is a character ": "",
		"nur-kleine-buchstaben":                  "",
	} {
		if got := passwordFault(password, "Kupferstadt"); got != want {
			t.Errorf("%q: %q, want %q", password, got, want)
		}
	}
}

// ASVS 6.2.4 asks for at least 3,000 passwords that match the rule of length.
func TestEveryPasswordOfTheShippedListIsRefused(t *testing.T) {
	f, err := os.Open("words/passwords.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var list []string
	for s := bufio.NewScanner(f); s.Scan(); {
		list = append(list, s.Text())
	}
	if len(list) < 10000 || !slices.IsSorted(list) {
		t.Fatalf("%d passwords, sorted: %v", len(list), slices.IsSorted(list))
	}
	for _, p := range list {
		if passwordFault(p) == "" {
			t.Fatalf("%q may be used", p)
		}
	}
}
