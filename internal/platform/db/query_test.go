// SPDX-License-Identifier: EUPL-1.2

package db_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"reflect"
	"runtime"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

func TestWhereNumbersItsArguments(t *testing.T) {
	w := db.NewWhere("t")
	w.And("(a = ? or b like ?)", 1, "x%")
	w.In("id", []string{"p", "q"})
	w.And("c is null")
	w.In("d", []int(nil))
	limit := w.Arg(50)
	want := "tenant_id = $1 and (a = $2 or b like $3) and id in ($4, $5) and c is null and false"
	if got := w.String(); got != want || limit != "$6" {
		t.Errorf("got %s limit %s\nwant %s limit $6", got, limit, want)
	}
	if args := []any{"t", 1, "x%", "p", "q", 50}; !reflect.DeepEqual(w.Args, args) {
		t.Errorf("arguments %v, want %v", w.Args, args)
	}
	if got := (&db.Where{}).String(); got != "true" {
		t.Errorf("no condition is %q, want true", got)
	}
}

func TestWherePanicsOnAMissingArgument(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a condition with two placeholders and one argument was taken")
		}
	}()
	(&db.Where{}).And("a = ? or b = ?", 1)
}

type doc struct {
	Name string `json:"name"`
	Tags []int  `json:"tags"`
}

type probe struct {
	id  string
	v   float64
	n   int64
	b   bool
	at  kernel.Instant
	doc db.JSON[doc]
	raw []byte
}

func scanProbe(r db.Row) (p probe, err error) {
	return p, r.Scan(&p.id, db.OrZero(&p.v), db.OrZero(&p.n), db.OrZero(&p.b), &p.at, &p.doc, &p.raw)
}

const probes = `select id, v, n, b, at, doc, raw from probe where tenant_id = 't' order by id`

func TestValuesComeBackAsTheyWentIn(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		at := kernel.InstantOf(time.Date(2024, 2, 29, 23, 59, 59, 123456789, time.FixedZone("", 3600)))
		want := []probe{
			{id: "a", v: 0.1 + 0.2, n: math.MaxInt64, b: true, at: at, doc: db.AsJSON(doc{"Müller & Söhne", []int{1, 2}}), raw: []byte{0, 255}},
			{id: "b"},
		}
		run(t, d, `insert into probe (tenant_id, id, v, n, b, at, doc, raw) values ('t', $1, $2, $3, $4, $5, $6, $7)`,
			want[0].id, want[0].v, want[0].n, want[0].b, want[0].at, want[0].doc, want[0].raw)
		run(t, d, `insert into probe (tenant_id, id, v, n) values ('t', $1, $2, $3)`, "b", db.NullZero(0.0), db.NullZero(int64(0)))
		rows, err := d.Conn(t.Context()).QueryContext(t.Context(), probes)
		got, err := db.Collect(rows, err, scanProbe)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("got  %+v\nwant %+v (%v)", got, want, err)
		}
	})
}

func TestOneTellsNoneFromSeveral(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		one := func() (probe, error) {
			rows, err := d.Conn(t.Context()).QueryContext(t.Context(), probes)
			return db.One(rows, err, "probe.notfound", scanProbe)
		}
		_, err := one()
		var k *kernel.Error
		if !errors.As(err, &k) || k.Kind != kernel.NotFound || k.Key != "probe.notfound" {
			t.Errorf("no row: %v", err)
		}
		run(t, d, put, "1", 1)
		if p, err := one(); err != nil || p.id != "1" {
			t.Errorf("one row: %+v, %v", p, err)
		}
		run(t, d, put, "2", 2)
		if _, err := one(); err == nil || kernel.KindOf(err) == kernel.NotFound {
			t.Errorf("two rows: %v", err)
		}
		_, err = db.Value[int](d.Conn(t.Context()).QueryRowContext(t.Context(), `select n from probe where tenant_id = 't' and id = '3'`), "probe.notfound")
		if kernel.KindOf(err) != kernel.NotFound {
			t.Errorf("no value: %v", err)
		}
	})
}

var columns = []string{"tenant_id", "id", "v", "n", "b", "at", "doc", "raw"}

func rowsOf(rows ...[]any) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func bulk(ctx context.Context, d *db.DB, rows iter.Seq2[[]any, error]) (n int64, err error) {
	err = d.Tx(ctx, func(ctx context.Context) error {
		n, err = d.Bulk(ctx, "probe", columns, rows)
		return err
	})
	return n, err
}

