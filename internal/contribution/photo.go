// SPDX-License-Identifier: EUPL-1.2

package contribution

// MostFiles is how many photos a contribution may have.
const MostFiles = 5
