// SPDX-License-Identifier: EUPL-1.2

package groupdb_test

import (
	"context"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/group"
	"github.com/kupferfaden/kupferfaden/internal/group/groupdb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
)

// rig is a service on a database with a clock that is moved by hand.
type rig struct {
	*group.Service
	t     *testing.T
	now   time.Time
	mails []string
	who   access.Actor // planner
}

type people struct{ list []group.Person }

func (p people) Find(_ context.Context, _ kernel.ID, email string) (group.Person, error) {
	for _, x := range p.list {
		if x.Email == email {
			return x, nil
		}
	}
	return group.Person{}, kernel.E(kernel.Invalid, "group.member.account.unknown")
}

func (p people) People(_ context.Context, _ kernel.ID, ids []kernel.ID) (map[kernel.ID]group.Person, error) {
	out := map[kernel.ID]group.Person{}
	for _, x := range p.list {
		if slices.Contains(ids, x.ID) {
			out[x.ID] = x
		}
	}
	return out, nil
}

func (r *rig) Invite(_ context.Context, _ kernel.ID, to group.Roll, _ group.Group, m group.Meeting, event string) error {
	r.mails = append(r.mails, "invite "+to.Address+" "+m.Title)
	return nil
}

func (r *rig) Cancel(_ context.Context, _ kernel.ID, to group.Roll, _ group.Group, m group.Meeting) error {
	r.mails = append(r.mails, "cancel "+to.Address)
	return nil
}

func (r *rig) Remind(_ context.Context, _ kernel.ID, to group.Person, _ group.Group, t group.Task, overdue bool) error {
	kind := "remind "
	if overdue {
		kind = "overdue "
	}
	r.mails = append(r.mails, kind+to.Email+" "+t.Title)
	return nil
}

type files struct{}

func (files) Put(_ context.Context, r io.Reader, _ int64) (string, int64, error) {
	n, err := io.Copy(io.Discard, r)
	return strings.Repeat("ab", 32), n, err
}
func (files) Open(string) (*os.File, error) { return os.Open(os.DevNull) }

const (
	anna = kernel.ID("01900000-0000-7000-8000-00000000000a")
	bert = kernel.ID("01900000-0000-7000-8000-00000000000b")
)

func each(t *testing.T, f func(r *rig)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		town := kernel.NewID()
		err := d.Tx(t.Context(), func(ctx context.Context) error {
			_, err := d.Conn(ctx).ExecContext(ctx, `insert into tenant (tenant_id, key, name, fictional, settings, stamp, created_at) values ($1, 'stadt', '{}', true, '{}', 0, $2)`, town, kernel.InstantOf(time.Now()))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		r := &rig{t: t, now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), who: access.Actor{Tenant: town, Person: kernel.NewID(), Roles: []access.Role{access.Planner}}}
		r.Service = &group.Service{
			Store: &groupdb.Store{DB: d}, Tx: d, Files: files{}, Mail: r, Now: func() time.Time { return r.now },
			People: people{[]group.Person{{ID: anna, Name: "Sprecherin", Email: "anna@stadt.example", Held: []string{"ag-1"}}, {ID: bert, Name: "Sprecher", Email: "bert@stadt.example"}}},
		}
		f(r)
	})
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) group(key string, public bool) group.Group {
	r.t.Helper()
	g, err := r.Save(r.t.Context(), r.who, group.Group{Key: key, Kind: group.WorkingGroup, Name: kernel.T("AG "+key, ""), Public: public})
	r.must(err)
	return g
}

// member is somebody who holds a role in one group and nothing else.
func (r *rig) member(role access.Role, key string) access.Actor {
	return access.Actor{Tenant: r.who.Tenant, Person: anna, Held: []access.Holding{{Role: role, In: access.Context{Kind: access.InGroup, Key: key}}}}
}

