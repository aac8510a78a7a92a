// SPDX-License-Identifier: EUPL-1.2

package participation

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// next lists the states a process can go to, the way forward first.
var next = map[State][]State{
	Draft: {Ready}, Ready: {Running, Draft}, Running: {Evaluation}, Evaluation: {Feedback, Running}, Feedback: {Closed, Evaluation}, Closed: {Archived, Feedback},
}

// Next lists the states a process can go to from one, the way forward first.
func Next(s State) []State { return slices.Clone(next[s]) }

// back tells a step back, which needs a reason.
func back(from, to State) bool { return slices.Index(States(), to) < slices.Index(States(), from) }

// PublishMatter is the act of publishing a process that a town can ask a second person for.
const PublishMatter = "process.publish"

// publishArgs say which version of which process is published.
type publishArgs struct {
	Key  string `json:"key"`
	Edit int    `json:"edit"`
}

// Gap is something missing: on which page of the desk it is filled in, and the sentence that says so.
type Gap struct {
	Part string // facts, texts, phases, modules, concept, standards, resources
	Key  string
}

// field is the one of the form in which a gap is filled.
func (g Gap) field() string {
	name := strings.TrimPrefix(g.Key, "participation.gap.")
	switch name {
	case "dates":
		return "phases"
	case "concept":
		return "object"
	case "promise":
		return "answerdays"
	}
	return name
}

// Gaps lists what is missing before a process can be ready, in the order of the pages. Standards are not among it; see Check.
func (p Process) Gaps() []Gap {
	var out []Gap
	need := func(ok bool, part, key string) {
		if !ok {
			out = append(out, Gap{part, "participation.gap." + key})
		}
	}
	need(said(p.Teaser), "texts", "teaser")
	need(said(p.Body), "texts", "body")
	need(said(p.Decided), "facts", "decided")
	need(said(p.Who), "facts", "who")
	need(said(p.How), "facts", "how")
	need(said(p.Scope) && said(p.Limits), "facts", "limits")
	need(p.Level != "" && said(p.LevelReason), "facts", "level")
	need(said(p.Contact), "facts", "contact")
	need(p.Office != "", "facts", "office")
	need(len(p.Phases) > 0, "phases", "phases")
	need(!slices.ContainsFunc(p.Phases, func(x Phase) bool { return x.From.IsZero() && x.To.IsZero() }), "phases", "dates")
	need(len(p.Modules) > 0 || p.Level == Information, "modules", "modules")
	need(p.Concept.Written() > 0, "concept", "concept")
	need(p.AnswerDays > 0 || p.Level == Information, "resources", "promise")
	return out
}

