// SPDX-License-Identifier: EUPL-1.2

package voteweb

import (
	"encoding/csv"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/doc/picture"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/vote"
	"github.com/kupferfaden/kupferfaden/internal/web"
	"github.com/kupferfaden/kupferfaden/stat/ballot"
)

func (h handlers) registerWork(m *web.Mux) {
	held := web.Held()
	m.Handle("GET "+WorkPath, access.RecordContribution, h.workList, held)
	m.Handle("GET "+WorkPath+"/neu", access.EditProcess, h.newForm, held)
	m.Handle("POST "+WorkPath+"/neu", access.EditProcess, h.create, held)
	m.Handle("GET "+WorkPath+"/import", access.EditProcess, h.importForm)
	m.Handle("POST "+WorkPath+"/import", access.EditProcess, h.importFile, web.MaxBody(vote.MostFile), web.Timeout(5*time.Minute))
	one := WorkPath + "/{round}"
	m.Handle("GET "+one, access.RecordContribution, h.work, held)
	m.Handle("GET "+one+"/angaben", access.EditProcess, h.editForm, held)
	m.Handle("POST "+one+"/angaben", access.EditProcess, h.save, held)
	m.Handle("GET "+one+"/vorschlaege", access.EditProcess, h.optionsForm, held)
	m.Handle("POST "+one+"/vorschlaege", access.EditProcess, h.saveOptions, held)
	m.Handle("POST "+one+"/vorschlaege/beitraege", access.EditProcess, h.takeContributions, held)
	m.Handle("POST "+one+"/vorschlaege/datei", access.EditProcess, h.takeFile, web.MaxBody(2<<20), held)
	m.Handle("GET "+one+"/bilder", access.EditProcess, h.picturesForm, held)
	m.Handle("POST "+one+"/bilder", access.EditProcess, h.savePicture, web.MaxBody(picture.Photo.Bytes+1<<20), held)
	m.Handle("GET "+one+"/auszaehlregeln", access.EditProcess, h.compare, held)
	m.Handle("GET "+one+"/papier", access.RecordContribution, h.paperForm, held)
	m.Handle("GET "+one+"/stimmzettel.pdf", access.RecordContribution, h.sheet, web.Timeout(time.Minute), held)
	m.Handle("POST "+one+"/papier", access.RecordContribution, h.addPaper, held)
	m.Handle("POST "+one+"/papier/streichen", access.RecordContribution, h.voidPaper, held)
	for _, a := range acts {
		m.Handle("GET "+one+"/"+a.path, access.Publish, h.ask(a), held)
		m.Handle("POST "+one+"/"+a.path, access.Publish, h.act(a), held)
	}
	m.Handle("GET "+one+"/korrektur", access.Publish, h.correctForm, held)
	m.Handle("POST "+one+"/korrektur", access.Publish, h.correct, held)
}

func (h handlers) workPage(r *web.Request, title string) web.Page {
	return web.Page{
		Title: title, Nav: web.NavWork, NoIndex: true, Styles: []string{"planner.css", "vote.css"},
		Breadcrumb: []web.Crumb{{Text: r.T("web.nav.work"), Href: "/arbeit"}, {Text: r.T("vote.work.title"), Href: WorkPath}},
	}
}

func (h handlers) sub(r *web.Request, x vote.Round, title string) web.Page {
	p := h.workPage(r, title)
	p.Lead = text(r, x.Title)
	p.Breadcrumb = append(p.Breadcrumb, web.Crumb{Text: text(r, x.Title), Href: workOf(x.Key)})
	return p
}

