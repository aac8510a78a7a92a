// SPDX-License-Identifier: EUPL-1.2

// Package access answers one question: may this person do this to that? One policy table, read by Can, is the only place where permission is
// decided; pages, files, command line and later the API all ask here. What nobody has allowed is denied.
package access

import (
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Role is what a person is for the town.
type Role string

const (
	// Planner (Sozialplanung) owns the process: data, index, report, release.
	Planner Role = "planner"
	// Admin (Administration) keeps users and operation; sees no figure by that role.
	Admin Role = "admin"
	// Operator is the person at the command line of the machine, who can read the database file anyway; acts as planner and admin.
	Operator Role = "operator"
)

// Actor is who asks, within one tenant. The zero Person is an anonymous reader.
type Actor struct {
	Tenant kernel.ID
	Person kernel.ID
	Name   string
	Roles  []Role
}

// Anonymous reader of the tenant's public pages.
func Anonymous(tenant kernel.ID) Actor { return Actor{Tenant: tenant} }

// CommandLine is the person at the machine, who may read the database file anyway.
func CommandLine(tenant kernel.ID) Actor {
	return Actor{Tenant: tenant, Name: "command line", Roles: []Role{Operator}}
}

// Has tells whether the actor holds the role.
func (a Actor) Has(r Role) bool { return slices.Contains(a.Roles, r) }

// SignedIn tells a person with an account, or the person at the machine, from an anonymous reader.
func (a Actor) SignedIn() bool { return len(a.Roles) > 0 || a.Person != "" }

// Object is what an action is done to, as far as permission depends on it.
type Object struct {
	Tenant kernel.ID
	// Locked objects (a frozen report edition, a retracted delivery) can be read but not changed.
	Locked bool
}

// Action is something that can be done; the policy table names who may.
type Action string

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
	ManageUsers    Action = "user.manage"     // accounts and roles
	ManageTenant   Action = "tenant.manage"   // name, colours, texts of the town
	ExportFigures  Action = "figures.export"  // files of figures for the internal or political audience
	SeeJobs        Action = "job.read"        // progress of background work
)

// policy names for each action the roles that may do it; everyone stands for any reader.
var policy = map[Action][]Role{
	ReadPublic:     {everyone},
	ReadInternal:   {Planner, Operator},
	ImportAreas:    {Planner, Operator},
	ImportData:     {Planner, Operator},
	EditCatalogue:  {Planner, Operator},
	EditMethod:     {Planner, Operator},
	RunIndex:       {Planner, Operator},
	ReleaseFigures: {Planner, Operator},
	EditReport:     {Planner, Operator},
	ReleaseReport:  {Planner, Operator},
	ExportFigures:  {Planner, Operator},
	SeeJobs:        {Planner, Admin, Operator},
	ManageUsers:    {Admin, Operator},
	ManageTenant:   {Admin, Operator},
}

const everyone Role = "everyone"

// readOnly actions are possible on locked objects too.
var readOnly = map[Action]bool{ReadPublic: true, ReadInternal: true, ExportFigures: true, SeeJobs: true}

// Can tells whether the actor may do the action to the object: same tenant, a role the policy names, and the object not locked.
func Can(a Actor, do Action, to Object) bool {
	if a.Tenant == "" || to.Tenant != a.Tenant {
		return false
	}
	if to.Locked && !readOnly[do] {
		return false
	}
	for _, r := range policy[do] {
		if r == everyone || a.Has(r) {
			return true
		}
	}
	return false
}

// Check is Can as an error: Unauthenticated for an anonymous reader, NotFound for another tenant's object (its existence is not told),
// Conflict for a locked object, Denied otherwise.
func Check(a Actor, do Action, to Object) error {
	if Can(a, do, to) {
		return nil
	}
	switch {
	case a.Tenant == "" || to.Tenant != a.Tenant:
		return kernel.E(kernel.NotFound, "access.notfound")
	case to.Locked && Can(a, do, Object{Tenant: to.Tenant}):
		return kernel.E(kernel.Conflict, "access.locked")
	case !a.SignedIn():
		return kernel.E(kernel.Unauthenticated, "access.signin")
	}
	return kernel.E(kernel.Denied, "access.denied")
}

// CheckTenant is Check for actions on the tenant as a whole.
func CheckTenant(a Actor, do Action) error { return Check(a, do, Object{Tenant: a.Tenant}) }

// Actions lists every action of the policy, sorted, for matrix tests and documentation.
func Actions() []Action {
	list := make([]Action, 0, len(policy))
	for a := range policy {
		list = append(list, a)
	}
	slices.Sort(list)
	return list
}
