// SPDX-License-Identifier: EUPL-1.2

package access

// Action is something that can be done; the policy table names who may.
type Action string

// What is done to the figures, the index and the report.
const (
	ReadPublic     Action = "public.read"     // published pages of the town
	ReadInternal   Action = "internal.read"   // planner pages, unpublished figures of the internal audience
	ImportAreas    Action = "area.import"     // bring or replace an edition of areas
	ImportData     Action = "delivery.import" // dry-run, take, retract deliveries
	EditCatalogue  Action = "indicator.edit"  // own indicators, new versions of definitions
	EditMethod     Action = "method.edit"     // store a version of an index method
	RunIndex       Action = "index.run"       // compute and store a run
	ReleaseFigures Action = "figures.release" // make figures or a run public, or withdraw them
	EditReport     Action = "report.edit"     // chapters of a report edition
	ReleaseReport  Action = "report.release"  // freeze and publish a report edition
	ExportFigures  Action = "figures.export"  // files of figures for the internal or political audience
	SeeJobs        Action = "job.read"        // progress of background work
	Work           Action = "work.read"       // the page on which everybody who works for or with the town begins
)

// What is done to the town, its people and its machine.
const (
	UseOwnAccount  Action = "account.own"     // one's own account: password, second factor, sessions, Auskunft, Löschung
	ManageUsers    Action = "user.manage"     // accounts and roles
	ManageTenant   Action = "tenant.manage"   // name, colours, texts, rules of the town, membership of a region
	EditLegal      Action = "legal.edit"      // imprint, privacy notice, accessibility statement, consent texts
	ManageJobs     Action = "job.manage"      // the queue: repeat, cancel
	ReadMail       Action = "mail.read"       // what was sent to whom and whether it arrived
	ReadAudit      Action = "audit.read"      // who did what to which object when and why
	ReadPrivacy    Action = "privacy.read"    // record of processing, retention and its proofs
	AnswerPrivacy  Action = "privacy.answer"  // Auskunft and Löschung for somebody else
	ReadFeedback   Action = "feedback.read"   // reports of barriers and their answers
	SecondPerson   Action = "approval.read"   // what waits for a second person
	ManageRegional Action = "region.manage"   // members of a region
	ReadRegion     Action = "region.read"     // the towns of a region side by side, before it publishes them
	AnonymousWrite Action = "anonymous.write" // forms open to everybody: reports of barriers, double opt-in, unsubscribing
)

// What is done in participation (design/participation.md 8.3).
const (
	Contribute         Action = "contribution.submit"  // Beitrag, with or without an account
	Support            Action = "contribution.support" // unterstützen
	Comment            Action = "contribution.comment" // kommentieren
	SupportByCode      Action = "contribution.support.code"
	Report             Action = "contribution.report" // melden
	VoteByCode         Action = "vote.code"           // abstimmen with a code or where a vote is open
	Vote               Action = "vote.account"        // abstimmen where an account or an address is asked for
	RecordContribution Action = "contribution.record" // Beitrag erfassen that was made elsewhere
	Moderate           Action = "contribution.moderate"
	DraftAnswer        Action = "answer.draft"   // Rückmeldung schreiben
	ReleaseAnswer      Action = "answer.release" // Rückmeldung freigeben
	EditProcess        Action = "process.edit"   // Prozess anlegen
	Publish            Action = "process.publish"
	LinkThread         Action = "thread.link"    // Wirkungspfad setzen
	ProposeLink        Action = "thread.propose" // Wirkungspfad vorschlagen
	ReadPersonal       Action = "personal.read"  // personenbezogene Daten, on request and written down
	ReadCouncil        Action = "council.read"   // what the council sees before the public does
	ReadGroup          Action = "group.read"     // the space of a working group
	WorkInGroup        Action = "group.work"     // its shared texts, papers and tasks
	LeadGroup          Action = "group.lead"     // its members, meetings and minutes
	ManageGroups       Action = "group.manage"   // which groups there are, and with which mandate
	GiveTask           Action = "task.give"      // tasks outside of groups, as of an event's minutes
	ExportPseudonymous Action = "contribution.export"
	KeepActors         Action = "actor.keep"    // records of an organisation: itself, its offers, rooms, staff, projects
	PlanActors         Action = "actor.plan"    // the inventory as a whole: gaps, ends of funding, staff hours, terms, import
	EditEvent          Action = "event.edit"    // Veranstaltungen und Pinnwand: anlegen, einladen, Anmeldungen sehen, Protokoll
	CheckIn            Action = "event.checkin" // am Einlass: abhaken, zählen
	EditVision         Action = "vision.edit"   // Leitbild: write, recommend and decide on amendments
	AdoptVision        Action = "vision.adopt"  // keep a version that the council adopted, for ever
)

