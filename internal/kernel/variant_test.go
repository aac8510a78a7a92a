// SPDX-License-Identifier: EUPL-1.2

package kernel_test

import (
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

func TestAVariantIsCompleteWhenItHasEveryPartOfItsSource(t *testing.T) {
	v := kernel.Variant{Texts: []kernel.Text{
		{"de": "Titel", "en": "Title", "de+leicht": "Titel"},
		{"de": "Text", "en": " ", "de+leicht": "Leichter Text", "tr": "Metin"},
		{"en": "never written in German"},
	}}
	for tag, want := range map[string]kernel.Completeness{"de": kernel.Complete, "de+leicht": kernel.Complete, "en": kernel.Partly, "tr": kernel.Partly, "ar": kernel.Missing} {
		if got := v.In(tag); got != want {
			t.Errorf("%s: %s, want %s", tag, got, want)
		}
	}
	if got := (kernel.Variant{Texts: []kernel.Text{{}}}).In("de"); got != kernel.Missing {
		t.Errorf("nothing written is %s", got)
	}
}

func TestLanguagesKnowTheirDirection(t *testing.T) {
	for tag, want := range map[string]string{"ar": "rtl", "fa": "rtl", "he": "rtl", "de": "ltr", "ckb": "rtl", "ku": "ltr", "ku-Arab": "rtl", "ar-Latn": "ltr", "AR-EG": "rtl", "": "ltr"} {
		if got := kernel.Dir(tag); got != want {
			t.Errorf("%q: %s, want %s", tag, got, want)
		}
	}
}

func TestTagsAreReadOrRefused(t *testing.T) {
	for in, want := range map[string]string{"AR": "ar", "pt_br": "pt-BR", "zh-hans": "zh-Hans", " de+leicht ": "de+leicht", "de+schwer": "", "": "", "x": "", "d3": "", "de\"": "", "toolongtag": "", "de-": ""} {
		got, ok := kernel.Tag(in)
		if got != want || ok != (want != "") {
			t.Errorf("%q: %q %v, want %q", in, got, ok, want)
		}
	}
	if n := kernel.LanguageName("pt-BR"); n != "Português (pt-BR)" {
		t.Error(n)
	}
}
