// SPDX-License-Identifier: EUPL-1.2

package dbtest_test

import (
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
)

func TestNamesTenant(t *testing.T) {
	shared := []string{"tenant"}
	for query, want := range map[string]bool{
		`select * from area where tenant_id = $1`:                                          true,
		`select * from area where id = $1`:                                                 false,
		`select tenant_id, id from area`:                                                   false,
		`select tenant_id from area where id = $1`:                                         false,
		`select * from tenant where key = $1`:                                              true,
		`select * from tenant t join area a on a.tenant_id = t.tenant_id where t.key = $1`: true,
		`select * from tenant t join area a on a.key = t.key`:                              false,
		`insert into area (tenant_id, id) values ($1, $2)`:                                 true,
		`insert into area (id) values ($1)`:                                                false,
		`update area set name = $1 where id = $2`:                                          false,
		`update area set name = $1 where (tenant_id, id) = ($2, $3)`:                       true,
		`delete from area`: false,
		"with recursive up (id) as (select id from area where tenant_id = $1 union all select 1 from up) select * from up": true,
		`with a as (select id from area) select * from a`:                                                                  false,
		`select 1`: true,
		`select count(*) from pragma_table_info('area')`: true,
		`create table probe (id text)`:                   true,
	} {
		if got := dbtest.NamesTenant(query, shared); got != want {
			t.Errorf("%s\ngot %v, want %v", query, got, want)
		}
	}
}
