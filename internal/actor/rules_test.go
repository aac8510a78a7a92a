// SPDX-License-Identifier: EUPL-1.2

package actor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// flat is n areas of one level, each touched by its own key only.
func flat(n int) *Spaces {
	sp := &Spaces{Level: Level{Key: "raum"}, touches: map[string][]int{}}
	for i := range n {
		key := fmt.Sprintf("%02d", i+1)
		sp.Areas = append(sp.Areas, area.Area{Key: key, Name: "Raum " + key})
		sp.touches["raum/"+key] = []int{i}
	}
	return sp
}

func inventory(t testing.TB, list ...Record) *Inventory {
	t.Helper()
	terms, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	return (&Service{}).build(list, nil, terms, Rules{}.filled())
}

func years(v float64) *float64 { return &v }

func offer(id, owner, kind string, from, to float64, areas ...string) *Offer {
	return &Offer{Meta: Meta{ID: kernel.ID(id), Kind: OfferKind, Key: id, Actor: kernel.ID(owner)}, Title: id, Sort: kind, AgeFrom: years(from), AgeTo: years(to), Areas: areas}
}

// people gives every age of a matrix the same number in each area.
func (m *Matrix) people(n ...float64) *Matrix {
	for i := range m.People {
		m.People[i] = People{Of: n}
	}
	m.mark()
	return m
}

func TestTheMatrixMarksGapsWherePeopleLiveAndDuplicatesOfSeveralOrganisations(t *testing.T) {
	in := inventory(t,
		offer("a", "x", "advice", 18, 64, "raum/01"), offer("b", "y", "advice", 60, 80, "raum/01"), offer("c", "x", "advice", 18, 64, "raum/02"), offer("d", "x", "advice", 18, 64, "raum/02"),
	)
	m := in.matrix(flat(3), MatrixFilter{Type: "advice"}).people(1000, 500, 0)
	age := func(key string) int { return slices.IndexFunc(m.Ages, func(t Term) bool { return t.Key == key }) }
	for _, c := range []struct {
		area   int
		age    string
		offers int
		mark   Mark
		rate   float64
	}{
		{0, "18-64", 2, Duplicate, 2}, // a, and b from 60 on
		{0, "65-79", 1, NoMark, 1},
		{0, "80+", 1, NoMark, 1}, // b ends with 80
		{0, "0-5", 0, Gap, 0},
		{1, "18-64", 2, NoMark, 4},          // two of one organisation are no duplicate
		{2, "18-64", 0, NoMark, math.NaN()}, // nobody lives there
	} {
		got := m.Cell(0, c.area, age(c.age))
		if len(got.Offers) != c.offers || got.Mark != c.mark || got.Rate != c.rate && !(math.IsNaN(got.Rate) && math.IsNaN(c.rate)) {
			t.Errorf("area %d, %s: %d offers %q rate %v", c.area, c.age, len(got.Offers), got.Mark, got.Rate)
		}
	}
	if m.people(math.NaN(), math.NaN(), math.NaN()); m.Cell(0, 2, age("18-64")).Mark != Gap {
		t.Error("where nobody knows who lives there, nothing may be called enough")
	}
}

func TestAnOfferForTheWholeTownServesEveryArea(t *testing.T) {
	m := inventory(t, offer("a", "x", "debt", 18, 120)).matrix(flat(3), MatrixFilter{Type: "debt", Age: "80+"}).people(1, 1, 1)
	for i := range 3 {
		if len(m.Cell(0, i, 0).Offers) != 1 {
			t.Errorf("area %d is not served", i)
		}
	}
}

func staff(id, office string, persons, hours float64, areas ...string) *Resource {
	return &Resource{Meta: Meta{ID: kernel.ID(id), Kind: ResourceKind, Key: id, Public: true}, Title: id, Sort: Personnel, Department: office, Persons: &persons, Hours: &hours, Areas: areas}
}

func TestHoursAddUpBySpaceAndOffice(t *testing.T) {
	h := inventory(t, staff("a", "Jugend", 4, 120, "raum/01"), staff("b", "Jugend", 4, 80, "raum/01", "raum/02"), staff("c", "Soziales", 5, 50)).hours(flat(2), false)
	if h.Cells[0][0].Hours != 160 || h.Cells[1][0].Hours != 40 || h.Cells[2][1].Hours != 50 || h.Total.Hours != 250 || h.Columns[0].Hours != 200 || h.Rows[2].Hours != 50 {
		t.Errorf("%+v", h)
	}
}

