import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import * as abi from "../../../assembly/abi.ts";
import { type Case, families, Player, type StateName, stateNames } from "../../support/cells.ts";
import { type Row, readTables } from "../../support/golden.ts";

const tables = readTables(fileURLToPath(new URL("cells.md", import.meta.url)));
const cellTables = tables.filter(({ columns }) => stateNames.some((state) => columns.includes(state)));
const edges = tables
  .filter(({ title }) => title === "Edges")
  .flatMap(({ rows }) => rows.map(({ from, to, reason }) => `${from}>${to}:${reason}`));
const cellCount = cellTables.flatMap(({ rows }) => rows.flatMap(statesOf)).length;

const player = new Player();
let played = 0;

for (const { title, rows } of cellTables) {
  describe(title, () => {
    test.each(rows.map((row) => [nameOf(row), row] as const))("%s", (_name, row) => {
      for (const state of statesOf(row)) {
        for (const one of casesOf(row, state)) {
          const where = `in ${state}, ${one.family.name}, preempt ${one.preempt ? "on" : "off"}`;
          expect(`${where}: ${player.play(one)}`).toBe(`${where}: ${row[state]}`);
        }
        played++;
      }
    });
  });
}

test(`all ${cellCount} cells were played, and they go all ${edges.length} edges and no other`, () => {
  expect(played).toBe(cellCount);
  expect([...player.edges].sort()).toEqual([...edges].sort());
});

test("every reason stands at an edge", () => {
  const reasons = Object.keys(abi.Reason).filter((name) => /^[A-Z]/.test(name) && name !== "None");
  expect([...new Set(edges.map((edge) => edge.split(":")[1]))].sort()).toEqual(reasons.sort());
});

function statesOf(row: Row): StateName[] {
  return stateNames.filter((state) => row[state] !== undefined && row[state] !== "-");
}

/** Where a row says nothing of preempt, it holds with and without. */
function casesOf(row: Row, state: StateName): Case[] {
  const [advbase, advskew] = (row.own ?? "1/100").split("/").map(Number);
  const demotion = row.demotion === undefined ? undefined : Number(row.demotion);
  const event = row.event ?? `hears ${row.hears}`;
  const preempts = row.preempt === undefined ? [false, true] : [row.preempt === "on"];
  return preempts.flatMap((preempt) =>
    families.map((family, at) => ({
      event,
      state,
      family,
      advbase,
      advskew,
      preempt,
      demotion,
      lease: at % 2 === 1,
    })),
  );
}

function nameOf({ own = "1/100", preempt, demotion = "0", hears, event }: Row): string {
  if (hears === undefined) return [own, event, preempt ?? ""].join(" ").trim();
  return `${own} hears ${hears}, preempt ${preempt}, demotion ${demotion}`;
}
