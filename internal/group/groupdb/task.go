// SPDX-License-Identifier: EUPL-1.2

package groupdb

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/group"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

const taskColumns = `id, group_id, about_kind, about_id, title, body, owner, owner_label, due, state, reminded, alarmed, edit, created_at, ended_at`

// taskOrder puts what is open first, then what is due first; without a date comes last.
const taskOrder = ` order by case when state in ('open', 'doing') then 0 else 1 end, case when due = '' then '9999' else due end, id`

func scanTask(r db.Row) (t group.Task, err error) {
	return t, r.Scan(&t.ID, &t.Group, &t.About.Kind, &t.About.ID, &t.Title, &t.Text, &t.Owner, &t.OwnerLabel, &t.Due, &t.State, &t.Reminded, &t.Alarmed, &t.Edit, &t.CreatedAt, &t.EndedAt)
}

// Tasks lists those of a group.
func (s *Store) Tasks(ctx context.Context, tenant, of kernel.ID) ([]group.Task, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+taskColumns+` from group_task where tenant_id = $1 and group_id = $2`+taskOrder, tenant, of)
	return db.Collect(rows, err, scanTask)
}

// AllTasks lists those of the town.
func (s *Store) AllTasks(ctx context.Context, tenant kernel.ID, n int) ([]group.Task, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+taskColumns+` from group_task where tenant_id = $1`+taskOrder+` limit $2`, tenant, n)
	return db.Collect(rows, err, scanTask)
}

// TasksOf lists those an account owns.
func (s *Store) TasksOf(ctx context.Context, tenant, account kernel.ID) ([]group.Task, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+taskColumns+` from group_task where tenant_id = $1 and owner = $2`+taskOrder, tenant, account)
	return db.Collect(rows, err, scanTask)
}

// Task finds one.
func (s *Store) Task(ctx context.Context, tenant, id kernel.ID) (group.Task, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+taskColumns+` from group_task where tenant_id = $1 and id = $2`, tenant, id)
	return db.One(rows, err, "group.task.notfound", scanTask)
}

// SaveTask writes one.
func (s *Store) SaveTask(ctx context.Context, tenant kernel.ID, t group.Task) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		c := s.DB.Conn(ctx)
		if t.Edit == 1 {
			_, err := c.ExecContext(ctx, `insert into group_task (tenant_id, `+taskColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
				tenant, t.ID, t.Group, t.About.Kind, string(t.About.ID), t.Title, t.Text, t.Owner, t.OwnerLabel, string(t.Due), string(t.State), string(t.Reminded), string(t.Alarmed), t.Edit,
				t.CreatedAt, t.EndedAt)
			return err
		}
		res, err := c.ExecContext(ctx, `update group_task set title = $3, body = $4, owner = $5, owner_label = $6, due = $7, state = $8, edit = $9, ended_at = $10
where tenant_id = $1 and id = $2 and edit = $9 - 1`, tenant, t.ID, t.Title, t.Text, t.Owner, t.OwnerLabel, string(t.Due), string(t.State), t.Edit, t.EndedAt)
		return wrote(res, err, changed())
	})
}

// DueTasks lists what has to be reminded of: due by until and not reminded of, or due before today and not told.
func (s *Store) DueTasks(ctx context.Context, tenant kernel.ID, until, today kernel.Date, n int) ([]group.Task, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+taskColumns+` from group_task where tenant_id = $1 and state in ('open', 'doing') and due <> '' and due <= $2
and (reminded <> due and due >= $3 or alarmed <> due and due < $3) order by due, id limit $4`, tenant, string(until), string(today), n)
	return db.Collect(rows, err, scanTask)
}

// MarkTask notes that it was reminded of.
func (s *Store) MarkTask(ctx context.Context, tenant kernel.ID, t group.Task) (first bool, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		res, err := s.DB.Conn(ctx).ExecContext(ctx, `update group_task set reminded = $3, alarmed = $4 where tenant_id = $1 and id = $2 and due = $5 and (reminded <> $3 or alarmed <> $4)`,
			tenant, t.ID, string(t.Reminded), string(t.Alarmed), string(t.Due))
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		first = n == 1
		return err
	})
	return first, err
}