// determined tells which hidden cells follow from what is shown by one line with its total.
func (h *HoursTable) determined() (out []string) {
	line := func(name string, cells []Hours, total Hours) {
		n, persons := 0, 0.0
		for _, c := range cells {
			if c.Hidden {
				n++
				persons += c.Persons
			}
		}
		if !total.Hidden && (n == 1 || n > 1 && persons < LeastPersons) {
			out = append(out, name)
		}
	}
	for i := range h.Cells {
		line(fmt.Sprint("row ", i), h.Cells[i], h.Rows[i])
	}
	for j := range h.Offices {
		var cells []Hours
		for i := range h.Cells {
			cells = append(cells, h.Cells[i][j])
		}
		line(fmt.Sprint("column ", j), cells, h.Columns[j])
	}
	line("rows", h.Rows, h.Total)
	line("columns", h.Columns, h.Total)
	return out
}

func TestHoursOfASinglePersonNeverFollowFromWhatIsPassedOn(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 500 {
		var list []Record
		offices := []string{"Jugend", "Soziales", "Schule", "Bau"}[:1+r.IntN(4)]
		for i := range 1 + r.IntN(12) {
			var areas []string
			if r.IntN(4) > 0 {
				areas = []string{fmt.Sprintf("raum/%02d", 1+r.IntN(4))}
			}
			n := float64(1 + r.IntN(5))
			list = append(list, staff(fmt.Sprint("s", i), offices[r.IntN(len(offices))], n, n*float64(10+r.IntN(30)), areas...))
		}
		h := inventory(t, list...).hours(flat(4), true)
		h.hide()
		for i := range h.Cells {
			for j, c := range h.Cells[i] {
				if !c.Hidden && c.Persons > 0 && c.Persons < LeastPersons {
					t.Fatalf("round %d: %v persons are shown in %d %d", round, c.Persons, i, j)
				}
			}
		}
		if d := h.determined(); len(d) > 0 {
			t.Fatalf("round %d: %v tell a hidden cell: %+v", round, d, h)
		}
	}
}

func TestProposalsNameWhatCouldBeSharedAndStayThemselves(t *testing.T) {
	waits, free := offer("a", "x", "language", 16, 99, "raum/01"), offer("b", "y", "language", 18, 64, "raum/01", "raum/02")
	waits.Waiting, free.Vacant = years(6), years(3)
	far := offer("c", "z", "language", 18, 64, "raum/03")
	same := offer("d", "x", "language", 18, 64, "raum/01")
	seeks := offer("e", "q", "culture", 6, 12, "raum/01")
	seeks.SeeksRoom, seeks.SeeksHours = true, years(4)
	room := &Resource{Meta: Meta{ID: "r", Kind: ResourceKind}, Title: "Saal", Sort: Room, FreeHours: years(6), Areas: []string{"raum/01"}}
	small := &Resource{Meta: Meta{ID: "s", Kind: ResourceKind}, Title: "Kammer", Sort: Room, FreeHours: years(2), Areas: []string{"raum/01"}}
	list := inventory(t, waits, free, far, same, seeks, room, small).proposals(flat(3))
	var got []string
	for _, p := range list {
		got = append(got, string(p.Kind)+" "+p.A.Name()+" "+p.B.Name())
	}
	want := []string{"balance a b", "room Saal e", "same b d"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if list[0].Key != proposalKey(Proposal{Kind: SameOffer, A: free, B: waits}) {
		t.Error("a decision is lost when places become free, or when the two are named the other way round")
	}
}

func TestWhoIsMissingInACircle(t *testing.T) {
	school := &Actor{Meta: Meta{ID: "s", Kind: ActorKind}, Title: "Schule", Sort: "school"}
	doctor := &Actor{Meta: Meta{ID: "d", Kind: ActorKind}, Title: "Praxis", Sort: "health"}
	chain := &Network{Meta: Meta{ID: "n", Kind: NetworkKind}, Title: "Kette", Sort: "prevention"}
	in := inventory(t, school, doctor, chain)
	in.Relations = []Relation{{From: "s", To: "n", Strength: 2}, {From: "d", To: "n", Strength: 2, Until: "2025-12-31"}}
	list := in.missingPartners("2026-01-01")
	if len(list) != 1 || slices.ContainsFunc(list[0].Kinds, func(t Term) bool { return t.Key == "school" }) || !slices.ContainsFunc(list[0].Kinds, func(t Term) bool { return t.Key == "health" }) {
		t.Fatalf("%+v", list)
	}
	if len(list[0].Near) != 1 || list[0].Near[0] != doctor {
		t.Errorf("who could be asked: %v", list[0].Near)
	}
}

func TestFieldsTakeWhatPeopleTypeAndRefuseTheRest(t *testing.T) {
	o := &Offer{Meta: Meta{Kind: OfferKind}}
	for _, c := range []struct{ field, typed, want, wrong string }{
		{"capacity", " 1 200,5 ", "1200,5", ""},
		{"capacity", "-3", "", "actor.number.range"},
		{"capacity", "NaN", "", "actor.number.form"},
		{"capacity", "1e9", "", "actor.number.range"},
		{"ends", "1.2.2027", "2027-02-01", ""},
		{"ends", "2027", "2027-12-31", ""},
		{"ends", "31.02.2027", "", "actor.day.form"},
		{"free", "Ja", "1", ""},
		{"free", "vielleicht", "", "actor.yes.form"},
		{"website", "verein.example/a b", "https://verein.example/a%20b", ""},
		{"website", "javascript:alert(1)", "", "actor.website.form"},
		{"website", "https://nutzer:wort@verein.example", "", "actor.website.form"},
		{"title", " \u202e\u200b \t", "", ""},
		{"title", "A\x00B\u202eC", "ABC", ""},
		{"title", string(make([]rune, 301)), "", ""},
		{"text", "Zeile\r\n\r\nZeile", "Zeile\n\nZeile", ""},
	} {
		f, ok := FieldOf(o, c.field)
		if !ok {
			t.Fatal(c.field)
		}
		f.Set(nil)
		wrong := f.Set([]string{c.typed})
		got := ""
		if v := f.Values(); len(v) > 0 {
			got = v[0]
		}
		if wrong != c.wrong || wrong == "" && got != c.want {
			t.Errorf("%s %q: %q %q", c.field, c.typed, got, wrong)
		}
	}
}

func FuzzFields(f *testing.F) {
	for _, s := range []string{"", "12,5", "31.12.2027", "ja", "https://a.example", "\x00\u202e", "1e400", "Inf", "٣", "0x1p-2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, k := range Kinds() {
			r, _ := New(k)
			for _, field := range r.Fields() {
				if field.Set([]string{s}) != "" {
					continue
				}
				kept := slices.Clone(field.Values())
				if key := field.Set(kept); key != "" || !slices.Equal(kept, field.Values()) {
					t.Errorf("%s %s: %q is kept as %q and read back as %q (%s)", k, field.Name, s, kept, field.Values(), key)
				}
			}
		}
	})
}

