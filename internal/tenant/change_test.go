// SPDX-License-Identifier: EUPL-1.2

package tenant_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/doc/palette"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
)

// direct runs transactions without a database.
type direct struct{}

func (direct) Tx(ctx context.Context, f func(context.Context) error) error { return f(ctx) }

// trail remembers what was done.
type trail struct{ acts []access.Act }

func (t *trail) Record(_ context.Context, _ access.Actor, a access.Act) error {
	t.acts = append(t.acts, a)
	return nil
}

// waiting is a town where every second person has yet to come.
type waiting struct{ asked []access.Matter }

func (w *waiting) Second(_ context.Context, _ access.Actor, m access.Matter) error {
	w.asked = append(w.asked, m)
	return kernel.E(kernel.Conflict, "approval.waiting")
}

// noFiles takes pictures and forgets them.
type noFiles struct{}

func (noFiles) Put(context.Context, io.Reader, int64) (string, int64, error) {
	return strings.Repeat("ab", 32), 1, nil
}

func service() (*tenant.Service, *fake, *trail) {
	f := &fake{list: []tenant.Tenant{
		{ID: "1", Key: "a", Name: kernel.T("A", ""), Settings: tenant.Settings{Hosts: []string{"a.example"}}},
		{ID: "2", Key: "b", Name: kernel.T("B", "")},
	}}
	tr := &trail{}
	return &tenant.Service{Store: f, Tx: direct{}, Trail: tr, Files: noFiles{}}, f, tr
}

var admin = access.Actor{Tenant: "2", Person: "p", Roles: []access.Role{access.Admin}}

func TestSettingsAreChangedByTheAdministrationOfTheTownOnly(t *testing.T) {
	s, f, tr := service()
	rename := func(t *tenant.Tenant) error { t.Name = kernel.T("Neu", ""); return nil }
	for _, a := range []access.Actor{access.Anonymous("2"), {Tenant: "2", Person: "p", Roles: []access.Role{access.Planner}}} {
		if err := s.Change(t.Context(), a, tenant.NameSection, f.list[1].Mark(tenant.NameSection), rename); err == nil {
			t.Errorf("%v renames the town", a.Roles)
		}
	}
	if err := s.Change(t.Context(), admin, tenant.NameSection, f.list[1].Mark(tenant.NameSection), rename); err != nil {
		t.Fatal(err)
	}
	if f.list[0].Name.String() != "A" || f.list[1].Name.String() != "Neu" {
		t.Errorf("names: %v %v", f.list[0].Name, f.list[1].Name)
	}
	if len(tr.acts) != 1 || tr.acts[0].What != "tenant.name" || tr.acts[0].Object.ID != "2" {
		t.Errorf("trail: %+v", tr.acts)
	}
	host := func(t *tenant.Tenant) error { t.Settings.Hosts = []string{"a.example"}; return nil }
	if err := s.Change(t.Context(), admin, tenant.HostSection, f.list[1].Mark(tenant.HostSection), host); kernel.KindOf(err) != kernel.Conflict {
		t.Errorf("a host of another town: %v", err)
	}
}

func TestTheSecondOfTwoWhoChangeTheSameIsTold(t *testing.T) {
	s, f, _ := service()
	contact, name := f.list[1].Mark(tenant.ContactSection), f.list[1].Mark(tenant.NameSection)
	phone := func(n string) func(*tenant.Tenant) error {
		return func(t *tenant.Tenant) error { t.Settings.Contact.Phone = n; return nil }
	}
	if err := s.Change(t.Context(), admin, tenant.ContactSection, contact, phone("1")); err != nil {
		t.Fatal(err)
	}
	if err := s.Change(t.Context(), admin, tenant.ContactSection, contact, phone("2")); kernel.KindOf(err) != kernel.Conflict {
		t.Errorf("the second change of the same section: %v", err)
	}
	if got := f.list[1].Settings.Contact.Phone; got != "1" {
		t.Errorf("phone: %s", got)
	}
	if err := s.Change(t.Context(), admin, tenant.NameSection, name, func(t *tenant.Tenant) error { t.Name["en"] = "B"; return nil }); err != nil {
		t.Errorf("another section: %v", err)
	}
}

