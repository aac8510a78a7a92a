// SPDX-License-Identifier: EUPL-1.2

package contribution_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/kupferfaden/kupferfaden/internal/contribution"
)

func TestPicturesStandForTheReceiptCode(t *testing.T) {
	const code = "C060-52QX-97W"
	if _, ok := contribution.ParseCode(code); !ok {
		t.Fatal("the code of this test has a wrong check sign")
	}
	list := contribution.Pictures(code)
	if len(list) != 11 {
		t.Fatalf("%d pictures", len(list))
	}
	if got, ok := contribution.CodeOfPictures(list); !ok || got != code {
		t.Errorf("%q %v", got, ok)
	}
	rapid.Check(t, func(rt *rapid.T) { // one wrong picture is noticed, it never opens another contribution
		i := rapid.IntRange(0, 10).Draw(rt, "i")
		wrong := append([]contribution.Picture{}, list...)
		wrong[i] = contribution.Picture{
			Shape: rapid.SampledFrom(contribution.PictureShapes()).Draw(rt, "shape"), Colour: rapid.SampledFrom(contribution.PictureColours()).Draw(rt, "colour"),
		}
		if wrong[i] == list[i] {
			return
		}
		if got, ok := contribution.CodeOfPictures(wrong); ok {
			rt.Fatalf("picture %d wrong, and yet a code: %s", i+1, got)
		}
	})
	if _, ok := contribution.CodeOfPictures(list[:10]); ok {
		t.Error("ten pictures are a code")
	}
}

func TestATapOnTheMapIsAPlaceAndAKeyboardsIsNone(t *testing.T) {
	m := &contribution.TownMap{Width: 300, Height: 200}
	for _, p := range [][2]int{{0, 0}, {-1, 5}, {301, 5}, {5, 201}} {
		if _, _, ok := m.At(p[0], p[1]); ok {
			t.Errorf("%v is a place", p)
		}
	}
	if _, _, ok := m.At(150, 100); !ok {
		t.Error("the middle of the map is no place")
	}
}
