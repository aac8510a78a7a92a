// SPDX-License-Identifier: EUPL-1.2

package voteweb

import (
	"bufio"
	"encoding/csv"
	"io"
	"net/http"
	"strconv"

	"github.com/kupferfaden/kupferfaden/internal/doc/chart"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/vote"
	"github.com/kupferfaden/kupferfaden/internal/web"
	"github.com/kupferfaden/kupferfaden/stat/ballot"
)

// outcome is what the page of a result shows.
type outcome struct {
	view
	res         vote.Result
	corrections []vote.Correction
	areas       map[string]string
	hidden      bool // staff sees it before it is public
}

func (h handlers) result(w http.ResponseWriter, r *web.Request) error {
	x, options, res, corrections, err := h.s.Result(r.Context(), r.Actor, r.PathValue("round"))
	if err != nil {
		if kernel.KindOf(err) == kernel.NotFound && x.Public() && x.ID != "" {
			p := h.page(r, x)
			p.Breadcrumb = append(p.Breadcrumb, web.Crumb{Text: p.Title, Href: RoundPath(x.Key)})
			p.Title, p.NoIndex = r.T("vote.result.title"), true
			return r.Render(w, p, web.Empty(r.T("vote.uncounted"), r.T("vote.uncounted.text")))
		}
		return err
	}
	o := outcome{view: view{round: x, options: options, stage: x.Stage(h.now())}, res: res, corrections: corrections, areas: map[string]string{}, hidden: x.State != vote.Published}
	if len(res.Areas) > 0 && h.Areas != nil {
		list, err := h.Areas(r.Context(), r.Actor)
		if err != nil {
			return err
		}
		for _, a := range list {
			o.areas[a.Ref] = a.Name
		}
	}
	p := h.page(r, x)
	p.Breadcrumb = append(p.Breadcrumb, web.Crumb{Text: p.Title, Href: RoundPath(x.Key)})
	p.Title, p.Heading, p.Scripts = r.T("vote.result.of", "title", p.Title), r.T("vote.result.title"), nil
	p.Lead, p.NoIndex = text(r, x.Title), o.hidden
	p.Styles = append(p.Styles, "figures.css")
	return r.Render(w, p, resultPage(r, o))
}

// scoreKey names what is added up.
func scoreKey(x vote.Round) string {
	if x.Rules.Method == ballot.Ranking && x.Winner == vote.Plurality && x.Budget == 0 {
		return "vote.score.first"
	}
	return "vote.score." + string(x.Rules.Method)
}

func score(x vote.Round, c vote.Count) int64 { return scoreOf(x, c.Score, c.First) }

func scoreOf(x vote.Round, score, first int64) int64 {
	if x.Rules.Method == ballot.Ranking && x.Winner == vote.Plurality && x.Budget == 0 {
		return first
	}
	return score
}

// bars draws the score of every option; the table beside it says the same.
func bars(r *web.Request, o outcome) string {
	won := map[int]bool{}
	for _, i := range o.res.Selected {
		won[i] = true
	}
	b := chart.Bar{Frame: chart.Frame{
		ID: "stimmen", Title: text(r, o.round.Title), Description: r.T("vote.chart.text"), Unit: r.T(scoreKey(o.round)), Width: 720,
		Format: func(v float64) string { return r.P.Int(int64(v)) },
		Words:  chart.Words{Area: r.T("vote.column.option"), Value: r.T(scoreKey(o.round)), Missing: "–", Flagged: "–"},
	}, AsGiven: true}
	for n, i := range o.res.Order {
		if n == 30 {
			break
		}
		b.Rows = append(b.Rows, chart.Row{Name: short(text(r, o.options[i].Title)), Value: chart.Value{V: float64(score(o.round, o.res.Options[i]))}, Marked: won[i]})
	}
	return b.SVG()
}

func short(s string) string {
	if r := []rune(s); len(r) > 48 {
		return string(r[:47]) + "…"
	}
	return s
}

