// SPDX-License-Identifier: EUPL-1.2

package db

// CheckVersion lets a test ask about versions that are not linked in.
var CheckVersion = checkVersion