func TestOnePersonCannotSwitchOffTheRuleOfTwo(t *testing.T) {
	s, f, _ := service()
	w := &waiting{}
	s.FourEyes = w
	rules := func(r tenant.Rules) func(*tenant.Tenant) error {
		return func(t *tenant.Tenant) error { t.Settings.Rules = r; return nil }
	}
	on := tenant.Rules{FourEyes: map[access.MatterKind]bool{access.RoleMatter: true}}
	if err := s.Change(t.Context(), admin, tenant.RuleSection, f.list[1].Mark(tenant.RuleSection), rules(on)); err != nil || len(w.asked) != 0 {
		t.Fatalf("switching it on: %v %v", err, w.asked)
	}
	err := s.Change(t.Context(), admin, tenant.RuleSection, f.list[1].Mark(tenant.RuleSection), rules(tenant.Rules{}))
	if kernel.KindOf(err) != kernel.Conflict || len(w.asked) != 1 || !f.list[1].Settings.Rules.FourEyes[access.RoleMatter] {
		t.Fatalf("switching it off alone: %v %+v", err, f.list[1].Settings.Rules)
	}
	args, err := json.Marshal(w.asked[0].Args)
	if err != nil {
		t.Fatal(err)
	}
	s.FourEyes = nil // as with the approval in ctx
	if err := s.ApproveRules(t.Context(), admin, args); err != nil || f.list[1].Settings.Rules.FourEyes[access.RoleMatter] {
		t.Errorf("approved: %v %+v", err, f.list[1].Settings.Rules)
	}
}

func fieldsOf(err error) map[string]string {
	var e *kernel.Error
	if errors.As(err, &e) {
		return e.Fields
	}
	return nil
}

func TestWhatCannotBeReadOrKeptIsRefusedWithItsField(t *testing.T) {
	for name, c := range map[string]struct {
		set   func(*tenant.Settings)
		field string
	}{
		"no host":         {func(s *tenant.Settings) { s.Hosts = []string{"Ä"} }, "hosts"},
		"host of no net":  {func(s *tenant.Settings) { s.Hosts = []string{"stadt"} }, "hosts"},
		"address in host": {func(s *tenant.Settings) { s.Hosts = []string{"https://a.example"} }, "hosts"},
		"redirect":        {func(s *tenant.Settings) { s.Canonical = true }, "canonical"},
		"mail":            {func(s *tenant.Settings) { s.Contact.Email = "Stadt <a@b>" }, "email"},
		"yellow":          {func(s *tenant.Settings) { s.Colours.Accent = "#ffdd00" }, "accent"},
		"css":             {func(s *tenant.Settings) { s.Colours.Accent = "red;}" }, "accent"},
		"dark on dark":    {func(s *tenant.Settings) { s.Colours = tenant.Colours{Accent: "#003366", AccentDark: "#003366"} }, "accent_dark"},
		"dark alone":      {func(s *tenant.Settings) { s.Colours.AccentDark = "#ffffff" }, "accent"},
		"logo":            {func(s *tenant.Settings) { s.Logo = tenant.Logo{SHA256: "x"} }, "alt"},
		"word":            {func(s *tenant.Settings) { s.Terms = map[string]tenant.Term{"area": {One: kernel.T("<b>", "")}} }, "term.area.one.de"},
		"plural": {func(s *tenant.Settings) {
			s.Terms = map[string]tenant.Term{"area": {One: kernel.T("Kiez", ""), Gender: tenant.Masculine}}
		}, "term.area.many.de"},
		"thing":     {func(s *tenant.Settings) { s.Terms = map[string]tenant.Term{"planner": {}} }, "term.planner"},
		"idle":      {func(s *tenant.Settings) { s.Rules.SessionIdle = 1 }, "idle"},
		"order":     {func(s *tenant.Settings) { s.Rules.SessionIdle, s.Rules.SessionMost = 60, 45 }, "idle"},
		"retention": {func(s *tenant.Settings) { s.Retention = map[string]int{"mail": 0} }, "keep.mail"},
		"language":  {func(s *tenant.Settings) { s.Languages = []string{"EN"} }, "languages"},
	} {
		x := tenant.Tenant{Key: "a", Name: kernel.T("A", "")}
		c.set(&x.Settings)
		if fields := fieldsOf(x.Validate()); fields[c.field] == "" {
			t.Errorf("%s: %v", name, fields)
		}
	}
}