func (h handlers) workList(w http.ResponseWriter, r *web.Request) error {
	all, err := h.s.WorkList(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	p := h.workPage(r, r.T("vote.work.title"))
	p.Breadcrumb, p.Lead = p.Breadcrumb[:1], r.T("vote.work.lead")
	return r.Render(w, p, workListPage(r, h.now(), all))
}

func (h handlers) staff(r *web.Request, do access.Action) (view, error) {
	x, options, err := h.s.ForStaff(r.Context(), r.Actor, r.PathValue("round"), do)
	return view{
		round: x, options: options, stage: x.Stage(h.now()), staff: true,
		edits: h.s.Runs(r.Context(), r.Actor, x, access.EditProcess), publishes: h.s.Runs(r.Context(), r.Actor, x, access.Publish),
	}, err
}

// desk is the page of a round for staff.
type desk struct {
	view
	turnout map[vote.Way]int64
	sets    []vote.CodeSet
	pdf     bool // the ballot paper can be printed
}

func (h handlers) work(w http.ResponseWriter, r *web.Request) error {
	v, err := h.staff(r, access.RecordContribution)
	if err != nil {
		return err
	}
	d := desk{view: v, pdf: h.Typesetter != nil}
	if d.turnout, err = h.s.Store.Turnout(r.Context(), r.Tenant.ID, v.round.ID); err != nil {
		return err
	}
	if v.edits {
		if d.sets, err = h.s.Codes.Sets(r.Context(), r.Actor, vote.Scope{Process: v.round.Process, Round: v.round.ID}); err != nil {
			return err
		}
	}
	p := h.sub(r, v.round, text(r, v.round.Title))
	p.Breadcrumb, p.Lead = p.Breadcrumb[:2], ""
	return r.Render(w, p, workPage(r, d))
}

// fillRound puts a round into its form.
func fillRound(f *web.Form, x vote.Round) {
	f.Set("title", x.Title["de"])
	f.Set("title_en", x.Title["en"])
	f.Set("text", x.Text["de"])
	f.Set("text_en", x.Text["en"])
	f.Set("text_leicht", x.Text["de+leicht"])
	f.Set("key", x.Key)
	f.Set("process", x.Process)
	f.Set("method", string(x.Rules.Method))
	number := func(name string, n int64) {
		if n > 0 {
			f.Set(name, strconv.FormatInt(n, 10))
		}
	}
	number("least", int64(x.Rules.Least))
	number("most", int64(x.Rules.Most))
	number("stock", x.Rules.Stock)
	number("each", x.Rules.Each)
	number("winners", int64(x.Winners))
	if x.Budget > 0 {
		f.Set("budget", strings.ReplaceAll(ballot.Money(x.Budget), ".", ","))
	}
	f.Set("counting", ruleValue(x.Rule))
	f.Set("winner", string(x.Winner))
	f.Set("eligibility", string(x.Eligibility))
	f.Set("from", local(x.From))
	f.Set("to", local(x.To))
	f.Set("edit", strconv.Itoa(x.Edit))
}

const localForm = "2006-01-02T15:04"

func local(i kernel.Instant) string {
	if i.IsZero() {
		return ""
	}
	return i.In(kernel.Zone()).Format(localForm)
}

func ruleValue(x ballot.Rule) string {
	if x.Counting != ballot.EqualShares {
		return string(x.Counting)
	}
	return string(x.Counting) + "/" + string(x.Utility) + "/" + string(x.Completion)
}

func ruleOf(s string) ballot.Rule {
	part := strings.Split(s+"//", "/")
	return ballot.Rule{Counting: ballot.Counting(part[0]), Utility: ballot.Utility(part[1]), Completion: ballot.Completion(part[2])}
}

// amount reads "1.250,50", "1250.50" or "1 250".
func amount(s string) (int64, bool) {
	s = strings.NewReplacer(" ", "", "\u00a0", "", "€", "", "'", "").Replace(strings.TrimSpace(s))
	if s == "" {
		return 0, true
	}
	if i := strings.LastIndexByte(s, ','); i >= 0 {
		s = strings.ReplaceAll(s[:i], ".", "") + "." + s[i+1:]
	} else if i := strings.LastIndexByte(s, '.'); i >= 0 && len(s)-i == 4 {
		s = strings.ReplaceAll(s, ".", "")
	}
	whole, cents, _ := strings.Cut(s, ".")
	n, err := strconv.ParseUint(whole, 10, 40)
	if err != nil || len(cents) > 2 {
		return 0, false
	}
	c, err := strconv.ParseUint((cents + "00")[:2], 10, 8)
	return int64(n*100 + c), err == nil
}

// readRound takes a round from its form.
func readRound(f *web.Form, x vote.Round) (vote.Round, error) {
	bad := map[string]string{}
	set := func(t kernel.Text, lang, value string) {
		if value = strings.TrimSpace(value); value == "" {
			delete(t, lang)
		} else {
			t[lang] = value
		}
	}
	x.Title, x.Text = cloned(x.Title), cloned(x.Text)
	set(x.Title, "de", f.Value("title"))
	set(x.Title, "en", f.Value("title_en"))
	set(x.Text, "de", f.Value("text"))
	set(x.Text, "en", f.Value("text_en"))
	set(x.Text, "de+leicht", f.Value("text_leicht"))
	number := func(name, key string) int64 {
		s := strings.TrimSpace(f.Value(name))
		if s == "" {
			return 0
		}
		n, err := strconv.ParseInt(s, 10, 31)
		if err != nil {
			bad[name] = key
		}
		return n
	}
	x.Process = f.Value("process")
	x.Rules = ballot.Rules{
		Method: ballot.Method(f.Value("method")), Least: int(number("least", "vote.most.form")), Most: int(number("most", "vote.most.form")),
		Stock: number("stock", "vote.stock.form"), Each: number("each", "vote.each.form"),
	}
	x.Winners = int(number("winners", "vote.winners.form"))
	var ok bool
	if x.Budget, ok = amount(f.Value("budget")); !ok {
		bad["budget"] = "vote.budget.form"
	}
	x.Rule, x.Winner, x.Eligibility = ruleOf(f.Value("counting")), vote.Winner(f.Value("winner")), vote.Eligibility(f.Value("eligibility"))
	if x.Budget == 0 {
		x.Rule = ballot.Rule{}
	}
	if x.Rules.Method != ballot.Ranking {
		x.Winner = ""
	}
	for name, to := range map[string]*kernel.Instant{"from": &x.From, "to": &x.To} {
		*to = kernel.Instant{}
		if s := f.Value(name); s != "" {
			t, err := time.ParseInLocation(localForm, s, kernel.Zone())
			if err != nil || t.Year() < 2000 || t.Year() > 2200 {
				bad[name] = "vote.time.form"
				continue
			}
			*to = kernel.InstantOf(t)
		}
	}
	x.Edit = int(number("edit", "vote.changed"))
	if len(bad) > 0 {
		return x, &kernel.Error{Kind: kernel.Invalid, Key: "web.invalid", Fields: bad}
	}
	return x, nil
}

func cloned(t kernel.Text) kernel.Text {
	out := kernel.Text{}
	for k, v := range t {
		out[k] = v
	}
	return out
}

func (h handlers) processItems(r *web.Request) (out []web.Item, err error) {
	if h.Processes == nil {
		return nil, nil
	}
	list, err := h.Processes(r.Context(), r.Actor)
	for _, p := range list {
		out = append(out, web.Item{Value: p.Key, Text: text(r, p.Title)})
	}
	return out, err
}

func (h handlers) showRound(w http.ResponseWriter, r *web.Request, p web.Page, f *web.Form, x vote.Round) error {
	items, err := h.processItems(r)
	if err != nil {
		return err
	}
	if f.Failed() {
		return r.Invalid(w, p, editPage(r, f, x, items))
	}
	return r.Render(w, p, editPage(r, f, x, items))
}

func (h handlers) newForm(w http.ResponseWriter, r *web.Request) error {
	f := web.BlankForm(r)
	f.Set("method", string(ballot.Approval))
	f.Set("eligibility", string(vote.Open))
	f.Set("winners", "1")
	f.Set("winner", string(vote.Borda))
	f.Set("process", r.URL.Query().Get("beteiligung"))
	return h.showRound(w, r, h.workPage(r, r.T("vote.new")), f, vote.Round{})
}

func (h handlers) create(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	x, err := readRound(f, vote.Round{})
	if x.Key = strings.TrimSpace(f.Value("key")); x.Key == "" {
		x.Key = vote.KeyOf(x.Title.String())
	}
	if err == nil {
		x, err = h.s.CreateRound(r.Context(), r.Actor, x, nil)
	}
	if f.Fail(err) {
		return h.showRound(w, r, h.workPage(r, r.T("vote.new")), f, vote.Round{})
	}
	if err != nil {
		return err
	}
	return r.Done(w, workOf(x.Key)+"/vorschlaege", "notice.vote.created")
}

func (h handlers) editForm(w http.ResponseWriter, r *web.Request) error {
	v, err := h.staff(r, access.EditProcess)
	if err != nil {
		return err
	}
	f := web.BlankForm(r)
	fillRound(f, v.round)
	return h.showRound(w, r, h.sub(r, v.round, r.T("vote.edit")), f, v.round)
}

func (h handlers) save(w http.ResponseWriter, r *web.Request) error {
	v, err := h.staff(r, access.EditProcess)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	to, err := readRound(f, v.round)
	to.Key = v.round.Key
	if err == nil {
		err = h.s.Save(r.Context(), r.Actor, to)
	}
	if f.Fail(err) {
		return h.showRound(w, r, h.sub(r, v.round, r.T("vote.edit")), f, v.round)
	}
	if err != nil {
		return err
	}
	return r.Done(w, workOf(v.round.Key), "notice.vote.saved")
}

// blankRows are empty rows for further proposals.
const blankRows = 5

func (h handlers) optionsForm(w http.ResponseWriter, r *web.Request) error {
	v, err := h.staff(r, access.EditProcess)
	if err != nil {
		return err
	}
	f := web.BlankForm(r)
	for i, o := range v.options {
		n := strconv.Itoa(i)
		f.Set("key"+n, o.Key)
		f.Set("title"+n, o.Title.String())
		f.Set("text"+n, o.Text.String())
		if o.Cost > 0 {
			f.Set("cost"+n, strings.ReplaceAll(ballot.Money(o.Cost), ".", ","))
		}
	}
	return h.showOptions(w, r, v, f, len(v.options)+blankRows)
}

func (h handlers) showOptions(w http.ResponseWriter, r *web.Request, v view, f *web.Form, rows int) error {
	p := h.sub(r, v.round, r.T("vote.options.edit"))
	p.Wide = true
	if f.Failed() {
		return r.Invalid(w, p, optionsPage(r, v, f, rows))
	}
	return r.Render(w, p, optionsPage(r, v, f, rows))
}

func (h handlers) saveOptions(w http.ResponseWriter, r *web.Request) error {
	v, err := h.staff(r, access.EditProcess)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	rows, _ := strconv.Atoi(f.Value("rows"))
	rows = max(0, min(rows, vote.MostOptions+blankRows))
	var list []vote.Option
	bad := map[string]string{}
	for i := range rows {
		n := strconv.Itoa(i)
		title := strings.TrimSpace(f.Value("title" + n))
		if title == "" {
			continue
		}
		o := vote.Option{Key: f.Value("key" + n)}
		if j := slices.IndexFunc(v.options, func(x vote.Option) bool { return x.Key == strings.TrimSpace(o.Key) && o.Key != "" }); j >= 0 {
			o = v.options[j]
		}
		o.Title, o.Text = put(o.Title, title), put(o.Text, strings.TrimSpace(f.Value("text"+n)))
		var ok bool
		if o.Cost, ok = amount(f.Value("cost" + n)); !ok {
			bad["cost"+n] = "vote.option.cost"
		}
		list = append(list, o)
	}
	if len(bad) > 0 {
		err = &kernel.Error{Kind: kernel.Invalid, Key: "web.invalid", Fields: bad}
	} else {
		err = h.s.SetOptions(r.Context(), r.Actor, v.round.Key, list)
	}
	if f.Fail(err) {
		return h.showOptions(w, r, v, f, rows)
	}
	if err != nil {
		return err
	}
	return r.Done(w, workOf(v.round.Key)+"/vorschlaege", "notice.vote.options")
}

// put writes the words in the language they are shown in, and leaves other languages where only those are there.
func put(t kernel.Text, s string) kernel.Text {
	out := cloned(t)
	_, lang := t.In("de")
	if lang == "" {
		lang = "de"
	}
	if s == "" {
		delete(out, lang)
	} else {
		out[lang] = s
	}
	return out
}

// takeContributions adds the published contributions of the process that are not there yet.
func (h handlers) takeContributions(w http.ResponseWriter, r *web.Request) error {
	v, err := h.staff(r, access.EditProcess)
	if err != nil {
		return err
	}
	var more []vote.Option
	if h.s.Contributions != nil && v.round.Process != "" {
		if more, err = h.s.Contributions(r.Context(), r.Actor, v.round.Process); err != nil {
			return err
		}
	}
	return h.addOptions(w, r, v, more)
}

func (h handlers) addOptions(w http.ResponseWriter, r *web.Request, v view, more []vote.Option) error {
	list := slices.Clone(v.options)
	for _, o := range more {
		if !slices.ContainsFunc(list, func(x vote.Option) bool { return x.Key == o.Key && o.Key != "" }) {
			list = append(list, o)
		}
	}
	err := h.s.SetOptions(r.Context(), r.Actor, v.round.Key, list)
	f := web.BlankForm(r)
	if f.Fail(err) {
		return h.showOptions(w, r, v, f, len(v.options)+blankRows)
	}
	if err != nil {
		return err
	}
	return r.Done(w, workOf(v.round.Key)+"/vorschlaege", "notice.vote.options")
}

// takeFile adds proposals from a CSV file: title, then cost, text and key where the first line names such columns.
func (h handlers) takeFile(w http.ResponseWriter, r *web.Request) error {
	v, err := h.staff(r, access.EditProcess)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	file, _, err := f.File("file")
	var more []vote.Option
	if err == nil {
		defer file.Close()
		more, err = readOptions(file)
	}
	if f.Fail(err) {
		return h.showOptions(w, r, v, f, len(v.options)+blankRows)
	}
	if err != nil {
		return err
	}
	return h.addOptions(w, r, v, more)
}

func readOptions(in io.Reader) ([]vote.Option, error) {
	b, err := io.ReadAll(io.LimitReader(in, 2<<20))
	if err != nil {
		return nil, err
	}
	refuse := func(key string, row int) error {
		return &kernel.Error{Kind: kernel.Invalid, Key: "vote.options.wrong", Fields: map[string]string{"file": key}, Findings: []kernel.Finding{{Code: key, Outcome: kernel.RefuseFile, Row: row}}}
	}
	s := strings.TrimPrefix(string(b), "\ufeff")
	c := csv.NewReader(strings.NewReader(s))
	c.Comma, c.FieldsPerRecord, c.LazyQuotes = ';', -1, true
	if first, _, _ := strings.Cut(s, "\n"); !strings.Contains(first, ";") && strings.Contains(first, ",") {
		c.Comma = ','
	}
	head, err := c.Read()
	if errors.Is(err, io.EOF) {
		return nil, refuse("vote.options.file.empty", 0)
	}
	if err != nil {
		return nil, refuse("vote.options.file.form", 1)
	}
	at := map[string]int{}
	for i, name := range head {
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "titel", "title", "name", "vorschlag":
			at["title"] = i + 1
		case "kosten", "cost", "betrag":
			at["cost"] = i + 1
		case "text", "beschreibung", "description":
			at["text"] = i + 1
		case "kürzel", "kuerzel", "nummer", "key", "id", "project_id":
			at["key"] = i + 1
		}
	}
	if at["title"] == 0 {
		return nil, refuse("vote.options.file.title", 1)
	}
	var out []vote.Option
	for {
		row, err := c.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		line, _ := c.FieldPos(0)
		if err != nil {
			return nil, refuse("vote.options.file.form", line)
		}
		get := func(name string) string {
			if i := at[name]; i > 0 && i <= len(row) {
				return strings.ToValidUTF8(strings.TrimSpace(row[i-1]), "�")
			}
			return ""
		}
		cost, ok := amount(get("cost"))
		if !ok {
			return nil, refuse("vote.option.cost", line)
		}
		o := vote.Option{Key: get("key"), Title: kernel.Text{"de": get("title")}, Cost: cost}
		if t := get("text"); t != "" {
			o.Text = kernel.Text{"de": t}
		}
		if o.Title["de"] != "" {
			out = append(out, o)
		}
	}
}

func (h handlers) importForm(w http.ResponseWriter, r *web.Request) error {
	return r.Render(w, h.importFrame(r), importPage(r, web.BlankForm(r)))
}

func (h handlers) importFrame(r *web.Request) web.Page {
	p := h.workPage(r, r.T("vote.import"))
	p.Lead, p.Narrow = r.T("vote.import.lead"), true
	return p
}

func (h handlers) importFile(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	file, head, err := f.File("file")
	var done vote.Imported
	if err == nil {
		defer file.Close()
		done, err = h.s.ImportPabulib(r.Context(), r.Actor, head.Filename, strings.TrimSpace(f.Value("key")), ruleOf(f.Value("counting")), file)
	}
	if f.Fail(err) {
		return r.Invalid(w, h.importFrame(r), importPage(r, f))
	}
	if err != nil {
		return err
	}
	p := h.importFrame(r)
	p.Title, p.Lead, p.Narrow = r.T("vote.imported"), text(r, done.Round.Title), false
	options, err := h.s.Store.Options(r.Context(), r.Tenant.ID, done.Round.ID)
	if err != nil {
		return err
	}
	return r.Render(w, p, importedPage(r, done, options))
}