func TestAMemberWorksInTheOwnGroupAndDoesNotKnowOfOthers(t *testing.T) {
	each(t, func(r *rig) {
		ctx := t.Context()
		r.group("ag-1", false)
		r.group("ag-2", false)
		m, lead := r.member(access.GroupMember, "ag-1"), r.member(access.Moderator, "ag-1")
		if _, err := r.Space(ctx, m, "ag-1", access.WorkInGroup); err != nil {
			t.Error(err)
		}
		for _, key := range []string{"ag-2", "ag-3"} {
			if _, err := r.Space(ctx, m, key, access.ReadGroup); kernel.KindOf(err) != kernel.NotFound {
				t.Errorf("%s: %v", key, err)
			}
		}
		if _, err := r.SaveMember(ctx, m, "ag-1", group.Member{Label: "Leitung Jugendamt"}, ""); kernel.KindOf(err) != kernel.Denied {
			t.Errorf("a member adds members: %v", err)
		}
		if _, err := r.SaveMember(ctx, lead, "ag-1", group.Member{Label: "Leitung Jugendamt"}, ""); err != nil {
			t.Errorf("who leads the group adds members: %v", err)
		}
		if list, err := r.List(ctx, access.Anonymous(r.who.Tenant)); err != nil || len(list) != 0 {
			t.Errorf("everybody sees internal groups: %v %v", list, err)
		}
		if list, err := r.Mine(ctx, m); err != nil || len(list) != 1 || list[0].Key != "ag-1" {
			t.Errorf("%v %v", list, err)
		}
	})
}

func TestThePublicSeesMembersWithConsentAndPublishedMinutesOnly(t *testing.T) {
	each(t, func(r *rig) {
		ctx := t.Context()
		g := r.group("ag-1", true)
		_, err := r.SaveMember(ctx, r.who, g.Key, group.Member{Label: "Sozialplanung", Role: group.Chair, Consent: true, Email: "planung@stadt.example"}, "")
		r.must(err)
		_, err = r.SaveMember(ctx, r.who, g.Key, group.Member{}, "bert@stadt.example")
		r.must(err)
		shown, others, err := r.PublicRoll(ctx, r.who.Tenant, g)
		if err != nil || len(shown) != 1 || shown[0].Said() != "Sozialplanung" || others != 1 || shown[0].Address != "" || shown[0].Email != "" {
			t.Errorf("%+v %d %v", shown, others, err)
		}
		m, err := r.SaveMeeting(ctx, r.who, g.Key, group.Meeting{Title: "1. Sitzung", Starts: kernel.InstantOf(r.now.Add(time.Hour)), Items: group.Agenda("Begrüßung\nTOP 2: Wohnen\n  mit dem Bauamt", nil)})
		r.must(err)
		nobody := access.Anonymous(r.who.Tenant)
		minutes := func() group.Minutes {
			_, x, err := r.Meeting(ctx, r.who, g.Key, m.Number)
			r.must(err)
			return group.Minutes{Items: map[kernel.ID]string{x.Items[1].ID: "Die AG empfiehlt 40 Wohnungen."}, Edit: x.Edit}
		}
		if err := r.SaveMinutes(ctx, r.who, g.Key, 1, minutes()); kernel.KindOf(err) != kernel.Conflict {
			t.Errorf("minutes of a meeting that has not begun: %v", err)
		}
		r.now = r.now.Add(2 * time.Hour)
		if err := r.Service.Publish(ctx, r.who, g.Key, 1); kernel.KindOf(err) != kernel.Conflict {
			t.Errorf("nothing to publish: %v", err)
		}
		r.must(r.SaveMinutes(ctx, r.who, g.Key, 1, minutes()))
		if _, _, err := r.PublicRecord(ctx, nobody, g.Key, 1); kernel.KindOf(err) != kernel.NotFound {
			t.Errorf("unpublished minutes: %v", err)
		}
		r.must(r.AddOutcome(ctx, r.who, g.Key, 1, group.Outcome{Kind: group.Decided, Text: "Empfehlung beschlossen", Ayes: 7, Abstained: 1}, group.Task{}))
		r.must(r.AddOutcome(ctx, r.who, g.Key, 1, group.Outcome{Kind: group.Tasked, Text: "Bericht an den Rat"}, group.Task{Owner: bert, Due: "2026-03-20"}))
		r.must(r.Service.Publish(ctx, r.who, g.Key, 1))
		_, x, err := r.PublicRecord(ctx, nobody, g.Key, 1)
		if err != nil || len(x.Items) != 2 || x.Items[1].Title != "Wohnen" || x.Items[1].Text != "mit dem Bauamt" || x.Items[1].Minutes == "" || len(x.Outcomes) != 2 {
			t.Errorf("%+v %v", x, err)
		}
		if err := r.SaveMinutes(ctx, r.who, g.Key, 1, minutes()); kernel.KindOf(err) != kernel.Conflict {
			t.Errorf("published minutes are changed: %v", err)
		}
		if list, err := r.Tasks(ctx, r.who, g.Key); err != nil || len(list) != 1 || list[0].Due != "2026-03-20" || list[0].Owner != bert {
			t.Errorf("%+v %v", list, err)
		}
	})
}

