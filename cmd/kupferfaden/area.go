// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// AreaCmd groups the verbs on areas.
type AreaCmd struct {
	Import AreaImportCmd `cmd:"" help:"Import an edition of areas from GeoJSON, zipped Shapefile or GeoPackage."`
	List   AreaListCmd   `cmd:"" help:"List levels and editions."`
}

// AreaImportCmd reads a file of areas.
type AreaImportCmd struct {
	Place
	Level            string            `required:"" help:"Key of the level, such as plr." placeholder:"KEY"`
	LevelName        string            `help:"The town's word for a new level." placeholder:"NAME"`
	Rank             int               `help:"Rank of a new level: 1 city, 2 district, 3 quarter, 4 planning area, 5 block." placeholder:"N"`
	Edition          string            `required:"" help:"Key of the edition, such as 2021." placeholder:"KEY"`
	ValidFrom        string            `required:"" help:"First day of validity." placeholder:"YYYY-MM-DD"`
	ValidTo          string            `help:"Last day of validity." placeholder:"YYYY-MM-DD"`
	Key              string            `required:"" help:"Field with the official key." placeholder:"FIELD"`
	KeyPattern       string            `help:"Regular expression whose first group is the key." placeholder:"RE"`
	KeyWidth         int               `help:"Pad keys that lost leading zeros to this width." placeholder:"N"`
	Name             string            `help:"Field with the name." placeholder:"FIELD"`
	NamePattern      string            `help:"Regular expression whose first group is the name." placeholder:"RE"`
	Only             map[string]string `help:"Take only features whose field has the value." placeholder:"FIELD=VALUE"`
	ParentLevel      string            `help:"Level of the parents." placeholder:"KEY"`
	ParentEdition    string            `help:"Edition of the parents; by default the one of the same key." placeholder:"KEY"`
	ParentPrefix     int               `help:"So many characters of the key are the parent's key." placeholder:"N"`
	ParentField      string            `help:"Field with the parent's key." placeholder:"FIELD"`
	ParentByGeometry bool              `name:"parent-geometry" help:"The parent is the area that contains it."`
	CRS              int               `name:"crs" help:"EPSG code of the coordinates instead of the declared one." placeholder:"EPSG"`
	SwapAxes         bool              `help:"Coordinates stand as latitude, longitude."`
	Grid             string            `help:"BETA2007.gsb for exact transformation from Gauß-Krüger." type:"path" placeholder:"FILE"`
	Encoding         string            `help:"Encoding of the attribute table of a Shapefile." placeholder:"NAME"`
	Layer            string            `help:"Layer of a GeoPackage or Shapefile of an archive." placeholder:"NAME"`
	Accept           []string          `help:"Answer a question of the report with yes, by its code." placeholder:"CODE"`
	Rekey            map[string]string `help:"Give a feature another key; KEY#2 is the second feature with that key." placeholder:"KEY#2=NEW"`
	DryRun           bool              `help:"Report only, store nothing."`
	File             string            `arg:"" help:"GeoJSON, .zip, .shp or .gpkg." type:"path"`
}

// areaMemory is from where the collector works harder instead of letting the process grow; it is no limit.
const areaMemory = 200 << 20

// Run imports the file and prints the report.
func (c *AreaImportCmd) Run(e *Env) error {
	f, size, err := openFile(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	q := area.ImportRequest{
		Level: c.Level, Rank: c.Rank, Edition: c.Edition, ValidFrom: kernel.Date(c.ValidFrom), ValidTo: kernel.Date(c.ValidTo),
		KeyField: c.Key, KeyPattern: c.KeyPattern, KeyWidth: c.KeyWidth, NameField: c.Name, NamePattern: c.NamePattern, Only: c.Only,
		ParentLevel: c.ParentLevel, ParentEdition: c.ParentEdition, ParentField: c.ParentField, ParentPrefix: c.ParentPrefix,
		ParentByGeometry: c.ParentByGeometry, CRS: c.CRS, SwapAxes: c.SwapAxes, Encoding: c.Encoding, Layer: c.Layer,
		FileName: filepath.Base(c.File), Data: f, Size: size, Accept: c.Accept, Rekey: c.Rekey, DryRun: c.DryRun,
	}
	if c.LevelName != "" {
		q.LevelName = kernel.Text{"de": c.LevelName}
	}
	if c.Grid != "" {
		if q.Grid, err = readFile(c.Grid, maxGrid); err != nil {
			return err
		}
	}
	a, t, err := c.open(e.Ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	if os.Getenv("GOMEMLIMIT") == "" { // outlines are held whole while they are checked: a file of a million vertices shall stay small
		defer debug.SetMemoryLimit(debug.SetMemoryLimit(areaMemory))
	}
	r, err := a.Areas.Import(e.Ctx, a.Operator(t), q, e.Tracer.step(e.P.T("cli.reading", "file", q.FileName)))
	if err != nil {
		return err
	}
	e.Tracer.end()
	e.findings(r.Findings)
	switch {
	case r.Unchanged:
		e.say("cli.area.unchanged", "level", c.Level, "edition", c.Edition)
	case r.DryRun:
		e.say("cli.area.dryrun", "n", r.Areas, "level", c.Level, "edition", c.Edition)
	default:
		e.say("cli.area.done", "n", r.Areas, "level", c.Level, "edition", c.Edition, "km2", r.AreaM2/1e6)
	}
	return nil
}

// AreaListCmd lists what there is.
type AreaListCmd struct{ Place }

// Run prints one edition a line, keys first.
func (c *AreaListCmd) Run(e *Env) error {
	a, t, err := c.open(e.Ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	editions, err := a.Areas.Editions(e.Ctx, a.Operator(t), "")
	if err != nil {
		return err
	}
	for _, ed := range editions {
		areas, err := a.Areas.Areas(e.Ctx, a.Operator(t), ed.ID)
		if err != nil {
			return err
		}
		name, _ := e.P.Text(ed.Level.Name)
		fmt.Fprintf(e.Out, "%s\t%s\t%s\t%s\t%d\t%s\n", ed.Level.Key, ed.Key, ed.ValidFrom, ed.ValidTo, len(areas), name)
	}
	return nil
}
