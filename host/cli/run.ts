import { formatProblems, type Loaded, loadConfiguration, type Sources } from "../config/check.ts";
import { parseMap } from "../config/map.ts";
import type { Configuration, Problem } from "../config/model.ts";
import { commandLine } from "../config/words.ts";
import { defaultSocket } from "../control/path.ts";
import { type ControlServer, listenControl } from "../control/server.ts";
import { ExitCode, OperatorError } from "../errors.ts";
import { Hooks } from "../hooks/hooks.ts";
import { LogWriter } from "../log.ts";
import type { NodeController } from "../node/api.ts";
import type { StartOptions } from "../node/start.ts";
import type { RunFile } from "../recorder/run-file.ts";
import type { Arguments } from "./arguments.ts";
import { EventLog, LoggedNode } from "./loggednode.ts";
import { promptForPass } from "./passprompt.ts";
import { keepRecords, openRun } from "./records.ts";
import type { Terminal } from "./terminal.ts";
import { readThreadChoices } from "./threadchoices.ts";

/** Starts the node; a test gives its own. */
export type StartNode = (options: StartOptions) => Promise<NodeController>;

/** How long the end waits for hooks. */
const hookPatienceMs = 4000;
/** How long a polite stop may take before the program ends without it. */
const stopPatienceMs = 5000;

/** Listens on the control socket, then runs the node until a signal ends it. */
export async function runNode(given: Arguments, terminal: Terminal, startNode: StartNode): Promise<ExitCode> {
  const threadChoices = readThreadChoices(given);
  const { io } = threadChoices;
  const sources = readSources(given, given.has("pass-prompt") ? await promptForPass(terminal) : undefined);
  const configuration = report(loadConfiguration(sources), terminal);
  if (configuration === undefined) return ExitCode.Configuration;
  refuseUnfit(configuration, io);

  const log = new LogWriter(terminal.err);
  const events = new EventLog(log);
  let node: LoggedNode | undefined;
  const hooks = new Hooks((level, message) => log.write(`${level}: ${message}`));
  hooks.use(configuration.hook);
  const records = keepRecords(given, log, () => node);
  const choices = { sources, io, lease: configuration.lease };
  const reload = () => reconfigure(choices, node as LoggedNode, hooks, log);
  const signals = listenSignals(terminal, {
    SIGHUP: () => void (node && reload().catch((error) => log.write(`error: ${messageOf(error)}`))),
    SIGUSR1: () => void node?.logStatus().catch((error) => log.write(`error: ${messageOf(error)}`)),
    SIGUSR2: () => void node?.handOver().catch((error) => log.write(`error: ${messageOf(error)}`)),
  });
  let server: ControlServer | undefined;
  let run: RunFile | undefined;
  try {
    server = await listenControl({
      path: given.text("socket") ?? defaultSocket,
      controller: () => node,
      reload,
      onDefect: (error) => log.write(`error: ${messageOf(error)}: this is a defect`),
    });
    run = openRun(given, log);
    let fail: (error: Error) => void = () => undefined;
    const failure = new Promise<Error>((resolve) => {
      fail = resolve;
    });
    const started = await startNode({
      ...threadChoices,
      configuration,
      stateDirectory: given.text("state-dir") ?? process.env.STATE_DIRECTORY?.split(":")[0],
      onEvent: (event) => {
        events.note(event);
        records?.note(event);
        if (event.kind === "transition") hooks.note(event);
      },
      beforeClose: async () => records?.flush(),
      onRun: (piece) => run?.append(piece),
      onFailure: fail,
    });
    node = new LoggedNode(started, events, sources.map, hooks);
    await node.announce(configuration);
    const error = await Promise.race([signals.stopRequested, failure]);
    if (error !== undefined) throw error;
    return await stop(node, log);
  } finally {
    signals.close();
    await server?.close();
    await run?.close();
    await hooks.close(hookPatienceMs);
  }
}

