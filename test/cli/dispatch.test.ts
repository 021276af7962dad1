import { expect, test } from "vitest";
import { commands } from "../../host/cli/commands.ts";
import { run } from "./support.ts";

test("carp alone shows the help as an error, --help as a result", async () => {
  const alone = await run([]);
  expect(alone).toMatchObject({ code: 2, out: "" });
  const asked = await run(["--help"]);
  expect(asked).toEqual({ code: 0, out: alone.err, err: "" });
  for (const { name, summary } of commands) expect(asked.out).toMatch(`${name.padEnd(11)}  ${summary}\n`);
});

test.each([
  [["statsu"], "carp: statsu: unknown command (did you mean status?); carp --help lists the commands\n"],
  [["--verbose"], "carp: --verbose: unknown option; carp --help lists the commands\n"],
  [
    ["help", "monitr"],
    "carp: monitr: unknown command (did you mean monitor?); carp --help lists the commands\n",
  ],
  [
    ["status", "--jsno"],
    "carp: --jsno: unknown option (did you mean --json?); carp status --help says more\n",
  ],
  [["status", "-x"], "carp: -x: unknown option; carp status --help says more\n"],
  [["status", "1", "2"], "carp: 2 is one word too many; carp status --help says more\n"],
  [["status", "--socket"], "carp: --socket needs a value; carp status --help says more\n"],
  [["status", "--json=1"], "carp: --json takes no value; carp status --help says more\n"],
  [
    ["check"],
    "carp: something is missing: carp check [--map NAME=NAME]… FILE…; carp check --help says more\n",
  ],
  [
    ["up", "--advskew", "-1"],
    "carp: --advskew needs a value (one that begins with a dash: --advskew=VALUE); carp up --help says more\n",
  ],
  [["up", "--vhid", "1", "--vhid", "2"], "carp: --vhid is given twice; carp up --help says more\n"],
])("%j is refused in one line", async (argv, err) => {
  expect(await run(argv)).toEqual({ code: 2, out: "", err });
});

test.each(commands.map((command) => [command.name, command] as const))(
  "carp %s --help names its options, and help finds it too",
  async (name, command) => {
    const { code, out } = await run([name, "--help"]);
    expect(code).toBe(0);
    expect(out.startsWith(`carp ${name}: ${command.summary}\n\nusage: ${command.usage[0]}\n`)).toBe(true);
    for (const [option, { sentence }] of Object.entries(command.options)) {
      expect(out).toContain(`--${option}`);
      expect(out).toContain(sentence);
    }
    expect(await run(["help", name])).toEqual({ code: 0, out, err: "" });
  },
);

test.each(commands.map((command) => [command.name, command] as const))(
  "carp %s can be loaded",
  async (_, command) => {
    expect(await command.load()).toBeTypeOf("function");
  },
);
