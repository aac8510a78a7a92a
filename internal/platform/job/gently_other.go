// SPDX-License-Identifier: EUPL-1.2

//go:build !linux

package job

// gently does nothing where threads have no priority of their own.
func gently() {}
