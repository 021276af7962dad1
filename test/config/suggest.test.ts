import { expect, test } from "vitest";
import { closest, suggest } from "../../host/config/suggest.ts";

const names = ["vhid", "advbase", "advskew", "pass", "up"];

test.each([
  ["advskwe", "advskew"],
  ["advskw", "advskew"],
  ["ADVBASE", "advbase"],
  ["vhdi", "vhid"],
  ["pas", "pass"],
  ["mtu", undefined],
  ["u", "up"],
  ["", undefined],
  ["x".repeat(100000), undefined],
])("%s means %s", (text, name) => expect(closest(text, names)).toBe(name));

test("the words of the hint", () => {
  expect(suggest("advskwe", names)).toBe(" (did you mean advskew?)");
  expect(suggest("mtu", names)).toBe("");
});
