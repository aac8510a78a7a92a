// SPDX-License-Identifier: EUPL-1.2

package group

import (
	"context"
	"slices"
	"unicode/utf8"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// TaskState is where a task stands.
type TaskState string

// The states of a task.
const (
	OpenTask    TaskState = "open"    // offen
	DoingTask   TaskState = "doing"   // in Arbeit
	DoneTask    TaskState = "done"    // erledigt
	DroppedTask TaskState = "dropped" // entfällt
)

// TaskStates lists them as forms offer them.
func TaskStates() []TaskState { return []TaskState{OpenTask, DoingTask, DoneTask, DroppedTask} }

// Ended tells whether nothing is left to do.
func (t TaskState) Ended() bool { return t == DoneTask || t == DroppedTask }

// Task is something somebody has to do.
type Task struct {
	ID         kernel.ID
	Group      kernel.ID  // zero: of none, as a task of an event's minutes
	About      kernel.Ref // where it was given: "group.meeting", "event"
	Title      string
	Text       string
	Owner      kernel.ID // account; zero: none, or somebody without one
	OwnerLabel string    // function or organisation in place of an account
	Due        kernel.Date
	State      TaskState
	Reminded   kernel.Date // the due date somebody was reminded of
	Alarmed    kernel.Date // the due date whose passing was told
	Edit       int
	CreatedAt  kernel.Instant
	EndedAt    kernel.Instant
}

// Overdue tells whether it should be done by now.
func (t Task) Overdue(day kernel.Date) bool { return !t.State.Ended() && t.Due != "" && t.Due < day }

// RemindDays is how many days before the due date the owner is reminded.
const RemindDays = 3

type taskStore interface {
	// Tasks lists the tasks of a group: open ones first, the one due first leading.
	Tasks(ctx context.Context, tenant, group kernel.ID) ([]Task, error)
	// AllTasks lists those of every group and of none, n at most.
	AllTasks(ctx context.Context, tenant kernel.ID, n int) ([]Task, error)
	// TasksOf lists the tasks an account owns.
	TasksOf(ctx context.Context, tenant, account kernel.ID) ([]Task, error)
	// Task finds one; NotFound "group.task.notfound".
	Task(ctx context.Context, tenant, id kernel.ID) (Task, error)
	// SaveTask writes a task whose stored counterpart has t.Edit-1 edits, or a new one with Edit 1; Conflict "group.changed".
	SaveTask(ctx context.Context, tenant kernel.ID, t Task) error
	// DueTasks lists tasks that are not ended and due up to a day, whose owner was not reminded or not told yet.
	DueTasks(ctx context.Context, tenant kernel.ID, until, today kernel.Date, n int) ([]Task, error)
	// MarkTask notes that somebody was reminded or told; false when another process was first.
	MarkTask(ctx context.Context, tenant kernel.ID, t Task) (bool, error)
}

func (t Task) check() error {
	f := map[string]string{}
	if t.Title == "" {
		f["title"] = "group.task.title.missing"
	}
	if utf8.RuneCountInString(t.Title) > mostLine || utf8.RuneCountInString(t.OwnerLabel) > mostLine {
		f["title"] = "group.long"
	}
	if utf8.RuneCountInString(t.Text) > mostText {
		f["text"] = "group.long"
	}
	if t.Due != "" {
		if _, err := kernel.ParseDate(string(t.Due)); err != nil {
			f["due"] = "date.form"
		}
	}
	if !slices.Contains(TaskStates(), t.State) {
		f["state"] = "group.task.state.unknown"
	}
	return invalid(f)
}

// mayTask checks an action on a task: in its group, or in the town where it belongs to none. The owner may always read and move it.
func (s *Service) mayTask(ctx context.Context, by access.Actor, t Task, do access.Action) (Group, error) {
	own := t.Owner != "" && by.Person == t.Owner
	if t.Group == "" {
		if own {
			return Group{}, nil
		}
		if access.CheckTenant(by, access.GiveTask) != nil {
			return Group{}, kernel.E(kernel.NotFound, "group.task.notfound")
		}
		return Group{}, nil
	}
	g, err := s.Store.GroupByID(ctx, by.Tenant, t.Group)
	if err != nil || own && do != access.LeadGroup {
		return g, err
	}
	if err = s.may(by, g, do); kernel.KindOf(err) == kernel.NotFound {
		err = kernel.E(kernel.NotFound, "group.task.notfound") // the same as for none
	}
	return g, err
}

// AddTask gives somebody something to do: in a group for those who work in it, outside of one for staff who give tasks (events' minutes).
func (s *Service) AddTask(ctx context.Context, by access.Actor, t Task) (Task, error) {
	if t.Group == "" {
		if err := access.CheckTenant(by, access.GiveTask); err != nil {
			return t, err
		}
	} else {
		g, err := s.Store.GroupByID(ctx, by.Tenant, t.Group)
		if err == nil {
			err = s.may(by, g, access.WorkInGroup)
		}
		if err != nil {
			return t, err
		}
	}
	t.Title, t.Text, t.OwnerLabel = kernel.Clean(t.Title, false), kernel.Clean(t.Text, true), kernel.Clean(t.OwnerLabel, false)
	if t.State == "" {
		t.State = OpenTask
	}
	if err := t.check(); err != nil {
		return t, err
	}
	t.ID, t.CreatedAt, t.Edit, t.Reminded, t.Alarmed = kernel.NewID(), s.now(), 1, "", ""
	if t.State.Ended() {
		t.EndedAt = s.now()
	}
	return t, s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.SaveTask(ctx, by.Tenant, t); err != nil {
			return err
		}
		return s.record(ctx, by, access.WorkInGroup, "task.add", ref("task", t.ID), map[string]string{"due": string(t.Due)})
	})
}

