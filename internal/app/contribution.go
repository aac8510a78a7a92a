// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"bytes"
	"context"
	"io"
	"time"

	"github.com/a-h/templ"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/contribution/contributiondb"
	"github.com/kupferfaden/kupferfaden/internal/contribution/contributionweb"
	"github.com/kupferfaden/kupferfaden/internal/doc/picture"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/participation/participationweb"
	"github.com/kupferfaden/kupferfaden/internal/privacy"
	"github.com/kupferfaden/kupferfaden/internal/privacy/privacydb"
	"github.com/kupferfaden/kupferfaden/internal/vision/visionweb"
	"github.com/kupferfaden/kupferfaden/internal/vote"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// contributions wires what people say to the town.
func (a *App) contributions() *contribution.Service {
	return &contribution.Service{
		Store: &contributiondb.Store{DB: a.DB}, Tx: a.DB, Trail: a.Trail, FourEyes: a.Approvals, Processes: processes{a}, Areas: a.Areas, Figures: a.Gate, Files: a.Files, Secret: a.Secret,
		Now: a.Now, Touch: func(ctx context.Context, tenant kernel.ID) error { return a.DB.Touch(ctx, tenant) },
		Voter: func(ctx context.Context, tenant kernel.ID, process, code string, groups bool) (string, error) {
			g, err := a.Votes.Codes.Check(ctx, tenant, vote.Scope{Process: process}, code)
			if err == nil && groups && g.Kind == vote.GroupCode {
				return "group " + string(g.Set), nil
			}
			if err != nil {
				return "", err
			}
			return a.Votes.Codes.Voter(ctx, tenant, vote.Scope{Process: process}, code)
		},
		Draw: drawPhoto, Address: func(email string) (string, error) { return a.Notices.Check(email) },
		Subscribe: func(ctx context.Context, o notice.Order) error { return a.Notices.Subscribe(ctx, o) },
		Reach: func(ctx context.Context, by access.Actor, p participation.Process, answers map[string]string) error {
			return a.Participation.Reached(ctx, by.Tenant, p, answers)
		},
	}
}

// contributionPages adds their pages.
func (a *App) contributionPages(m *web.Mux) {
	contributionweb.Register(m, a.Contributions, contributionweb.Options{
		Answer: contributionweb.AnswerBox(a.Answers), More: []contributionweb.SectionOf{visionweb.GroundOf(a.Vision)}, Follow: contributionweb.FollowPath, Report: contributionweb.ReportPath,
		Receipt: []func(r *web.Request, c contribution.Contribution, code string) (templ.Component, error){
			contributionweb.ReceiptAnswer(a.Answers), contributionweb.ReceiptDecisions(a.Moderation),
		},
		Work:   []contributionweb.SectionOf{contributionweb.WorkDecisions(a.Moderation), contributionweb.WorkAnswer(a.Answers)},
		Office: contributionweb.OfficeName(a.Answers), Offices: contributionweb.OfficeItems(a.Answers),
		Consent: a.subscriptionConsent, Typesetter: a.Typesetter, Codes: a.receiptCodes(),
	})
	contributionweb.RegisterModeration(m, a.Moderation, a.receiptCodes())
	contributionweb.RegisterAnswers(m, a.Answers)
}

// receiptCodes slows down who guesses receipt codes, with the counts that sign-in keeps for all processes together.
func (a *App) receiptCodes() contributionweb.Codes {
	const what = "receipt"
	return contributionweb.Codes{
		Try: func(ctx context.Context, tenant kernel.ID, client string) error {
			err := a.Accounts.TryCode(ctx, tenant, what, client)
			if seconds, ok := account.Wait(err); ok {
				return web.TooMany(time.Duration(seconds) * time.Second)
			}
			return err
		},
		Right: func(ctx context.Context, tenant kernel.ID, client string) error {
			return a.Accounts.RightCode(ctx, tenant, what, client)
		},
	}
}

// contributionParts draw the modules in which people contribute.
func (a *App) contributionParts(parts map[participation.ModuleKind]participationweb.PartOf) {
	part := contributionweb.PartOf(a.Contributions)
	for _, k := range []participation.ModuleKind{participation.IdeasModule, participation.MapModule, participation.QuestionModule} {
		parts[k] = part
	}
}

// smallPhoto is a photo as lists show it.
var smallPhoto = picture.Bounds{Bytes: picture.Photo.Bytes, Pixels: picture.Photo.Pixels, Side: 480}

// drawPhoto draws a photo anew in both sizes.
func drawPhoto(r io.Reader) (contribution.Drawn, error) {
	large, err := picture.Draw(r, "photo", picture.Photo)
	if err != nil {
		return contribution.Drawn{}, err
	}
	small, err := picture.Draw(bytes.NewReader(large.JPEG), "photo", smallPhoto)
	return contribution.Drawn{JPEG: large.JPEG, Width: large.Width, Height: large.Height, Small: small.JPEG}, err
}

// processes lets contributions hang on processes.
type processes struct{ a *App }

func (p processes) ProcessByKey(ctx context.Context, tenant kernel.ID, key string) (participation.Process, error) {
	return p.a.Participation.Store.ByKey(ctx, tenant, key)
}

func (p processes) Processes(ctx context.Context, tenant kernel.ID) ([]participation.Process, error) {
	return p.a.Participation.Store.All(ctx, tenant, false, nil)
}

// contributionFiles tells whether a contribution still needs a file.
func (a *App) contributionFiles(ctx context.Context, tenant kernel.ID, sha string) (bool, error) {
	list, err := a.Contributions.Store.FileBySum(ctx, tenant, sha)
	return len(list) > 0, err
}

// contributionKinds names what contributions keep about people. A contribution belongs to the town once it was made, as others answered and
// supported it: an erasure takes its author from it and leaves the words.
func (a *App) contributionKinds(add addKind) {
	id := func(column string) []privacydb.By { return []privacydb.By{{Column: column, Is: privacydb.ID}} }
	add(
		privacy.DataKind{Key: "contribution", Basis: []privacy.Basis{privacy.PublicTask, privacy.Consent}},
		privacydb.Table{
			Name: "contribution_comment", By: id("account_id"), Show: []string{"body", "state", "received_at"}, Then: privacydb.Blank,
			Set: []privacydb.Value{{Column: "pseudonym", To: ""}},
		},
		privacydb.Table{Name: "contribution_version", By: id("written_by"), Show: []string{"version", "title", "body", "at"}, Then: privacydb.Blank},
		privacydb.Table{
			Name: "contribution", By: id("account_id"), Show: []string{"number", "title", "body", "state", "status", "received_at"}, Then: privacydb.Blank,
			Set: []privacydb.Value{{Column: "pseudonym", To: ""}},
		},
		privacydb.Table{Name: "contribution", By: id("entered_by"), Show: []string{"number", "channel", "received_at"}, Then: privacydb.Blank},
		privacydb.Table{Name: "contribution_import", By: id("imported_by"), Show: []string{"file", "at"}, Then: privacydb.Blank},
	)
	add(
		privacy.DataKind{Key: "support", Basis: []privacy.Basis{privacy.PublicTask, privacy.Consent}},
		privacydb.Table{Name: "contribution_support", By: id("account_id"), Show: []string{"contribution", "at"}},
	)
}