func TestBulkWritesWhatInsertWrites(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		at := kernel.InstantOf(time.Date(2020, 12, 31, 0, 0, 0, 0, time.UTC))
		n, err := bulk(t.Context(), d, rowsOf(
			[]any{"t", kernel.ID("a"), 1.5, 7, true, at, db.AsJSON(doc{"ß", nil}), []byte{1}},
			[]any{"t", "b", nil, nil, nil, kernel.Instant{}, nil, nil},
			[]any{"t", "c\t\\N\r\n\\", -1e-300, math.MinInt64, false, nil, nil, []byte{92}},
		))
		if err != nil || n != 3 {
			t.Fatalf("%d rows, %v", n, err)
		}
		rows, err := d.Conn(t.Context()).QueryContext(t.Context(), probes)
		got, err := db.Collect(rows, err, scanProbe)
		want := []probe{
			{id: "a", v: 1.5, n: 7, b: true, at: at, doc: db.AsJSON(doc{"ß", nil}), raw: []byte{1}},
			{id: "b"},
			{id: "c\t\\N\r\n\\", v: -1e-300, n: math.MinInt64, raw: []byte{92}},
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("got  %+v\nwant %+v (%v)", got, want, err)
		}
	})
}

// A worker that stands back behind the pages is tied to its thread, whose priority is lower.
func TestBulkRunsInAWorkerThatIsTiedToItsThread(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		done := make(chan error)
		go func() {
			runtime.LockOSThread() // not given back: the thread ends with the goroutine
			_, err := bulk(context.Background(), d, rowsOf([]any{"t", "a", 1.5, 7, true, nil, nil, nil}, []any{"t", "b", 1.5, 7, true, nil, nil, nil}))
			done <- err
		}()
		if err := <-done; err != nil || count(t, d) != 2 {
			t.Fatalf("%v, %d rows", err, count(t, d))
		}
	})
}

func TestBulkReusesOneSlice(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		row := []any{"t", "", nil, int64(0), nil, nil, nil, nil}
		n, err := bulk(t.Context(), d, func(yield func([]any, error) bool) {
			for i := range 1000 {
				row[1], row[3] = string(rune('a'+i/26/26))+string(rune('a'+i/26%26))+string(rune('a'+i%26)), int64(i)
				if !yield(row, nil) {
					return
				}
			}
		})
		sum, verr := db.Value[int](d.Conn(t.Context()).QueryRowContext(t.Context(), `select cast(sum(n) as bigint) from probe where tenant_id = 't'`), "")
		if err := errors.Join(err, verr); err != nil || n != 1000 || sum != 499500 {
			t.Fatalf("%d rows with sum %d (%v), want 1000 with 499500", n, sum, err)
		}
	})
}

func TestBulkTakesAllOrNothing(t *testing.T) {
	boom := errors.New("unreadable row")
	for name, rows := range map[string]iter.Seq2[[]any, error]{
		"duplicate key": rowsOf([]any{"t", "a", nil, nil, nil, nil, nil, nil}, []any{"t", "a", nil, nil, nil, nil, nil, nil}),
		"not a number":  rowsOf([]any{"t", "a", 1.0, nil, nil, nil, nil, nil}, []any{"t", "b", math.NaN(), nil, nil, nil, nil, nil}),
		"infinite":      rowsOf([]any{"t", "a", math.Inf(1), nil, nil, nil, nil, nil}),
		"a plain time":  rowsOf([]any{"t", "a", nil, nil, nil, time.Now(), nil, nil}),
		"a NUL":         rowsOf([]any{"t", "a\x00", nil, nil, nil, nil, nil, nil}),
		"not UTF-8":     rowsOf([]any{"t", "a\xff", nil, nil, nil, nil, nil, nil}),
		"short row":     rowsOf([]any{"t", "a"}),
		"reader fails": func(yield func([]any, error) bool) {
			_ = yield([]any{"t", "a", nil, nil, nil, nil, nil, nil}, nil) && yield(nil, boom)
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, d *db.DB) {
				_, err := bulk(t.Context(), d, rows)
				if err == nil || count(t, d) != 0 {
					t.Fatalf("error %v, %d rows, want an error and none", err, count(t, d))
				}
				if name == "reader fails" && !errors.Is(err, boom) || name == "duplicate key" && !db.Duplicate(err) {
					t.Errorf("the cause is lost: %v", err)
				}
				run(t, d, put, "again", 1) // the connection is usable
			})
		})
	}
	each(t, func(t *testing.T, d *db.DB) {
		if _, err := d.Bulk(t.Context(), "probe", columns, rowsOf()); err == nil {
			t.Error("Bulk outside a transaction was taken")
		}
	})
}

func TestACancelledBulkStops(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		_, err := bulk(ctx, d, func(yield func([]any, error) bool) {
			for i := 0; ; i++ {
				if i == 1000 {
					cancel()
				}
				if i > 200_000 || !yield([]any{"t", fmt.Sprint(i), nil, nil, nil, nil, nil, nil}, nil) {
					return
				}
			}
		})
		if !errors.Is(err, context.Canceled) || count(t, d) != 0 {
			t.Fatalf("got %v and %d rows", err, count(t, d))
		}
	})
}
