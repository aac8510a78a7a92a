// SPDX-License-Identifier: EUPL-1.2

package access_test

import (
	"slices"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

const town, other kernel.ID = "t1", "t2"

func actor(roles ...access.Role) access.Actor {
	return access.Actor{Tenant: town, Person: "p", Roles: roles}
}

// openToAll is what design/participation.md 8.3 gives a guest, beside reading and the forms that need no account.
var openToAll = []access.Action{access.ReadPublic, access.AnonymousWrite, access.Contribute, access.SupportByCode, access.VoteByCode}

func TestOnlyWhatIsMeantForGuestsIsOpenToEverybody(t *testing.T) {
	for _, do := range access.Actions() {
		if got := access.Can(access.Anonymous(town), do, access.Object{Tenant: town}); got != slices.Contains(openToAll, do) {
			t.Errorf("anonymous %s: %v", do, got)
		}
	}
}

func TestARoleOfCitizensOpensNoPageOfTheStaff(t *testing.T) {
	forCitizens := append(slices.Clone(openToAll), access.UseOwnAccount, access.Support, access.Comment, access.Report, access.Vote)
	for _, r := range access.Roles() {
		for _, do := range access.Actions() {
			if r.Citizen() && !slices.Contains(forCitizens, do) && access.Can(actor(r), do, access.Object{Tenant: town}) {
				t.Errorf("%s may %s", r, do)
			}
		}
	}
}

func TestNobodyReachesAnotherTenant(t *testing.T) {
	for _, do := range access.Actions() {
		for _, r := range []access.Role{access.Planner, access.Admin, access.Operator} {
			err := access.Check(actor(r), do, access.Object{Tenant: other})
			if kernel.KindOf(err) != kernel.NotFound {
				t.Errorf("%s by %s on another tenant's object: %v", do, r, err)
			}
		}
	}
}

func TestPolicy(t *testing.T) {
	cases := []struct {
		who  access.Actor
		do   access.Action
		obj  access.Object
		want kernel.Kind
	}{
		{access.Anonymous(town), access.ImportData, access.Object{Tenant: town}, kernel.Unauthenticated},
		{actor(access.Admin), access.ImportData, access.Object{Tenant: town}, kernel.Denied},
		{actor(access.Admin), access.ReadInternal, access.Object{Tenant: town}, kernel.Denied},
		{actor(access.Planner), access.ManageUsers, access.Object{Tenant: town}, kernel.Denied},
		{actor(access.Planner), access.EditReport, access.Object{Tenant: town, Locked: true}, kernel.Conflict},
		{actor(access.Planner), "no.such.action", access.Object{Tenant: town}, kernel.Denied},
	}
	for _, c := range cases {
		if got := kernel.KindOf(access.Check(c.who, c.do, c.obj)); got != c.want {
			t.Errorf("%v %s: kind %v, want %v", c.who.Roles, c.do, got, c.want)
		}
	}
	if err := access.CheckTenant(actor(access.Planner), access.ImportData); err != nil {
		t.Error(err)
	}
}

func TestAdministratorsSeeNoFigureByThatRole(t *testing.T) {
	if access.MaySee(actor(access.Admin), access.Internal) || !access.MaySee(actor(access.Admin), access.Public) {
		t.Error("an administrator sees what is public, and nothing more")
	}
	for _, r := range append(access.Roles(), access.Operator) {
		if got := access.MaySee(actor(r), access.Sealed); got != (r == access.StatisticsOfficer) {
			t.Errorf("%s sees sealed figures: %v", r, got)
		}
		if got := access.MaySee(actor(r), access.Political); got != slices.Contains(
			[]access.Role{access.Councillor, access.Planner, access.StatisticsOfficer, access.Operator}, r) {
			t.Errorf("%s sees what is for the council: %v", r, got)
		}
	}
}

// TestParticipation is the table of design/participation.md 8.3: who may what in the town as a whole.
func TestParticipation(t *testing.T) {
	table := map[access.Action][]access.Role{
		access.Support:            {access.Citizen, access.Resident, access.GroupMember, access.YoungPerson},
		access.Comment:            {access.Citizen, access.Resident, access.GroupMember},
		access.Report:             {access.Citizen, access.Resident},
		access.Vote:               {access.Resident, access.GroupMember},
		access.RecordContribution: {access.GroupMember, access.Recorder, access.Moderator, access.DataSupplier, access.Planner},
		access.Moderate:           {access.Moderator, access.Planner},
		access.DraftAnswer:        {access.DataSupplier, access.Planner}, // "Entwurf in AG" is the drafting space of the group
		access.ReleaseAnswer:      {access.Planner},
		access.EditProcess:        {access.Planner},
		access.Publish:            {access.Planner, access.ParticipationOffice},
		access.LinkThread:         {access.Planner},
		access.ReadCouncil:        {access.Councillor, access.Planner},
		access.ExportPseudonymous: {access.Analyst, access.Planner},
		access.EditEvent:          {access.Planner, access.ParticipationOffice},
		access.CheckIn:            {access.Planner, access.ParticipationOffice, access.Moderator, access.Recorder},
		access.EditVision:         {access.Planner, access.Operator},
		access.AdoptVision:        {access.Planner, access.ParticipationOffice, access.Operator},
		access.ReadAudit:          {access.DPO, access.Auditor},
		access.ManageUsers:        {access.Admin},
		access.ReadPersonal:       {access.Planner, access.DPO},
		access.KeepActors:         {access.Planner},
		access.PlanActors:         {access.Planner},
	}
	for do, may := range table {
		for _, r := range access.Roles() {
			if got := access.Can(actor(r), do, access.Object{Tenant: town}); got != slices.Contains(may, r) {
				t.Errorf("%s %s: %v", r, do, got)
			}
		}
	}
}

func TestARoleHeldInAContextCountsThereOnly(t *testing.T) {
	g4, g5 := access.Context{Kind: access.InGroup, Key: "4"}, access.Context{Kind: access.InGroup, Key: "5"}
	member := access.Actor{Tenant: town, Person: "p", Held: []access.Holding{{Role: access.GroupMember, In: g4}}}
	paper := func(as access.Audience, in ...access.Context) access.Object {
		return access.Object{Tenant: town, Visibility: as, Within: in}
	}
	cases := []struct {
		name string
		to   access.Object
		want kernel.Kind
	}{
		{"own group", paper(access.Internal, g4), 0},
		{"sealed in the own group", paper(access.Sealed, g4), 0},
		{"another group", paper(access.Internal, g5), kernel.NotFound},
		{"another group's public paper", paper(access.Public, g5), kernel.Denied},
		{"no group", paper(access.Internal), kernel.NotFound},
	}
	for _, c := range cases {
		err := access.Check(member, access.ReadGroup, c.to)
		if err == nil && c.want != 0 || err != nil && kernel.KindOf(err) != c.want {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if access.Can(actor(access.Planner), access.ReadGroup, paper(access.Sealed, g4)) {
		t.Error("a planner reads what is sealed to a group")
	}
}

func TestDraftsAreSeenByOwnersAndStaffOnly(t *testing.T) {
	draft := access.Object{Tenant: town, Visibility: access.Internal, Owner: "p"}
	stranger := access.Actor{Tenant: town, Person: "q", Roles: []access.Role{access.Citizen}}
	if err := access.Check(stranger, access.Support, draft); kernel.KindOf(err) != kernel.NotFound {
		t.Errorf("a stranger is told of a draft: %v", err)
	}
	if err := access.Check(access.Anonymous(town), access.ReadPublic, draft); kernel.KindOf(err) != kernel.NotFound {
		t.Errorf("a reader is told of a draft: %v", err)
	}
	if !access.Can(actor(access.Citizen), access.Support, draft) || !access.Can(actor(access.Citizen), access.ReadPersonal, draft) {
		t.Error("the owner does not see his own draft")
	}
	if access.Can(stranger, access.ReadPersonal, access.Object{Tenant: town, Visibility: access.Public, Owner: "p"}) {
		t.Error("a stranger reads personal data of a public object")
	}
}

func TestThePhaseDecidesWhatMayBeDoneAndNeverHidesWhatIsThere(t *testing.T) {
	over := access.Object{Tenant: town, Visibility: access.Public, Phase: []access.Action{}}
	ideas := access.Object{Tenant: town, Visibility: access.Public, Phase: []access.Action{access.Contribute}}
	if err := access.Check(access.Anonymous(town), access.Contribute, over); kernel.KindOf(err) != kernel.Conflict {
		t.Errorf("after the phase: %v", err)
	}
	if !access.Can(access.Anonymous(town), access.Contribute, ideas) || access.Can(actor(access.Citizen), access.Support, ideas) {
		t.Error("a phase of ideas permits ideas and nothing else")
	}
	if !access.Can(access.Anonymous(town), access.ReadPublic, over) {
		t.Error("a phase that is over hides what was published")
	}
}

func TestRolesThatMustBeKeptApart(t *testing.T) {
	if _, _, clash := access.Clash([]access.Role{access.StatisticsOfficer, access.Admin}); !clash {
		t.Error("the administration holds the keys of the sealed figures")
	}
	if a, b, clash := access.Clash([]access.Role{access.Planner, access.Admin, access.Moderator}); clash {
		t.Errorf("%s and %s clash", a, b)
	}
}

func TestAMemberOfOneGroupReachesItsSpaceAndNoOther(t *testing.T) {
	space := func(key string) access.Object {
		return access.Object{Tenant: town, Visibility: access.Internal, Within: []access.Context{{Kind: access.InGroup, Key: key}}}
	}
	member := access.Actor{Tenant: town, Person: "p", Held: []access.Holding{{Role: access.GroupMember, In: access.Context{Kind: access.InGroup, Key: "ag-1"}}}}
	lead := access.Actor{Tenant: town, Person: "q", Held: []access.Holding{{Role: access.Moderator, In: access.Context{Kind: access.InGroup, Key: "ag-1"}}}}
	for _, c := range []struct {
		who  access.Actor
		do   access.Action
		in   string
		want bool
	}{
		{member, access.ReadGroup, "ag-1", true},
		{member, access.WorkInGroup, "ag-1", true},
		{member, access.LeadGroup, "ag-1", false},
		{member, access.ManageGroups, "ag-1", false},
		{member, access.ReadGroup, "ag-2", false},
		{lead, access.LeadGroup, "ag-1", true},
		{lead, access.LeadGroup, "ag-2", false},
		{actor(access.GroupMember), access.ReadGroup, "ag-1", false}, // a role held in no group opens the space of none
		{actor(access.Planner), access.LeadGroup, "ag-2", true},
		{actor(access.StatisticsOfficer), access.ReadGroup, "ag-1", false},
	} {
		if got := access.Can(c.who, c.do, space(c.in)); got != c.want {
			t.Errorf("%s in %s by %v %v: %v", c.do, c.in, c.who.Roles, c.who.Held, got)
		}
	}
	if err := access.Check(member, access.ReadGroup, space("ag-2")); kernel.KindOf(err) != kernel.NotFound {
		t.Errorf("the space of another group: %v", err)
	}
	for _, do := range []access.Action{access.ReadInternal, access.EditProcess, access.SeeJobs, access.ManageGroups} {
		if access.Can(member, do, access.Object{Tenant: town}) {
			t.Errorf("a member of a group may %s in the town", do)
		}
	}
}

func TestAListIsOpenToWhoHoldsARoleForItAnywhere(t *testing.T) {
	in := func(r access.Role, kind access.ContextKind) access.Actor {
		return access.Actor{Tenant: town, Person: "p", Held: []access.Holding{{Role: r, In: access.Context{Kind: kind, Key: "x"}}}}
	}
	for _, c := range []struct {
		who   access.Actor
		do    access.Action
		kinds []access.ContextKind
		want  bool
	}{
		{in(access.Moderator, access.InProcess), access.Moderate, nil, true},
		{in(access.Moderator, access.InGroup), access.Moderate, []access.ContextKind{access.InProcess, access.InOffice}, false},
		{in(access.Moderator, access.InProcess), access.ReleaseAnswer, nil, false},
		{in(access.Carrier, access.InActor), access.Work, nil, true},
		{in(access.Citizen, access.InProcess), access.Work, nil, false},
		{actor(access.Citizen), access.Work, nil, false},
		{actor(access.Councillor), access.Work, nil, false},
		{actor(access.Moderator), access.Work, nil, true},
		{actor(access.GroupMember), access.DraftAnswer, nil, false},
		{access.Anonymous(town), access.Work, nil, false},
	} {
		if got := access.Anywhere(c.who, c.do, c.kinds...); got != c.want {
			t.Errorf("%v %v %s: %v", c.who.Roles, c.who.Held, c.do, got)
		}
	}
}

func TestACarrierKeepsTheRecordsOfItsOwnOrganisationOnly(t *testing.T) {
	mine, other := access.Context{Kind: access.InActor, Key: "a"}, access.Context{Kind: access.InActor, Key: "b"}
	record := func(in ...access.Context) access.Object {
		return access.Object{Tenant: town, Visibility: access.Public, Within: in}
	}
	carrier := access.Actor{Tenant: town, Person: "p", Held: []access.Holding{{Role: access.Carrier, In: mine}}}
	member := access.Actor{Tenant: town, Person: "q", Held: []access.Holding{{Role: access.GroupMember, In: mine}}}
	for name, c := range map[string]struct {
		by   access.Actor
		to   access.Object
		want bool
	}{
		"own":                             {carrier, record(mine), true},
		"another organisation's":          {carrier, record(other), false},
		"the town's":                      {carrier, record(), false},
		"held in the town as a whole":     {actor(access.Carrier), record(mine), false},
		"another role there":              {member, record(mine), false},
		"the planning staff, any":         {actor(access.Planner), record(other), true},
		"own, but ended":                  {carrier, access.Object{Tenant: town, Within: []access.Context{mine}, Locked: true}, false},
		"own, before it becomes public":   {carrier, access.Object{Tenant: town, Visibility: access.Internal, Within: []access.Context{mine}}, true},
		"anonymous":                       {access.Anonymous(town), record(mine), false},
		"of the same key in another town": {carrier, access.Object{Tenant: "t2", Within: []access.Context{mine}}, false},
	} {
		if got := access.Can(c.by, access.KeepActors, c.to); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestWhereOnlyMembersTakePartEverybodyElseReads(t *testing.T) {
	in := access.Context{Kind: access.InProcess, Key: "park"}
	semi := access.Object{Tenant: town, Visibility: access.Public, Within: []access.Context{in}, Members: true}
	member := access.Actor{Tenant: town, Person: "p", Roles: []access.Role{access.Citizen}, Held: []access.Holding{{Role: access.Citizen, In: in}}}
	for _, c := range []struct {
		who  access.Actor
		do   access.Action
		want bool
	}{
		{access.Anonymous(town), access.ReadPublic, true},
		{access.Anonymous(town), access.Contribute, false},
		{actor(access.Citizen), access.Support, false},
		{actor(access.Citizen), access.ReadPublic, true},
		{member, access.Contribute, true},
		{member, access.Support, true},
		{actor(access.Moderator), access.Moderate, true},
	} {
		if got := access.Can(c.who, c.do, semi); got != c.want {
			t.Errorf("%v %s: %v", c.who.Roles, c.do, got)
		}
	}
	if err := access.Check(access.Anonymous(town), access.Contribute, semi); kernel.KindOf(err) != kernel.Unauthenticated {
		t.Errorf("a stranger is told %v", err)
	}
}
