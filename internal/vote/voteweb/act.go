// SPDX-License-Identifier: EUPL-1.2

package voteweb

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/doc/picture"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/vote"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// act is something that is asked once more before it is done.
type act struct {
	path, key string
	done      string // what is said afterwards
	reason    bool
	danger    bool
	do        func(h handlers, r *web.Request, x vote.Round, reason string) error
}

var acts = []act{
	{path: "festlegen", key: "fix", done: "notice.vote.fix", do: func(h handlers, r *web.Request, x vote.Round, _ string) error {
		return h.s.Fix(r.Context(), r.Actor, x.Key)
	}},
	{path: "abbrechen", key: "cancel", done: "notice.vote.cancel", reason: true, danger: true, do: func(h handlers, r *web.Request, x vote.Round, reason string) error {
		return h.s.Cancel(r.Context(), r.Actor, x.Key, reason)
	}},
	{path: "auszaehlen", key: "close", done: "notice.vote.close", do: func(h handlers, r *web.Request, x vote.Round, _ string) error {
		return h.s.Close(r.Context(), r.Actor, x.Key)
	}},
	{path: "veroeffentlichen", key: "publish", done: "notice.vote.publish", do: func(h handlers, r *web.Request, x vote.Round, _ string) error {
		return h.s.Publish(r.Context(), r.Actor, vote.PublishArgs{Round: x.Key})
	}},
}

func (h handlers) ask(a act) web.Handler {
	return func(w http.ResponseWriter, r *web.Request) error { return h.showAct(w, r, a, web.BlankForm(r)) }
}

func (h handlers) showAct(w http.ResponseWriter, r *web.Request, a act, f *web.Form) error {
	v, err := h.staff(r, access.Publish)
	if err != nil {
		return err
	}
	p := h.sub(r, v.round, r.T("vote.act."+a.key))
	p.Narrow = true
	if f.Failed() {
		return r.Invalid(w, p, actPage(r, v, a, f))
	}
	return r.Render(w, p, actPage(r, v, a, f))
}

func (h handlers) act(a act) web.Handler {
	return func(w http.ResponseWriter, r *web.Request) error {
		v, err := h.staff(r, access.Publish)
		if err != nil {
			return err
		}
		f := web.NewForm(r)
		err = a.do(h, r, v.round, f.Value("reason"))
		if f.Fail(err) {
			return h.showAct(w, r, a, f)
		}
		if err != nil {
			return err
		}
		return r.Done(w, workOf(v.round.Key), a.done)
	}
}

func (h handlers) compare(w http.ResponseWriter, r *web.Request) error {
	x, options, list, example, err := h.s.Compare(r.Context(), r.Actor, r.PathValue("round"))
	if err != nil {
		return err
	}
	p := h.sub(r, x, r.T("vote.compare"))
	p.Wide = true
	return r.Render(w, p, comparePage(r, view{round: x, options: options, stage: x.Stage(h.now())}, list, example))
}

// papers is the screen for ballots on paper.
type papers struct {
	view
	last    []vote.PaperBallot
	batches map[string]int
	areas   []web.Item
	added   int
	pdf     bool // the ballot paper can be printed
}

func (h handlers) paperForm(w http.ResponseWriter, r *web.Request) error {
	f := web.BlankForm(r)
	f.Set("batch", r.URL.Query().Get("stapel"))
	f.Set("area", r.URL.Query().Get("raum"))
	added, _ := strconv.Atoi(r.URL.Query().Get("nummer"))
	return h.showPaper(w, r, f, added)
}

func (h handlers) showPaper(w http.ResponseWriter, r *web.Request, f *web.Form, added int) error {
	v, err := h.staff(r, access.RecordContribution)
	if err != nil {
		return err
	}
	d := papers{view: v, added: added, pdf: h.Typesetter != nil}
	if d.last, err = h.s.Store.Papers(r.Context(), r.Tenant.ID, v.round.ID, f.Value("batch"), 10); err != nil {
		return err
	}
	if d.batches, err = h.s.Store.Batches(r.Context(), r.Tenant.ID, v.round.ID); err != nil {
		return err
	}
	if d.areas, err = h.areaItems(r); err != nil {
		return err
	}
	p := h.sub(r, v.round, r.T("vote.paper"))
	if f.Failed() {
		return r.Invalid(w, p, paperPage(r, d, f))
	}
	return r.Render(w, p, paperPage(r, d, f))
}

func (h handlers) areaItems(r *web.Request) (out []web.Item, err error) {
	if h.Areas == nil {
		return nil, nil
	}
	list, err := h.Areas(r.Context(), r.Actor)
	for _, a := range list {
		out = append(out, web.Item{Value: a.Ref, Text: a.Name})
	}
	return out, err
}

func (h handlers) addPaper(w http.ResponseWriter, r *web.Request) error {
	v, err := h.staff(r, access.RecordContribution)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	chosen, err := marks(f, v.round, v.options)
	n := 0
	if err == nil && f.Value("area") != "" {
		err = h.knownArea(r, f.Value("area"))
	}
	if err == nil {
		n, err = h.s.AddPaper(r.Context(), r.Actor, v.round.Key, vote.PaperBallot{Batch: f.Value("batch"), Area: f.Value("area"), Marks: chosen})
	}
	if f.Fail(err) {
		return h.showPaper(w, r, f, 0)
	}
	if err != nil {
		return err
	}
	q := "?stapel=" + queryEscape(f.Value("batch")) + "&raum=" + queryEscape(f.Value("area")) + "&nummer=" + strconv.Itoa(n)
	return r.Redirect(w, workOf(v.round.Key)+"/papier"+q)
}