function readSources(given: Arguments, pass: Uint8Array | undefined): Sources {
  const rcConf = given.text("rc-conf");
  if (rcConf === undefined && given.has("map"))
    throw new OperatorError(ExitCode.Usage, "--map is for --rc-conf: give --interface the name it has here");
  if (rcConf === undefined && !given.has("interface") && given.words.length === 0)
    throw new OperatorError(
      ExitCode.Usage,
      "there is no configuration: give --rc-conf FILE, or --interface, --vhid and an address; carp up --help says more",
    );
  return {
    rcConf,
    map: parseMap(given.list("map")),
    flags: {
      interfaceName: given.text("interface"),
      vhid: given.text("vhid"),
      passFile: given.text("pass-file"),
      pass,
      noPass: given.has("no-pass") || undefined,
      advbase: given.text("advbase"),
      advskew: given.text("advskew"),
      preempt: given.has("preempt"),
      replay: given.text("replay"),
      virtualMac: given.has("vmac"),
      noLease: given.has("no-lease"),
      hook: given.text("hook"),
      addresses: given.words,
    },
  };
}

/** Prints every problem; the configuration, if it may be used. */
function report({ configuration, problems }: Loaded, { err }: Terminal): Configuration | undefined {
  for (const problem of problems) err.write(`${explain(problem)}\n`);
  return configuration;
}

/** A raw socket sends IPv4 only, and no ARP: the rest would be MASTER without anybody hearing of it. */
function refuseUnfit({ virtualHosts }: Configuration, io: StartOptions["io"]): void {
  if (io !== "raw") return;
  for (const { vhid, interfaceName, addresses, virtualMac } of virtualHosts) {
    const address = addresses.find(({ family }) => family === 6);
    const cannot = virtualMac ? "announce a virtual MAC" : address && `advertise ${address.address}`;
    if (cannot === undefined) continue;
    const message = `${vhid}@${interfaceName}: --io raw cannot ${cannot}: use --io packet`;
    throw new OperatorError(ExitCode.Configuration, message);
  }
}

function explain(problem: Problem): string {
  if (problem.position.file !== commandLine) return formatProblems([problem]);
  return `carp: ${problem.severity === "warning" ? "warning: " : ""}${problem.message}`;
}

/** What a node was started with, and keeps. */
interface Choices {
  readonly sources: Sources;
  readonly io: StartOptions["io"];
  readonly lease: Configuration["lease"];
}

/** Everything is read and checked first; with an error, nothing changes. */
async function reconfigure(
  { sources, io, lease }: Choices,
  node: LoggedNode,
  hooks: Hooks,
  log: LogWriter,
): Promise<readonly string[]> {
  const { configuration, problems } = loadConfiguration(sources);
  const lines = problems.map(explain);
  if (configuration !== undefined && configuration.lease !== lease)
    lines.push("warning: carp_lease is not changed before the node is started again");
  for (const line of lines.flatMap((text) => text.split("\n"))) log.write(line);
  if (configuration === undefined)
    throw new OperatorError(
      ExitCode.Configuration,
      `the configuration was not changed: ${lines.map((line) => line.split("\n")[0]).join("; ")}`,
    );
  refuseUnfit(configuration, io);
  hooks.check(configuration.hook);
  await node.reconfigure(configuration.virtualHosts, configuration.preempt);
  hooks.use(configuration.hook);
  log.write("the configuration was read again");
  return lines;
}

async function stop(node: LoggedNode, log: LogWriter): Promise<ExitCode> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<ExitCode>((resolve) => {
    timer = setTimeout(() => resolve(ExitCode.Failed), stopPatienceMs);
  });
  const code = await Promise.race([node.stop().then(() => ExitCode.Ok), patience]);
  clearTimeout(timer);
  if (code !== ExitCode.Ok) log.write(`error: the node did not stop within ${stopPatienceMs / 1000} s`);
  return code;
}

/** Listens from now on, so that no signal ends a node that is starting and has addresses to take away. */
function listenSignals({ signals }: Terminal, others: Readonly<Record<string, () => void>>) {
  let requestStop: () => void = () => undefined;
  const stopRequested = new Promise<undefined>((resolve) => {
    requestStop = () => resolve(undefined);
  });
  const handlers = Object.entries({
    SIGTERM: requestStop,
    SIGINT: requestStop,
    SIGQUIT: requestStop,
    ...others,
  });
  for (const [name, handler] of handlers) signals.on(name, handler);
  return {
    stopRequested,
    close: () => {
      for (const [name, handler] of handlers) signals.off(name, handler);
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