// ways are the ways in which ballots came.
func ways(res vote.Result) (out []vote.Way) {
	for _, w := range vote.Ways() {
		if res.Ways[w] > 0 {
			out = append(out, w)
		}
	}
	return out
}

func resultTable(r *web.Request, o outcome) web.Table {
	x := o.round
	t := web.Table{Caption: r.T("vote.result.table"), Hidden: true, Columns: []web.Column{{Text: r.T("vote.column.option")}}}
	if x.Budget > 0 {
		t.Columns = append(t.Columns, web.Column{Text: r.T("vote.column.cost"), Numeric: true})
	}
	t.Columns = append(t.Columns, web.Column{Text: r.T(scoreKey(x)), Numeric: true})
	parts := ways(o.res)
	if len(parts) > 1 {
		for _, w := range parts {
			t.Columns = append(t.Columns, web.Column{Text: r.T("vote.way." + string(w)), Numeric: true})
		}
	}
	if x.Rules.Method != ballot.Approval && x.Rules.Method != ballot.Resistance {
		t.Columns = append(t.Columns, web.Column{Text: r.T("vote.column.votes"), Numeric: true})
	}
	if x.Rules.Method == ballot.Resistance {
		t.Columns = append(t.Columns, web.Column{Text: r.T("vote.column.mean"), Numeric: true})
	}
	t.Columns = append(t.Columns, web.Column{Text: r.T("vote.column.outcome")})
	won := map[int]bool{}
	for _, i := range o.res.Selected {
		won[i] = true
	}
	for _, i := range o.res.Order {
		c := o.res.Options[i]
		row := web.Row{Mark: won[i], Cells: []web.Cell{{Text: text(r, o.options[i].Title)}}}
		if x.Budget > 0 {
			row.Cells = append(row.Cells, web.Cell{Text: euro(r, o.options[i].Cost)})
		}
		row.Cells = append(row.Cells, web.Cell{Text: r.P.Int(score(x, c))})
		if len(parts) > 1 {
			for _, w := range parts {
				row.Cells = append(row.Cells, web.Cell{Text: r.P.Int(scoreOf(x, c.Ways[w].Score, c.Ways[w].First))})
			}
		}
		switch {
		case x.Rules.Method == ballot.Resistance && o.res.Ballots > 0:
			row.Cells = append(row.Cells, web.Cell{Text: r.P.Number(float64(c.Score)/float64(o.res.Ballots), 1)})
		case x.Rules.Method == ballot.Resistance:
			row.Cells = append(row.Cells, web.Cell{Text: "–"})
		case x.Rules.Method != ballot.Approval:
			row.Cells = append(row.Cells, web.Cell{Text: r.P.Int(c.Votes)})
		}
		said := r.T("vote.outcome.no")
		switch {
		case x.Budget > 0 && i < len(o.res.Why):
			said = r.T("vote.why." + string(o.res.Why[i]))
		case won[i]:
			said = r.T("vote.outcome.yes")
		}
		row.Cells = append(row.Cells, web.Cell{Text: said})
		t.Rows = append(t.Rows, row)
	}
	return t
}

func areaTable(r *web.Request, o outcome) web.Table {
	t := web.Table{Caption: r.T("vote.areas"), Hidden: true, Columns: []web.Column{
		{Text: r.T("vote.column.area")}, {Text: r.T("vote.column.ballots"), Numeric: true}, {Text: r.T("vote.column.codes"), Numeric: true}, {Text: r.T("vote.column.turnout"), Numeric: true}, {Text: r.T("vote.column.best")},
	}}
	for _, a := range o.res.Areas {
		name := o.areas[a.Area]
		switch {
		case a.Area == "":
			name = r.T("vote.area.rest")
		case name == "":
			name = a.Area
		}
		codes, turnout := "–", "–"
		if a.Codes > 0 {
			codes, turnout = r.P.Int(a.Codes), r.P.Percent(100*float64(a.Ballots)/float64(a.Codes), 1)
		}
		best := -1
		for i, s := range a.Score {
			less := o.round.Rules.Method == ballot.Resistance
			if best < 0 || !less && s > a.Score[best] || less && s < a.Score[best] {
				best = i
			}
		}
		cell := web.Cell{Text: "–"}
		if best >= 0 && best < len(o.options) {
			cell.Text = text(r, o.options[best].Title) + " (" + r.P.Int(a.Score[best]) + ")"
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: name}, {Text: r.P.Int(a.Ballots)}, {Text: codes}, {Text: turnout}, cell}})
	}
	return t
}