func TestAddressesOfRecordsArePlain(t *testing.T) {
	for name, want := range map[string]string{
		"Träger Übermorgen e. V.": "traeger-uebermorgen-e-v", "  ": "eintrag", "日本": "eintrag", "A/B?c=1#d": "a-b-c1-d", "..": "eintrag",
	} {
		if got := slug(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestShippedTermsHoldTogether(t *testing.T) {
	terms, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range Groups() {
		if len(terms[g]) == 0 {
			t.Errorf("%s has no terms", g)
		}
		seen := map[string]bool{}
		for _, x := range terms[g] {
			if f := x.check(g); len(f) > 0 || seen[x.Key] || x.Name["en"] == "" {
				t.Errorf("%s %s: %v", g, x.Key, f)
			}
			seen[x.Key] = true
			for _, k := range x.Expects {
				if _, ok := terms.Find(ActorSort, k); !ok {
					t.Errorf("%s expects %s, which is no kind of organisation", x.Key, k)
				}
			}
		}
	}
}

// big is 5,000 offers of 300 organisations in 50 areas.
func big(b *testing.B) (*Inventory, *Spaces) {
	terms, err := Shipped()
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	var list []Record
	for i := range 5000 {
		from := float64(r.IntN(70))
		o := offer(fmt.Sprint("o", i), fmt.Sprint("a", r.IntN(300)), terms[OfferType][r.IntN(len(terms[OfferType]))].Key, from, from+float64(r.IntN(40)))
		for range r.IntN(4) {
			o.Areas = append(o.Areas, fmt.Sprintf("raum/%02d", 1+r.IntN(50)))
		}
		list = append(list, o)
	}
	return inventory(b, list...), flat(50)
}

func BenchmarkMatrixOf5000Offers(b *testing.B) {
	in, sp := big(b)
	people := make([]float64, len(sp.Areas))
	for i := range people {
		people[i] = 800
	}
	for b.Loop() {
		in.matrix(sp, MatrixFilter{}).people(people...)
	}
}

func BenchmarkProposalsOf5000Offers(b *testing.B) {
	in, sp := big(b)
	for b.Loop() {
		in.proposals(sp)
	}
}
