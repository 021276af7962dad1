/**
 * The packet thread: a worker that owns sockets, core, timers and netlink and blocks in poll(2). Whatever the main
 * thread does, an advertisement leaves on time and a takeover waits for nobody.
 */
import { type MessagePort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { monotonicNs } from "../clock.ts";
import { Core } from "../core/core.ts";
import { instantiate } from "../core/load.ts";
import { instantiateRevectorized, type Revectorized } from "../core/revectorize.ts";
import { openNetlinkLink } from "../link/netlink.ts";
import { closeSockets, openPacketNic, prepareSockets, type ReadySocket } from "../nic/packet.ts";
import { WakeEvent } from "../system/event.ts";
import { Poller } from "../system/poll.ts";
import { runFirst } from "../system/scheduling.ts";
import { SleepClock } from "../system/sleep.ts";
import { DeadlineTimer } from "../system/timer.ts";
import { logTo } from "./log.ts";
import { mostInterfaces } from "./machine.ts";
import { CarpNode } from "./node.ts";
import { Pace } from "./pace.ts";
import { rehearse } from "./rehearsal.ts";
import { type Action, answerRequest, Outlet, type Request, type ThreadData } from "./requests.ts";
import { RunTap } from "./run-tap.ts";

const data = workerData as ThreadData;

/** Of the descriptors that are polled: the request, the timer and netlink come before the NICs. */
const descriptorsBeforeNics = 3;

/** A poll ends after this time at the latest, so that the worker can be ended from outside. */
const longestPollMs = 1000;
/** After some 8 ms the core's code is as fast as it gets. */
const warmUpMs = 20;
/**
 * A deadline that comes so soon after the last that was run waits for this time to be over. What is run together stays
 * together, so that many virtual hosts cost few wake-ups; one that is alone never waits.
 */
const gatheringNs = 1_000_000n;
/** How often the event loop gets a turn at most: each costs as much as a lone frame. */
const turnPeriodNs = 50_000_000n;
const never = 2n ** 63n - 1n;

run(data.port);

async function run(port: MessagePort): Promise<void> {
  const wake = new WakeEvent();
  const timer = new DeadlineTimer();
  const outlet = new Outlet(port);
  const { exports, warning } = loadCore();
  const core = new Core(exports);
  rehearse(core);
  const log = logTo((event) => outlet.tell(event));
  if (data.runCapacity !== undefined)
    outlet.tap = new RunTap(core, data.runCapacity, (run) => outlet.give(run), log);
  const sockets: ReadySocket[] = [];
  const sleep = new SleepClock();
  const node = new CarpNode(
    {
      core,
      link: openNetlinkLink(),
      openNic: ({ index, name }) =>
        openPacketNic({ interfaceIndex: index, interfaceName: name, groups: [4, 6], socket: sockets.pop() }),
      emit: (event) => outlet.tell(event),
      sleptNs: () => sleep.read(),
    },
    { sourceMac: data.sourceMac, scheduling: runFirst() },
  );
  if (warning !== undefined) log("warning", warning);
  outlet.post({ wakeDescriptor: wake.descriptor });
  try {
    await loop(port, outlet, node, wake, timer, sockets);
  } catch (error) {
    node.abandon();
    outlet.tap?.flush(true);
    outlet.post();
    throw error;
  }
  timer.close();
  wake.close();
  port.close();
}

/** Compiled, proven and warm before the first socket opens. */
function loadCore(): Revectorized {
  if (data.revectorize) return instantiateRevectorized(warmUpMs);
  return { exports: instantiate(undefined, warmUpMs), warning: undefined };
}

async function loop(
  port: MessagePort,
  outlet: Outlet,
  node: CarpNode,
  wake: WakeEvent,
  timer: DeadlineTimer,
  sockets: ReadySocket[],
): Promise<void> {
  let poller: Poller | undefined;
  let version = -1;
  /** The moment the timer is set to; undefined when it has fired, and is readable until it is set anew. */
  let armed: bigint | undefined = never;
  let turnedNs = 0n;
  let firedNs = 0n;
  const isReadable = (nic: number) => poller?.ready(descriptorsBeforeNics + nic) ?? false;
  const pace = new Pace();
  for (;;) {
    try {
      if (poller === undefined || version !== node.descriptorVersion) {
        version = node.descriptorVersion;
        poller = new Poller([wake.descriptor, timer.descriptor, ...node.descriptors()]);
      }
      const deadline = latest(node.deadlineNs(), firedNs + gatheringNs);
      // A timer that fires too early costs less than setting it anew each time a deadline moves away.
      if (armed === undefined || deadline < armed) {
        if (deadline === never) timer.disarm();
        else timer.arm(deadline);
        armed = deadline;
      }
      // In a flood frames gather for a moment, and whatever else happens is seen at once all the same.
      if (pace.waitMs === undefined) poller.wait(longestPollMs);
      else poller.wait(pace.waitMs, descriptorsBeforeNics);
      if (poller.ready(1)) {
        armed = undefined;
        firedNs = monotonicNs();
      }
      if (poller.ready(2)) node.turnLink();
      const frames = node.turn(pace.waitMs === undefined ? isReadable : undefined);
      pace.note(frames, monotonicNs());
      if (poller.ready(0)) {
        wake.clear();
        if (await takeRequests(port, outlet, node, sockets)) return;
      }
    } catch (error) {
      node.recover(error);
    }
    outlet.post();
    // A turn of the event loop lets the worker be ended from outside.
    const now = monotonicNs();
    if (now - turnedNs < turnPeriodNs) continue;
    turnedNs = now;
    await new Promise(setImmediate);
  }
}

/** Answers all that wait; true when the node has been closed. */
async function takeRequests(
  port: MessagePort,
  outlet: Outlet,
  node: CarpNode,
  sockets: ReadySocket[],
): Promise<boolean> {
  for (let item = receiveMessageOnPort(port); item; item = receiveMessageOnPort(port)) {
    const request = item.message as Request;
    if (request.action.verb === "start") sockets.push(...(await prepareSocketsFor(request.action)));
    if (answerRequest(node, outlet, request)) return true;
    closeSockets(sockets.splice(0));
  }
  return false;
}

/** One socket for each interface of the configuration; whether there are too many is for the node to say. */
function prepareSocketsFor({ configuration }: Action & { verb: "start" }): Promise<ReadySocket[]> {
  const names = new Set(configuration.virtualHosts.map(({ interfaceName }) => interfaceName));
  return prepareSockets(Math.min(names.size, mostInterfaces));
}

function latest(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}