// Whatever accent a town takes, everything drawn from it can be read, light and dark; measured by the palette's own rule.
func TestColoursCanBeRead(t *testing.T) {
	measure := func(a, b string) float64 { return palette.Contrast(parse(t, a), parse(t, b)) }
	refused := 0
	for r := 0; r < 256; r += 51 {
		for g := 0; g < 256; g += 51 {
			for b := 0; b < 256; b += 51 {
				c := tenant.Colours{Accent: hex(r, g, b)}
				if fieldsOf(tenant.Tenant{Key: "a", Name: kernel.T("A", ""), Settings: tenant.Settings{Colours: c}}.Validate()) != nil {
					refused++
					near := tenant.Nearest(c.Accent, false)
					c.Accent = near
					if err := (tenant.Tenant{Key: "a", Name: kernel.T("A", ""), Settings: tenant.Settings{Colours: c}}).Validate(); err != nil {
						t.Fatalf("the proposal %s for %s is refused: %v", near, hex(r, g, b), err)
					}
				}
				light, dark, ok := c.Tones()
				if !ok {
					t.Fatal(c)
				}
				for _, x := range []struct {
					tone tenant.Tone
					on   []string
				}{{light, tenant.LightGrounds}, {dark, tenant.DarkGrounds}} {
					for _, ground := range append([]string{x.tone.Soft}, x.on...) {
						if got := measure(x.tone.Accent, ground); got < 4.5 {
							t.Errorf("%s: accent %s on %s: %.2f", c.Accent, x.tone.Accent, ground, got)
						}
						if got := measure(x.tone.Hover, ground); got < 4.5 {
							t.Errorf("%s: hover %s on %s: %.2f", c.Accent, x.tone.Hover, ground, got)
						}
					}
					for _, fill := range []string{x.tone.Accent, x.tone.Hover} {
						if got := measure(x.tone.On, fill); got < 4.5 {
							t.Errorf("%s: writing %s on %s: %.2f", c.Accent, x.tone.On, fill, got)
						}
					}
				}
			}
		}
	}
	if refused < 50 || refused > 200 {
		t.Errorf("%d of 216 colours refused", refused)
	}
}

func hex(r, g, b int) string {
	const digits = "0123456789abcdef"
	out := []byte{'#'}
	for _, v := range []int{r, g, b} {
		out = append(out, digits[v>>4], digits[v&15])
	}
	return string(out)
}

func parse(t *testing.T, s string) palette.Colour {
	t.Helper()
	v := func(i int) uint8 {
		return uint8(strings.IndexByte("0123456789abcdef", s[i])<<4 | strings.IndexByte("0123456789abcdef", s[i+1]))
	}
	return palette.Colour{R: v(1), G: v(3), B: v(5)}
}

func picture(w, h int) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, color.NRGBA{uint8(x), uint8(y), 90, uint8(255 - x%2*128)})
		}
	}
	return m
}

