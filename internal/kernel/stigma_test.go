// SPDX-License-Identifier: EUPL-1.2

package kernel_test

import (
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

func TestWordsThatStigmatiseAreNamed(t *testing.T) {
	got := kernel.Stigma("Der soziale Brennpunkt und sozial schwache Familien; antisozial nicht.", "de")
	if len(got) != 2 || got[0].Word != "brennpunkt" || got[1].Instead != "mit geringem Einkommen" {
		t.Errorf("%+v", got)
	}
	if len(kernel.Stigma("Antisocialism is another word, an area with need is fine.", "en")) != 0 {
		t.Error("a word that goes on is another word")
	}
}