// Task finds one with its group (zero: none).
func (s *Service) Task(ctx context.Context, by access.Actor, id kernel.ID) (Group, Task, error) {
	t, err := s.Store.Task(ctx, by.Tenant, id)
	if err != nil {
		return Group{}, t, err
	}
	g, err := s.mayTask(ctx, by, t, access.ReadGroup)
	return g, t, err
}

// SaveTask changes a task; a new due date is reminded of anew.
func (s *Service) SaveTask(ctx context.Context, by access.Actor, t Task) (Task, error) {
	old, err := s.Store.Task(ctx, by.Tenant, t.ID)
	if err != nil {
		return t, err
	}
	if _, err := s.mayTask(ctx, by, old, access.WorkInGroup); err != nil {
		return t, err
	}
	t.Title, t.Text, t.OwnerLabel = kernel.Clean(t.Title, false), kernel.Clean(t.Text, true), kernel.Clean(t.OwnerLabel, false)
	if err := t.check(); err != nil {
		return t, err
	}
	t.Group, t.About, t.CreatedAt, t.Reminded, t.Alarmed, t.EndedAt = old.Group, old.About, old.CreatedAt, old.Reminded, old.Alarmed, old.EndedAt
	switch {
	case t.State.Ended() && !old.State.Ended():
		t.EndedAt = s.now()
	case !t.State.Ended():
		t.EndedAt = kernel.Instant{}
	}
	t.Edit++
	return t, s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.SaveTask(ctx, by.Tenant, t); err != nil {
			return err
		}
		return s.record(ctx, by, access.WorkInGroup, "task.change", ref("task", t.ID), map[string]string{"state": string(t.State), "due": string(t.Due)})
	})
}

// Tasks lists the tasks of a group.
func (s *Service) Tasks(ctx context.Context, by access.Actor, key string) ([]Task, error) {
	g, err := s.Space(ctx, by, key, access.ReadGroup)
	if err != nil {
		return nil, err
	}
	return s.Store.Tasks(ctx, by.Tenant, g.ID)
}

// AllTasks lists every task for staff who give them, else those the actor owns and those of the groups he or she belongs to.
func (s *Service) AllTasks(ctx context.Context, by access.Actor) ([]Task, error) {
	if access.CheckTenant(by, access.GiveTask) == nil && access.CheckTenant(by, access.ManageGroups) == nil {
		return s.Store.AllTasks(ctx, by.Tenant, 1000)
	}
	if by.Person == "" {
		return nil, access.CheckTenant(by, access.UseOwnAccount)
	}
	out, err := s.Store.TasksOf(ctx, by.Tenant, by.Person)
	if err != nil {
		return nil, err
	}
	mine, err := s.Mine(ctx, by)
	if err != nil {
		return nil, err
	}
	for _, g := range mine {
		list, err := s.Store.Tasks(ctx, by.Tenant, g.ID)
		if err != nil {
			return nil, err
		}
		for _, t := range list {
			if t.Owner != by.Person {
				out = append(out, t)
			}
		}
	}
	return out, nil
}

// remindAtOnce is how many tasks are reminded of in one transaction.
const remindAtOnce = 50

// Remind writes to the owners of tasks that are due soon or overdue, once for each due date; without an owner who has an account, to those who
// lead the group. It tells how many tasks it dealt with. Being broken off and begun again doubles nothing.
func (s *Service) Remind(ctx context.Context, tenant kernel.ID) (n int, err error) {
	today := s.day()
	until := kernel.DayOf(s.Now().AddDate(0, 0, RemindDays))
	for {
		list, err := s.Store.DueTasks(ctx, tenant, until, today, remindAtOnce)
		if err != nil || len(list) == 0 {
			return n, err
		}
		for _, t := range list {
			if err := s.Tx.Tx(ctx, func(ctx context.Context) error { return s.remind(ctx, tenant, t, today) }); err != nil {
				return n, err
			}
			n++
		}
	}
}

func (s *Service) remind(ctx context.Context, tenant kernel.ID, t Task, today kernel.Date) error {
	overdue := t.Overdue(today)
	t.Reminded = t.Due
	if overdue {
		t.Alarmed = t.Due
	}
	if first, err := s.Store.MarkTask(ctx, tenant, t); err != nil || !first {
		return err
	}
	var g Group
	var err error
	if t.Group != "" {
		if g, err = s.Store.GroupByID(ctx, tenant, t.Group); err != nil {
			return err
		}
	}
	ids, err := s.reminded(ctx, tenant, g, t, overdue)
	if err != nil || len(ids) == 0 || s.People == nil || s.Mail == nil {
		return err
	}
	people, err := s.People.People(ctx, tenant, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		p, ok := people[id]
		if !ok || p.Email == "" {
			continue
		}
		if err := s.Mail.Remind(ctx, tenant, p, g, t, overdue); err != nil {
			return err
		}
	}
	return nil
}

// reminded lists whom a reminder goes to: the owner, and of what is overdue or nobody's the people who lead the group.
func (s *Service) reminded(ctx context.Context, tenant kernel.ID, g Group, t Task, overdue bool) (ids []kernel.ID, err error) {
	if t.Owner != "" {
		ids = append(ids, t.Owner)
	}
	if g.ID == "" || t.Owner != "" && !overdue {
		return ids, nil
	}
	members, err := s.Store.Members(ctx, tenant, g.ID)
	if err != nil {
		return nil, err
	}
	day := s.day()
	for _, m := range members {
		if m.Account != "" && m.On(day) && (m.Role == Chair || m.Role == Secretary) && !slices.Contains(ids, m.Account) {
			ids = append(ids, m.Account)
		}
	}
	return ids, nil
}
