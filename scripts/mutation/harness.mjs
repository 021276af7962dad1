// As much of vitest as the core's tests need, so that a file of tests runs in this process, as often as one likes,
// and without the quarter of a second that a worker of vitest takes. What it compares with is vitest's own.
import { chai, JestAsymmetricMatchers, JestChaiExpect, JestExtend } from "@vitest/expect";

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);

export function expect(value, message) {
  return chai.expect(value, message);
}
expect.fail = (message) => chai.assert.fail(message);

/** What the file that is being loaded has described: suites with hooks, tests and suites in their order. */
let suite = newSuite("");

export function describe(name, define) {
  const outer = suite;
  suite = newSuite(name);
  outer.children.push(suite);
  define();
  suite = outer;
}
describe.each = (rows) => (name, define) => each(rows, (argv) => describe(name, () => define(...argv)));

export function test(name, run) {
  suite.children.push({ name, run });
}
test.each = (rows) => (name, run) => each(rows, (argv) => test(name, () => run(...argv)));
export const it = test;

export function beforeEach(hook) {
  suite.before.push(hook);
}

export function afterEach(hook) {
  suite.after.push(hook);
}

/**
 * Loads a file of tests and runs them up to the first that fails.
 * @param {string} url         of the file, not loaded before
 * @param {RegExp} leftOut     tests that do not count
 * @returns {Promise<string | undefined>} the name of the test that failed, and how
 * @throws where the file is not there: that says nothing about the mutant
 */
export async function runFile(url, leftOut) {
  suite = newSuite("");
  try {
    await import(url);
  } catch (error) {
    if (error.code === "ERR_MODULE_NOT_FOUND") throw error;
    return `the file itself: ${firstLine(error)}`;
  }
  return runSuite(suite, leftOut, [], []);
}

async function runSuite({ name, children, before, after }, leftOut, outerBefore, outerAfter) {
  const [first, last] = [
    [...outerBefore, ...before],
    [...after, ...outerAfter],
  ];
  for (const child of children) {
    const failed =
      child.run === undefined
        ? await runSuite(child, leftOut, first, last)
        : leftOut.test(child.name)
          ? undefined
          : await runTest(child, first, last);
    if (failed !== undefined) return name === "" ? failed : `${name} > ${failed}`;
  }
  return undefined;
}

async function runTest({ name, run }, before, after) {
  try {
    for (const hook of before) await hook();
    await run(context);
    for (const hook of after) await hook();
    return undefined;
  } catch (error) {
    return `${name}: ${firstLine(error)}`;
  }
}

/** A test that cannot be made here would pass for every mutant, and show nothing. */
const context = {
  skip(reason) {
    throw new Error(`skipped: ${reason}`);
  },
};

function newSuite(name) {
  return { name, children: [], before: [], after: [] };
}

function each(rows, make) {
  for (const row of rows) make(Array.isArray(row) ? row : [row]);
}

function firstLine(error) {
  return String(error?.message ?? error)
    .split("\n")[0]
    .slice(0, 200);
}
