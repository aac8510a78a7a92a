// SPDX-License-Identifier: EUPL-1.2

package privacy

// Land is what the law of a Land adds to the legal pages, as far as it is known for certain; what is empty the town fills in itself.
type Land struct {
	Key  string // ISO 3166-2 without "DE-"
	Name string
	// Authority supervises public bodies in matters of data protection (Art. 51 GDPR).
	Authority string
	// Law is where the accessibility of the town's pages is regulated, Enforcement to whom people turn when the town does not help, Source
	// where that was read.
	Law, Enforcement, Link, Source string
}

// EnforcementList is where the enforcement bodies of all Länder are kept up to date (Landeskompetenzzentrum Barrierefreie IT Hessen).
const EnforcementList = "https://lbit.hessen.de/buergerinnen-und-buerger/durchsetzungsstellen-der-laender"

// lands are the sixteen Länder.
var lands = []Land{
	{
		Key: "BW", Name: "Baden-Württemberg", Authority: "Der Landesbeauftragte für den Datenschutz und die Informationsfreiheit Baden-Württemberg",
		Law: "§ 10 L-BGG", Enforcement: "Schlichtungsstelle beim Landeszentrum Barrierefreiheit (§ 10b L-BGG)\nElse-Josenhans-Straße 6\n70173 Stuttgart",
		Link: "https://barrierefreiheit-bw.de/barrierefreiheitdurchsetzen/schlichtungsantrag", Source: "https://barrierefreiheit-bw.de/barrierefreiheitdurchsetzen/schlichtungsantrag",
	},
	{Key: "BY", Name: "Bayern", Authority: "Der Bayerische Landesbeauftragte für den Datenschutz"},
	{Key: "BE", Name: "Berlin", Authority: "Berliner Beauftragte für Datenschutz und Informationsfreiheit"},
	{Key: "BB", Name: "Brandenburg", Authority: "Die Landesbeauftragte für den Datenschutz und für das Recht auf Akteneinsicht Brandenburg"},
	{
		Key: "HB", Name: "Bremen", Authority: "Die Landesbeauftragte für Datenschutz und Informationsfreiheit der Freien Hansestadt Bremen",
		Enforcement: "Zentralstelle für barrierefreie Informationstechnik", Source: "https://www.service.bremen.de",
	},
	{Key: "HH", Name: "Hamburg", Authority: "Der Hamburgische Beauftragte für Datenschutz und Informationsfreiheit"},
	{
		Key: "HE", Name: "Hessen", Authority: "Der Hessische Beauftragte für Datenschutz und Informationsfreiheit",
		Enforcement: "Durchsetzungs- und Überwachungsstelle Barrierefreie Informationstechnik", Link: "https://lbit.hessen.de", Source: EnforcementList,
	},
	{Key: "MV", Name: "Mecklenburg-Vorpommern", Authority: "Der Landesbeauftragte für Datenschutz und Informationsfreiheit Mecklenburg-Vorpommern"},
	{Key: "NI", Name: "Niedersachsen", Authority: "Der Landesbeauftragte für den Datenschutz Niedersachsen"},
	{
		Key: "NW", Name: "Nordrhein-Westfalen", Authority: "Landesbeauftragte für Datenschutz und Informationsfreiheit Nordrhein-Westfalen",
		Law: "§§ 10 bis 10e BGG NRW, BITVNRW", Enforcement: "Ombudsstelle für barrierefreie Informationstechnik des Landes Nordrhein-Westfalen (§ 10d BGG NRW)",
		Source: "BGG NRW §§ 10b, 10d; BITVNRW § 6",
	},
	{Key: "RP", Name: "Rheinland-Pfalz", Authority: "Der Landesbeauftragte für den Datenschutz und die Informationsfreiheit Rheinland-Pfalz"},
	{Key: "SL", Name: "Saarland", Authority: "Unabhängiges Datenschutzzentrum Saarland"},
	{Key: "SN", Name: "Sachsen", Authority: "Sächsische Datenschutz- und Transparenzbeauftragte"},
	{Key: "ST", Name: "Sachsen-Anhalt", Authority: "Landesbeauftragte für den Datenschutz Sachsen-Anhalt"},
	{Key: "SH", Name: "Schleswig-Holstein", Authority: "Unabhängiges Landeszentrum für Datenschutz Schleswig-Holstein"},
	{
		Key: "TH", Name: "Thüringen", Authority: "Thüringer Landesbeauftragter für den Datenschutz und die Informationsfreiheit",
		Law: "ThürBarrWebG, ThürBITVO", Source: "ThürBarrWebG; ThürBITVO",
	},
}

// Lands lists the Länder by name.
func Lands() []Land { return append([]Land(nil), lands...) }

// LandOf gives the Land of the key; the zero Land where there is none.
func LandOf(key string) Land {
	for _, l := range lands {
		if l.Key == key {
			return l
		}
	}
	return Land{}
}

func landKeys() []string {
	keys := make([]string, len(lands))
	for i, l := range lands {
		keys[i] = l.Key
	}
	return keys
}

// Propose fills fields that the Land answers and the town has left empty.
func (l Land) Propose(c Content) Content {
	out := Content{Fields: map[string]string{}, Texts: c.Texts}
	for k, v := range c.Fields {
		out.Fields[k] = v
	}
	for name, v := range map[string]string{"authority": l.Authority, "law": l.Law, "enforcement": l.Enforcement, "enforcement_link": l.Link} {
		if out.Fields[name] == "" && v != "" {
			out.Fields[name] = v
		}
	}
	return out
}