func TestALogoIsDrawnAnew(t *testing.T) {
	var wide, photo, tiny bytes.Buffer
	if err := errors.Join(png.Encode(&wide, picture(1600, 300)), jpeg.Encode(&photo, picture(200, 100), nil), png.Encode(&tiny, picture(8, 8))); err != nil {
		t.Fatal(err)
	}
	secret := []byte("<script>alert(1)</script>")
	for name, c := range map[string]struct {
		file          []byte
		kind          string
		width, height int
	}{
		"png":  {append(wide.Bytes(), secret...), "image/png", 720, 135},
		"jpeg": {append(photo.Bytes(), secret...), "image/jpeg", 200, 100},
	} {
		got, l, err := tenant.DrawLogo(bytes.NewReader(c.file))
		if err != nil || l.Type != c.kind || l.Width != c.width || l.Height != c.height {
			t.Fatalf("%s: %+v %v", name, l, err)
		}
		if bytes.Contains(got, secret) {
			t.Errorf("%s: what stood behind the picture is kept", name)
		}
		if cfg, _, err := image.DecodeConfig(bytes.NewReader(got)); err != nil || cfg.Width != c.width {
			t.Errorf("%s: %v %v", name, cfg, err)
		}
	}
	huge := bytes.Clone(wide.Bytes())
	copy(huge[16:], []byte{0, 1, 0, 0, 0, 1, 0, 0}) // announces 65536 × 65536
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"svg":        {[]byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>`), "tenant.logo.svg"},
		"plain svg":  {[]byte(`  <SVG onload="alert(1)">`), "tenant.logo.svg"},
		"html":       {[]byte(`<!DOCTYPE html><script>`), "tenant.logo.kind"},
		"gif":        {[]byte("GIF89a"), "tenant.logo.kind"},
		"empty":      {nil, "tenant.logo.kind"},
		"half a png": {wide.Bytes()[:200], "tenant.logo.broken"},
		"bomb":       {huge, "tenant.logo.broken"}, // the changed head fails its checksum
		"tiny":       {tiny.Bytes(), "tenant.logo.pixels"},
		"large":      {bytes.Repeat([]byte{0x89}, tenant.LogoBytes+1), "tenant.logo.large"},
	} {
		if _, _, err := tenant.DrawLogo(bytes.NewReader(c.file)); fieldsOf(err)["file"] != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

func FuzzDrawLogo(f *testing.F) {
	var b bytes.Buffer
	if err := png.Encode(&b, picture(20, 20)); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte("\xff\xd8\xff\xe0"))
	f.Add([]byte("<svg>"))
	f.Fuzz(func(t *testing.T, file []byte) {
		got, l, err := tenant.DrawLogo(bytes.NewReader(file))
		if err == nil && (len(got) == 0 || l.Width < 1 || l.Width > 720 || l.Height > 240) {
			t.Errorf("%+v of %d bytes", l, len(got))
		}
		if err != nil && kernel.KindOf(err) != kernel.Invalid {
			t.Error(err)
		}
	})
}

func TestTheTownsWordsAreDeclined(t *testing.T) {
	for _, c := range []struct {
		term             tenant.Term
		genitive, dative string
	}{
		{tenant.Term{One: kernel.T("Ortsteil", ""), Many: kernel.T("Ortsteile", ""), Gender: tenant.Masculine}, "Ortsteils", "Ortsteilen"},
		{tenant.Term{One: kernel.T("Quartier", ""), Many: kernel.T("Quartiere", ""), Gender: tenant.Neuter}, "Quartiers", "Quartieren"},
		{tenant.Term{One: kernel.T("Nachbarschaft", ""), Many: kernel.T("Nachbarschaften", ""), Gender: tenant.Feminine}, "Nachbarschaft", "Nachbarschaften"},
		{tenant.Term{One: kernel.T("Kreis", ""), Many: kernel.T("Kreise", ""), Gender: tenant.Masculine}, "Kreises", "Kreisen"},
		{tenant.Term{One: kernel.T("Sozialraum", ""), Many: kernel.T("Sozialräume", ""), Gender: tenant.Masculine, Genitive: "Sozialraumes"}, "Sozialraumes", "Sozialräumen"},
		{tenant.Term{One: kernel.T("Kiez", ""), Many: kernel.T("Kieze", ""), Gender: tenant.Masculine, Dative: "Kiezen"}, "Kiezes", "Kiezen"},
	} {
		if c.term.GenitiveForm() != c.genitive || c.term.DativeForm() != c.dative {
			t.Errorf("%v: des %s, den %s", c.term.One, c.term.GenitiveForm(), c.term.DativeForm())
		}
	}
}
