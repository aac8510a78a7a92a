// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/approval"
	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/participation/participationweb"
	"github.com/kupferfaden/kupferfaden/internal/platform/job"
	"github.com/kupferfaden/kupferfaden/internal/privacy"
	"github.com/kupferfaden/kupferfaden/internal/privacy/privacydb"
	"github.com/kupferfaden/kupferfaden/internal/vote"
	"github.com/kupferfaden/kupferfaden/internal/vote/votedb"
	"github.com/kupferfaden/kupferfaden/internal/vote/voteweb"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

const (
	// closeVotes closes rounds whose time is over.
	closeVotes = "vote.close"
	// closeAfter leaves time to enter paper ballots before a round is closed by itself.
	closeAfter = time.Hour
)

// votes wires rounds of voting and their codes.
func (a *App) votes() *vote.Service {
	store := &votedb.Store{DB: a.DB}
	s := &vote.Service{Store: store, Tx: a.DB, Trail: a.Trail, FourEyes: a.Approvals, Now: a.Now, Place: a.votePlace, Contributions: a.votable}
	s.Codes = &vote.Codes{Store: store, Seal: a.Secret, Trail: a.Trail, Tx: a.DB, Now: a.Now, Place: a.votePlace}
	a.Approvals.Register(vote.PublishMatter, approval.Call(s.Publish))
	a.Approvals.Register(vote.CorrectMatter, approval.Call(s.Correct))
	return s
}

// votePlace tells where a round stands for permission: what the process shows and its phase permits, or the town where it belongs to none.
func (a *App) votePlace(ctx context.Context, by access.Actor, process, module string) (vote.Place, error) {
	if process == "" {
		return vote.Place{Object: access.Object{Tenant: by.Tenant, Visibility: access.Public}}, nil
	}
	p, err := a.Participation.Store.ByKey(ctx, by.Tenant, process)
	if err != nil {
		return vote.Place{}, err
	}
	m := participation.Module{}
	if x, ok := p.Module(module); ok {
		m = x
	}
	return vote.Place{Object: p.Object(by.Tenant, m, kernel.InstantOf(a.Now())), Title: p.Title}, nil
}

// votable gives the published contributions of a process as options of a vote.
func (a *App) votable(ctx context.Context, by access.Actor, process string) ([]vote.Option, error) {
	list, _, err := a.Contributions.List(ctx, by, contribution.Filter{Process: process, States: []contribution.State{contribution.Published}, Limit: vote.MostOptions})
	if err != nil {
		return nil, err
	}
	out := make([]vote.Option, len(list))
	for i, c := range list {
		lang := c.Lang
		if lang == "" {
			lang = "de"
		}
		title := c.Title
		if title == "" {
			title = c.Number
		}
		out[i] = vote.Option{Key: c.Number, Title: kernel.Text{lang: title}, Text: kernel.Text{lang: c.Text}, Contribution: c.Number}
	}
	return out, nil
}

// votePages adds the pages of voting.
func (a *App) votePages(m *web.Mux) {
	voteweb.Register(m, voteweb.Options{
		Service: a.Votes, Files: a.Files, Secure: strings.HasPrefix(a.URL, "https://"), Areas: a.voteAreas,
		Process: func(ctx context.Context, by access.Actor, key string) (kernel.Text, string, bool) {
			p, err := a.Participation.Process(ctx, by, key)
			return p.Title, participationweb.ProcessPath(key), err == nil
		},
		Processes: func(ctx context.Context, by access.Actor) ([]voteweb.Process, error) {
			list, err := a.Participation.Store.All(ctx, by.Tenant, false, nil)
			var out []voteweb.Process
			for _, p := range list {
				if p.State != participation.Archived && access.Can(by, access.EditProcess, p.Object(by.Tenant, participation.Module{}, kernel.InstantOf(a.Now()))) {
					out = append(out, voteweb.Process{Key: p.Key, Title: p.Title})
				}
			}
			return out, err
		},
		Typesetter: a.Typesetter,
	})
}

// voteAreas lists the areas a code or a paper ballot can belong to.
func (a *App) voteAreas(ctx context.Context, by access.Actor) ([]voteweb.Area, error) {
	levels, err := a.Contributions.AreaLevels(ctx, by.Tenant)
	if err != nil {
		return nil, err
	}
	var out []voteweb.Area
	for _, l := range levels {
		for _, x := range l.Areas {
			out = append(out, voteweb.Area{Ref: x.Key, Name: x.Name})
		}
	}
	return out, nil
}

// votePart draws rounds of voting on the page of a process.
func (a *App) votePart(r *web.Request, p participation.Process, m participation.Module) (participationweb.Part, error) {
	return voteweb.Part(r, a.Votes, p, m)
}

// closeDue is the job that closes rounds whose time is over.
func (a *App) closeDue(ctx context.Context, r *job.Run) error {
	return a.Votes.CloseDue(ctx, r.Tenant, func(x vote.Round) bool { return a.Now().Before(x.To.Add(closeAfter)) })
}

// voteKinds names what votes keep about people: no table holds a name. The keys of voters are hashes with a salt of the round, deleted when it is
// closed, which is why no time of keeping is set for them.
func (a *App) voteKinds(add addKind) {
	add(
		privacy.DataKind{Key: "vote", Basis: []privacy.Basis{privacy.PublicTask}},
		privacydb.Table{Name: "vote_ballot", Show: []string{"way", "area", "cast_at"}},
	)
}

// voteFiles tells whether an option still shows a file.
func (a *App) voteFiles(ctx context.Context, tenant kernel.ID, sha string) (bool, error) {
	return (&votedb.Store{DB: a.DB}).KeepsPicture(ctx, tenant, sha)
}