// rule lets holders of a role do an action; own restricts it to objects that belong to the person, held to roles held in a context of the object.
type rule struct {
	role Role
	own  bool
	held bool
}

func may(roles ...Role) []rule {
	out := make([]rule, len(roles))
	for i, r := range roles {
		out[i] = rule{role: r}
	}
	return out
}

func own(r Role) rule { return rule{role: r, own: true} }

func held(r Role) rule { return rule{role: r, held: true} }

// policy names for each action who may do it.
var policy = map[Action][]rule{
	ReadPublic:     may(everyone),
	ReadInternal:   may(Planner, StatisticsOfficer, Operator),
	ImportAreas:    may(Planner, StatisticsOfficer, Operator),
	ImportData:     may(Planner, StatisticsOfficer, Operator),
	EditCatalogue:  may(Planner, StatisticsOfficer, Operator),
	EditMethod:     may(Planner, Operator),
	RunIndex:       may(Planner, Operator),
	ReleaseFigures: may(Planner, StatisticsOfficer, Operator),
	EditReport:     may(Planner, Operator),
	ReleaseReport:  may(Planner, Operator),
	ExportFigures:  may(Planner, StatisticsOfficer, Operator),
	SeeJobs:        may(Planner, StatisticsOfficer, Admin, DPO, Auditor, ParticipationOffice, Operator),

	Work: may(
		Planner, DataSupplier, StatisticsOfficer, ParticipationOffice, Moderator, Analyst, DPO, Auditor, Admin, GroupMember, Recorder, Carrier, Operator,
	),

	UseOwnAccount:  may(signedIn),
	ManageUsers:    may(Admin, Operator),
	ManageTenant:   may(Admin, Operator),
	EditLegal:      may(Admin, Planner, DPO, Operator),
	ManageJobs:     may(Admin, Operator),
	ReadMail:       may(Admin, Operator),
	ReadAudit:      may(DPO, Auditor, Operator),
	ReadPrivacy:    may(DPO, Auditor, Admin, Operator),
	AnswerPrivacy:  may(DPO, Operator),
	ReadFeedback:   may(Admin, Planner, DPO, ParticipationOffice, Operator),
	SecondPerson:   may(Admin, Planner, StatisticsOfficer, DPO, ParticipationOffice, Operator),
	ManageRegional: may(Admin, Operator),
	ReadRegion:     may(Planner, StatisticsOfficer, Operator),
	AnonymousWrite: may(everyone),

	Contribute:         may(everyone),
	Support:            may(Citizen, Resident, GroupMember, YoungPerson),
	Comment:            may(Citizen, Resident, GroupMember),
	SupportByCode:      may(everyone),
	Report:             may(Citizen, Resident),
	VoteByCode:         may(everyone),
	Vote:               may(Resident, GroupMember),
	RecordContribution: may(Recorder, GroupMember, Moderator, DataSupplier, Planner, Operator),
	Moderate:           may(Moderator, Planner, Operator),
	DraftAnswer:        may(DataSupplier, Planner), // members of a group draft in the space of their group: WorkInGroup
	ReleaseAnswer:      may(Planner),
	EditProcess:        may(Planner),
	Publish:            may(Planner, ParticipationOffice),
	LinkThread:         append(may(Planner), own(DataSupplier)),
	ProposeLink:        may(GroupMember, Planner),
	ReadPersonal:       append(may(Planner, DPO), own(signedIn), own(Recorder)),
	ReadCouncil:        may(Councillor, Planner, Operator),
	ReadGroup:          may(GroupMember, Moderator, Planner, Operator),
	WorkInGroup:        may(GroupMember, Moderator, Planner, Operator),
	LeadGroup:          may(Moderator, Planner, Operator),
	ManageGroups:       may(Planner, Operator),
	GiveTask:           may(Planner, ParticipationOffice, Moderator, Operator),
	ExportPseudonymous: may(Analyst, Planner),

	KeepActors:  append(may(Planner, Operator), held(Carrier)),
	PlanActors:  may(Planner, Operator),
	EditEvent:   may(Planner, ParticipationOffice, Operator),
	CheckIn:     may(Planner, ParticipationOffice, Moderator, Recorder, Operator),
	EditVision:  may(Planner, Operator),
	AdoptVision: may(Planner, ParticipationOffice, Operator),
}

// reads are the actions that change nothing; they are possible on locked objects and in every phase.
var reads = map[Action]bool{
	ReadPublic: true, ReadInternal: true, ExportFigures: true, SeeJobs: true, Work: true, ReadMail: true, ReadAudit: true, ReadPrivacy: true,
	ReadFeedback: true, SecondPerson: true, ReadRegion: true, ReadPersonal: true, ReadCouncil: true, ReadGroup: true, ExportPseudonymous: true,
}