func (h handlers) knownArea(r *web.Request, ref string) error {
	items, err := h.areaItems(r)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(items, func(it web.Item) bool { return it.Value == ref }) {
		return &kernel.Error{Kind: kernel.Invalid, Key: "web.invalid", Fields: map[string]string{"area": "vote.area.unknown"}}
	}
	return nil
}

func (h handlers) voidPaper(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	n, _ := strconv.Atoi(strings.TrimSpace(f.Value("number")))
	err := h.s.VoidPaper(r.Context(), r.Actor, r.PathValue("round"), n, f.Value("reason"))
	if f.Fail(err) {
		return h.showPaper(w, r, f, 0)
	}
	if err != nil {
		return err
	}
	return r.Done(w, workOf(r.PathValue("round"))+"/papier?stapel="+queryEscape(f.Value("batch")), "notice.vote.void")
}

func (h handlers) correctForm(w http.ResponseWriter, r *web.Request) error {
	return h.showCorrect(w, r, web.BlankForm(r))
}

func (h handlers) showCorrect(w http.ResponseWriter, r *web.Request, f *web.Form) error {
	v, err := h.staff(r, access.Publish)
	if err != nil {
		return err
	}
	p := h.sub(r, v.round, r.T("vote.correct"))
	p.Lead, p.Narrow = r.T("vote.correct.lead"), true
	if f.Failed() {
		return r.Invalid(w, p, correctPage(r, v, f))
	}
	return r.Render(w, p, correctPage(r, v, f))
}

func (h handlers) correct(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	numbers, err := numbersOf(f.Value("ballots"))
	if err == nil {
		err = h.s.Correct(r.Context(), r.Actor, vote.CorrectArgs{Round: r.PathValue("round"), Ballots: numbers, Reason: f.Value("reason")})
	}
	if f.Fail(err) {
		return h.showCorrect(w, r, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, workOf(r.PathValue("round")), "notice.vote.corrected")
}

// numbersOf reads "3, 17, 40-52".
func numbersOf(s string) ([]int64, error) {
	var out []int64
	for part := range strings.FieldsFuncSeq(s, func(c rune) bool { return c == ',' || c == ';' || unicode.IsSpace(c) }) {
		from, to, ok := strings.Cut(strings.ReplaceAll(part, "–", "-"), "-")
		a, errA := strconv.ParseInt(from, 10, 40)
		b, errB := a, error(nil)
		if ok {
			b, errB = strconv.ParseInt(to, 10, 40)
		}
		if errA != nil || errB != nil || a < 1 || b < a || b-a > 100_000 || len(out) > 100_000 {
			return nil, &kernel.Error{Kind: kernel.Invalid, Key: "web.invalid", Fields: map[string]string{"ballots": "vote.correct.form"}}
		}
		for n := a; n <= b; n++ {
			out = append(out, n)
		}
	}
	return out, nil
}

func (h handlers) picturesForm(w http.ResponseWriter, r *web.Request) error {
	return h.showPictures(w, r, web.BlankForm(r))
}

func (h handlers) showPictures(w http.ResponseWriter, r *web.Request, f *web.Form) error {
	v, err := h.staff(r, access.EditProcess)
	if err != nil {
		return err
	}
	p := h.sub(r, v.round, r.T("vote.pictures"))
	p.Lead, p.Narrow = r.T("vote.pictures.lead"), true
	if f.Failed() {
		return r.Invalid(w, p, picturesPage(r, v, f))
	}
	return r.Render(w, p, picturesPage(r, v, f))
}

func (h handlers) savePicture(w http.ResponseWriter, r *web.Request) error {
	v, err := h.staff(r, access.EditProcess)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	list := slices.Clone(v.options)
	i := slices.IndexFunc(list, func(o vote.Option) bool { return o.Key == f.Value("option") })
	err = func() error {
		if i < 0 {
			return &kernel.Error{Kind: kernel.Invalid, Key: "web.invalid", Fields: map[string]string{"option": "vote.picture.option"}}
		}
		if list[i].Alt = strings.TrimSpace(f.Value("alt")); f.Is("remove", "1") {
			list[i].Picture, list[i].Alt = "", ""
			return h.s.SetOptions(r.Context(), r.Actor, v.round.Key, list)
		}
		if list[i].Alt == "" {
			return &kernel.Error{Kind: kernel.Invalid, Key: "web.invalid", Fields: map[string]string{"alt": "vote.picture.alt"}}
		}
		file, _, err := f.File("file")
		if err != nil {
			return err
		}
		defer file.Close()
		x, err := picture.Draw(file, "file", picture.Photo)
		if err != nil {
			return err
		}
		if list[i].Picture, _, err = h.Files.Put(r.Context(), strings.NewReader(string(x.JPEG)), picture.Photo.Bytes); err != nil {
			return err
		}
		return h.s.SetOptions(r.Context(), r.Actor, v.round.Key, list)
	}()
	if f.Fail(err) {
		return h.showPictures(w, r, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, workOf(v.round.Key)+"/bilder", "notice.vote.options")
}