// Move takes a process to another state. Ready needs everything filled in and the standards of before met or set aside with a reason; Running is
// the publication, for which the town may ask a second person; Closed is refused while an answer is missing or a contribution waits for the
// moderation. A step back needs a reason.
// edit is the version the person has seen.
func (s *Service) Move(ctx context.Context, by access.Actor, key string, edit int, to State, reason string) (Process, error) {
	do := access.EditProcess
	if to == Running {
		do = access.Publish
	}
	p, err := s.Open(ctx, by, do, key)
	if err != nil {
		return p, err
	}
	from := p.State
	reason = kernel.Clean(reason, true)
	switch {
	case p.Template || !slices.Contains(next[from], to):
		return p, kernel.E(kernel.Conflict, "participation.state.not")
	case p.Edit != edit:
		return p, kernel.E(kernel.Conflict, "participation.edited")
	case back(from, to) && utf8.RuneCountInString(reason) < 10:
		return p, &kernel.Error{Kind: kernel.Invalid, Key: "participation.invalid", Fields: map[string]string{"reason": "participation.reason.missing"}}
	case utf8.RuneCountInString(reason) > 2000:
		return p, &kernel.Error{Kind: kernel.Invalid, Key: "participation.invalid", Fields: map[string]string{"reason": "participation.long"}}
	}
	if !back(from, to) {
		if err := s.allows(ctx, by, p, to); err != nil {
			return p, err
		}
	}
	if from == Ready && to == Running { // asked outside of the transaction; the number of the edit guards what lies between
		err := access.Second(ctx, s.FourEyes, by, access.Matter{
			Kind: access.PublishMatter, Do: access.Publish, What: PublishMatter, Object: kernel.Ref{Kind: "process", ID: p.ID}, Title: p.Title,
			Args: publishArgs{p.Key, p.Edit},
		})
		if err != nil {
			return p, err
		}
	}
	now := s.now()
	p.State, p.ChangedAt = to, now
	first := to == Running && p.PublishedAt.IsZero()
	if first {
		p.PublishedAt = now
	}
	switch to {
	case Closed:
		p.ClosedAt = now
	case Archived: // it was closed before
	default:
		p.ClosedAt = kernel.Instant{}
	}
	err = s.Tx.Tx(ctx, func(ctx context.Context) error {
		if to == Closed { // once more, where nothing can come between
			if err := s.allows(ctx, by, p, to); err != nil {
				return err
			}
		}
		if err := s.Store.Update(ctx, by.Tenant, p); err != nil {
			return err
		}
		if err := s.record(ctx, by, do, "process.state", p, reason, map[string]string{"key": p.Key, "from": string(from), "to": string(to)}); err != nil {
			return err
		}
		if first && s.Published != nil {
			return s.Published(ctx, by.Tenant, p)
		}
		return nil
	})
	p.Edit++
	return p, err
}

// allows tells why a process cannot go on to a state.
func (s *Service) allows(ctx context.Context, by access.Actor, p Process, to State) error {
	switch to {
	case Ready, Running:
		if n := len(p.Gaps()); n > 0 {
			return kernel.E(kernel.Conflict, "participation.state.gaps", "n", n)
		}
		c, err := s.Check(ctx, by, p)
		if err != nil {
			return err
		}
		if n := len(c.Blocking(Before)); n > 0 {
			return kernel.E(kernel.Conflict, "participation.state.standards", "n", n)
		}
	case Closed:
		if s.Answers == nil {
			return nil
		}
		undecided, err := s.Answers.Undecided(ctx, by.Tenant, p.Key)
		if err != nil {
			return err
		}
		if undecided > 0 {
			return kernel.E(kernel.Conflict, "participation.state.moderation", "n", undecided)
		}
		missing, _, err := s.Answers.Missing(ctx, by.Tenant, p.Key)
		if err != nil {
			return err
		}
		if missing > 0 {
			return kernel.E(kernel.Conflict, "participation.state.answers", "n", missing)
		}
	}
	return nil
}

// CarryOut is the executor of PublishMatter: it publishes what a second person agreed to, if nobody has changed it since.
func (s *Service) CarryOut(ctx context.Context, by access.Actor, args json.RawMessage) error {
	var a publishArgs
	if err := json.Unmarshal(args, &a); err != nil {
		return fmt.Errorf("publication of a process: %w", err)
	}
	_, err := s.Move(ctx, by, a.Key, a.Edit, Running, "")
	return err
}

// Discard deletes a draft that was never published and on which nothing hangs, or a template.
func (s *Service) Discard(ctx context.Context, by access.Actor, key string) error {
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		p, err := s.Open(ctx, by, access.EditProcess, key)
		if err != nil {
			return err
		}
		if !p.PublishedAt.IsZero() || p.State != Draft && !p.Template {
			return kernel.E(kernel.Conflict, "participation.state.not")
		}
		if s.InUse != nil && !p.Template {
			if used, err := s.InUse(ctx, by.Tenant, p.Key, ""); err != nil {
				return err
			} else if used {
				return kernel.E(kernel.Conflict, "participation.discard.used")
			}
		}
		if err := s.Store.Delete(ctx, by.Tenant, p.ID); err != nil {
			return err
		}
		return s.record(ctx, by, access.EditProcess, "process.discard", p, "", map[string]string{"key": p.Key})
	})
}
