// SPDX-License-Identifier: EUPL-1.2

// Package archtest holds the rules of the repository as tests: which package may import which (docs/architecture.md), that every table belongs
// to a tenant, that dependencies are named with their licences, that sources are short, signed and explained. A town that takes over the
// program can change it for years without the parts growing together, because these tests fail first.
package archtest
