// SPDX-License-Identifier: EUPL-1.2

package main

// ReportCmd groups the verbs on the social report.
type ReportCmd struct{}

// ExportCmd writes figures to a file.
type ExportCmd struct{ Place }