func TestOfOneDueDatePeopleAreRemindedOnce(t *testing.T) {
	each(t, func(r *rig) {
		ctx := t.Context()
		g := r.group("ag-1", false)
		_, err := r.SaveMember(ctx, r.who, g.Key, group.Member{Role: group.Chair}, "anna@stadt.example")
		r.must(err)
		task, err := r.AddTask(ctx, r.who, group.Task{Group: g.ID, Title: "Bericht", Owner: bert, Due: "2026-03-10"})
		r.must(err)
		_, err = r.AddTask(ctx, r.who, group.Task{Group: g.ID, Title: "Ohne Termin", Owner: bert})
		r.must(err)
		day := func(d int) []string {
			t.Helper()
			r.now, r.mails = time.Date(2026, 3, d, 6, 30, 0, 0, time.UTC), nil
			for range 2 { // the job runs twice
				if _, err := r.Service.Remind(ctx, r.who.Tenant); err != nil {
					t.Fatal(err)
				}
			}
			return r.mails
		}
		for _, c := range []struct {
			day  int
			want []string
		}{
			{6, nil},
			{7, []string{"remind bert@stadt.example Bericht"}},
			{8, nil},
			{10, nil},
			{11, []string{"overdue bert@stadt.example Bericht", "overdue anna@stadt.example Bericht"}},
			{12, nil},
		} {
			if got := day(c.day); !slices.Equal(got, c.want) {
				t.Errorf("on 2026-03-%02d: %v, want %v", c.day, got, c.want)
			}
		}
		task.Due = "2026-03-30" // a new date is reminded of anew
		_, err = r.SaveTask(ctx, r.who, task)
		r.must(err)
		if got := day(27); len(got) != 1 {
			t.Errorf("%v", got)
		}
		_, task, err = r.Task(ctx, r.who, task.ID)
		r.must(err)
		task.State = group.DoneTask
		_, err = r.SaveTask(ctx, r.who, task)
		r.must(err)
		if got := day(31); got != nil {
			t.Errorf("of a task that is done: %v", got)
		}
	})
}

func TestWhatSomebodyElseSavedMeanwhileIsNeverOverwritten(t *testing.T) {
	each(t, func(r *rig) {
		ctx := t.Context()
		g := r.group("ag-1", false)
		d, err := r.Write(ctx, r.who, g.Key, group.Draft{Title: "Entwurf"}, 0, "Erster Satz.", "")
		r.must(err)
		m := r.member(access.GroupMember, g.Key)
		_, err = r.Write(ctx, m, g.Key, d, 1, "Erster Satz. Von einem Mitglied.", "ergänzt")
		r.must(err)
		if _, err := r.Write(ctx, r.who, g.Key, d, 1, "Erster Satz. Vom Amt.", ""); kernel.KindOf(err) != kernel.Conflict {
			t.Errorf("%v", err)
		}
		_, d, v, all, err := r.Draft(ctx, r.who, g.Key, d.ID, 0)
		if err != nil || v.Body != "Erster Satz. Von einem Mitglied." || len(all) != 2 || d.Version != 2 {
			t.Errorf("%+v %d %v", v, len(all), err)
		}
		g.Name = kernel.T("Anders", "")
		first, second := g, g
		if _, err := r.Save(ctx, r.who, first); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Save(ctx, r.who, second); kernel.KindOf(err) != kernel.Conflict {
			t.Errorf("the second of two who edit the group: %v", err)
		}
		if _, err := r.Save(ctx, r.who, group.Group{Key: "ag-1", Kind: group.Steering, Name: kernel.T("Doppelt", "")}); kernel.KindOf(err) != kernel.Invalid {
			t.Errorf("a key that is taken: %v", err)
		}
	})
}

