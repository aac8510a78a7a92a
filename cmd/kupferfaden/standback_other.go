// SPDX-License-Identifier: EUPL-1.2

//go:build !linux

package main

// standBack does nothing where it is not known how.
func standBack() {}
