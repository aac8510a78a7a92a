// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
	"github.com/kupferfaden/kupferfaden/internal/platform/job"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// What citizens, carriers and groups say and what became of it: each capability wires itself in a file of its own and is named here once.

// voices makes the services, in the order of the chain.
func (a *App) voices() {
	a.Actors = a.actors()
	a.Participation = a.participation()
	a.Contributions = a.contributions()
	a.moderation()
	a.Votes = a.votes()
	a.Events = a.events()
	a.Groups = a.groups()
	a.Vision = a.vision()
}

// voicePages adds their pages.
func (a *App) voicePages(m *web.Mux) {
	a.votePages(m)
	a.contributionPages(m)
	a.processPages(m)
	a.eventPages(m)
	a.actorPages(m)
	a.groupPages(m)
	a.visionPages(m)
	a.youthPages(m)
	a.languagePages(m)
}

// voiceKinds lists what each keeps about people.
func (a *App) voiceKinds() []func(addKind) {
	return []func(addKind){
		a.contributionKinds,
		a.eventKinds,
		answerKinds,
		groupKinds,
		a.voteKinds,
		a.actorKinds,
		a.visionKind,
		videoKinds,
	}
}

// voiceJobs lists their background work.
func (a *App) voiceJobs() map[string]job.Handler {
	all := map[string]job.Handler{
		phaseNews:       a.tellOfPhases,
		remindTasks:     a.remind,
		observeTexts:    a.observeLanguages,
		closeVotes:      a.closeDue,
		actorDaily:      a.actorDay,
		moderationAlarm: a.alarmModeration,
		answersDue:      a.alarmAnswers,
	}
	maps.Copy(all, a.eventHandlers())
	return all
}

// voiceFiles asks each whether it still needs a file.
func (a *App) voiceFiles(ctx context.Context, tenant kernel.ID, sha string) (bool, error) {
	for _, keeps := range []func(ctx context.Context, tenant kernel.ID, sha string) (bool, error){
		a.Participation.KeepsFile,
		a.contributionFiles,
		a.Events.Store.KeepsFile,
		a.Groups.NeedsFile,
		a.voteFiles,
		a.videoFiles,
	} {
		if kept, err := keeps(ctx, tenant, sha); err != nil || kept {
			return kept, err
		}
	}
	return false, nil
}

// voiceWork lists what of it comes again and again.
func (a *App) voiceWork() []job.Recurring {
	return []job.Recurring{
		{Kind: moderationAlarm, Every: time.Hour},
		{Kind: answersDue, At: "07:00"},
		{Kind: remindTasks, At: "06:30"},
		{Kind: phaseNews, At: "06:10"},
		observing(),
		{Kind: closeVotes, Every: 15 * time.Minute},
		{Kind: actorDaily, At: "04:20"},
		{Kind: tickJob, Every: 10 * time.Minute}, // reminders of events
	}
}

// voiceTopics lists what people can ask to be told of.
func (a *App) voiceTopics() []notice.Topic {
	return slices.Concat(
		a.eventTopics(),
		a.answerTopics(),
		[]notice.Topic{a.visionTopics()},
	)
}

// voiceTexts ask each for its public texts with the languages they are there in, for the report of what is missing (/arbeit/sprachen).
func (a *App) voiceTexts() []func(ctx context.Context, tenant kernel.ID) ([]kernel.Variant, error) {
	return []func(ctx context.Context, tenant kernel.ID) ([]kernel.Variant, error){
		a.Participation.Variants,
		a.eventTexts,
		a.Groups.Variants,
		a.Moderation.Variants,
		a.Votes.Variants,
		a.actorTexts,
		a.visionTexts,
	}
}
