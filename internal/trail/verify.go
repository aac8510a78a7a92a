// SPDX-License-Identifier: EUPL-1.2

package trail

import (
	"context"
	"errors"
	"strconv"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Fault is the first thing wrong with a chain. Its Key names a sentence:
//
//   - audit.fault.hash: the entry is not what it was when it was written
//   - audit.fault.gap: the entry is missing
//   - audit.fault.end: entries are missing at the end, or the head was changed
//   - audit.fault.cut: entries were removed at the beginning otherwise than by a cut the trail tells of
//   - audit.fault.known: the chain does not contain the head that was kept elsewhere
type Fault struct {
	Seq int64
	Key string
}

// Result is what a verification found.
type Result struct {
	Entries int64
	First   int64 // number of the oldest entry kept
	Head    Head
	Fault   *Fault // nil: the chain holds
}

// errFault ends the reading at the first fault.
var errFault = errors.New("trail: fault")

// Verify reads the whole chain of the actor's town and names the first entry that is wrong. known are heads kept elsewhere: a chain that was
// shortened or written anew from some entry on holds in itself, but does not contain them.
func (s *Service) Verify(ctx context.Context, by access.Actor, known ...Head) (Result, error) {
	if err := access.CheckTenant(by, access.ReadAudit); err != nil {
		return Result{}, err
	}
	var r Result
	err := s.Tx.ReadTx(ctx, func(ctx context.Context) error {
		var err error
		r, err = s.verify(ctx, by.Tenant, known)
		return err
	})
	return r, err
}

func (s *Service) verify(ctx context.Context, tenant kernel.ID, known []Head) (r Result, err error) {
	if r.Head, err = s.Store.Head(ctx, tenant); err != nil {
		return r, err
	}
	cuts, err := s.Store.Cuts(ctx, tenant)
	if err != nil {
		return r, err
	}
	var last Cut // what the rest hangs on
	if len(cuts) > 0 {
		last = cuts[len(cuts)-1]
	}
	expect := map[int64]string{}
	for _, k := range known {
		if have, twice := expect[k.Seq]; twice && have != k.Hash {
			r.Fault = &Fault{k.Seq, "audit.fault.known"}
			return r, nil
		}
		expect[k.Seq] = k.Hash
	}
	fault := func(seq int64, key string) error {
		r.Fault = &Fault{seq, key}
		return errFault
	}
	end, told := last.Head, last.Seq == 0
	err = s.each(ctx, tenant, func(e Entry) error {
		if e.Seq <= last.Seq { // behind the cut, not yet removed
			return nil
		}
		switch {
		case e.Seq != end.Seq+1 && end.Seq == 0:
			return fault(1, "audit.fault.cut")
		case e.Seq != end.Seq+1:
			return fault(end.Seq+1, "audit.fault.gap")
		case e.Seal(tenant, end.Hash) != e.Hash:
			return fault(e.Seq, "audit.fault.hash")
		}
		if hash, ok := expect[e.Seq]; ok && hash != e.Hash {
			return fault(e.Seq, "audit.fault.known")
		}
		if e.What == recordCut && e.Note["seq"] == strconv.FormatInt(last.Seq, 10) && e.Note["hash"] == last.Hash {
			told = true
		}
		if r.Entries++; r.First == 0 {
			r.First = e.Seq
		}
		end = Head{e.Seq, e.Hash}
		return nil
	})
	switch {
	case errors.Is(err, errFault):
		return r, nil
	case err != nil:
		return r, err
	case end != r.Head:
		_ = fault(end.Seq+1, "audit.fault.end")
	case !told:
		_ = fault(last.Seq, "audit.fault.cut")
	}
	for seq, hash := range expect { // what is cut off was verified when it was cut
		if r.Fault == nil && (seq > end.Seq || seq == last.Seq && hash != last.Hash) {
			_ = fault(seq, "audit.fault.known")
		}
	}
	return r, nil
}

// Expire removes entries older than an instant, at most limit at once, and tells how many. What goes is verified first, the cut is written into the
// trail itself, and the hash the rest hangs on is kept. The newest entry always stays.
func (s *Service) Expire(ctx context.Context, tenant kernel.ID, before kernel.Instant, limit int) (n int64, err error) {
	err = s.Tx.Tx(ctx, func(ctx context.Context) error {
		n = 0
		cuts, err := s.Store.Cuts(ctx, tenant)
		if err != nil {
			return err
		}
		var cut Head
		if len(cuts) > 0 {
			cut = cuts[len(cuts)-1].Head
		}
		list, err := s.Store.After(ctx, tenant, cut.Seq, limit+1)
		if err != nil {
			return err
		}
		start := cut.Seq
		for i, e := range list {
			if i == limit || i == len(list)-1 || !e.At.Before(before.Time) {
				break
			}
			if e.Seq != cut.Seq+1 || e.Seal(tenant, cut.Hash) != e.Hash {
				return kernel.E(kernel.Conflict, "audit.fault.hash", "seq", e.Seq)
			}
			cut = Head{e.Seq, e.Hash}
		}
		if cut.Seq == start {
			return nil
		}
		by := access.CommandLine(tenant)
		note := map[string]string{"seq": strconv.FormatInt(cut.Seq, 10), "hash": cut.Hash}
		if err := s.Record(ctx, by, access.Act{Do: access.ReadAudit, What: recordCut, Object: kernel.Ref{Kind: "tenant", ID: tenant}, Note: note}); err != nil {
			return err
		}
		if err := s.Store.AddCut(ctx, tenant, Cut{Head: cut, At: kernel.InstantOf(s.Now())}); err != nil {
			return err
		}
		n, err = s.Store.Remove(ctx, tenant, cut.Seq)
		return err
	})
	return n, err
}