func stepTable(r *web.Request, o outcome) web.Table {
	t := web.Table{Caption: r.T("vote.steps"), Hidden: true, Columns: []web.Column{{Text: r.T("vote.column.option")}}}
	for i := range o.res.Steps {
		t.Columns = append(t.Columns, web.Column{Text: r.T("vote.step", "n", i+1), Numeric: true})
	}
	for _, i := range o.res.Order {
		row := web.Row{Cells: []web.Cell{{Text: text(r, o.options[i].Title)}}}
		for _, s := range o.res.Steps {
			cell := web.Cell{Text: "–"}
			for _, l := range s.Left {
				if l == i {
					cell.Text = r.P.Int(s.Votes[i])
				}
			}
			if s.Out == i {
				cell.Note = r.T("vote.step.out")
			}
			row.Cells = append(row.Cells, cell)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// ballotsCSV gives the ballots away for anybody to count again.
func (h handlers) ballotsCSV(w http.ResponseWriter, r *web.Request) error {
	x, options, _, _, err := h.s.Result(r.Context(), r.Actor, r.PathValue("round"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="stimmen-`+x.Key+`.csv"`)
	b := bufio.NewWriter(w)
	_, _ = b.WriteString("\ufeff")
	c := csv.NewWriter(b)
	c.Comma = ';'
	head := []string{r.T("vote.csv.number"), r.T("vote.csv.way"), r.T("vote.csv.area"), r.T("vote.csv.correction")}
	for _, o := range options {
		head = append(head, safe(o.Key))
	}
	_ = c.Write(head)
	row := make([]string, len(head))
	err = h.s.Ballots(r.Context(), r.Actor, x.Key, func(k vote.Counted) error {
		clear(row)
		row[0], row[1], row[2] = strconv.FormatInt(k.Number, 10), string(k.Way), safe(k.Area)
		if k.Correction > 0 {
			row[3] = strconv.Itoa(k.Correction)
		}
		marks, err := ballot.Parse(k.Marks)
		if err != nil {
			return err
		}
		for _, m := range marks {
			row[4+m.Option] = strconv.FormatInt(m.Value, 10)
		}
		return c.Write(row)
	})
	c.Flush()
	if err == nil {
		err = c.Error()
	}
	if err == nil {
		err = b.Flush()
	}
	return err
}

// safe keeps a spreadsheet from taking a text for a formula.
func safe(s string) string {
	if s != "" && (s[0] == '=' || s[0] == '+' || s[0] == '-' || s[0] == '@' || s[0] == '\t') {
		return "'" + s
	}
	return s
}

// ballotsPB gives the same in the format of Pabulib. Ballots a correction took out are not among them: they do not count.
func (h handlers) ballotsPB(w http.ResponseWriter, r *web.Request) error {
	x, _, _, _, err := h.s.Result(r.Context(), r.Actor, r.PathValue("round"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+x.Key+`.pb"`)
	return h.s.WritePabulib(r.Context(), r.Actor, x.Key, r.Name(), r.Lang, io.Writer(w))
}

// ballotsText gives the lines whose checksum was written down at the count.
func (h handlers) ballotsText(w http.ResponseWriter, r *web.Request) error {
	x, _, _, _, err := h.s.Result(r.Context(), r.Actor, r.PathValue("round"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="stimmen-`+x.Key+`.txt"`)
	return h.s.WriteBallots(r.Context(), r.Actor, x.Key, w)
}