func TestInvitationsGoToThoseWhoHaveAnAddressAndCancellationsToThoseInvited(t *testing.T) {
	each(t, func(r *rig) {
		ctx := t.Context()
		g := r.group("ag-1", false)
		for _, m := range []group.Member{{Label: "Wohlfahrtsverband", Email: "post@verband.example"}, {Label: "Sprecherin der Eltern"}} {
			_, err := r.SaveMember(ctx, r.who, g.Key, m, "")
			r.must(err)
		}
		_, err := r.SaveMember(ctx, r.who, g.Key, group.Member{To: "2026-02-01", From: "2025-01-01"}, "bert@stadt.example")
		r.must(err)
		m, err := r.SaveMeeting(ctx, r.who, g.Key, group.Meeting{Title: "1. Sitzung", Starts: kernel.InstantOf(r.now.AddDate(0, 0, 7))})
		r.must(err)
		written, without, err := r.Service.Invite(ctx, r.who, g.Key, m.Number)
		if err != nil || written != 1 || without != 1 || !slices.Equal(r.mails, []string{"invite post@verband.example 1. Sitzung"}) {
			t.Errorf("%d %d %v %v", written, without, r.mails, err)
		}
		_, m, err = r.Meeting(ctx, r.who, g.Key, m.Number)
		r.must(err)
		m.Place = "Rathaus"
		if m, err = r.SaveMeeting(ctx, r.who, g.Key, m); err != nil || m.Sequence != 1 {
			t.Errorf("a change of place counts for the calendar: %d %v", m.Sequence, err)
		}
		r.mails = nil
		r.must(r.Service.Cancel(ctx, r.who, g.Key, m.Number))
		if !slices.Equal(r.mails, []string{"cancel post@verband.example"}) {
			t.Errorf("%v", r.mails)
		}
		if _, _, err := r.Service.Invite(ctx, r.who, g.Key, m.Number); kernel.KindOf(err) != kernel.Conflict {
			t.Errorf("an invitation to a cancelled meeting: %v", err)
		}
	})
}

func TestAnAgendaNeedsNoIdsAndPublishedMinutesStayAsTheyAre(t *testing.T) {
	each(t, func(r *rig) {
		ctx := t.Context()
		g := r.group("ag-wohnen", true)
		m, err := r.SaveMeeting(ctx, r.who, g.Key, group.Meeting{Title: "1. Sitzung", Starts: kernel.InstantOf(r.now.Add(time.Hour)), Minutes: "untergeschoben", Items: []group.Item{{Title: "Begrüßung"}, {Title: "Wohnen", Minutes: "untergeschoben"}}})
		if err != nil || m.Minutes != "" || len(m.Items) != 2 || m.Items[0].ID == "" || m.Items[0].ID == m.Items[1].ID || m.Items[1].Number != 2 || m.Items[1].Minutes != "" {
			t.Fatalf("%+v %v", m, err)
		}
		other, err := r.SaveMeeting(ctx, r.who, g.Key, group.Meeting{Title: "2. Sitzung", Starts: kernel.InstantOf(r.now.Add(time.Hour)), Items: []group.Item{{ID: m.Items[0].ID, Title: "Fremd"}}})
		if err != nil || other.Items[0].ID == m.Items[0].ID {
			t.Fatalf("a point of another meeting is taken over: %+v %v", other, err)
		}
		r.now = r.now.Add(3 * time.Hour)
		if err := r.SaveMinutes(ctx, r.who, g.Key, m.Number, group.Minutes{Text: "Beraten", Items: map[kernel.ID]string{m.Items[1].ID: "Mehr Wohnungen"}, Edit: m.Edit}); err != nil {
			t.Fatal(err)
		}
		_, now, err := r.Meeting(ctx, r.who, g.Key, m.Number)
		if err != nil {
			t.Fatal(err)
		}
		wohnen := now.Items[1].ID
		now.Items = []group.Item{{Title: "Wohnen"}, {Title: "Verschiedenes"}}
		if now, err = r.SaveMeeting(ctx, r.who, g.Key, now); err != nil || now.Items[0].ID != wohnen || now.Items[0].Minutes != "Mehr Wohnungen" || now.Minutes != "Beraten" {
			t.Fatalf("%+v %v", now, err)
		}
		if err := r.Publish(ctx, r.who, g.Key, m.Number); err != nil {
			t.Fatal(err)
		}
		_, now, err = r.Meeting(ctx, r.who, g.Key, m.Number)
		if err != nil {
			t.Fatal(err)
		}
		now.Title = "Nie gewesen"
		if _, err := r.SaveMeeting(ctx, r.who, g.Key, now); kernel.KindOf(err) != kernel.Conflict {
			t.Errorf("published minutes are changed: %v", err)
		}
	})
}
